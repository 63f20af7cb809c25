"""A stream's counts that its client did not ask for: for keys whose tokens are limited the provider is asked for them.

What it sends for that is an event of nothing else, which the client would not expect: most take the first of a
chunk's choices, and there it has none.
"""

from __future__ import annotations

from typing import Any

import msgspec

from gatewayz.server.refusals import Refusal

_FIELD, _OPTION = "stream_options", "include_usage"
ASKED_FOR = f"{_FIELD}={_OPTION}"
_USAGE = b'"usage"'
# What every chunk has. One with anything else is no event of counts alone.
_ENVELOPE = frozenset(
    ("id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier",
     "provider", "obfuscation", "x_groq", "time_info")
)  # fmt: skip


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
# What is refused is a field, or may be one, where none is named.
_A_FIELD = frozenset(("extra-field-refused", "unsupported-parameter"))
_MAYBE_A_FIELD = frozenset(("", "validation-422", "unsupported-value", "refused-as-something-else"))
# Of a refusal that does not say what for, so many have to be followed by an answer without counts.
SURE = 3


def refused_for_counts(refusal: Refusal) -> int:
    """How surely a provider refused to be asked for counts: `SURE`, or less, or 0 where it was something else."""
    if refusal.status not in _STATUSES:
        return 0
    said = f"{refusal.param} {refusal.message}".lower()
    if _FIELD in said or _OPTION in said:
        return SURE
    if refusal.param:
        return 0
    if refusal.kind in _A_FIELD:
        return SURE
    return int(refusal.kind in _MAYBE_A_FIELD or refusal.status == 501)


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
        and _ENVELOPE.issuperset(chunk)
    )


_ANY = msgspec.json.Decoder()
