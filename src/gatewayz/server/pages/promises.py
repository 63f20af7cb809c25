"""What was promised and what has happened, as the pages show it: objectives, and times of trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from xml.etree import ElementTree as ET

from gatewayz.core.availability import Assessment, Trouble
from gatewayz.core.units import show_age
from gatewayz.measure.sla import troubles_of
from gatewayz.reports._markup import el, name_of
from gatewayz.reports._table_frame import Cell, table
from gatewayz.reports._widgets import Tone, pill, tile
from gatewayz.server.pages.days import percent

_STATES: dict[str, Tone] = {"kept": "good", "at risk": "warn", "broken": "bad", "no data": "unknown"}  # fmt: skip
# So many stand on the page, more behind a line that opens, and no more than that.
_MOST_OPEN, _MOST_INCIDENTS, _MOST_NAMES = 6, 60, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One objective of one target, over its window so far; shares are 0 to 1, None over nothing.

    `removed_before`: of the window, results before this moment were removed; None where all are kept. `shares_since` is the same
    moment where only failures were left before it: the share is of the time since.
    """

    name: str
    objective: str
    target: str
    state: str
    share: float | None
    wanted: float
    low: float | None
    high: float | None
    counted: int
    excluded: int
    budget_spent: float | None
    alert: str = ""
    removed_before: datetime | None = None
    shares_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToldIncident:
    """A time of trouble, with the names of all promises that it is one of; none where nothing is promised."""

    trouble: Trouble
    promises: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Promises:
    """All of it; `is_known` is False where it is still being worked out. `unseen` are the names of promises
    of which there is no result at all; `troubled` is what the incidents are told by.
    """

    troubled: tuple[Assessment, ...] = ()
    promises: tuple[Promise, ...] = ()
    unseen: tuple[str, ...] = ()
    is_known: bool = True

    @cached_property
    def incidents(self) -> tuple[ToldIncident, ...]:
        """The times of trouble of all its targets, those alike together, each once for all its promises."""
        found: dict[object, list[Trouble]] = {}
        for one in troubles_of(self.troubled):
            kinds, culprits = frozenset(one.kinds.items()), frozenset(one.culprits.items())
            told = (one.objective, frozenset(one.targets), one.start, one.until, one.ended, kinds, culprits)  # fmt: skip
            found.setdefault(told, []).append(one)
        return tuple(
            ToldIncident(alike[0], tuple(dict.fromkeys(one.sla for one in alike if one.sla)))
            for alike in found.values()
        )

    @property
    def open_incidents(self) -> list[ToldIncident]:
        """Those that last."""
        return [one for one in self.incidents if not one.trouble.ended]

    def tile(self) -> ET.Element | None:
        """How many promises are kept; None where there is none."""
        if not (self.promises or self.unseen):
            return None
        kept = sum(one.state in ("kept", "at risk") for one in self.promises)
        broken = sum(one.state == "broken" for one in self.promises)
        words = f"{broken:,} broken" if broken else "none broken"
        moments = [one.removed_before for one in self.promises if one.removed_before is not None]
        known = f", as far as it is known: {_removed(max(moments))}" if moments else ""
        if self.unseen:
            known += f"; {len(self.unseen):,} without a result"
        tone: Tone = "bad" if broken else "unknown" if self.unseen else "good"
        return tile(
            "Promises kept", f"{kept:,}", f"of {len(self.promises):,}, {words}{known}", tone
        )

    def of(self, gateway: str, model: str = "") -> Promises:
        """Those of one gateway, or of one of its models."""
        target = f"{gateway}/{model}" if model else gateway

        def is_meant(one: str) -> bool:
            return one in (target, gateway) or (not model and one.startswith(f"{gateway}/"))

        return self.where(is_meant)

    def where(self, is_meant: Callable[[str], bool]) -> Promises:
        """Those of the targets that are meant, with nothing in them that is of others."""
        return Promises(
            is_known=self.is_known,
            troubled=tuple(one for one in self.troubled if is_meant(one.target)),
            promises=tuple(one for one in self.promises if is_meant(one.target)),
        )


