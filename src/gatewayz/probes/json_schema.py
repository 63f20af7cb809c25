"""JSON by a schema that nobody can guess, and a message that asks for something else.

A server that enforces the schema answers by it all the same; one that only shows it to the model
gets the message's keys in it, and one that drops it gets those alone.
"""

from random import Random
from typing import Any

from gatewayz.checks.follows_schema import follows_schema
from gatewayz.checks.only_json import only_json
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room

_MESSAGE = 'Describe the weather as JSON. Use the key "mood" with the value "happy".'


def _with_canaries(occasion: Occasion) -> ChatRequest:
    return ChatRequest(
        messages=({"role": "user", "content": _MESSAGE},),
        max_tokens=room(occasion.ask, 150),
        temperature=occasion.ask.temperature,
        extra={
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": "weather",
                    "strict": True,
                    "schema": _schema(occasion.rng),
                },
            }
        },
        feature="json_schema",
    )


def _schema(rng: Random) -> dict[str, Any]:
    """Within what strict modes take: every key required, no others, plain types."""
    chosen, counted = f"k_{_letters(rng)}", f"n_{_letters(rng)}"
    return {
        "type": "object",
        "properties": {
            chosen: {"type": "string", "enum": [f"v_{_letters(rng)}" for _ in range(3)]},
            counted: {"type": "integer"},
        },
        "required": [chosen, counted],
        "additionalProperties": False,
    }


def _letters(rng: Random) -> str:
    return "".join(rng.choices("bcdfghjkmnpqrstvwxz23456789", k=5))


PROBE = Probe(
    name="json_schema",
    title="JSON by a schema",
    request=_with_canaries,
    checks=(*DELIVERY, only_json, follows_schema),
    needs=frozenset({"chat", "json_schema"}),
    presets=frozenset({"standard", "agents"}),
    rank=31,
)
