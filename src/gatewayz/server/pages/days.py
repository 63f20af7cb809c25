"""Uptime day by day: how much of a day counts as up (docs/sla.md says what), and days as a bar of colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree as ET

from gatewayz.core.availability import Standing, Tally
from gatewayz.reports._markup import el
from gatewayz.reports._widgets import Tone

# A day below it is a bad one, and one below the whole a day with trouble.
BAD_BELOW = 0.95
# What says nothing of anybody: it was not asked, or nobody could tell.
_NOT_JUDGED = (Standing.NO_KEY, Standing.SKIPPED, Standing.UNKNOWN)


@dataclass(slots=True)
class Days:
    """Some results of some models as they count: good is `up`, bad is `down`.

    `judged` are all that passed or failed, those that are left out among them.
    """

    up: int = 0
    down: int = 0
    judged: int = 0

    @property
    def rate(self) -> float | None:
        """The share up, 0 to 1; None over nothing."""
        return self.up / (self.up + self.down) if self.up + self.down else None

    @property
    def tone(self) -> Tone:
        """What colour it has: "idle" without a probe, "unknown" where none says anything."""
        if not self.down:
            return "good" if self.up else "unknown" if self.judged else "idle"
        return "warn" if self.up >= BAD_BELOW * (self.up + self.down) else "bad"

    def join(self, other: Days) -> None:
        """The probes of another one besides."""
        self.up += other.up
        self.down += other.down
        self.judged += other.judged

    def add(self, day: Tally | None) -> None:
        """One more model's day."""
        if day is None:
            return
        self.up += day.good
        self.down += day.bad
        self.judged += day.counted
        if day.excluded:
            self.judged += sum(n for why, n in day.excluded.items() if why not in _NOT_JUDGED)


class Diary:
    """The days of many models. Most are alike: such are one object, which is only to be read."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Tally | None, Days]] = {}

    def line(self, tallies: Iterable[Tally | None]) -> list[Days]:
        """One model's days."""
        known = self._known
        return [(known.get(id(one)) or self._new(one))[1] for one in tallies]

    def _new(self, one: Tally | None) -> tuple[Tally | None, Days]:
        day = Days()
        day.add(one)
        # It is kept beside, so that no other has its number meanwhile.
        found = self._known[id(one)] = (one, day)
        return found


def together(lines: Iterable[Sequence[Days]], days: int) -> list[Days]:
    """The days of several models, each as one; a model without days is left out."""
    columns = list(zip(*filter(None, lines), strict=True))
    return [whole(column) for column in columns] or [Days() for _ in range(days)]


def whole(found: Iterable[Days]) -> Days:
    """Several days as one."""
    days = list(found)
    return Days(
        sum([one.up for one in days]),
        sum([one.down for one in days]),
        sum([one.judged for one in days]),
    )


def known_count(found: Iterable[Days]) -> int:
    """How many of these days anything is known of."""
    return sum(tally.judged > 0 for tally in found)


def known_days(found: Iterable[Days], days: int) -> str:
    """Of how many days a share is: "90 days", or how many of them are known."""
    known = known_count(found)
    words = "1 day" if days == 1 else f"{days} days"
    return words if known == days else f"{known} of {words}"


def probes(count: int) -> str:
    """So many probes: "1 probe", "1,024 probes"."""
    return f"{count:,} probe{'' if count == 1 else 's'}"


def percent(rate: float | None) -> str:
    """A share up for people, never rounded up to the whole: "99.95 %"; "no data" over nothing."""
    if rate is None:
        return "no data"
    if rate == 1:
        return "100 %"
    return f"{min(rate * 100, 99.99):.2f} %"


def day_bar(days: Sequence[date], found: Sequence[Days], of: str) -> ET.Element:
    """A bar with a stroke for each day, to be pointed at."""
    svg = _canvas(len(found), _told(days, found, of), "days")
    for at, (day, tally) in enumerate(zip(days, found, strict=True)):
        title = el("title", f"{day}: {_of_day(tally)}")
        svg.append(el("rect", title, cls=f"fill {tally.tone}", x=at * 4, y=0, width=3, height=30, rx=1))  # fmt: skip
    return svg


def small_bar(found: Sequence[Days], told: str) -> ET.Element:
    """The same for a row of a long table, `told` in words: a path for each colour."""
    svg = _canvas(len(found), told, "days small")
    tones: list[str] = []
    for at, one in enumerate(found):  # which is the one before for as long as all is well
        tones.append(tones[-1] if at and one is found[at - 1] else one.tone)
    paths: dict[str, list[str]] = {}
    start = 0
    for at, tone in enumerate([*tones[1:], ""], 1):
        if tone != tones[start]:
            width = (at - start) * 4
            paths.setdefault(tones[start], []).append(f"M{start * 4} 0h{width}v30h-{width}z")
            start = at
    for tone, orders in paths.items():
        path = ET.SubElement(svg, "path")
        path.set("class", f"fill {tone}")
        path.set("d", "".join(orders))
    return svg


def _canvas(days: int, told: str, cls: str) -> ET.Element:
    svg = el("svg", cls=cls, role="img", aria_label=told)
    svg.set("viewBox", f"0 0 {days * 4 - 1} 30")
    svg.set("preserveAspectRatio", "none")
    return svg


def _told(days: Sequence[date], found: Sequence[Days], of: str) -> str:
    """The bar in words: the whole, and its worst day."""
    told = f"{of}, {known_days(found, len(found))}: {percent(whole(found).rate)} up"
    worst = min(
        (one for one in zip(days, found, strict=True) if one[1].down),
        key=lambda one: one[1].rate or 0.0,
        default=None,
    )
    return told if worst is None else f"{told}; worst {worst[0]}, {percent(worst[1].rate)}"


def _of_day(tally: Days) -> str:
    if tally.rate is None:
        return "nothing that counts" if tally.judged else "no probe"
    return f"{percent(tally.rate)} up, {tally.down:,} of {tally.up + tally.down:,} probes down"
