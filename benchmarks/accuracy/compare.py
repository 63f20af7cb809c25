"""What a client reports against what the sender knows: errors in seconds, counts exactly."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

Told = Mapping[str, Any]
_NS = 1e9


@dataclass
class Errors:
    """How wrong reports are. Lists are in seconds, an entry for each measurement.

    ttft_s       the time to the first token, of each stream
    gap_s        each gap between two chunks
    whole_s      the latency of each answer that was not streamed
    late_s       how late the sender itself was; `send_s` how long the kernel took over a send
    wrong_counts  answers with another number of tokens or of chunks than were sent
    failed       answers that did not come, by why
    """

    ttft_s: list[float] = field(default_factory=list)
    gap_s: list[float] = field(default_factory=list)
    whole_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    send_s: list[float] = field(default_factory=list)
    stamped_by: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    wrong_counts: int = 0
    answers: int = 0
    chunks: int = 0
    held_up_s: float = 0.0


def compare(answers: Iterable[Told], log: Iterable[Told]) -> Errors:
    """The errors of what was told of these answers, by the sender's log."""
    truth = {entry["id"]: entry for entry in log}
    errors = Errors()
    for told in answers:
        if "problem" in told:
            errors.failed[told["problem"]] += 1
        elif told["id"] not in truth:
            errors.failed["not in the sender's log"] += 1
        else:
            _one(errors, told, truth[told["id"]])
    return errors


def _one(errors: Errors, told: Told, golden: Told) -> None:
    said = [part for part in golden["sent"] if part[0]]
    errors.answers += 1
    errors.chunks += len(said)
    errors.stamped_by[told["by"]] += 1
    errors.held_up_s = max(errors.held_up_s, told["held_up_s"])
    errors.late_s += [(before - due) / _NS for _, due, before, _ in said]
    errors.send_s += [(after - before) / _NS for _, _, before, after in said]
    left = [before / _NS for _, _, before, _ in said]
    tokens = sum(part[0] for part in said)
    if not golden["stream"]:
        errors.wrong_counts += told["tokens"] != tokens
        errors.whole_s.append(_apart(told["last"], left[-1]))
        return
    errors.ttft_s.append(_apart(told["first"], left[0]))
    if told["tokens"] != tokens or not told["chunk_count"] == len(told["chunks"]) == len(left):
        errors.wrong_counts += 1
        return
    errors.gap_s += [
        _apart(ours, true) for ours, true in zip(_gaps(told["chunks"]), _gaps(left), strict=True)
    ]


def _apart(ours: float | None, true: float) -> float:
    """What was not measured at all is as wrong as can be."""
    return math.inf if ours is None else abs(ours - true)


def _gaps(moments: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(moments)]


def in_us(values: Sequence[float]) -> dict[str, float] | None:
    """Median, 99th percentile and largest in microseconds, by nearest rank; None of no values."""
    ordered = sorted(values)
    if not ordered:
        return None

    def at(share: float) -> float:
        return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1e6, 1)

    return {"p50": at(0.5), "p99": at(0.99), "max": at(1.0)}
