"""A system message orders a made-up word at the beginning of every answer; the user asks something.

A pass says that the system message reaches the model and moves it. It does not say that longer
orders are kept.
"""

from gatewayz.checks.obeys_the_system_message import obeys_the_system_message
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._code_words import made_up_word
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room


def _request(occasion: Occasion) -> ChatRequest:
    marker = made_up_word(occasion.rng).capitalize()
    return ChatRequest(
        messages=(
            {"role": "system", "content": f'Begin every answer with the word "{marker}".'},
            {"role": "user", "content": "What is the capital of France?"},
        ),
        max_tokens=room(occasion.ask, 40),
        oracle={"marker": marker, "answer": "Paris"},
    )


PROBE = Probe(
    name="system_prompt",
    title="The system message is obeyed",
    request=_request,
    checks=(*DELIVERY, obeys_the_system_message),
    presets=frozenset({"standard", "agents"}),
    rank=3,
)
