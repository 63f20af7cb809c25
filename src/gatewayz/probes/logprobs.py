"""Log probabilities asked for.

A pass without a warning says that some came. It does not say that they are right.
"""

from gatewayz.checks.gives_logprobs import gives_logprobs
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.core.usual_question import TEST_ANSWER, TEST_MESSAGE
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room


def _request(occasion: Occasion) -> ChatRequest:
    return ChatRequest(
        messages=({"role": "user", "content": TEST_MESSAGE},),
        max_tokens=room(occasion.ask, 20),
        echo=TEST_ANSWER,
        extra={"logprobs": True},
        feature="logprobs",
    )


PROBE = Probe(
    name="logprobs",
    title="Log probabilities",
    request=_request,
    checks=(*DELIVERY, gives_logprobs),
    rank=11,
    marked=True,
)
