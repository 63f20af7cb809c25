"""Looks for the most load that keeps to the objectives: doubles until it does not, then halves.

A step has to be long enough to show what it is asked about. Of an open load that is the time in which
a queue that grows is seen; of a closed one so many requests that they are really under way at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gatewayz.core.load import LoadUnit, MostLoad, Stage
from gatewayz.load.order import Search
from gatewayz.load.shapes import ROUNDS, Bounds, most_requests, stage_at, title_of

# Near enough: the level found and the one that is too much are no further apart.
_NEAR = 0.1
# An open step lasts so many times as long as an answer was seen to take, but not longer for it.
TIMES_AS_LONG, _LONGER_S = 5.0, 30.0
# What seems to grow is looked at a second time, so many times as long.
LOOKS = (1, 2)


@dataclass(slots=True)
class Finder:
    """Which level to try next, by what came of those tried before; for one target.

    It takes for granted that more load is never better, and looks between the bounds of `search`.
    """

    search: Search
    unit: LoadUnit
    met: float | None = None
    missed: float | None = None
    missed_why: str = ""
    unsure: str = ""
    lost: bool = False
    tried: list[float] = field(default_factory=list)

    def next_level(self) -> float | None:
        """The level to try; None when nothing more is to be learned."""
        if self.lost or (self.missed is not None and self.met is None):
            return None
        if self.met is None:
            return self.search.low
        if self.missed is None:
            if self.met >= self.search.high:
                return None
            return min(self.search.high, self.met * 2)
        between = (self.met + self.missed) / 2
        if self.unit == "concurrency":
            between = math.floor(between)
            return between if between > self.met and not self._near() else None
        return None if self._near() else round(between, 3)

    def told(self, level: float, met: bool | None, why: str = "", unsure: str = "") -> None:
        """Takes what a level came to; None: nothing can be said of it, and the search is over.

        `why` says why it was missed, "" where an objective says so itself; `unsure` what is not sure
        of one that was met.
        """
        self.tried.append(level)
        if met is None:
            self.lost = True
        elif met:
            self.met, self.unsure = level, unsure
        else:
            self.missed, self.missed_why = level, why

    def _near(self) -> bool:
        if self.met is None or self.missed is None:
            return False
        if self.unit == "concurrency" and self.missed - self.met <= 1:
            return True
        return self.missed - self.met <= _NEAR * self.met

    def found(self, target: str, why: str = "") -> MostLoad:
        """What the search came to; `why` says why it was cut short, if it was."""
        return MostLoad(
            target=target,
            unit=self.unit,
            level=self.met,
            beyond=self.missed,
            words=self._words(why),
        )

    def _words(self, why: str) -> str:
        at = title_of(self.met, self.unit) if self.met is not None else ""
        unsure = f", {self.unsure}" if self.unsure else ""
        if why or self.lost:
            known = f"at least {at}{unsure}" if at else "nothing is known"
            return f"{known}; the search ended there: {why or 'too little to tell'}"
        if not at:
            least = title_of(self.search.low, self.unit)
            because = f" ({self.missed_why})" if self.missed_why else ""
            told = f"not even {least} met every objective{because}"
            return told if self.tried else "nothing was tried"
        if self.missed is None:
            return f"{at}, the most that was to be tried{unsure}"
        beyond = title_of(self.missed, self.unit)
        if self.missed_why:
            return f"{at}{unsure}; {beyond} was too much: {self.missed_why}"
        return f"{at}{unsure}; {beyond} missed an objective"


def step_at(
    first: Stage, level: float, number: int, seen_s: float | None = None, look: int = 1
) -> Stage:
    """The step of a search at a level.

    `first` has the bounds of all: the least requests that say something, and of an open step the
    least time, of a closed one the most. `seen_s` is how long answers took so far, None where
    nothing is known. An open step goes on `look` times as long as it has to.
    """
    poisson, least = first.arrivals == "poisson", first.requests or 1
    if first.unit == "concurrency":
        each = Bounds(requests=least, duration_s=first.duration_s, rounds=ROUNDS)
        return stage_at(number, level, first.unit, each)
    # Of arrivals by chance there are fewer in one run of a thousand.
    wanted = least + (3.1 * math.sqrt(least) + 1 if poisson else 0)
    longer_s = min(_LONGER_S, TIMES_AS_LONG * (seen_s or 0.0))
    duration_s = max(first.duration_s or 0.0, wanted / level, longer_s)
    bounds = Bounds(duration_s=duration_s * look)
    return stage_at(number, level, first.unit, bounds, poisson=poisson)


def at_worst(search: Search, first: Stage) -> tuple[int, int, float]:
    """The most that a search of one target can come to: steps, requests, and seconds of sending."""

    looks = LOOKS if first.unit == "rate" else LOOKS[:1]

    def steps(level: float) -> list[Stage]:
        return [step_at(first, level, 0, _LONGER_S, look) for look in looks]

    def requests(level: float) -> int:
        return sum(most_requests(one) or 0 for one in steps(level))

    def seconds(level: float) -> float:
        return sum(one.duration_s or 0.0 for one in steps(level))

    begin = Finder(search, first.unit)
    return (
        round(_dearest(begin, lambda _: len(looks))),
        round(_dearest(begin, requests)),
        _dearest(begin, seconds),
    )


def _dearest(finder: Finder, cost: Callable[[float], float]) -> float:
    """What a search costs at most from where it stands, whatever each step comes to."""
    level = finder.next_level()
    if level is None:
        return 0.0
    rest = 0.0
    for met in (True, False):
        after = replace(finder, tried=[])
        after.told(level, met)
        rest = max(rest, _dearest(after, cost))
    return cost(level) + rest
