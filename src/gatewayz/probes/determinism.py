"""The same story twice, at temperature 0 and with a seed; then, with that seed, another question.

A pass without a warning says that the story came out alike and that it was no text which is given
to every question: the other one had another answer. It promises nothing: most servers repeat
themselves as well as they can, and a difference is a warning only. Two stories that differ are no
canned text, so that nothing more is asked then.
"""

from dataclasses import replace

from gatewayz.checks.differs_for_another_question import differs_for_another_question
from gatewayz.checks.same_with_the_same_seed import same_with_the_same_seed
from gatewayz.core import ChatRequest, Occasion, Probe, Step
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room


def _request(occasion: Occasion) -> ChatRequest:
    return ChatRequest(
        messages=({"role": "user", "content": "Tell me a story."},),
        max_tokens=room(occasion.ask, 60),
        temperature=0,
        extra={"seed": occasion.rng.randint(1, 99_999)},
        feature="seed",
    )


def _again(occasion: Occasion) -> ChatRequest:
    return occasion.questions[0]


def _another(occasion: Occasion) -> ChatRequest | None:
    first, second = (reply.text.strip() for reply in occasion.replies[:2])
    if first != second:
        return None
    # With the same limit: a canned text is cut where the first was cut. It is no matter of seeds any
    # more whether the question is read.
    return replace(
        occasion.questions[0],
        messages=({"role": "user", "content": "What is the capital of France?"},),
        oracle={"answer": "Paris"},
        feature="",
    )


PROBE = Probe(
    name="determinism",
    title="The same seed, the same answer",
    request=_request,
    checks=DELIVERY,
    then=(
        Step(put=_again, checks=(*DELIVERY, same_with_the_same_seed)),
        Step(put=_another, checks=(*DELIVERY, differs_for_another_question)),
    ),
    rank=9,
)
