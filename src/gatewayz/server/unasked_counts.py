"""A stream's counts that its client did not ask for: for keys whose tokens are limited the provider is asked for them.

What it sends for that is an event of nothing else, which the client would not expect: most take the first of a
chunk's choices, and there it has none.
"""

from __future__ import annotations

from typing import Any

import msgspec

from gatewayz.core.refusals import SPEAKS_OF
from gatewayz.server.refusals import Refusal

_FIELD = "stream_options"
ASKED_FOR = f"{_FIELD}=include_usage"
_USAGE = b'"usage"'


def ask_for_counts(body: dict[str, Any]) -> bool:
    """Has a stream's counts be told; False where its client asks for them itself."""
    given = body.get(_FIELD)
    options = given if isinstance(given, dict) else {}
    if options.get("include_usage") or not (given is None or options is given):
        return False
    body[_FIELD] = {**options, "include_usage": True}
    return True


def asked_in_vain(refusal: Refusal) -> bool:
    """Whether a provider refuses to be asked for them."""
    told = f"{refusal.param} {refusal.message}"
    return refusal.failure_class == "bad-request" and SPEAKS_OF[_FIELD].search(told) is not None


def without_counts(lines: bytes) -> bytes:
    """Whole lines of such a stream as its client expects them."""
    if _USAGE not in lines:
        return lines
    return b"".join(line for line in lines.splitlines(keepends=True) if not _has_only_counts(line))


def _has_only_counts(line: bytes) -> bool:
    if not line.startswith(b"data:") or _USAGE not in line:
        return False
    try:
        chunk = _CHUNK.decode(line[5:])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return chunk.choices == [] and isinstance(chunk.usage, dict)


class _Chunk(msgspec.Struct, gc=False):
    choices: list[Any] | None = None
    usage: Any = None


_CHUNK = msgspec.json.Decoder(_Chunk)
