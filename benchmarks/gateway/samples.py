"""What one turn of one gateway showed, and what several turns come to."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Above this the load and the upstream themselves had no more to give, so that the requests per
# second are those of the load: a gateway's own may be more.
LOAD_BOUND = 0.95
# Who delivers less than this share of the chunks is overloaded: to start the streams is then most
# of what it does, and another turn would not better it.
OVERLOADED = 0.5
# Where the CPU that is compared is taken from: 64 connections, 64 streams.
COMPARED = {"request": ("closed_loop", "64"), "chunk": ("streams", "64")}
Figures = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of time: how long, what the gateway used of its core, and what others did."""

    wall_s: float
    cpu_s: float
    load_busy: float = 0.0
    core_busy: float = 0.0

    @property
    def others(self) -> float:
        """The share of the measured core that went to neither the gateway nor idling."""
        return max(0.0, self.core_busy - self.cpu_s / self.wall_s)


@dataclass(frozen=True)
class ClosedLoop:
    """Requests that were answered in a window, and how often each status but 200 came."""

    window: Window
    count: int
    failed: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Paced:
    """Times of requests at a fixed rate: how many were sent, and how long each answered one took."""

    sent: int
    took_s: Sequence[float] = field(repr=False)


@dataclass(frozen=True)
class Streams:
    """Chunks of paced streams in a window, and streams that were refused.

    `first_s` and `lag_s` are as `streams.Streamed` has them.
    """

    window: Window
    wanted: int
    chunks: int
    refused: int
    first_s: Sequence[float] = field(repr=False)
    lag_s: Sequence[float] = field(repr=False)

    @property
    def is_overloaded(self) -> bool:
        """Whether so little came that the turn tells no more than that."""
        return self.chunks < OVERLOADED * self.wanted


def rank(values: Iterable[float], share: float) -> float | None:
    """The smallest value with at least this share of all at or below it; None of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def closed_loop_figures(samples: Sequence[ClosedLoop]) -> Figures:
    """Requests per second and CPU per request: medians over the turns.

    Shape: cpu_us is None where nothing was answered; failed is a share of all answers, statuses are
    those it came with (0: none), by how often.
    """
    answered = [sample for sample in samples if sample.count]
    busy = statistics.median(sample.window.load_busy for sample in samples)
    count = sum(sample.count for sample in samples)
    failed: Counter[int] = Counter()
    for sample in samples:
        failed.update(sample.failed)
    return {
        "per_s": round(statistics.median(s.count / s.window.wall_s for s in samples)),
        "cpu_us": _median_us(s.window.cpu_s / s.count for s in answered),
        "load_busy": round(busy, 3),
        "load_bound": busy > LOAD_BOUND,
        "failed": round(failed.total() / count, 4) if count else 0.0,
        "statuses": {str(status): times for status, times in failed.most_common()},
    }


def paced_figures(samples: Sequence[Paced], direct: Sequence[Paced]) -> Figures:
    """How long requests at a fixed rate took, and how much of it is added to the direct way.

    Shape: percentiles over all turns, in microseconds; added_… are differences of percentiles,
    None where either is.
    """
    took = [value for sample in samples for value in sample.took_s]
    ours = _percentiles_us(took, "")
    theirs = _percentiles_us([value for sample in direct for value in sample.took_s], "")
    sent = sum(sample.sent for sample in samples)
    return {**ours, **_added(ours, theirs), "answered": round(len(took) / sent, 4)}


def stream_figures(samples: Sequence[Streams], direct: Sequence[Streams]) -> Figures:
    """CPU per chunk, time to the first chunk and lag of each, and what is added to the direct way.

    Shape: cpu_us is None of one that was overloaded in every turn, delivered is the share of chunks that came in their time, refused the streams that did
    not get a 200 (the most of any turn); times in microseconds.
    """
    told = [_stream_times(turns) for turns in (samples, direct)]
    some = [sample for sample in samples if not sample.is_overloaded]
    wanted = sum(sample.wanted for sample in samples)
    return {
        "delivered": round(sum(sample.chunks for sample in samples) / wanted, 4),
        "refused": max(sample.refused for sample in samples),
        "cpu_us": _median_us(sample.window.cpu_s / sample.chunks for sample in some),
        **told[0],
        **_added(*told),
    }


def ratios(rows: Sequence[Figures]) -> Figures:
    """How many times another's CPU each one's is, for a request and for a streamed chunk.

    Shape: by what it is for, by name, by the other's name; None where either is not known.
    """
    return {
        what: {
            row["name"]: {o["name"]: _ratio(_cpu(row, *where), _cpu(o, *where)) for o in rows}
            for row in rows
        }
        for what, where in COMPARED.items()
    }


def _cpu(row: Figures, kind: str, size: str) -> float | None:
    cpu: float | None = row[kind][size]["cpu_us"]
    return cpu


def _ratio(ours: float | None, theirs: float | None) -> float | None:
    return round(ours / theirs, 4) if ours and theirs else None


def _stream_times(samples: Sequence[Streams]) -> dict[str, float | None]:
    first = [value for sample in samples for value in sample.first_s]
    lag = [value for sample in samples for value in sample.lag_s]
    return {**_percentiles_us(first, "first_"), **_percentiles_us(lag, "lag_")}


def _percentiles_us(values: Sequence[float], name: str) -> dict[str, float | None]:
    found = {"p50": rank(values, 0.5), "p99": rank(values, 0.99)}
    return {f"{name}{which}_us": _us(value) for which, value in found.items()}


def _added(
    ours: Mapping[str, float | None], theirs: Mapping[str, float | None]
) -> dict[str, float | None]:
    return {f"added_{name}": _difference(ours[name], theirs[name]) for name in ours}


def _difference(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or theirs is None else round(ours - theirs, 1)


def _median_us(values: Iterable[float]) -> float | None:
    return _us(statistics.median(found)) if (found := list(values)) else None


def _us(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1e6, 1)
