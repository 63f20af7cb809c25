"""From values to places in a picture, and where the marks of an axis go."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Above this ratio between the largest and the smallest value the small ones would lie on top of each
# other, and a scale goes by ratios.
_MOST_LINEAR = 15.0
# The highest of lengths from nothing on does not touch the frame.
_HEADROOM = 1.04
# Of values nearer to each other than this share of them floats tell no even steps.
_NEAREST = 1e-12
# Numbers beside an axis: from here on thousands are said with a k, and beyond these as powers of ten.
_THOUSANDS, _HUGE, _TINY = 100_000, 1e9, 1e-6


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` on places from `start` to `end`, by distance or by ratio.

    What lies outside is put on the border.
    """

    low: float
    high: float
    start: float = 0.0
    end: float = 1.0
    by_ratio: bool = False

    def at(self, value: float) -> float:
        """The place of a value."""
        share = (self._even(value) - self._even(self.low)) / self._span
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))

    def value(self, share: float) -> float:
        """The value at a share (0 to 1) of the way."""
        even = self._even(self.low) + share * self._span
        return math.exp(even) if self.by_ratio else even

    def ticks(self, most: int = 5) -> list[float]:
        """At most so many round values within the scale, in rising order."""
        found = _ratio_ticks(self.low, self.high, most) if self.by_ratio else []
        return found if len(found) > 1 else even_ticks(self.low, self.high, most)

    def placed(self, start: float, end: float) -> Scale:
        """The same values on other places."""
        return Scale(self.low, self.high, start, end, self.by_ratio)

    def _even(self, value: float) -> float:
        return math.log(max(value, self.low / 10)) if self.by_ratio else value

    @property
    def _span(self) -> float:
        return (self._even(self.high) - self._even(self.low)) or 1.0


def scale_for(values: Iterable[float], *, from_zero: bool = False) -> Scale:
    """A scale on which all values can be told apart, by ratio where they differ that much.

    `from_zero` has it begin at nothing, by distance: a length then tells an amount. Of no values it
    goes from 0 to 1.
    """
    found = [value for value in values if math.isfinite(value)]
    low, high = min(found, default=0.0), max(found, default=1.0)
    if from_zero:
        return Scale(0.0, high * _HEADROOM if high > 0 else 1.0)
    if low > 0 and high / low > _MOST_LINEAR:
        return Scale(low, high, by_ratio=True)
    if low == high:
        margin = abs(low) / 10 or 1.0
        return Scale(low - margin, high + margin)
    return Scale(low, high)


def even_ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    if high - low <= _NEAREST * max(abs(low), abs(high), _NEAREST):
        return [low]
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    while (high - low) / step > most:
        step *= 2.5 if f"{step:e}"[0] == "2" else 2
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    # A place behind the step's own takes away what floats add.
    digits = 1 - math.floor(math.log10(step))
    return [round((first + n) * step, digits) for n in range(count)]


def _ratio_ticks(low: float, high: float, most: int) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [m * 10.0**power for power in powers for m in steps]
        found = [round(value, 12) for value in found if low <= value <= high]
        if len(found) <= most:
            return found
    return found[:: math.ceil(len(found) / most)]


def tick_words(ticks: Sequence[float]) -> list[str]:
    """The ticks of one axis as numbers, with as many digits as tell each from the next."""
    gaps = [after - before for before, after in pairwise(ticks)]
    if not gaps:
        return [short(tick) for tick in ticks]
    place = _place_of(min(gaps))
    return [_tick(tick, place) for tick in ticks]


def _tick(value: float, place: int) -> str:
    """A number down to the digit of this power of ten, or to its own first one."""
    size = abs(value)
    if value == 0:
        return "0"
    place = min(place, _place_of(size))
    if not _TINY <= size < _HUGE:
        number, power = f"{value:.{max(0, _place_of(size) - place)}e}".split("e")
        return f"{_trimmed(number)}e{int(power)}"
    if size >= _THOUSANDS:
        return _trimmed(f"{value / 1000:,.{max(0, 3 - place)}f}") + "k"
    return _trimmed(f"{value:,.{max(0, -place)}f}")


def _place_of(size: float) -> int:
    """The power of ten of a number's first digit."""
    return math.floor(math.log10(size))


def _trimmed(number: str) -> str:
    """A number without zeros that say nothing."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def short(value: float) -> str:
    """A number for an axis or a table: three digits that tell, thousands apart, no trailing zeros."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    digits = 2 - math.floor(math.log10(size))
    text = f"{value:.{digits}f}" if size >= 1e-6 else f"{value:.1e}"
    return text if "e" in text else _trimmed(text)
