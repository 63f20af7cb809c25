"""Who may send: what calls may cost is reserved before each is sent, and settled after it.

The one invariant: what is settled and what is reserved never passes a cap together, unless a
provider went beyond the limits it was given; that is told, and nothing more is granted by then.
Amounts of money are whole numbers inside, so that sums are exact in whatever order they come.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import Literal

from gatewayz.core import Usage
from gatewayz.core.costs import usd_of
from gatewayz.core.units import show_usd
from gatewayz.money.bound import Bound

CapName = Literal["usd", "tokens", "calls"]
_PICO = 10**12

_OPTIONS: dict[CapName, str] = {
    "usd": "--max-cost", "tokens": "--max-tokens-total", "calls": "--max-calls",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most of everything together; None: no cap. USD, tokens in and out, calls sent."""

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None

    @property
    def any(self) -> bool:
        """Whether there is a cap at all."""
        return self.on_spending or self.calls is not None

    @property
    def on_spending(self) -> bool:
        """Whether what a provider makes of a call can pass a cap."""
        return self.usd is not None or self.tokens is not None


@dataclass(frozen=True, slots=True, eq=False)
class Reservation:
    """Leave to send one request; to be settled once.

    `at_s` is when, by the ledger's clock, `tokens` and `pico_usd` what is held for it.
    """

    gateway: str
    bound: Bound
    at_s: float
    tokens: int
    pico_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request may not be sent.

    cap      which cap
    wanted   what it could come to, in the cap's unit; None where nothing tells
    left     what of the cap is neither spent nor reserved
    may_fit  whether it would fit once what is reserved turns out to be less
    reason   one line for people
    """

    cap: CapName
    wanted: float | None
    left: float
    may_fit: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrun:
    """A provider took more than its limits allow: what of, how much was reserved, and taken."""

    gateway: str
    what: Literal["output tokens", "tokens", "usd"]
    reserved: float
    taken: float

    @property
    def told(self) -> str:
        """For people: "a call took 700 output tokens, where 52 were the most it was given"."""
        if self.what == "usd":
            return (
                f"a call cost {show_usd(self.taken)}, where {show_usd(self.reserved)} was the most"
            )
        return (
            f"a call took {self.taken:,.0f} {self.what}, "
            f"where {self.reserved:,.0f} were the most it was given"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How an account stands.

    reserved_*      of calls under way
    calls           settled calls that were sent; `input_tokens`, `output_tokens`, `tokens` and
                    `usd` are theirs, as reported, or as reserved where nothing was reported
    unreported_*    the part of it that rests on a reservation alone
    uncounted_calls settled calls of whose tokens nothing is known
    unpriced_calls  settled calls of whose cost nothing is known
    """

    reserved_calls: int = 0
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


@dataclass(slots=True)
class _Taken:
    """What a call came to: None is not known. `reported` says whether its counts are its own."""

    into: int | None
    out: int | None
    usd: int | None
    reported: bool


@dataclass(slots=True)
class _Account:
    """Running sums, money in whole millionths of a millionth of a dollar."""

    reserved_calls: int = 0
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

    def hold(self, tokens: int, usd: int) -> None:
        self.reserved_calls += 1
        self.reserved_tokens += tokens
        self.reserved_usd += usd

    def release(self, held: Reservation) -> None:
        self.reserved_calls -= 1
        self.reserved_tokens -= held.tokens
        self.reserved_usd -= held.pico_usd

    def book(self, taken: _Taken) -> None:
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
        if not taken.reported:
            self.unreported_calls += 1
            self.unreported_tokens += tokens
            self.unreported_usd += usd

    def totals(self) -> Totals:
        sums = {one.name: getattr(self, one.name) for one in fields(self)}
        return Totals(
            **{
                name: amount / _PICO if name.endswith("usd") else amount
                for name, amount in sums.items()
            }
        )


