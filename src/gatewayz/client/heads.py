"""What stands beside the choices of an answer: who gave it, when, and what else was to be said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from gatewayz.client.sights import as_json, quoted
from gatewayz.core.names import changed_name

_MAX_NAME = 500
_MAX_NOTICE = 1000
_MOST_NOTICES = 5
# A name is compared with the ones before it; one that changes in every chunk costs no more.
_MOST_NAMES = 16
# No provider is older than this, and none lives more than a year ahead of our clock.
_EARLIEST_S = 1_000_000_000
_AHEAD_S = 366 * 24 * 3600
_LARGEST = 1e18
_NOTICE = re.compile(
    r"warnings?|notices?|.*deprecat.*|.*sunset.*|.*retire.*|.*end_?of_?life.*|.*shut_?down.*"
    r"|system_message",
    re.IGNORECASE,
)
_LONGEST_KEY = 40
# What most answers are made of: no notice has these names, nor stands one level below them.
_USUAL = frozenset(
    ("id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier")
)


class Head:
    """Id, model, moment, fingerprint and notice of one answer; the first of each counts.

    `now_s` is the Unix time at which the answer was asked for.
    """

    def __init__(self, note: Callable[[str, str], None], now_s: float) -> None:
        self.id = ""
        self.model = ""
        self.created: float | None = None
        self.fingerprint = ""
        self.notice = ""
        self._note = note
        self._latest_s = now_s + _AHEAD_S
        self._created_is_sound = False
        self._created_as_sent = ""
        self._names: dict[str, None] = {}
        self._id_changed = False

    def take(self, document: Mapping[str, Any]) -> None:
        """The head of a whole answer, or of one chunk of it."""
        self._take_names(document.get("id"), document.get("model"))
        if not self._created_is_sound and "created" in document and document.get("choices"):
            # Azure sends its filters' results ahead, in a chunk of moment 0 and no choices.
            self._take_created(document.get("created"))
        fingerprint = document.get("system_fingerprint")
        if not self.fingerprint and isinstance(fingerprint, str):
            self.fingerprint = fingerprint[:_MAX_NAME]
        if not self.notice and not document.keys() <= _USUAL:
            found = list(_notices(document))
            if found:
                self.notice = "; ".join(dict.fromkeys(found))[:_MAX_NOTICE]

    def _take_names(self, ident: Any, model: Any) -> None:
        # "", null and nothing at all are no change: the first and the last chunk often lack it.
        if isinstance(ident, str) and ident:
            ident = ident[:_MAX_NAME]
            if not self.id:
                self.id = ident
            elif ident != self.id and not self._id_changed:
                self._id_changed = True
                saw = f"{quoted(self.id)}, then {quoted(ident)}"
                self._note("id-changes-mid-stream", saw)
        if isinstance(model, str) and model:
            model = model[:_MAX_NAME]
            self.model = self.model or model
            if model not in self._names and len(self._names) < _MOST_NAMES:
                other = next((name for name in self._names if changed_name(name, model)), None)
                if other is not None:
                    saw = f"began as {quoted(other)}, went on as {quoted(model)}"
                    self._note("model-changes-mid-stream", saw)
                self._names[model] = None

    @property
    def odd_created(self) -> str:
        """The first moment that was given, when none that were can be one; else ""."""
        return "" if self._created_is_sound else self._created_as_sent

    def _take_created(self, value: Any) -> None:
        if value is None:
            return
        number = isinstance(value, int | float) and not isinstance(value, bool)
        self._created_is_sound = number and _EARLIEST_S <= value <= self._latest_s
        if not self._created_is_sound:
            self._created_as_sent = self._created_as_sent or as_json(value)
        if not number:
            return
        if self._created_is_sound or (self.created is None and abs(value) < _LARGEST):
            self.created = float(value)


def _notices(document: Mapping[str, Any]) -> Iterator[str]:
    """Warnings beside an answer, at its top or one level below."""
    for key, value in document.items():
        if key in _USUAL:
            continue
        if _names_a_notice(key):
            yield from _words(key, value)
        elif isinstance(value, dict) and key != "error":
            for inner, text in value.items():
                if _names_a_notice(inner):
                    yield from _words(inner, text)


def _names_a_notice(key: str) -> bool:
    return len(key) <= _LONGEST_KEY and _is_notice(key)


@lru_cache(maxsize=512)
def _is_notice(key: str) -> bool:
    return _NOTICE.fullmatch(key) is not None


def _words(key: str, value: Any) -> Iterator[str]:
    """What a notice says, whatever its shape; its name where it only says yes."""
    if value is True:
        yield key
    elif isinstance(value, str):
        if value.strip():
            yield value.strip()[:_MAX_NOTICE]
    elif isinstance(value, dict):
        told = [text for text in value.values() if isinstance(text, str) and text.strip()]
        if told:
            yield ", ".join(told[:_MOST_NOTICES])[:_MAX_NOTICE]
    elif isinstance(value, list):
        for item in value[:_MOST_NOTICES]:
            if not isinstance(item, bool | list):
                yield from _words(key, item)
