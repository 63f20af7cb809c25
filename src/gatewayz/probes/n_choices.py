"""Two answers to one question and three to it, in drawn order, one of them streamed.

A pass says that as many choices came as were asked for, each time. It does not say that they differ.
"""

from dataclasses import replace

from gatewayz.checks.as_many_choices_as_asked import as_many_choices_as_asked
from gatewayz.core import ChatRequest, Occasion, Probe, Step
from gatewayz.core.usual_question import TEST_ANSWER, TEST_MESSAGE
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room

# Two numbers, so that a server which always gives the same is found out.
_COUNTS = (2, 3)


def _request(occasion: Occasion) -> ChatRequest:
    return ChatRequest(
        messages=({"role": "user", "content": TEST_MESSAGE},),
        max_tokens=room(occasion.ask, 20),
        echo=TEST_ANSWER,
        extra={"n": occasion.rng.choice(_COUNTS)},
        feature="n",
    )


def _streamed(occasion: Occasion) -> ChatRequest:
    [other] = {*_COUNTS} - {occasion.questions[0].extra["n"]}
    return replace(occasion.questions[0], stream=True, extra={"n": other})


_CHECKS = (*DELIVERY, as_many_choices_as_asked)
PROBE = Probe(
    name="n_choices",
    title="Several answers at once",
    request=_request,
    checks=_CHECKS,
    then=(Step(put=_streamed, checks=_CHECKS),),
    rank=10,
    marked=True,
)
