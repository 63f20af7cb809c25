"""What a user may expect of an answer, by the word for it; each becomes a check.

A broken expectation fails the case, class semantic, and says what was expected and what was seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gatewayz.checks._patterns import occurs_in
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt
from gatewayz.core.units import parse_duration_s
from gatewayz.core.verdict import Check
from gatewayz.probes._time_limits import first_token, whole_answer, within

if TYPE_CHECKING:
    from jsonschema import SchemaError

_SHOWN_CHARS = 120


class Misread(Exception):
    """A value that an expectation cannot be made of; the message says what to write."""


def _expect(expected: str, seen: Callable[[Observation], str | None]) -> Check:
    """A check that asks `seen` for what was seen instead; None when all is well."""

    @check
    def expectation(observation: Observation) -> Finding | None:
        saw = seen(observation)
        return None if saw is None else Finding(expected=excerpt(expected, 300), saw=saw)

    return expectation


def _shown(text: str) -> str:
    return repr(excerpt(text.strip(), _SHOWN_CHARS))


def _contains(value: Any) -> Check:
    texts = _texts(value)

    def seen(observation: Observation) -> str | None:
        text = observation.reply.text
        return None if all(part in text for part in texts) else _shown(text)

    return _expect(f"a text with {' and '.join(map(_shown, texts))}", seen)


def _not_contains(value: Any) -> Check:
    texts = _texts(value)

    def seen(observation: Observation) -> str | None:
        text = observation.reply.text
        found = next((part for part in texts if part in text), None)
        return None if found is None else f"{_shown(found)} at character {text.find(found)}"

    return _expect(f"a text without {' or '.join(map(_shown, texts))}", seen)


def _equals(value: Any) -> Check:
    wanted = _text(value).strip()

    def seen(observation: Observation) -> str | None:
        text = observation.reply.text
        return None if text.strip() == wanted else _shown(text)

    return _expect(_shown(wanted), seen)


def _regex(value: Any) -> Check:
    try:
        pattern = re.compile(_text(value))
    except re.error as error:
        raise Misread(f"not a regular expression: {error}; mend it") from None

    def seen(observation: Observation) -> str | None:
        text = observation.reply.text
        return None if occurs_in(text, pattern.pattern) else _shown(text)

    return _expect(f"text matching /{excerpt(pattern.pattern, _SHOWN_CHARS)}/", seen)


def _json_schema(value: Any) -> Check:
    from jsonschema import Draft202012Validator, SchemaError

    from gatewayz.checks._schemas import lost_reference

    if not isinstance(value, Mapping):
        raise Misread("not a schema; write a table such as {type: object}")
    try:
        Draft202012Validator.check_schema(value)
    except SchemaError as error:
        raise Misread(f"not a JSON schema: {_why(error)}; mend it") from None
    if value and not set(value) & _demands():
        first = next(iter(value))
        raise Misread(f"{first!r} is no word of JSON Schema; write such as {{type: object}}")
    if lost := lost_reference(value):
        raise Misread(f"$ref {lost!r} leads nowhere in this schema; write such as #/$defs/name")

    def seen(observation: Observation) -> str | None:
        from gatewayz.checks._schemas import violation

        text = observation.reply.text
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return f"no JSON: {_shown(text)}"
        return violation(document, value) or None

    return _expect("JSON that follows the schema", seen)


def _why(error: SchemaError) -> str:
    """What is wrong with a schema, in words; the library's own for an unknown type are none."""
    place = ".".join(map(str, error.absolute_path))
    if place.rpartition(".")[2] == "type":
        return f"{place}: {error.instance!r} is no type, such as object or string"
    said = excerpt(error.message, _SHOWN_CHARS)
    return f"{place}: {said}" if place else said


def _demands() -> frozenset[str]:
    """The words of JSON Schema, of which a schema without any would be met by everything."""
    from jsonschema import Draft202012Validator

    named = {"title", "description", "definitions", "dependencies"}
    return frozenset({*Draft202012Validator.VALIDATORS, "$defs", "$schema", "$id", *named})


def _max_latency(value: Any) -> Check:
    return within("the whole answer", _duration_s(value), whole_answer)


def _max_ttft(value: Any) -> Check:
    return within("a first token", _duration_s(value), first_token)


def _finish_reason(value: Any) -> Check:
    wanted = _texts(value)

    def seen(observation: Observation) -> str | None:
        finish = observation.reply.finish_reason
        return None if finish in wanted else _shown(finish)

    return _expect(f"finish_reason {' or '.join(map(_shown, wanted))}", seen)


def _tool_call(value: Any) -> Check:
    """A call of the tool of this name, or of any tool for `true`."""
    if not (value is True or (isinstance(value, str) and value)):
        raise Misread(f"{excerpt(repr(value), 60)} is no tool; write its name, or true for any")
    name = "" if value is True else value

    def seen(observation: Observation) -> str | None:
        calls = observation.reply.tool_calls
        if any(call.name and name in ("", call.name) for call in calls):
            return None
        if calls:
            return f"calls of {', '.join(_shown(call.name) for call in calls[:5])}"
        return f"no call, but {_shown(observation.reply.text)}"

    return _expect(f"a call of {_shown(name)}" if name else "a tool call", seen)


def _min_tokens(value: Any) -> Check:
    least = _count(value)
    return _counted(f"at least {least} tokens", lambda count: count >= least)


def _max_tokens(value: Any) -> Check:
    most = _count(value)
    return _counted(f"at most {most} tokens", lambda count: count <= most)


def _counted(expected: str, fine: Callable[[int], bool]) -> Check:
    def seen(observation: Observation) -> str | None:
        usage = observation.reply.usage
        count = usage.output_tokens if usage is not None else None
        # No count at all is told as missing; it breaks no expectation.
        return None if count is None or fine(count) else str(count)

    return _expect(expected, seen)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Misread(f"{excerpt(repr(value), 60)} is no text; write it in quotes")
    return value


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) and value else [value]
    return [_text(one) for one in values]


def _duration_s(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Misread(f"{excerpt(repr(value), 60)} is no duration; write 30s or 250ms")
    limit_s = parse_duration_s(str(value))
    if limit_s == 0:
        raise Misread("no answer comes within 0s; write 30s or 250ms")
    return limit_s


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Misread(f"{excerpt(repr(value), 60)} is no number of tokens; write such as 20")
    return value


EXPECTATIONS: Mapping[str, Callable[[Any], Check]] = {
    "contains": _contains,
    "not_contains": _not_contains,
    "equals": _equals,
    "regex": _regex,
    "json_schema": _json_schema,
    "max_latency": _max_latency,
    "max_ttft": _max_ttft,
    "finish_reason": _finish_reason,
    "tool_call": _tool_call,
    "min_tokens": _min_tokens,
    "max_tokens": _max_tokens,
}
