"""Counting to 40 with a drawn number as the stop text, streamed.

A pass says that the answer ended before the stop text. Where the model did not count that far the
question stays open, which is a warning. The stream is long enough to see whether it flows: text
that comes in one burst, in bursts or too slowly is a warning, too.
"""

from gatewayz.checks.ends_before_stop import ends_before_stop
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room

# Soon enough to cost little, and far enough for a stream that can be watched.
_STOPS = range(17, 27)


def _request(occasion: Occasion) -> ChatRequest:
    stop = occasion.rng.choice(_STOPS)
    return ChatRequest(
        messages=({"role": "user", "content": "Count to 40."},),
        max_tokens=room(occasion.ask, 120),
        stream=True,
        stop=(str(stop),),
        oracle={"last": str(stop - 1), "answer": "1, 2, 3"},
        feature="stop",
    )


PROBE = Probe(
    name="stop_sequences",
    title="Stop texts end the answer",
    request=_request,
    checks=(*DELIVERY, ends_before_stop),
    presets=frozenset({"standard", "agents"}),
    rank=6,
    marked=True,
)
