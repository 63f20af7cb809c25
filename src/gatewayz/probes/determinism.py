"""The same story twice, at temperature 0 and with a seed.

A pass without a warning says that both came out alike. It promises nothing: most servers repeat
themselves as well as they can, and a difference is a warning only.
"""

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


PROBE = Probe(
    name="determinism",
    title="The same seed, the same answer",
    request=_request,
    checks=DELIVERY,
    then=(Step(put=_again, checks=(*DELIVERY, same_with_the_same_seed)),),
    rank=9,
)
