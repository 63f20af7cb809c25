"""The sound question beside one that is wrong on purpose."""

from __future__ import annotations

from gatewayz.core import ChatRequest, Occasion
from gatewayz.core.probe import Step
from gatewayz.core.usual_question import TEST_MESSAGE
from gatewayz.probes._room import room


def _sound(occasion: Occasion) -> ChatRequest | None:
    """The test message, by the own key to the model's own id.

    None where the gateway has answered a sound question in this run: then it is known that it does
    not refuse everything. After a refusal that gave no reason it is put all the same.
    """
    if occasion.answered:
        return None
    return ChatRequest(
        messages=({"role": "user", "content": TEST_MESSAGE},),
        max_tokens=room(occasion.ask, 20),
        feature="refusals",
        control=True,
    )


# Put once the wrong one was refused. What it comes to is judged as a control, so it has no checks.
CONTROL = Step(put=_sound, checks=())
