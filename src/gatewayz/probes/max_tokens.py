"""Counting to 40 with room for 16 tokens.

A pass says that the limit was kept, by the usage and by the text, and that an answer that was cut
off says so (`finish_reason` "length"). A model that has counted to 40 all the same has found a
shorter way, or was given more room to think; then nothing is said of the finish. One that ended by
itself well before the limit leaves the question open, which is a warning.
"""

from gatewayz.checks.cut_says_length import cut_says_length
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._delivery import DELIVERY

_TOKENS = 16


def _request(occasion: Occasion) -> ChatRequest:  # noqa: ARG001 -- the same for everybody
    return ChatRequest(
        messages=({"role": "user", "content": "Count to 40."},),
        max_tokens=_TOKENS,
        oracle={"last": "40", "answer": "1, 2, 3"},
    )


PROBE = Probe(
    name="max_tokens",
    title="The token limit is kept",
    request=_request,
    checks=(*DELIVERY, cut_says_length),
    presets=frozenset({"standard"}),
    rank=7,
)
