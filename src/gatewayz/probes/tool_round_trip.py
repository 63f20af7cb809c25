"""A tool call, its result handed back, and an answer that makes use of it.

A pass says that a number that only the result held came back in the answer, and
not as one of many.
"""

import json
from dataclasses import replace

from gatewayz.checks.names_tool_result import names_tool_result
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.core.probe import Step
from gatewayz.probes._tools import NEEDS, ORDERED_CALLS, SOUND_CALLS, about_weather

# Warmer than anybody would guess, and usual in neither unit: only who read the result names it.
_TEMPERATURES_C = (*range(41, 59), *range(87, 100))


def _with_result(occasion: Occasion) -> ChatRequest:
    """The conversation so far, and a result for each call."""
    asked, reply = occasion.questions[-1], occasion.replies[-1]
    temperature = occasion.rng.choice(_TEMPERATURES_C)
    made = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in reply.tool_calls
    ]
    results = [
        {
            "role": "tool",
            "tool_call_id": call.id,
            "content": json.dumps({"temperature_c": temperature}),
        }
        for call in reply.tool_calls
    ]
    turn = {"role": "assistant", "content": reply.text or None, "tool_calls": made}
    return replace(
        asked,
        messages=(*asked.messages, turn, *results),
        oracle={"temperature_c": temperature},
    )


PROBE = Probe(
    name="tool_round_trip",
    title="A tool's result is used",
    request=about_weather,
    checks=ORDERED_CALLS,
    then=(Step(put=_with_result, checks=(*SOUND_CALLS, names_tool_result)),),
    needs=NEEDS,
    presets=frozenset({"agents"}),
    rank=44,
)