def incident_list(promises: Promises, now: datetime, *, days: int = 14) -> ET.Element | None:
    """Those that last, then those of the latest days; None without any."""
    if not promises.is_known:
        return el("p", "Being worked out; reload in a moment.", cls="none")
    since = now - timedelta(days=days)
    shown = [one for one in promises.incidents if not one.trouble.ended or one.trouble.until >= since]  # fmt: skip
    shown.sort(key=lambda one: (one.trouble.ended, -one.trouble.start.timestamp()))
    if not shown:
        return None
    items = [_incident(one, now) for one in shown[:_MOST_INCIDENTS]]
    told, rest = items[:_MOST_OPEN], items[_MOST_OPEN:]
    left = len(shown) - len(items)
    more = el("p", f"and {left:,} more in the last {days} days", cls="dim") if left > 0 else None
    behind = el("details", el("summary", f"{len(shown) - _MOST_OPEN:,} more"), el("ul", *rest, cls="incidents"), more) if rest else None  # fmt: skip
    return el("div", el("ul", *told, cls="incidents"), behind)


def _incident(incident: ToldIncident, now: datetime) -> ET.Element:
    one = incident.trouble
    until = f"{one.until:%Y-%m-%d %H:%M}" if one.ended else "now"
    took = show_age(one.start, one.until if one.ended else now)
    what = f", {', '.join(list(one.kinds)[:3])}" if one.kinds else ""
    side = f"; points at {', '.join(list(one.culprits)[:2])}" if one.culprits else ""
    told = f"{one.start:%Y-%m-%d %H:%M} to {until} UTC ({took}){what}{side}"
    several = len(one.targets) > 1
    head = el("strong", f"{one.gateway}: {len(one.targets):,} models") if several else el("strong", name_of(one.targets[0]))  # fmt: skip
    about = f" {one.objective}" if one.objective != "availability" else None
    state = pill("over", "idle") if one.ended else pill("going on", "bad")
    names = el("p", "Promised by ", el("bdi", ", ".join(incident.promises))) if incident.promises else None  # fmt: skip
    return el("li", head, state, about, el("p", told), names, _which(one), cls="of-idle" if one.ended else "of-bad")  # fmt: skip


def _which(one: Trouble) -> ET.Element | None:
    """The models, where there are several."""
    if len(one.targets) < 2:
        return None
    names = [el("li", name_of(target)) for target in one.targets[:_MOST_NAMES]]
    more = len(one.targets) - len(names)
    rest = el("li", f"and {more:,} more") if more else None
    return el("details", el("summary", "Which"), el("ul", *names, rest, cls="plain"))


def promise_table(promises: Promises) -> ET.Element | None:
    """Every objective with what it came to; None where nothing was promised."""
    if not promises.promises:
        return None
    ranks = {"broken": 0, "at risk": 1, "no data": 2, "kept": 3}
    ordered = sorted(promises.promises, key=lambda one: ranks.get(one.state, 4))
    rows: Sequence[Sequence[Cell]] = [_row(one) for one in ordered]
    heads = [
        "Target",
        "Objective",
        "State",
        "Good",
        "Wanted",
        "Counted",
        "Left out",
        "Budget spent",
    ]
    caption = "Each objective over its window so far; below the share its 95 % interval"
    return el("div", table(caption, heads, rows, words=(1, 2)), *_removed_notes(ordered))


def _removed_notes(promises: Iterable[Promise]) -> list[ET.Element]:
    """Of which promises a part of the window was pruned, as `gatewayz sla` says it."""
    of = {one.name: one for one in promises if one.removed_before is not None}
    return [
        el("p", el("bdi", name), f": {_removed_note(one)}", cls="dim") for name, one in of.items()
    ]


def _removed_note(one: Promise) -> str:
    told = _removed(one.removed_before) if one.removed_before is not None else ""
    if one.shares_since is not None:
        return f"{told}, but for failures and what ended them: incidents of what failed are told as they were, all else of the time since"
    return f"{told}: of the time before, only what was left there or came back is counted"


def _removed(before: datetime) -> str:
    return f"results before {before:%Y-%m-%d %H:%M} (UTC) were removed"


def _row(one: Promise) -> list[Cell]:
    ends = None
    if one.low is not None and one.high is not None:
        ends = el("span", f"{one.low * 100:.2f} – {one.high * 100:.2f} %", cls="ci")
    state = (pill(one.state, _STATES.get(one.state, "unknown")), el("span", one.alert, cls="ci") if one.alert else None)  # fmt: skip
    return [
        (name_of(one.target), el("span", one.name, cls="ci")),
        one.objective,
        state,
        (percent(one.share), ends),
        f"{one.wanted * 100:g} %",
        f"{one.counted:,}",
        f"{one.excluded:,}",
        "n/a" if one.budget_spent is None else f"{one.budget_spent * 100:.0f} %",
    ]
