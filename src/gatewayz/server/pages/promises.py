"""What was promised and what has happened, as the pages show it: objectives, and times of trouble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

from gatewayz.core.units import show_age
from gatewayz.reports._markup import el, name_of
from gatewayz.reports._table_frame import Cell, table
from gatewayz.reports._widgets import Tone, pill, tile
from gatewayz.server.pages.days import percent

_STATES: dict[str, Tone] = {"kept": "good", "at risk": "warn", "broken": "bad", "no data": "unknown"}  # fmt: skip
# So many stand on the page, more behind a line that opens, and no more than that.
_MOST_OPEN, _MOST_INCIDENTS = 6, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One time in which something did not answer. `end` is None while it lasts."""

    gateway: str
    model: str
    start: datetime
    end: datetime | None = None
    bad: int = 0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One objective of one target, over its window so far; shares are 0 to 1, None over nothing."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """All of it; `is_known` is False where it is still being worked out."""

    incidents: tuple[Trouble, ...] = ()
    promises: tuple[Promise, ...] = ()
    is_known: bool = True

    @property
    def open_incidents(self) -> list[Trouble]:
        """Those that last."""
        return [one for one in self.incidents if one.end is None]

    def tile(self) -> ET.Element | None:
        """How many promises are kept; None where there is none."""
        if not self.promises:
            return None
        kept = sum(one.state in ("kept", "at risk") for one in self.promises)
        broken = sum(one.state == "broken" for one in self.promises)
        words = f"{broken:,} broken" if broken else "none broken"
        return tile("Promises kept", f"{kept:,}", f"of {len(self.promises):,}, {words}", "bad" if broken else "good")  # fmt: skip

    def of(self, gateway: str, model: str = "") -> Promises:
        """Those of one gateway, or of one of its models."""
        target = f"{gateway}/{model}" if model else gateway
        return Promises(
            incidents=tuple(one for one in self.incidents if one.gateway == gateway and (not model or one.model in ("", model))),
            promises=tuple(one for one in self.promises if one.target == target or (not model and one.target.startswith(f"{gateway}/"))),
        )  # fmt: skip


def incident_list(promises: Promises, now: datetime, *, days: int = 14) -> ET.Element | None:
    """Those that last, then those of the latest days; None without any."""
    if not promises.is_known:
        return el("p", "Being worked out; reload in a moment.", cls="none")
    since = now - timedelta(days=days)
    shown = [one for one in promises.incidents if one.end is None or one.end >= since]
    shown.sort(key=lambda one: (one.end is not None, -one.start.timestamp()))
    if not shown:
        return None
    items = [_incident(one, now) for one in shown[:_MOST_INCIDENTS]]
    told, rest = items[:_MOST_OPEN], items[_MOST_OPEN:]
    left = len(shown) - len(items)
    more = el("p", f"and {left:,} more in the last {days} days", cls="dim") if left > 0 else None
    behind = el("details", el("summary", f"{len(shown) - _MOST_OPEN:,} more"), el("ul", *rest, cls="incidents"), more) if rest else None  # fmt: skip
    return el("div", el("ul", *told, cls="incidents"), behind)


def _incident(one: Trouble, now: datetime) -> ET.Element:
    lasts = one.end is None
    place = f"{one.gateway}/{one.model}" if one.model else one.gateway
    until = "now" if one.end is None else f"{one.end:%Y-%m-%d %H:%M}"
    took = show_age(one.start, one.end or now)
    what = f", {', '.join(one.labels[:3])}" if one.labels else ""
    told = f"{one.start:%Y-%m-%d %H:%M} to {until} UTC ({took}){what}; {one.bad:,} bad probes"
    head = el("strong", name_of(place))
    state = pill("going on", "bad") if lasts else pill("over", "idle")
    return el("li", head, state, el("p", told), cls="of-bad" if lasts else "of-idle")


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
    return table(caption, heads, rows, words=(1, 2))


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
