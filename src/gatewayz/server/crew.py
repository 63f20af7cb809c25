"""What all workers of a server did together, whichever of them is asked.

Each leaves word of its own counts once a second, at its end, and before it tells anybody: what has
been told never gets less, whoever dies. One that takes a dead one's place goes on from its last word.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Final

import msgspec

from gatewayz.server.accounts import Accounts, OwnAccounts, SharedAccounts
from gatewayz.server.catalogues import Catalogues
from gatewayz.server.keeper import Keeper
from gatewayz.server.last_words import LastWords
from gatewayz.server.traffic import RECENT_S, Histogram, Recent, Tally, Traffic

TELL_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Share:
    """One worker's part in what the workers of a server share: `worker` is its place among `of`."""

    accounts: Accounts
    words: LastWords | None = None
    worker: int = 0
    of: int = 1

    @classmethod
    def alone(cls) -> Share:
        """That of a server that is one process."""
        return cls(OwnAccounts())

    @classmethod
    def among(cls, workers: int) -> Share:
        """The first worker's; made before the fork."""
        return cls(SharedAccounts(workers), LastWords(workers), 0, workers)

    def of_worker(self, worker: int) -> Share:
        """Another worker's, after the fork."""
        if isinstance(self.accounts, SharedAccounts):
            self.accounts.worker = worker
        return Share(self.accounts, self.words, worker, self.of)

    def bury(self, worker: int) -> None:
        """Takes back what a dead worker held."""
        if isinstance(self.accounts, SharedAccounts):
            self.accounts.bury(worker)


@dataclass(frozen=True, slots=True)
class Listed:
    """A gateway's list of models: how many, and when it was read, on the monotonic clock."""

    read_at: float
    models: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """All workers as one. `pids` are those of the processes, `cpu_s` what they and those before took."""

    traffic: Traffic
    dropped: int
    lists: Mapping[str, Listed]
    pids: tuple[int, ...]
    cpu_s: float


class _Values(msgspec.Struct, array_like=True):
    counts: list[int]
    total: float


class _Tally(msgspec.Struct, array_like=True):
    """A `Tally`, as it is written down."""

    ended: dict[tuple[str, int, str], int]
    passed_by: dict[str, int]
    tokens: dict[str, int]
    cost_usd: float | None
    total_s: _Values
    upstream_s: _Values
    recent: list[tuple[float, str, float]]


class _Word(msgspec.Struct, array_like=True):
    """What one worker says of itself and of those whose place it took."""

    pid: int
    cpu_s: float
    dropped: int
    lists: dict[str, tuple[float, int]]
    tallies: dict[str, _Tally]


class Crew:
    """One worker among the others; alone, all there is."""

    def __init__(
        self, share: Share, *, traffic: Traffic, keeper: Keeper, catalogues: Catalogues
    ) -> None:
        self._share = share
        self._traffic = traffic
        self._keeper = keeper
        self._catalogues = catalogues
        self._cpu_before_s = 0.0

    def begin(self) -> None:
        """Goes on where the last one in this place has left off."""
        before = self._word_of(self._share.worker)
        if before is not None:
            self._cpu_before_s = before.cpu_s
            self._keeper.dropped = before.dropped
            self._traffic.by_gateway = _added([before.tallies])
            for tally in self._traffic.by_gateway.values():
                tally.recent = deque(tally.recent, Tally().recent.maxlen)
        self.tell()

    async def keep_telling(self) -> None:
        """Leaves word from time to time, for as long as it is let."""
        while self._share.words is not None:
            await asyncio.sleep(TELL_EVERY_S)
            self.tell()

    def tell(self) -> None:
        """Leaves word of this moment."""
        if self._share.words is not None:
            word = msgspec.msgpack.encode(self._word())
            # Where there is no room for it, what was said before stands, and the next may fit.
            with suppress(OSError):
                self._share.words.write(self._share.worker, word)

    def together(self) -> Together:
        """What all workers did, this one included."""
        if self._share.words is None:
            return Together(
                traffic=self._traffic,
                dropped=self._keeper.dropped,
                lists=self._lists(),
                pids=(os.getpid(),),
                cpu_s=_cpu_s(),
            )
        self.tell()
        words = [word for n in range(self._share.of) if (word := self._word_of(n)) is not None]
        lists: dict[str, Listed] = {}
        for name, found in chain.from_iterable(word.lists.items() for word in words):
            lists[name] = max(lists.get(name, Listed(*found)), Listed(*found), key=_read_at)
        return Together(
            traffic=self._traffic.with_tallies(_added([word.tallies for word in words])),
            dropped=sum(word.dropped for word in words),
            lists=lists,
            pids=tuple(word.pid for word in words),
            cpu_s=sum(word.cpu_s for word in words),
        )

    def _word(self) -> _Word:
        return _Word(
            pid=os.getpid(),
            cpu_s=self._cpu_before_s + _cpu_s(),
            dropped=self._keeper.dropped,
            lists={name: (one.read_at, one.models) for name, one in self._lists().items()},
            tallies={name: _written(tally) for name, tally in self._traffic.by_gateway.items()},
        )

    def _word_of(self, worker: int) -> _Word | None:
        said = self._share.words.read(worker) if self._share.words is not None else b""
        return msgspec.msgpack.decode(said, type=_Word) if said else None

    def _lists(self) -> dict[str, Listed]:
        return {
            name: Listed(catalogue.read_at, len(catalogue.models))
            for name, catalogue in self._catalogues.kept()
            if catalogue.read_at is not None
        }


def _read_at(listed: Listed) -> float:
    return listed.read_at


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system


def _written(tally: Tally) -> _Tally:
    since = time.monotonic() - RECENT_S
    return _Tally(
        ended=dict(tally.ended),
        passed_by=dict(tally.passed_by),
        tokens=dict(tally.tokens),
        cost_usd=tally.cost_usd,
        total_s=_Values(tally.total_s.counts, tally.total_s.total),
        upstream_s=_Values(tally.upstream_s.counts, tally.upstream_s.total),
        recent=[
            (one.ended, one.failure_class, one.total_s) for one in tally.recent if one.ended > since
        ],
    )


def _added(all_tallies: Iterable[Mapping[str, _Tally]]) -> dict[str, Tally]:
    """The tallies of several, gateway by gateway."""
    added: dict[str, Tally] = {}
    for name, one in chain.from_iterable(tallies.items() for tallies in all_tallies):
        # Of several there are more of the last minutes than one would keep.
        tally = added.setdefault(name, Tally(recent=deque()))
        tally.ended.update(one.ended)
        tally.passed_by.update(one.passed_by)
        tally.tokens.update(one.tokens)
        if one.cost_usd is not None:
            tally.cost_usd = (tally.cost_usd or 0.0) + one.cost_usd
        _add(tally.total_s, one.total_s)
        _add(tally.upstream_s, one.upstream_s)
        tally.recent.extend(Recent(*recent) for recent in one.recent)
    return added


def _add(histogram: Histogram, values: _Values) -> None:
    histogram.counts = [a + b for a, b in zip(histogram.counts, values.counts, strict=True)]
    histogram.total += values.total
