"""The test message, plain and streamed, to compare the names of who answers.

A pass says that the answers bear a name that may be the asked model's, and the same in both forms;
its `system_fingerprint` is kept with the run. It never proves which model it is: names are what the
server says.
"""

from functools import partial

from gatewayz.checks.named_alike import named_alike
from gatewayz.core import ChatRequest, Occasion, Probe, Step
from gatewayz.core.usual_question import TEST_ANSWER, TEST_MESSAGE
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room


def _request(occasion: Occasion, *, stream: bool) -> ChatRequest:
    return ChatRequest(
        messages=({"role": "user", "content": TEST_MESSAGE},),
        max_tokens=room(occasion.ask, 20),
        stream=stream,
        echo=TEST_ANSWER,
    )


PROBE = Probe(
    name="identity",
    title="Who answers",
    request=partial(_request, stream=False),
    checks=DELIVERY,
    then=(Step(put=partial(_request, stream=True), checks=(*DELIVERY, named_alike)),),
    rank=71,
    marked=True,
)
