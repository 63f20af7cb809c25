"""The test message, signed with a key that nobody was given.

A pass says that it was refused as a matter of keys, and that the own key is not. A gateway that
answers fails: it checks none. One that refuses both is unknown: nothing shows what for. A refusal
that gives no reason passes with a warning, where a sound question beside it is answered.
"""

from gatewayz.core import ChatRequest, MustRefuse, Occasion, Probe
from gatewayz.core.usual_question import TEST_MESSAGE
from gatewayz.probes._controls import CONTROL
from gatewayz.probes._room import room


def _request(occasion: Occasion) -> ChatRequest:
    return ChatRequest(
        messages=({"role": "user", "content": TEST_MESSAGE},),
        max_tokens=room(occasion.ask, 20),
        credential="made-up",
        must_refuse=MustRefuse(
            classes=("auth", "permission"), accepted="wrong-key-accepted", about="key"
        ),
        feature="refusals",
    )


PROBE = Probe(
    name="wrong_key",
    title="A made-up key is refused",
    request=_request,
    checks=(),
    then=(CONTROL,),
    needs=frozenset({"chat", "key"}),
    rank=80,
)
