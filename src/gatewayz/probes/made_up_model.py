"""The test message to a model that does not exist.

A pass says that it was refused for the model's sake, and that a listed model is not. A gateway that
answers fails: there a misspelt id is served by some default. One that refuses both is unknown:
nothing shows what for. A refusal that gives no reason passes with a warning, where a sound question
beside it is answered.
"""

from gatewayz.core import ChatRequest, MustRefuse, Occasion, Probe
from gatewayz.core.usual_question import TEST_MESSAGE
from gatewayz.probes._code_words import code_word
from gatewayz.probes._controls import CONTROL
from gatewayz.probes._room import room


def _request(occasion: Occasion) -> ChatRequest:
    # In front stands what stands in front of real ids, so that it is the model that is unknown.
    before = occasion.model.id.rpartition("/")
    return ChatRequest(
        messages=({"role": "user", "content": TEST_MESSAGE},),
        max_tokens=room(occasion.ask, 20),
        model_id="".join((*before[:2], f"made-up-{code_word(occasion.rng)}")),
        must_refuse=MustRefuse(
            # Some say of any id that it is not in the account's plan.
            classes=("not-found", "permission"),
            accepted="unknown-model-accepted",
            about="model",
        ),
        feature="refusals",
    )


PROBE = Probe(
    name="made_up_model",
    title="An unknown model is refused",
    request=_request,
    checks=(),
    then=(CONTROL,),
    rank=81,
)
