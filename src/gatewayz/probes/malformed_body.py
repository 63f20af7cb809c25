"""A body that is not JSON: it breaks off in the middle.

A pass says that it was refused as a bad request, and that a whole body is not. A gateway that answers
fails, and so does one that breaks down over it. One that refuses both is unknown: nothing shows what
for. A refusal that gives no reason passes with a warning, where a sound question beside it is
answered.
"""

import json

from gatewayz.core import ChatRequest, MustRefuse, Occasion, Probe
from gatewayz.core.usual_question import TEST_MESSAGE
from gatewayz.probes._controls import CONTROL


def _request(occasion: Occasion) -> ChatRequest:
    messages = ({"role": "user", "content": TEST_MESSAGE},)
    whole = json.dumps({"model": occasion.model.id, "messages": messages})
    return ChatRequest(
        messages=messages,
        raw=whole[: -len(TEST_MESSAGE) // 2],
        must_refuse=MustRefuse(
            classes=("bad-request",), accepted="malformed-body-accepted", about="body"
        ),
        feature="refusals",
    )


PROBE = Probe(
    name="malformed_body",
    title="A broken body is refused",
    request=_request,
    checks=(),
    then=(CONTROL,),
    rank=82,
)
