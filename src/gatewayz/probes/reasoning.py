"""A sum of two random numbers, put to a model that thinks.

A pass says that the sum stands in the answer, and not only in a thought that is kept apart from it or
marked as one. What a model thinks aloud without a mark is a part of its answer. A limit that thinking has used
up is no empty answer: the question is put again with more room. It does not say how well a model
thinks.
"""

from gatewayz.checks.answers_the_sum import answers_the_sum
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room


def _request(occasion: Occasion) -> ChatRequest:
    a, b = occasion.rng.randint(100, 899), occasion.rng.randint(100, 899)
    text = f"What is {a} + {b}? Answer with the number only."
    return ChatRequest(
        messages=({"role": "user", "content": text},),
        max_tokens=room(occasion.ask, 300),
        oracle={"answer": str(a + b)},
        feature="reasoning",
    )


PROBE = Probe(
    name="reasoning",
    title="Answer and thought apart",
    request=_request,
    checks=(*DELIVERY, answers_the_sum),
    needs=frozenset({"chat", "reasoning"}),
    rank=70,
)
