"""Random digits in a picture, to be read off it.

A pass says that the picture reaches the model and is read. It does not say how fine it sees.
"""

import base64

from gatewayz.checks.reads_digits import reads_digits
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._png import png_of_digits
from gatewayz.probes._room import room

_ORDER = "Read the digits in the image. Answer with the digits only."


def _with_picture(occasion: Occasion) -> ChatRequest:
    rng = occasion.rng
    digits = "".join(rng.choices("0123456789", k=rng.randint(4, 6)))
    picture = base64.b64encode(png_of_digits(digits, scale=rng.randint(8, 12))).decode()
    content = [
        {"type": "text", "text": _ORDER},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}},
    ]
    return ChatRequest(
        messages=({"role": "user", "content": content},),
        max_tokens=room(occasion.ask, 50),
        temperature=0,
        oracle={"digits": digits},
        feature="vision",
    )


PROBE = Probe(
    name="vision",
    title="Digits in a picture",
    request=_with_picture,
    checks=(*DELIVERY, reads_digits),
    needs=frozenset({"chat", "vision"}),
    rank=50,
)
