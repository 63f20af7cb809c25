"""What the checks of tool calls share: the tools that were offered, and the calls that came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gatewayz.checks._asked import sample
from gatewayz.checks._json import NotJson, read
from gatewayz.checks._written_calls import written_call
from gatewayz.core import Observation, ToolCall
from gatewayz.core.text import excerpt
from gatewayz.core.think_marks import without_thoughts


def offered(seen: Observation) -> dict[str, Mapping[str, Any]]:
    """The schemas of the arguments of the tools that were offered, by name."""
    asked = seen.asked
    tools = asked.extra.get("tools", ()) if asked is not None else ()
    functions = [tool["function"] for tool in tools]
    return {function["name"]: function.get("parameters", {}) for function in functions}


def choice(seen: Observation) -> Any:
    """The `tool_choice` that was sent; "auto" when none was."""
    return seen.asked.extra.get("tool_choice", "auto") if seen.asked is not None else "auto"


def calls(seen: Observation) -> Iterator[ToolCall]:
    """The calls that have a name; of the others only the missing name is told."""
    return (call for call in seen.reply.tool_calls if call.name.strip())


def call_as_text(seen: Observation) -> str:
    """The call that stands in the answer's text while no call came as one; "" for none."""
    if seen.reply.tool_calls:
        return ""
    return written_call(sample(without_thoughts(seen.reply.text)), offered(seen))


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call: their value, or why they are no JSON."""

    value: Any = None
    why_not: str = ""


def arguments(call: ToolCall, schema: Mapping[str, Any]) -> Arguments:
    """A call's arguments, read. No text at all means none, where the tool can do without."""
    if not call.arguments.strip() and not schema.get("required"):
        return Arguments({})
    return _arguments(call.arguments)


# Several checks read the same calls; the last few are kept, for as long as they are judged.
@lru_cache(maxsize=4)
def _arguments(text: str) -> Arguments:
    try:
        return Arguments(read(text))
    except NotJson as error:
        return Arguments(why_not=str(error))


def told(call: ToolCall) -> str:
    """A call as a reader sees it best, bounded."""
    return f"{excerpt(call.name, 60)}({excerpt(call.arguments, 120)})"
