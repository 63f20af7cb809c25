"""JSON by order, with a made-up key and a code word to put in it.

A pass without a warning says that the whole answer is one JSON object and that it was made for this
very question: no canned object holds the word. With the key and another value it is a warning;
with neither it fails, since nothing shows that the question was read. Very small models cannot copy
a word they have never seen.
"""

from gatewayz.checks.json_object_given import json_object_given
from gatewayz.checks.json_object_holds_the_value import json_object_holds_the_value
from gatewayz.checks.only_json import only_json
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._code_words import code_word, made_up_word
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room


def _with_a_key_and_a_value(occasion: Occasion) -> ChatRequest:
    key, value = made_up_word(occasion.rng), code_word(occasion.rng)
    # OpenAI refuses the mode where no message speaks of JSON.
    text = (
        f'Write a JSON object that has the key "{key}" with the value "{value}" and no other key.'
    )
    return ChatRequest(
        messages=({"role": "user", "content": text},),
        max_tokens=room(occasion.ask, 80),
        temperature=occasion.ask.temperature,
        oracle={"key": key, "value": value},
        extra={"response_format": {"type": "json_object"}},
        feature="json_object",
    )


PROBE = Probe(
    name="json_object",
    title="JSON mode",
    request=_with_a_key_and_a_value,
    checks=(*DELIVERY, only_json, json_object_given, json_object_holds_the_value),
    needs=frozenset({"chat", "json_object"}),
    presets=frozenset({"standard"}),
    rank=30,
)
