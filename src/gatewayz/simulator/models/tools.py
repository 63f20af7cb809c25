"""Tools: which to call, how often, and with which arguments out of the question."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from gatewayz.simulator.answers import Call
from gatewayz.simulator.filling import filled
from gatewayz.simulator.models._asked import Ability, Asked

_ORDERS = re.compile(r"\b(?:use|call|invoke|run)\b[^.?!\n]{0,40}\b(?:tools?|functions?)\b", re.I)
_PLACE = re.compile(r"\b(?:in|for|at|of|near|to)\s+([^?!;:\n]+)", re.IGNORECASE)
_AND = re.compile(
    r"\s*,\s*(?:and\s+)?|(?:\s+(?:and|or|as well as|in|for|at|of))+\s+|\.\s+|\.$", re.IGNORECASE
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
# Parts of a tool's name that say nothing of its subject.
_VERBS = {"get", "set", "find", "lookup", "look", "fetch", "the", "current", "tool", "call"}


def _answer(asked: Asked) -> list[Call] | None:
    offered = [tool for tool in _functions(asked.body) if isinstance(tool.get("name"), str)]
    choice = asked.body.get("tool_choice")
    if not offered or choice == "none":
        return None
    if isinstance(choice, Mapping):
        named = choice.get("function")
        name = named.get("name") if isinstance(named, Mapping) else None
        tool = next((tool for tool in offered if tool["name"] == name), offered[0])
    else:
        fitting = [tool for tool in offered if _is_about(tool, asked.text)]
        if not fitting and choice != "required" and not _ORDERS.search(asked.text):
            return None
        tool = (fitting or offered)[0]
    return _calls(asked, tool)


def _functions(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tools = body.get("tools")
    found = [tool.get("function") for tool in tools or () if isinstance(tool, Mapping)]
    return [function for function in found if isinstance(function, Mapping)]


def _is_about(tool: Mapping[str, Any], text: str) -> bool:
    words = {word.lower() for word in _WORDS.findall(tool["name"])} - _VERBS
    return any(re.search(rf"\b{re.escape(word)}", text, re.IGNORECASE) for word in words)


def _calls(asked: Asked, tool: Mapping[str, Any]) -> list[Call]:
    """One call for each thing asked about; one for all without parameters for them."""
    schema = tool.get("parameters")
    schema = schema if isinstance(schema, Mapping) else {}
    subjects = _subjects(asked.text)
    if not schema.get("properties") or asked.body.get("parallel_tool_calls") is False:
        subjects = subjects[:1]
    calls = []
    for subject in subjects or [""]:
        value = filled(schema, asked.rng, text=asked.text, subject=subject)
        arguments = json.dumps(value, ensure_ascii=False)
        identity = "".join(asked.rng.choices("0123456789abcdefghijklmnopqrstuvwxyz", k=22))
        calls.append(Call(f"call_{identity}", tool["name"], arguments))
    return calls


def _subjects(text: str) -> list[str]:
    """The names in a question: what stands after "in", "for" and the like, with a capital."""
    found: dict[str, None] = {}
    for stretch in _PLACE.findall(text):
        for part in _AND.split(stretch):
            name = part.strip(" \t\"'“”«»().")
            if name and not name[0].islower() and not name[0].isdigit() and len(name) <= 60:
                found[name] = None
    return list(found)


ABILITY = Ability(30, _answer)
