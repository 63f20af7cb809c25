"""After the end: whether the log and the store tell the same, and nothing that must not be."""

from __future__ import annotations

import re
import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from benchmarks.soak.stage import NARROW
from benchmarks.soak.wire import CHAT

_LINE = re.compile(
    r"request id=(\S+) key=(\S+) method=POST path=(\S+) gateway=(\S+) .* status=(\d+) "
)
# What the server it runs on says of its own: of peers who speak no HTTP, or another, and of plain
# answers that broke at the provider, which end without their end on purpose.
_KNOWN = re.compile(
    r"Serving on |\w+: +(Cancel \d+ running|Invalid HTTP request received|Unsupported upgrade request|No supported WebSocket"
    r" library detected|ASGI callable returned without completing response)"
)
# With no gateway named, these may have been turned away before they counted, as may whoever's key was
# not looked at: no row is promised.
_TURNED_AWAY = frozenset({"401", "429", "503"})
_WINDOW_S = 60.0
# A row's moment is its arrival, a little before the limit counted it.
_MARGIN_S = 0.5


def wrong_in_the_log(log: Path) -> list[str]:
    """Bugs of ours, and whatever is neither a request's line nor known."""
    found: Counter[str] = Counter()
    with log.open(encoding="utf-8", errors="replace") as rows:
        for row in rows:
            is_request = " request id=" in row
            if "kind=internal-error" in row or not (is_request or _KNOWN.match(row)):
                found[row.strip()[:300]] += 1
    return [f"the log holds, {count} times: {row}" for row, count in found.most_common(5)]


def without_record(log: Path, store: Path, healthy: Iterable[str]) -> list[str]:
    """Finished requests that the store does not hold, or holds twice."""
    kept = Counter(name for name, _, _ in _rows(store))
    logged: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    with log.open(encoding="utf-8", errors="replace") as rows:
        for row in rows:
            match = _LINE.search(row)
            if match and match[3] == CHAT:
                name, key, _, gateway, status = match.groups()
                logged[name] += 1
                came_in = key != "-" and status not in _TURNED_AWAY
                counted[name] += gateway != "-" or came_in
    told = []
    for name, wanted in (("healthy", Counter(healthy)), ("logged", counted)):
        lost = wanted - kept
        if lost:
            told.append(
                f"{lost.total()} of {wanted.total()} {name} requests have no record: {[*lost][:3]}"
            )
    if twice := kept - logged:
        told.append(f"{twice.total()} records are of no request in the log: {[*twice][:3]}")
    return told


def let_in_too_often(store: Path) -> list[str]:
    """Sixty seconds in which the narrow key came in more often than it may."""
    moments = sorted(
        datetime.fromisoformat(at).timestamp()
        for _, client, at in _rows(store)
        if client == "narrow"
    )
    until = (bisect_left(moments, at + _WINDOW_S - _MARGIN_S) for at in moments)
    worst = max((end - start for start, end in enumerate(until)), default=0)
    return [f"the narrow key came in {worst} times in a minute"] if worst > NARROW else []


def _rows(store: Path) -> Sequence[tuple[str, str, str]]:
    """Id, client and arrival of each record; read without the code that wrote them."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT id, client, started_at FROM requests").fetchall()
