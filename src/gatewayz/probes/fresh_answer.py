"""A random code word to repeat.

A pass says that the answer was made for this very question: no cache and no canned text knows the
word. A usable answer without it fails. Very small models cannot copy a word they have never seen;
the tiny engine of the demo is one of them.
"""

from gatewayz.checks.answers_with_the_code_word import answers_with_the_code_word
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._code_words import code_word
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room


def _request(occasion: Occasion) -> ChatRequest:
    word = code_word(occasion.rng)
    text = f'Repeat this code word and nothing else: "{word}"'
    return ChatRequest(
        messages=({"role": "user", "content": text},),
        max_tokens=room(occasion.ask, 40),
        oracle={"answer": word},
    )


PROBE = Probe(
    name="fresh_answer",
    title="An answer to this very question",
    request=_request,
    checks=(*DELIVERY, answers_with_the_code_word),
    presets=frozenset({"standard"}),
    rank=2,
)
