"""A chat request as a model reads it, and what an ability is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from gatewayz.simulator.answers import Call, images_of, text_of

_SYSTEM = ("system", "developer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked, in the parts that abilities look at.

    text      the last message's text; `role` is whose it is
    earlier   the texts of system, user and assistant before it, in order
    system    what the system messages order
    images    addresses of the last message's images
    rng       for what may differ from answer to answer; with a seed it is that seed's
    """

    body: Mapping[str, Any]
    rng: Random
    text: str
    role: str
    earlier: tuple[str, ...]
    system: str
    images: tuple[str, ...]

    @property
    def messages(self) -> list[Mapping[str, Any]]:
        """All messages that are objects."""
        return _messages(self.body)

    @property
    def wants_json(self) -> bool:
        """Whether the answer has to be JSON."""
        return self.format in ("json_object", "json_schema")

    @property
    def format(self) -> str:
        """The type of the response format; "" for text."""
        form = self.body.get("response_format")
        kind = form.get("type") if isinstance(form, Mapping) else None
        return kind if isinstance(kind, str) else ""


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing a model can do; lower ranks are tried first.

    `answer` gives the text or the tool calls, None when the request is not of its kind.
    """

    rank: int
    answer: Callable[[Asked], str | list[Call] | None]


def read(body: Mapping[str, Any], rng: Random) -> Asked:
    """The request in parts."""
    messages = _messages(body)
    last = messages[-1] if messages else {}
    role = last.get("role")
    return Asked(
        body=body,
        rng=rng,
        text=text_of(last),
        role=role if isinstance(role, str) else "",
        earlier=tuple(text_of(message) for message in messages[:-1]),
        system="\n".join(text_of(m) for m in messages if m.get("role") in _SYSTEM),
        images=tuple(images_of(last)),
    )


def _messages(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    messages = body.get("messages")
    found = messages if isinstance(messages, list) else []
    return [message for message in found if isinstance(message, Mapping)]
