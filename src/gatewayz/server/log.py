"""The log: one line per request on standard error, whatever the client sent."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache

from gatewayz.core.text import visible
from gatewayz.server.traffic import Traffic
from gatewayz.server.unread import STDERR, AsStream
from gatewayz.server.visits import Visit

# Lines of so many seconds go out together: a write of its own costs as much as a tenth of a request.
GATHER_S = 0.02
_MAX_FIELD = 200


class Log:
    """Writes a line for each visit that has ended: at once, or together with others once `start`ed.

    When the server is about to stop, at once again.
    """

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lines: list[str] = []
        self._unread = STDERR

    def start(self, *, owns_process: bool) -> None:
        """From now on lines are gathered; needs a running loop.

        In a process of its own uvicorn's line for each request, which says less of it, is switched off, as its
        --no-access-log does, and what else is logged to standard error waits for no reader either. A program
        that this is only a part of keeps its logging as it is.
        """
        self._loop = asyncio.get_running_loop()
        self._unread.come_back_by(self._loop)
        if not owns_process:
            return
        theirs = logging.getLogger("uvicorn.access")
        theirs.handlers.clear()
        theirs.propagate = False
        names = ("uvicorn", "uvicorn.error", None)
        for handler in [one for name in names for one in logging.getLogger(name).handlers]:
            # Also one of a life before this.
            if isinstance(handler, logging.StreamHandler) and (
                handler.stream is sys.stderr or isinstance(handler.stream, AsStream)
            ):
                with suppress(AttributeError):  # one whose stream is a rule of its own
                    handler.setStream(AsStream(self._loop))

    def note(self, visit: Visit) -> None:
        """One more, of a visit that has ended."""
        self._lines.append(_line(visit))
        if self._loop is None or self._traffic.stopping:
            self.flush()
        elif len(self._lines) == 1:
            self._loop.call_later(GATHER_S, self.flush)

    def close(self) -> None:
        """Writes what is there, and from now on each at once."""
        loop, self._loop = self._loop, None
        self.flush()
        if loop is not None:
            self._unread.leave(loop)

    def flush(self) -> None:
        """Writes what is there, as far as it is read."""
        lines, self._lines = self._lines, []
        self._unread.write("".join(lines))


def _line(visit: Visit) -> str:
    second, part = divmod(time.time_ns() // 1000, 1_000_000)
    holder = visit.holder
    what = _what(visit.method, visit.path, visit.gateway, visit.model)
    detail = f" detail={_word(visit.detail[:_MAX_FIELD])}\n" if visit.detail else "\n"
    if visit.passed_by:
        detail = f" passed_by={_word(','.join(visit.passed_by))}{detail}"
    return (
        f"{_second(second)}.{part:06}Z request id={visit.id} key={holder.label if holder else '-'}"
        f" {what} status={visit.status} ms={visit.total_s * 1000:.1f} kind={_word(visit.kind)}{detail}"
    )


@lru_cache(maxsize=1024)  # the same things are asked for again and again
def _what(method: str, path: str, gateway: str, model: str) -> str:
    return (
        f"method={_word(method)} path={_word(path[:_MAX_FIELD])} gateway={_word(gateway)}"
        f" model={_word(model[:_MAX_FIELD])}"
    )


@lru_cache(maxsize=2)
def _second(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=1024)
def _word(text: str) -> str:
    """The text as one field of a line: controls escaped, quoted where it has blanks."""
    text = visible(text)
    if not text:
        return "-"
    if any(ch in text for ch in ' "='):
        return '"' + text.replace('"', '\\"') + '"'
    return text
