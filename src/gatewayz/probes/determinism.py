"""The same story twice, at temperature 0 and with a seed.

A pass without a warning says that both came out alike. It promises nothing: most servers repeat
themselves as well as they can, and a difference is a warning only.
"""

from zlib import crc32

from gatewayz.checks.same_with_the_same_seed import same_with_the_same_seed
from gatewayz.core import ChatRequest, Occasion, Probe, Step
from gatewayz.probes._delivery import DELIVERY, room


def _request(occasion: Occasion) -> ChatRequest:
    return ChatRequest(
        messages=({"role": "user", "content": "Tell me a story."},),
        max_tokens=room(occasion, 60),
        temperature=0,
        # Both steps have to send the same one, and each model may have its own.
        extra={"seed": crc32(occasion.model.id.encode()) % 100_000},
        feature="seed",
    )


PROBE = Probe(
    name="determinism",
    title="The same seed, the same answer",
    request=_request,
    checks=DELIVERY,
    then=(Step(put=_request, checks=(*DELIVERY, same_with_the_same_seed)),),
    rank=9,
)
