"""Counting forty numbers on from a drawn one, with room for far fewer tokens, drawn as well.

A pass says that the limit was kept, by the usage and by the text, and that an answer that was cut
off says so (`finish_reason` "length"). A model that has counted to the end all the same has found a
shorter way, or was given more room to think; then nothing is said of the finish. One that ended by
itself well before the limit leaves the question open, and so does one that does not begin with the
drawn number; both are a warning.
"""

from gatewayz.checks.cut_says_length import cut_says_length
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._delivery import DELIVERY

# Some servers take no smaller ones, and the numbers are at least twice as many tokens.
_LIMITS = range(20, 37)
_FIRST, _COUNT = range(110, 880), 40


def _request(occasion: Occasion) -> ChatRequest:
    first = occasion.rng.choice(_FIRST)
    last = first + _COUNT - 1
    text = f"Count from {first} to {last}. Begin with the number {first}."
    return ChatRequest(
        messages=({"role": "user", "content": text},),
        max_tokens=occasion.rng.choice(_LIMITS),
        oracle={
            "first": str(first),
            "second": str(first + 1),
            "last": str(last),
            "answer": f"{first}, {first + 1}, {first + 2}",
        },
    )


PROBE = Probe(
    name="max_tokens",
    title="The token limit is kept",
    request=_request,
    checks=(*DELIVERY, cut_says_length),
    presets=frozenset({"standard"}),
    rank=7,
)
