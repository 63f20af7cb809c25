"""How an account stands, and what one call adds to it.

Money is in whole millionths of a millionth of a dollar: floats that are added and taken away again
in another order do not come back to zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Protocol

from gatewayz.core import Price, Spend, Usage
from gatewayz.core.costs import input_charged, may_be_less, usd_of
from gatewayz.core.units import rounded_usd
from gatewayz.money.bound import Bound

PICO = 10**12


class Held(Protocol):
    """What was put aside for one call."""

    @property
    def input_tokens(self) -> int:
        """Tokens, in alone."""
        ...

    @property
    def tokens(self) -> int:
        """Tokens, in and out."""
        ...

    @property
    def pico_usd(self) -> int:
        """Money."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How an account stands.

    reserved_*      of calls under way
    calls           settled calls that were sent; `input_tokens`, `output_tokens`, `tokens` and
                    `usd` are theirs, as reported, or as reserved where nothing was reported
    unreported_*    the part of it that rests on a reservation: calls that do not report both sides, the
                    tokens of the sides that they do not report, and what these calls cost by that
    uncounted_calls settled calls of whose tokens nothing is known
    unpriced_calls  settled calls of whose cost nothing is known
    dearest_calls   settled calls whose cost is the most that it can be
    """

    reserved_calls: int = 0
    reserved_input_tokens: int = 0
    reserved_tokens: int = 0
    reserved_usd: float = 0.0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    tokens: int = 0
    usd: float = 0.0
    unreported_calls: int = 0
    unreported_tokens: int = 0
    unreported_usd: float = 0.0
    uncounted_calls: int = 0
    unpriced_calls: int = 0
    dearest_calls: int = 0


@dataclass(slots=True)
class Taken:
    """What a call came to: None is not known. `reserved` is how many of its tokens are counted as they were
    reserved, None where all counts are its own; `reserved_usd` what its cost is of that, nothing where it was
    billed more; `dearest` whether its cost is the most that it can be.
    """

    into: int | None
    out: int | None
    usd: int | None
    reserved: int | None = None
    reserved_usd: int = 0
    dearest: bool = False


@dataclass(slots=True)
class Account:
    """Running sums, money in whole millionths of a millionth of a dollar."""

    reserved_calls: int = 0
    reserved_input_tokens: int = 0
    reserved_tokens: int = 0
    reserved_usd: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    tokens: int = 0
    usd: int = 0
    unreported_calls: int = 0
    unreported_tokens: int = 0
    unreported_usd: int = 0
    uncounted_calls: int = 0
    unpriced_calls: int = 0
    dearest_calls: int = 0

    def hold(self, held: Held) -> None:
        """Puts an amount aside."""
        self.reserved_calls += 1
        self.reserved_input_tokens += held.input_tokens
        self.reserved_tokens += held.tokens
        self.reserved_usd += held.pico_usd

    def release(self, held: Held) -> None:
        """Lets go of it again."""
        self.reserved_calls -= 1
        self.reserved_input_tokens -= held.input_tokens
        self.reserved_tokens -= held.tokens
        self.reserved_usd -= held.pico_usd

    def book(self, taken: Taken) -> None:
        """Adds what a call came to."""
        tokens = (taken.into or 0) + (taken.out or 0)
        usd = taken.usd or 0
        self.calls += 1
        self.input_tokens += taken.into or 0
        self.output_tokens += taken.out or 0
        self.tokens += tokens
        self.usd += usd
        if taken.into is None or taken.out is None:
            self.uncounted_calls += 1
        if taken.usd is None:
            self.unpriced_calls += 1
        self.dearest_calls += taken.dearest
        if taken.reserved is not None:
            self.unreported_calls += 1
            self.unreported_tokens += taken.reserved
            self.unreported_usd += taken.reserved_usd

    def totals(self) -> Totals:
        """The sums, money in dollars."""
        sums = {one.name: getattr(self, one.name) for one in fields(self)}
        return Totals(
            **{
                name: amount / PICO if name.endswith("usd") else amount
                for name, amount in sums.items()
            }
        )


def spent(sums: Totals) -> Spend:
    """How an account stands as what was spent, money rounded to where floats are exact."""
    return Spend(
        calls=sums.calls,
        input_tokens=sums.input_tokens,
        output_tokens=sums.output_tokens,
        usd=rounded_usd(sums.usd) if sums.calls > sums.unpriced_calls else None,
        unreported_calls=sums.unreported_calls,
        unreported_tokens=sums.unreported_tokens,
        unreported_usd=rounded_usd(sums.unreported_usd),
        uncounted_calls=sums.uncounted_calls,
        unpriced_calls=sums.unpriced_calls,
        dearest_calls=sums.dearest_calls,
    )


def spent_or_held(sums: Totals) -> Spend:
    """The same where whoever holds anything yet is gone: it counts as spent, as it was reserved."""
    found, usd = spent(sums), sums.usd + sums.reserved_usd
    return replace(
        found,
        calls=found.calls + sums.reserved_calls,
        input_tokens=found.input_tokens + sums.reserved_input_tokens,
        output_tokens=found.output_tokens + sums.reserved_tokens - sums.reserved_input_tokens,
        usd=None if found.usd is None and not sums.reserved_usd else rounded_usd(usd),
        unreported_calls=found.unreported_calls + sums.reserved_calls,
        unreported_tokens=found.unreported_tokens + sums.reserved_tokens,
        unreported_usd=rounded_usd(sums.unreported_usd + sums.reserved_usd),
    )


def pico(usd: float | None) -> int | None:
    """Rounded up, since what is spent must not be told as less."""
    # What a product of floats has beyond a thousandth of a pico is no money to be rounded up.
    return None if usd is None else math.ceil(round(usd * PICO, 3))


def pico_of_cap(usd: float | None) -> int | None:
    """To the nearest, as it was meant."""
    return None if usd is None else math.floor(usd * PICO + 0.5)


def taken_of(bound: Bound, usage: Usage | None) -> Taken:
    """What a call came to, as reported, or else as reserved."""
    told_in, told_out = _told_by(usage) if usage is not None else (None, None)
    into, out = _filled(bound, usage, told_in, told_out)
    told = usage.charged_usd if usage is not None else None
    by_price = None if into is None or out is None else _by_price(bound, usage, into, out)
    known = [usd for usd in (by_price, told) if usd is not None]
    usd = pico(max(known) if known else bound.usd)
    # Nothing is less than nothing, such as what a refused call costs.
    dearest = by_price is not None and by_price > 0 and _is_dearest(bound.price, usage, by_price)
    reserved, reserved_usd = None, 0
    if told_in is None or told_out is None:
        reserved = (into or 0 if told_in is None else 0) + (out or 0 if told_out is None else 0)
        reserved_usd = 0 if usd is None or (told is not None and told >= (by_price or 0.0)) else usd
    return Taken(into, out, usd, reserved, reserved_usd, dearest)


def _is_dearest(price: Price, usage: Usage | None, by_price: float) -> bool:
    """Whether some of what is reckoned at the full price may have cost less, or did as it was billed."""
    if usage is None:  # told as what was reserved
        return False
    if usage.charged_usd is not None:
        return (pico(usage.charged_usd) or 0) < (pico(by_price) or 0)
    return bool(usage.cached_tokens and price.input_usd_per_mtok) or may_be_less(price, usage)


def _by_price(bound: Bound, usage: Usage | None, into: int, out: int) -> float | None:
    """What so many tokens cost, fees included; a request that took none was refused, and has none."""
    thought = usage.reasoning_tokens if usage is not None else None
    charged = input_charged(into, usage) if usage is not None else into
    usd = usd_of(bound.price, charged, out, thought=thought)
    if usd is None or not (into or out):
        return usd
    return usd + bound.pictures * bound.price.picture_usd


def _told_by(usage: Usage) -> tuple[int | None, int | None]:
    """Tokens in and out as a usage tells them, or its sum; None for a side of which nothing is told."""
    into, out, total = usage.input_tokens, usage.output_tokens, usage.total_tokens
    if total is not None:
        # What a sum holds beyond its parts is thinking that is counted apart.
        into = max(0, total - out) if into is None and out is not None else into
        out = max(out or 0, total - into) if into is not None else out
    return into, out


def _filled(
    bound: Bound, usage: Usage | None, into: int | None, out: int | None
) -> tuple[int | None, int | None]:
    """The same, with what was reserved for a side that is not told; None where nothing was."""
    most_in, most_out = _reserved(bound)
    total = usage.total_tokens if usage is not None else None
    if into is None and out is None and total is not None and most_out is not None:
        # Of a sum alone as much as can be is output, which is the dear side.
        out = min(most_out, total)
        return total - out, out
    return most_in if into is None else into, most_out if out is None else out


def _reserved(bound: Bound) -> tuple[int | None, int | None]:
    """What counts where nothing is reported."""
    return (None if bound.output_tokens is None else bound.input_tokens), bound.output_tokens
