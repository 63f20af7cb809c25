"""Three answers to one question, plain and streamed.

A pass says that three choices came each time. It does not say that they differ.
"""

from functools import partial

from gatewayz.checks.as_many_choices_as_asked import as_many_choices_as_asked
from gatewayz.core import ChatRequest, Occasion, Probe, Step
from gatewayz.core.probe import TEST_ANSWER, TEST_MESSAGE
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room


def _request(occasion: Occasion, *, stream: bool) -> ChatRequest:
    return ChatRequest(
        messages=({"role": "user", "content": TEST_MESSAGE},),
        max_tokens=room(occasion.ask, 20),
        stream=stream,
        echo=TEST_ANSWER,
        extra={"n": 3},
        feature="n",
    )


_CHECKS = (*DELIVERY, as_many_choices_as_asked)
PROBE = Probe(
    name="n_choices",
    title="Several answers at once",
    request=partial(_request, stream=False),
    checks=_CHECKS,
    then=(Step(put=partial(_request, stream=True), checks=_CHECKS),),
    rank=10,
)
