"""A probe out of plain data, such as a YAML file holds: what is asked, and what is expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from gatewayz.core import ChatRequest, ConfigError, Occasion, Probe, Step
from gatewayz.core.catalog import CAPABILITIES
from gatewayz.core.refusals import OTHER_LIMITS
from gatewayz.core.sendable import unsendable
from gatewayz.core.text import visible
from gatewayz.core.units import MOST_TOKENS
from gatewayz.core.verdict import Check
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._expectations import EXPECTATIONS, Misread

_KEYS = (
    "name", "title", "message", "messages", "parameters", "expect", "needs", "turns", "as_written",
)  # fmt: skip
_TURN_KEYS = ("message", "messages", "parameters", "expect")
_ROLES = ("system", "developer", "user", "assistant", "tool")
# Filled in from the model at hand, so a probe cannot set them.
_OURS = ("model", "messages")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
_AFTER_ALL_OTHERS = 90
_MOST_TURNS = 20


@dataclass(frozen=True, slots=True)
class _Turn:
    """One question: what is added to the talk, the request's fields, what is expected."""

    messages: tuple[Mapping[str, Any], ...]
    parameters: Mapping[str, Any]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in which file, for messages about what is wrong there."""

    path: Path
    keys: tuple[str, ...] = ()

    def at(self, key: str | int) -> _Place:
        """A place further in."""
        word = f"{key}" if isinstance(key, str) else f"[{key + 1}]"
        return _Place(self.path, (*self.keys, word))

    def wrong(self, what: str) -> ConfigError:
        """What is wrong here and what to do, in a line."""
        place = ".".join(self.keys).replace(".[", "[")
        return ConfigError(visible(f"{self.path}: {place + ': ' if place else ''}{what}"))


def probe_from(data: Any, path: Path) -> Probe:
    """The probe that a file's data describes.

    Raises: ConfigError, one line with the file, the place in it and what to do.
    """
    here = _Place(path)
    recipe = _mapping(data, here, _KEYS)
    name = recipe.get("name", path.stem)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise here.at("name").wrong(
            f"{name!r} is no name; write letters, digits, - and _, beginning with a letter"
        )
    title = _text(recipe.get("title", name), here.at("title"))
    turns = _turns(recipe, here)
    needs = _needs(recipe.get("needs", ()), here.at("needs"))
    as_written = recipe.get("as_written", False)
    if not isinstance(as_written, bool):
        raise here.at("as_written").wrong(f"{as_written!r} is neither; write true or false")
    first, *others = [partial(_request, turns=turns[: n + 1], name=name) for n in range(len(turns))]
    return Probe(
        name=name,
        title=title,
        request=first,
        checks=turns[0].checks,
        then=tuple(
            Step(put=put, checks=turn.checks) for put, turn in zip(others, turns[1:], strict=True)
        ),
        needs=frozenset({"chat", *needs}),
        rank=_AFTER_ALL_OTHERS,
        marked=not as_written,
    )


def _request(occasion: Occasion, *, turns: Sequence[_Turn], name: str) -> ChatRequest:
    """The question of the last of these turns, with the talk so far before it."""
    ask = occasion.ask
    talk: list[Mapping[str, Any]] = []
    for number, turn in enumerate(turns):
        if number:
            said = occasion.replies[number - 1].text
            talk.append({"role": "assistant", "content": said})
        talk += turn.messages
    extra = dict(turns[-1].parameters)
    stop = extra.pop("stop", ())
    # Under its other name the limit is set as well, and many servers refuse to be told it twice.
    limit = None if OTHER_LIMITS & set(extra) else ask.max_tokens
    return ChatRequest(
        messages=tuple(talk),
        max_tokens=extra.pop("max_tokens", limit),
        temperature=extra.pop("temperature", ask.temperature),
        stream=extra.pop("stream", False),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        extra=extra,
        # What is expected beyond an answer is a feature: a model that lacks it is not down.
        feature=name,
    )


def _turns(recipe: Mapping[str, Any], here: _Place) -> tuple[_Turn, ...]:
    if "turns" not in recipe:
        return (_turn(recipe, here, recipe.get("parameters")),)
    for key in ("message", "expect"):
        if key in recipe:
            raise here.at(key).wrong("it stands beside turns; move it into the first turn")
    turns = recipe["turns"]
    if not isinstance(turns, list) or not 1 <= len(turns) <= _MOST_TURNS:
        raise here.at("turns").wrong(
            f"not a list of 1 to {_MOST_TURNS} turns; write - message: ..."
        )
    found = []
    for number, turn in enumerate(turns):
        place = here.at("turns").at(number)
        parts = dict(_mapping(turn, place, _TURN_KEYS))
        if number == 0 and "messages" in recipe:
            # What opens the talk, such as a system message.
            before = _messages(recipe["messages"], here.at("messages"))
            parts["messages"] = [*before, *_said_in(parts, place)]
            parts.pop("message", None)
        found.append(_turn(parts, place, parts.get("parameters", recipe.get("parameters"))))
    return tuple(found)


def _turn(parts: Mapping[str, Any], here: _Place, parameters: Any) -> _Turn:
    fields = _parameters(parameters, here.at("parameters"))
    expected = _expected(parts.get("expect", {}), here.at("expect"))
    if "max_ttft" in parts.get("expect", {}) and fields.get("stream") is not True:
        raise (
            here.at("expect")
            .at("max_ttft")
            .wrong(
                "only a stream tells when its first token came; write parameters: {stream: true}, or max_latency"
            )
        )
    return _Turn(
        messages=tuple(_said_in(parts, here)), parameters=fields, checks=(*DELIVERY, *expected)
    )


def _said_in(parts: Mapping[str, Any], here: _Place) -> list[Mapping[str, Any]]:
    if ("message" in parts) == ("messages" in parts):
        raise here.wrong("write either message: a text, or messages: a list of them")
    if "message" in parts:
        text = _text(parts["message"], here.at("message"))
        return [{"role": "user", "content": text}]
    return _messages(parts["messages"], here.at("messages"))


def _messages(value: Any, here: _Place) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not value:
        raise here.wrong("not a list of messages; write - {role: user, content: ...}")
    for number, message in enumerate(value):
        place = here.at(number)
        if not isinstance(message, Mapping) or "role" not in message:
            raise place.wrong(f"it has no role; write one of {', '.join(_ROLES)}")
        if message["role"] not in _ROLES:
            raise place.at("role").wrong(
                f"{message['role']!r} is no role; write one of {', '.join(_ROLES)}"
            )
        if message.get("content") is None and "tool_calls" not in message:
            raise place.wrong("it has no content; write what is said")
        content = message.get("content") or ""
        if not isinstance(content, str | list):
            raise place.at("content").wrong(
                f"{content} is no text; write it in quotes, or a list of parts"
            )
        _sendable(message, place)
    return list(value)


def _parameters(value: Any, here: _Place) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise here.wrong("not a table; write fields of the request, such as max_tokens: 40")
    for key in _OURS:
        if key in value:
            raise here.at(key).wrong("it is filled in for each model; leave it out")
    for key, (fits, example) in _FIELDS.items():
        given = value.get(key)
        if given is not None and not fits(given):
            raise here.at(key).wrong(f"{given!r} does not fit; write such as {example}")
    for key, given in value.items():
        _sendable(given, here.at(key))
    return value


def _sendable(value: Any, here: _Place) -> None:
    if why := unsendable(value):
        raise here.wrong(why)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# Fields of the request that have one form at every provider: whether a value fits, and an example.
_FIELDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "max_tokens": (lambda v: _is_number(v) and isinstance(v, int) and 0 < v <= MOST_TOKENS, "40"),
    "temperature": (lambda v: _is_number(v) and v >= 0, "0"),
    "stream": (lambda v: isinstance(v, bool), "true"),
    "stop": (
        lambda v: (
            isinstance(v, str) or (isinstance(v, list) and all(isinstance(s, str) for s in v))
        ),
        '"END"',
    ),
    "tools": (
        lambda v: isinstance(v, list) and all(isinstance(tool, Mapping) for tool in v),
        "- {type: function, function: {name: look}}",
    ),
}


def _expected(value: Any, here: _Place) -> list[Check]:
    checks: list[Check] = []
    table = _mapping(value, here, EXPECTATIONS)
    for key, wanted in table.items():
        try:
            checks.append(EXPECTATIONS[key](wanted))
        except (Misread, ConfigError) as error:
            raise here.at(key).wrong(str(error)) from None
    least, most = table.get("min_tokens", 0), table.get("max_tokens")
    if most is not None and least > most:
        raise here.at("min_tokens").wrong(f"{least} is above max_tokens: {most}; change one")
    return checks


def _mapping(value: Any, here: _Place, known: Iterable[str]) -> Mapping[str, Any]:
    """A table with known keys only."""
    names = sorted(known)
    if not isinstance(value, Mapping):
        example = "message" if "message" in names else names[0]
        what = "it is empty" if value is None else "not a table"
        raise here.wrong(f"{what}; write keys such as {example}: ...")
    for key in value:
        if key not in names:
            near = get_close_matches(str(key), names, n=1, cutoff=0.5)
            remedy = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names)}"
            raise here.wrong(f"unknown key '{key}'; {remedy}")
    return value


def _text(value: Any, here: _Place) -> str:
    if not isinstance(value, str) or not value.strip():
        raise here.wrong(f"{value!r} is no text; write some in quotes")
    _sendable(value, here)
    return value


def _needs(value: Any, here: _Place) -> list[str]:
    """Capability words. A gateway of one's own may know others; a misspelt one is told."""
    words = _words(value, here)
    for word in words:
        near = get_close_matches(word, CAPABILITIES, n=1, cutoff=0.7)
        if near and word not in CAPABILITIES:
            raise here.wrong(f"unknown capability '{word}'; did you mean '{near[0]}'?")
    return words


def _words(value: Any, here: _Place) -> list[str]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise here.wrong("not a list of words; write such as [tools, vision]")
    return list(words)
