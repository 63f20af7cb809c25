"""JSON by order, its keys free.

A pass says that the whole answer is one JSON object. It does not say which keys it has.
"""

from gatewayz.checks.json_object_given import json_object_given
from gatewayz.checks.only_json import only_json
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room


def _about_a_person(occasion: Occasion) -> ChatRequest:
    return ChatRequest(
        # OpenAI refuses the mode where no message speaks of JSON.
        messages=({"role": "user", "content": "Describe a person as JSON. Keep it short."},),
        max_tokens=room(occasion.ask, 250),
        temperature=occasion.ask.temperature,
        extra={"response_format": {"type": "json_object"}},
        feature="json_object",
    )


PROBE = Probe(
    name="json_object",
    title="JSON mode",
    request=_about_a_person,
    checks=(*DELIVERY, only_json, json_object_given),
    needs=frozenset({"chat", "json_object"}),
    presets=frozenset({"standard"}),
    rank=30,
)
