"""What a provider says of its own answer, found in the bytes that pass without reading the rest of
them: its count of tokens, and an error in the midst of a success.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from gatewayz.client.error_bodies import error_in
from gatewayz.client.usage import read_usage
from gatewayz.core.attempt import ErrorBody, Usage

# Counts stand at an answer's end, and with some at its beginning.
_KEPT = 8192
# So much is gathered before what is not kept is thrown away.
_GATHERED = 4 * _KEPT
# In a text of the model's own its quotes would be escaped, so this is a field.
_FIELD = b'"usage"'
_ERROR = re.compile(rb'"error"(?!\s*:\s*null)')
_MOST_TRIES = 4
_DECODER = json.JSONDecoder()


class LastUsage:
    """Fed with an answer's bytes; memory is bounded. Of several counts the last one stands."""

    def __init__(self) -> None:
        self._head = b""
        self._tail = b""
        self._new: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> None:
        """More of the answer."""
        self._new.append(piece)
        self._size += len(piece)
        if self._size > _GATHERED:
            self._keep()

    def _keep(self) -> None:
        data = b"".join(self._new)
        self._new = []
        self._size = 0
        if len(self._head) < _KEPT:
            self._head += data[: _KEPT - len(self._head)]
        self._tail = (self._tail + data)[-_KEPT:]

    def usage(self) -> Usage | None:
        """What was counted, None where nothing was."""
        self._keep()
        found = _last_object(self._tail)
        if found is None:
            found = _last_object(self._head)
        return None if found is None else read_usage(found)

    def error(self) -> ErrorBody | None:
        """An error that the answer itself tells, near its end or its beginning; mostly None."""
        self._keep()
        return _last_error(self._tail) or _last_error(self._head)


def said_of(answer: bytes) -> tuple[Usage | None, ErrorBody | None]:
    """What was counted in a whole answer, and the error it tells; None where there is none."""
    if len(answer) <= _GATHERED:
        try:
            whole = _WHOLE.decode(answer)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        else:
            error = None if whole.error is None else _error_of(answer)
            if whole.usage:
                return read_usage(whole.usage), error
    watch = LastUsage()
    watch.feed(answer)
    return watch.usage(), watch.error()


class _Counted(msgspec.Struct):
    usage: dict[str, Any] | None = None
    error: Any = None


_WHOLE = msgspec.json.Decoder(_Counted)


def _last_object(data: bytes) -> dict[str, object] | None:
    """The value of the last field of that name which is an object with something in it."""
    end = len(data)
    for _ in range(_MOST_TRIES):
        at = data.rfind(_FIELD, 0, end)
        if at < 0:
            return None
        rest = data[at + len(_FIELD) :].lstrip()
        if rest.startswith(b":"):
            try:
                found, _ = _DECODER.raw_decode(rest[1:].lstrip().decode("utf-8", "replace"))
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict) and found:
                return found
        end = at
    return None


def _last_error(data: bytes) -> ErrorBody | None:
    """The error of the whole, where it is one document, else of the last event that tells one."""
    places = [found.start() for found in _ERROR.finditer(data)]
    found = _error_of(data) if places else None
    for at in reversed(places[-_MOST_TRIES:]):
        if found is not None:
            break
        line = data[data.rfind(b"\n", 0, at) + 1 :].partition(b"\n")[0]
        found = _error_of(line.strip().removeprefix(b"data:"))
    return found


def _error_of(document: bytes) -> ErrorBody | None:
    try:
        return error_in(_ANY.decode(document), in_band=True)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


_ANY = msgspec.json.Decoder()
