"""A stream's counts that its client did not ask for: for keys whose tokens are limited the provider is asked for them.

What it sends for that is an event without a part of the answer, which the client would not expect: most
take the first of a chunk's choices, and there it has none.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from gatewayz.client.error_bodies import error_in
from gatewayz.server.refusals import Refusal

_FIELD, _OPTION = "stream_options", "include_usage"
ASKED_FOR = f"{_FIELD}={_OPTION}"
_USAGE = b'"usage"'
# What belongs to the answer though it stands beside counts. All else is measured: llama.cpp's `timings`.
_OF_THE_ANSWER = frozenset(
    (
        "citations",
        "search_results",
        "references",
        "sources",
        "related_questions",
        "images",
        "audio",
        "tool_calls",
        "content",
        "delta",
        "message",
        "output",
        "text",
    )
)


def ask_for_counts(body: dict[str, Any]) -> bool:
    """Has a stream's counts be told; False where its client asks for them itself.

    Nothing else that it may say of them counts, nor by names that only some providers read.
    """
    given = body.get(_FIELD)
    options = given if isinstance(given, dict) else {}
    twins = [name for name in body if name != _FIELD and name.lower() == _FIELD]
    alike = [name for name in options if name != _OPTION and name.lower() == _OPTION]
    if options.get(_OPTION) is True and not (twins or alike):
        return False
    for name in twins:
        del body[name]
    body[_FIELD] = {**{n: v for n, v in options.items() if n not in alike}, _OPTION: True}
    return True


# With these providers refuse what they do not know, or cannot do.
_STATUSES = (400, 422, 501)
# Kinds of what is refused for a field or its value, where none is named.
_OF_A_FIELD = frozenset(
    ("", "validation-422", "unsupported-value", "refused-as-something-else", "extra-field-refused",
     "unsupported-parameter", "error-body-odd-shapes", "error-as-bare-string")
)  # fmt: skip
# What any refusal may speak of.
_OF_ALL = frozenset(("model", "stream", _FIELD))
# Of a refusal that does not say what for, so many have to be followed by an answer without counts.
SURE = 3
# Who refused them is asked again after this time: it may have learnt them, or a client may have had it seem so.
_FORGOTTEN_S = 600.0

# A gateway, a model, and an endpoint's path.
Whom = tuple[str, str, str]


def refused_for_counts(refusal: Refusal, body: Mapping[str, Any]) -> int:
    """How surely a provider refused to be asked for counts: `SURE`, or less, or 0 where it was something else.

    `body` is what it was sent: a refusal that names another field of it is of that one.
    """
    if refusal.status not in _STATUSES:
        return 0
    said = f"{refusal.param} {refusal.message}".lower()
    others = {name.lower() for name in body} - _OF_ALL
    names_another = not others.isdisjoint(_WORD.findall(said))
    if _FIELD in said or _OPTION in said:
        if refusal.param.lower() in others:
            return 0
        # Beside another field's name the words may only quote what was asked.
        return SURE - 1 if names_another else SURE
    if refusal.param or names_another:
        return 0
    return int(refusal.kind in _OF_A_FIELD or refusal.status == 501)


_WORD = re.compile(r"\w+")


class RefusedCounts:
    """Who answers a stream only where it is not asked for counts, as far as that is known and was not long ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[Whom, tuple[int, float]] = {}

    def may_ask(self, whom: Whom) -> bool:
        """Whether counts are to be asked for."""
        sure, since = self._known.get(whom, (0, 0.0))
        return sure < SURE or self._clock() - since > _FORGOTTEN_S

    def refused(self, whom: Whom, sure: int) -> None:
        """It answered without, after a refusal that was so surely for them."""
        before, since = self._known.get(whom, (0, 0.0))
        now = self._clock()
        self._known[whom] = (before if now - since <= _FORGOTTEN_S else 0) + sure, now

    def answered(self, whom: Whom) -> None:
        """It took being asked."""
        if self._known:
            self._known.pop(whom, None)


class WithoutCounts:
    """Such a stream as its client expects it: the event is taken out with the blank line that ends it."""

    def __init__(self) -> None:
        self._is_taken = False

    def feed(self, lines: bytes) -> bytes:
        """What of its next whole lines is the client's."""
        if _USAGE not in lines and not self._is_taken:
            return lines
        kept = []
        for line in lines.splitlines(keepends=True):
            ends, self._is_taken = self._is_taken and not line.strip(), False
            if _has_only_counts(line):
                self._is_taken = True
            elif not ends:
                kept.append(line)
        return b"".join(kept)


def may_have_only_counts(begun: bytes) -> bool:
    """Whether a line may turn out to be such an event's, by what of it has come."""
    name, value = begun[:5], begun[5:].lstrip()
    if not name or not b"data:".startswith(name):
        return False
    return value[:1] in (b"", b"{") and not _A_CHOICE.search(value)


# No text has it: there the quotation marks are escaped.
_A_CHOICE = re.compile(rb'"choices"\s*:\s*\[\s*[^\s\]]')


def _has_only_counts(line: bytes) -> bool:
    if not line.startswith(b"data:") or _USAGE not in line:
        return False
    try:
        chunk = _ANY.decode(line[5:])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return (
        isinstance(chunk, dict)
        and not chunk.get("choices")
        and isinstance(chunk.get("usage"), dict)
        and _OF_THE_ANSWER.isdisjoint(chunk)
        and error_in(chunk, in_band=True) is None
    )


_ANY = msgspec.json.Decoder()