@dataclass(slots=True)
class Ledger:
    """Grants and settles, from any thread; never waits. Raises: ValueError when settled twice."""

    caps: Caps = Caps()
    clock: Callable[[], float] = time.monotonic
    _lock: Lock = field(default_factory=Lock, repr=False)
    _open: set[Reservation] = field(default_factory=set, repr=False)
    _all: _Account = field(default_factory=_Account, repr=False)
    _of: dict[str, _Account] = field(default_factory=dict, repr=False)

    def reserve(self, gateway: str, bound: Bound) -> Reservation | Refusal:
        """Leave to send a request of this bound, or which cap forbids it."""
        # What nothing bounds is not capped, or is refused.
        tokens = bound.input_tokens if bound.output_tokens is None else bound.tokens or 0
        usd = _pico(bound.usd) or 0
        with self._lock:
            refusal = self._refusal(bound)
            if refusal is not None:
                return refusal
            granted = Reservation(gateway, bound, self.clock(), tokens, usd)
            self._open.add(granted)
            self._all.hold(tokens, usd)
            self._account(gateway).hold(tokens, usd)
            return granted

    def refusal(self, bound: Bound) -> Refusal | None:
        """What `reserve` would answer now, without reserving; None for leave."""
        with self._lock:
            return self._refusal(bound)

    def settle(
        self, reservation: Reservation, usage: Usage | None, *, sent: bool
    ) -> Overrun | None:
        """Books what a call came to, and lets go of the rest.

        Not sent: all is released. `usage` None, or silent on a count: what was reserved for it
        counts as spent. `usage.output_tokens` counts thinking in. Money is the larger of what was
        reported and what the tokens cost by their price.
        """
        gateway = reservation.gateway
        taken = _taken(reservation.bound, usage) if sent else None
        with self._lock:
            if reservation not in self._open:
                raise ValueError("a reservation is settled once")
            self._open.remove(reservation)
            for account in (self._all, self._account(gateway)):
                account.release(reservation)
                if taken is not None:
                    account.book(taken)
        return None if taken is None else _overrun(reservation, taken)

    def totals(self, gateway: str | None = None) -> Totals:
        """How it stands in all, or for one gateway."""
        with self._lock:
            account = self._all if gateway is None else self._of.get(gateway, _Account())
            return account.totals()

    def _account(self, gateway: str) -> _Account:
        found = self._of.get(gateway)
        if found is None:
            found = self._of[gateway] = _Account()
        return found

    def _refusal(self, bound: Bound) -> Refusal | None:
        account, caps = self._all, self.caps
        if not caps.any:
            return None
        asked: tuple[tuple[CapName, int | None, int | None, int, int], ...] = (
            ("calls", caps.calls, 1, account.calls, account.reserved_calls),
            ("tokens", caps.tokens, bound.tokens, account.tokens, account.reserved_tokens),
            ("usd", _pico_down(caps.usd), _pico(bound.usd), account.usd, account.reserved_usd),
        )
        for name, cap, wanted, spent, held in asked:
            if cap is not None and (wanted is None or spent + held + wanted > cap):
                may_fit = wanted is not None and spent + wanted <= cap
                return _refused(name, cap, wanted, cap - spent - held, may_fit, bound)
        return None


def _pico(usd: float | None) -> int | None:
    """Rounded up, since what is spent must not be told as less."""
    return None if usd is None else math.ceil(usd * _PICO)


def _pico_down(usd: float | None) -> int | None:
    return None if usd is None else math.floor(usd * _PICO + 0.5)


def _taken(bound: Bound, usage: Usage | None) -> _Taken:
    """What a call came to, as reported, or else as reserved."""
    into, out = _tokens_of(bound, usage) if usage is not None else _reserved(bound)
    by_price = None if into is None or out is None else usd_of(bound.price, into, out)
    told = usage.cost_usd if usage is not None else None
    known = [usd for usd in (by_price, told) if usd is not None]
    usd = _pico(max(known) if known else bound.usd)
    counted = usage is not None and (usage.output_tokens, usage.total_tokens) != (None, None)
    return _Taken(into, out, usd, counted)


def _tokens_of(bound: Bound, usage: Usage) -> tuple[int | None, int | None]:
    """Tokens in and out; None where neither the usage nor a bound tells."""
    into, out, total = usage.input_tokens, usage.output_tokens, usage.total_tokens
    if total is not None:
        # What a sum holds beyond its parts is thinking that is counted apart.
        into = max(0, total - out) if into is None and out is not None else into
        out = max(out or 0, total - into) if into is not None else out
    most_in, most_out = _reserved(bound)
    return most_in if into is None else into, most_out if out is None else out


def _reserved(bound: Bound) -> tuple[int | None, int | None]:
    """What counts where nothing is reported."""
    return (None if bound.output_tokens is None else bound.input_tokens), bound.output_tokens


def _overrun(held: Reservation, taken: _Taken) -> Overrun | None:
    """Whether a call took more than it was given: of output, of all tokens, or of money."""
    gateway, bound = held.gateway, held.bound
    if bound.output_tokens is not None and taken.out is not None:
        if taken.out > bound.output_tokens:
            return Overrun(
                gateway=gateway,
                what="output tokens",
                reserved=bound.output_tokens,
                taken=taken.out,
            )
        tokens = (taken.into or 0) + taken.out
        if tokens > held.tokens:
            return Overrun(gateway=gateway, what="tokens", reserved=held.tokens, taken=tokens)
    if bound.usd is not None and taken.usd is not None and taken.usd > held.pico_usd:
        most, usd = held.pico_usd / _PICO, taken.usd / _PICO
        return Overrun(gateway=gateway, what="usd", reserved=most, taken=usd)
    return None


def _refused(
    cap: CapName, most: int, wanted: int | None, left: int, may_fit: bool, bound: Bound
) -> Refusal:
    unit = _PICO if cap == "usd" else 1
    return Refusal(
        cap=cap,
        wanted=None if wanted is None else wanted / unit,
        left=left / unit,
        may_fit=may_fit,
        reason=_reason(cap, most / unit, wanted, left / unit, bound),
    )


def _reason(cap: CapName, most: float, wanted: int | None, left: float, bound: Bound) -> str:
    option, money = _OPTIONS[cap], cap == "usd"
    shown = f"{option} {most:g}"
    if wanted is None and money and bound.output_tokens is not None:
        return (
            f"not sent: the price is unknown, so {shown} cannot be kept to; cap with "
            f"--max-tokens-total, or write its price under [gateways.…] in gatewayz.toml"
        )
    if wanted is None:
        return (
            f"not sent: nothing bounds the answer, so {shown} cannot be kept to; set --max-tokens"
        )
    if cap == "calls":
        return f"not sent: {shown} is used up"
    amount = show_usd(wanted / _PICO) if money else f"{wanted:,} tokens"
    rest = show_usd(max(0.0, left)) if money else f"{max(0, round(left)):,}"
    return f"not sent: {shown}: {rest} left, and this could come to {amount}"
