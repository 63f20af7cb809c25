"""Looks for the most load that keeps to the objectives: doubles until it does not, then halves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from gatewayz.core.load import LoadUnit, MostLoad
from gatewayz.load.order import Search
from gatewayz.load.shapes import title_of

# Near enough: the level found and the one that is too much are no further apart.
_NEAR = 0.1


@dataclass(slots=True)
class Finder:
    """Which level to try next, by what came of those tried before; for one target.

    It takes for granted that more load is never better, and looks between the bounds of `search`.
    """

    search: Search
    unit: LoadUnit
    met: float | None = None
    missed: float | None = None
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

    def told(self, level: float, met: bool | None) -> None:
        """Takes what a level came to; None: nothing can be said of it, and the search is over."""
        self.tried.append(level)
        if met is None:
            self.lost = True
        elif met:
            self.met = level
        else:
            self.missed = level

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
        if why or self.lost:
            known = f"at least {at}" if at else "nothing is known"
            return f"{known}; the search ended there: {why or 'too little to tell'}"
        if not at:
            least = title_of(self.search.low, self.unit)
            return f"not even {least} met every objective" if self.tried else "nothing was tried"
        if self.missed is None:
            return f"{at}, the most that was to be tried"
        return f"{at}; {title_of(self.missed, self.unit)} missed an objective"
