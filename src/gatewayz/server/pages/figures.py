"""What pages are made of, out of the store: read in the threads that make them, once for several pages."""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from gatewayz.config import Settings
from gatewayz.core.availability import Assessment, Tally, unseen_of
from gatewayz.core.client_key import Allowance
from gatewayz.core.errors import StoreError
from gatewayz.core.objectives import Maintenance, Sla, Window
from gatewayz.core.probe_results import ProbeResult
from gatewayz.core.summed import Step, Uptime
from gatewayz.measure.sla import AVAILABILITY
from gatewayz.server.pages.overview import Overview, Sees, overview
from gatewayz.server.pages.promises import Promise, Promises
from gatewayz.server.pages.watched_now import with_watch
from gatewayz.store import Store
from gatewayz.store.newest import Newest
from gatewayz.store.promised import assessed, removed_before, shares_since

_Everything = tuple[Uptime, tuple[Newest, ...], tuple[ProbeResult, ...]]

DAYS = 90
# What was asked longer ago says nothing of now.
_NOW_DAYS = 14
_FRESH_S = 10.0
# Of so many allowances what they may know is kept.
_MOST_SEEN = 50
_SELDOM = 20
# So many results are summed at a time, which takes about two seconds.
_SUMMED = 20_000
# Where nothing was promised, trouble is told all the same, of so long a time.
_UNPROMISED = Sla(
    name="",
    objectives=(AVAILABILITY,),
    window=Window(rolling_s=14 * 86400.0),
)


class Figures:
    """Answers of a store. `now` gives the moment, `clock` monotonic seconds."""

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self.now = now
        self._clock = clock
        self._kept: tuple[_Everything, float, float] | None = None
        self._seen: dict[Allowance, tuple[_Everything, Overview]] = {}
        # What the promises came to when they were read last.
        self.promised = Promises(is_known=False)

    def everything(self, store: Store) -> _Everything:
        """Every model's days, how each question came out last, and the lists that stand for models.

        Read anew when it is old.
        """
        kept, began = self._kept, self._clock()
        if kept is not None and began - kept[1] <= max(_FRESH_S, _SELDOM * kept[2]):
            return kept[0]
        found = self._everything(store)
        ended = self._clock()
        self._kept = (found, ended, ended - began)
        return found

    def seen(self, store: Store, allowance: Allowance, sees: Sees) -> Overview:
        """The same as one may know it, who has that allowance; worked out once for all pages."""
        found = self.everything(store)
        kept = self._seen.get(allowance)
        if kept is None or kept[0] is not found:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            kept = self._seen[allowance] = (found, overview(*found, sees=sees))
        return kept[1]

    @property
    def maintenance(self) -> tuple[Maintenance, ...]:
        """What was announced in gatewayz.toml."""
        return self._settings.maintenance

    def promises(self, store: Store) -> Promises:
        """What became of every promise, and all times of trouble: read anew, which may take seconds.

        Behind it runs are summed that were not yet, as those that an import has brought.
        """
        self.promised = self._assessed(store)
        with suppress(StoreError):  # of a store that is only read, pages show what is summed
            store.summaries.roll_up(most=_SUMMED)
        return self.promised

    def steps(
        self, store: Store, gateway: str, model: str, days: int, step_s: int
    ) -> tuple[tuple[Step, ...], tuple[Tally, ...]]:
        """One gateway's or model's steps over the latest days, and their availability.

        `model` "" is all of the gateway's.
        """
        now = self.now()
        asked: dict[str, Any] = {
            "gateway": glob.escape(gateway),
            "model": glob.escape(model) if model else "*",
            "since": now - timedelta(days=days) + timedelta(seconds=step_s),
            "until": now,
            "step_s": step_s,
        }
        ups = store.summaries.availability(**asked, maintenance=self.maintenance)
        return store.summaries.timeline(**asked), ups

    def availability(self, store: Store, asked: Mapping[str, Any]) -> tuple[Tally, ...]:
        """The availability in the steps of a timeline; none of one probe, nor of both ways together."""
        if asked["probe"] is not None or asked["way"] is None:
            return ()
        about = {name: value for name, value in asked.items() if name != "probe"}
        return store.summaries.availability(**about, maintenance=self.maintenance)

    def _everything(self, store: Store) -> _Everything:
        now = self.now()
        since = now - timedelta(days=_NOW_DAYS)
        newest = store.past.newest.all(since=since)
        lists = store.past.newest.lists(newest, since=since)
        found = with_watch(lists, store.watch.conditions(model=""), now)
        lists = store.past.newest.unread(found)  # a watch that has ended looks no more
        days = store.summaries.uptime(until=now.date(), days=DAYS, maintenance=self.maintenance)
        return days, newest, lists

    def _assessed(self, store: Store) -> Promises:
        slas = self._settings.slas or (_UNPROMISED,)
        now = self.now()
        found = assessed(store, slas, at=now, maintenance=self._settings.maintenance)
        promised = found if self._settings.slas else ()
        removed = removed_before(store, slas, at=now)
        shares = shares_since(store, slas, at=now)
        return Promises(
            troubled=tuple(one for one in found if one.incidents),
            promises=tuple(
                _promise(one, removed.get(one.sla), shares.get(one.sla)) for one in promised
            ),
            unseen=tuple(one.name for one in unseen_of(self._settings.slas, found)),
        )


def _promise(one: Assessment, removed: datetime | None, shares: datetime | None) -> Promise:
    return Promise(
        name=one.sla,
        objective=one.objective.name,
        target=one.target,
        state=one.state,
        share=one.tally.share,
        wanted=one.objective.share,
        low=one.low,
        high=one.high,
        counted=one.tally.counted,
        excluded=sum(one.tally.excluded.values()),
        budget_spent=one.budget.spent_share,
        alert=f"{one.alert.severity} since {one.alert.started_at:%Y-%m-%d %H:%M}" if one.alert else "",
        removed_before=removed,
        shares_since=shares,
    )  # fmt: skip
