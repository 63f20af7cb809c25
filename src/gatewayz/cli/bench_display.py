"""The line that moves while load is on: how much came back, how fast, and a spark for each moment."""

from __future__ import annotations

import os
import sys
from collections import deque
from typing import TextIO

from gatewayz.core.units import show_seconds
from gatewayz.load import Progress
from gatewayz.reports._status import StatusLine

_SPARKS = "▁▂▃▄▅▆▇█"
_MOST_SPARKS = 8
_SLICE_S = 0.5


class LiveLine:
    """Shows the progress of a run on a terminal; nothing where there is none."""

    def __init__(self, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stdout
        can_move = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._status = StatusLine(self._stream) if can_move and not quiet else None
        self._rates: deque[float] = deque(maxlen=_MOST_SPARKS)
        self._since, self._ended = 0.0, 0
        self._ttft_s: deque[float] = deque(maxlen=50)

    def __call__(self, progress: Progress) -> None:
        """Takes how far the run is."""
        if self._status is None:
            return
        self._count(progress)
        self._status.show(self._told(progress))

    def close(self) -> None:
        """Gives the terminal back."""
        if self._status is not None:
            self._status.hide()
            self._status = None

    def _count(self, progress: Progress) -> None:
        self._ttft_s.extend(s.values["ttft"] for s in progress.fresh if "ttft" in s.values)
        passed_s = progress.elapsed_s - self._since
        if passed_s >= _SLICE_S:
            self._rates.append((progress.ended - self._ended) / passed_s)
            self._since, self._ended = progress.elapsed_s, progress.ended

    def _told(self, progress: Progress) -> str:
        if progress.warm_up:
            return f"warming up  {progress.in_flight} in flight"
        of = f"/{progress.most}" if progress.most is not None else ""
        parts = [
            progress.stage.title,
            f"{progress.ended}{of} done",
            f"{progress.failed} failed",
            f"{progress.in_flight} in flight",
        ]
        if self._rates:
            parts.append(f"{sparkline(self._rates, self._stream)} {self._rates[-1]:.1f}/s".strip())
        if self._ttft_s:
            middle = sorted(self._ttft_s)[len(self._ttft_s) // 2]
            parts.append(f"TTFT {middle * 1000:.0f} ms")
        if progress.most is None:
            parts.append(show_seconds(progress.elapsed_s))
        return "  ".join(parts)


def sparkline(values: deque[float], stream: TextIO) -> str:
    """A mark as high as each value, from zero on; "" where the stream cannot write them."""
    try:
        _SPARKS.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ""
    most = max(values, default=0.0)
    if most <= 0:
        return _SPARKS[0] * len(values)
    return "".join(_SPARKS[min(7, int(value / most * 7.999))] for value in values)
