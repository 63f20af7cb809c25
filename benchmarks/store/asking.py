"""What a store is asked, timed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from benchmarks.store.filling import NOW
from gatewayz.store import Store

Question = Callable[[Store], object]

_SINCE = NOW - timedelta(days=89)
_DAY_S = 86400

# What commands ask of the results themselves.
OF_RESULTS: Mapping[str, Question] = {
    "list of the latest 20 runs": lambda store: store.runs(20),
    "past of one model, 20 runs": lambda store: store.past.of("gateway-3", "maker/model-7"),
    "latest 200 results of one model": lambda store: store.verdicts.of(
        "gateway-3", "maker/model-7"
    ),
    "one run of 1,000 results, whole": lambda store: store.run("last"),
}

# What a page asks of the sums.
OF_SUMS: Mapping[str, Question] = {
    "uptime of every model, 90 days": lambda store: store.summaries.uptime(until=NOW.date()),
    "one model, 90 days by the day": lambda store: store.summaries.timeline(
        "gateway-3", "maker/model-7", since=_SINCE, until=NOW, step_s=_DAY_S
    ),
    "one model, one probe, 90 days by the day": lambda store: store.summaries.timeline(
        "gateway-3", "maker/model-7", since=_SINCE, until=NOW, step_s=_DAY_S, probe="streaming"
    ),
    "one model, 7 days by the hour": lambda store: store.summaries.timeline(
        "gateway-3", "maker/model-7", since=NOW - timedelta(days=7), until=NOW
    ),
    "one gateway, 90 days by the day": lambda store: store.summaries.timeline(
        "gateway-3", since=_SINCE, until=NOW, step_s=_DAY_S
    ),
    "one model at all gateways, 90 days by the day": lambda store: store.summaries.timeline(
        "*", "*model-7", since=_SINCE, until=NOW, step_s=_DAY_S
    ),
    "everything, 90 days by the day": lambda store: store.summaries.timeline(
        since=_SINCE, until=NOW, step_s=_DAY_S
    ),
    "everything, 7 days by the hour": lambda store: store.summaries.timeline(
        since=NOW - timedelta(days=7), until=NOW
    ),
}


def timed_ms(store: Store, question: Question, rounds: int) -> float:
    """The median of some askings, in ms of wall time, after one that warms up."""
    question(store)
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        question(store)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000
