"""A code word is told in the first turn and asked for in the third.

A pass says that earlier turns reach the model. It does not say how long a talk may be.
"""

from gatewayz.checks.knows_the_earlier_turn import knows_the_earlier_turn
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._code_words import code_word
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room


def _request(occasion: Occasion) -> ChatRequest:
    word = code_word(occasion.rng)
    question = "What is the code word? Answer with the code word only."
    return ChatRequest(
        messages=(
            {"role": "user", "content": f'Remember this: the code word is "{word}".'},
            {"role": "assistant", "content": "I will remember it."},
            {"role": "user", "content": question},
        ),
        max_tokens=room(occasion.ask, 40),
        oracle={"answer": word},
    )


PROBE = Probe(
    name="multi_turn",
    title="Earlier turns are known",
    request=_request,
    checks=(*DELIVERY, knows_the_earlier_turn),
    presets=frozenset({"standard", "agents"}),
    rank=4,
)
