"""A tool call, its result handed back, and an answer that makes use of it.

A pass says that a number that only the result held came back in the answer, and
not as one of several.
"""

import json
from dataclasses import replace

from gatewayz.checks.names_tool_result import names_tool_result
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.core.probe import Step
from gatewayz.probes._tools import (
    NEEDS,
    ORDERED_CALLS,
    READ_METER,
    SOUND_CALLS,
    cities,
    with_tools,
)

# A meter may read anything, so that only who read the result names it, and nobody rounds it.
_READINGS = range(10_000, 100_000)


def _about_a_meter(occasion: Occasion) -> ChatRequest:
    text = "Which number does the water meter show in {}? Use the tool."
    return with_tools(occasion, text, cities(occasion.rng, 1), tools=[READ_METER])


def _with_result(occasion: Occasion) -> ChatRequest:
    """The conversation so far, and a result for each call."""
    asked, reply = occasion.questions[-1], occasion.replies[-1]
    reading = occasion.rng.choice(_READINGS)
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
            "content": json.dumps({"reading": reading}),
        }
        for call in reply.tool_calls
    ]
    turn = {"role": "assistant", "content": reply.text or None, "tool_calls": made}
    return replace(
        asked,
        messages=(*asked.messages, turn, *results),
        oracle={"reading": reading},
    )


PROBE = Probe(
    name="tool_round_trip",
    title="A tool's result is used",
    request=_about_a_meter,
    checks=ORDERED_CALLS,
    then=(Step(put=_with_result, checks=(*SOUND_CALLS, names_tool_result)),),
    needs=NEEDS,
    presets=frozenset({"agents"}),
    rank=44,
)
