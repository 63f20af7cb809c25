"""Who may send: what calls may cost is reserved before each is sent, and settled after it.

The one invariant: what is settled and what is reserved never passes a cap together, unless a
provider went beyond the limits it was given; that is told, and nothing more is granted by then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from gatewayz.core import Usage
from gatewayz.core.watching import Amounts
from gatewayz.money.accounts import PICO, Account, Taken, Totals, pico, pico_of_cap, taken_of
from gatewayz.money.bound import Bound
from gatewayz.money.grants import (
    CapName,
    Caps,
    Overrun,
    Refusal,
    Reservation,
    had_its_share,
    refused,
)


@dataclass(slots=True)
class Ledger:
    """Grants and settles, from any thread; never waits. Raises: ValueError when settled twice.

    `before`: what had been spent of the caps when it began; its totals tell only of what came since.
    `errors_take_nothing`: who settles takes a server's error for one that cost nothing.
    """

    caps: Caps = Caps()
    before: Amounts = Amounts()
    clock: Callable[[], float] = time.monotonic
    errors_take_nothing: bool = False
    _lock: AbstractContextManager[Any] = field(default_factory=Lock, repr=False)
    _open: set[Reservation] = field(default_factory=set, repr=False)
    _all: Account = field(default_factory=Account, repr=False)
    _of: dict[str, Account] = field(default_factory=dict, repr=False)
    _shares: dict[str, _Share] = field(default_factory=dict, repr=False)

    def share_out(self, shares: Mapping[str, Caps]) -> None:
        """From now on each of these gateways takes so much more at the most; the others, what is left.

        A gateway that has anything left of its share may have one call under way, whatever that
        could come to.
        """
        with self._lock:
            self._shares = {
                name: _Share.of(more, self._account(name)) for name, more in shares.items()
            }

    def reserve(self, gateway: str, bound: Bound) -> Reservation | Refusal:
        """Leave to send a request of this bound, or which cap forbids it."""
        # What nothing bounds is not capped, or is refused.
        tokens = bound.input_tokens if bound.output_tokens is None else bound.tokens or 0
        usd = pico(bound.usd) or 0
        with self._lock:
            refusal = self._refusal(gateway, bound)
            if refusal is not None:
                return refusal
            granted = Reservation(gateway, bound, self.clock(), tokens, usd)
            self._open.add(granted)
            self._all.hold(granted)
            self._account(gateway).hold(granted)
            return granted

    def refusal(self, gateway: str, bound: Bound) -> Refusal | None:
        """What `reserve` would answer now, without reserving; None for leave."""
        with self._lock:
            return self._refusal(gateway, bound)

    def settle(
        self, reservation: Reservation, usage: Usage | None, *, sent: bool
    ) -> Overrun | None:
        """Books what a call came to, and lets go of the rest.

        Not sent: all is released. `usage` None, or silent on a count: what was reserved for it
        counts as spent. `usage.output_tokens` counts thinking in. Money is the larger of what was
        reported and what the tokens cost by their price.
        """
        gateway = reservation.gateway
        taken = taken_of(reservation.bound, usage) if sent else None
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
            account = self._all if gateway is None else self._of.get(gateway, Account())
            return account.totals()

    def _account(self, gateway: str) -> Account:
        found = self._of.get(gateway)
        if found is None:
            found = self._of[gateway] = Account()
        return found

    def _refusal(self, gateway: str, bound: Bound) -> Refusal | None:
        account, caps, before = self._all, self.caps, self.before
        if not caps.any:
            return None
        calls, tokens = before.calls + account.calls, before.tokens + account.tokens
        usd = (pico(before.usd) or 0) + account.usd
        asked: tuple[tuple[CapName, int | None, int | None, int, int], ...] = (
            ("calls", caps.calls, 1, calls, account.reserved_calls),
            ("tokens", caps.tokens, bound.tokens, tokens, account.reserved_tokens),
            ("usd", pico_of_cap(caps.usd), pico(bound.usd), usd, account.reserved_usd),
        )
        for name, cap, wanted, spent, held in asked:
            if cap is not None and (wanted is None or spent + held + wanted > cap):
                may_fit = wanted is not None and spent + wanted <= cap
                return refused(name, cap, wanted, cap - spent - held, may_fit, bound)
        share = self._shares.get(gateway)
        return None if share is None else share.refusal(gateway, self._account(gateway), bound)


@dataclass(frozen=True, slots=True)
class _Share:
    """Up to where a gateway's own account may go; money in whole millionths of a millionth."""

    calls: int | None
    tokens: int | None
    usd: int | None

    @classmethod
    def of(cls, more: Caps, account: Account) -> _Share:
        """So much more than an account stands at."""
        usd = pico_of_cap(more.usd)
        return cls(
            None if more.calls is None else account.calls + more.calls,
            None if more.tokens is None else account.tokens + more.tokens,
            None if usd is None else account.usd + usd,
        )

    def refusal(self, gateway: str, account: Account, bound: Bound) -> Refusal | None:
        """Why one more call is not within it, None where it is."""
        wanted_usd = pico(bound.usd)
        asked: tuple[tuple[CapName, int | None, int, int, int], ...] = (
            ("calls", self.calls, 1, account.calls, account.reserved_calls),
            ("tokens", self.tokens, bound.tokens or 0, account.tokens, account.reserved_tokens),
            ("usd", self.usd, wanted_usd or 0, account.usd, account.reserved_usd),
        )
        for name, most, wanted, spent, held in asked:
            if most is None or spent + held + wanted <= most:
                continue
            if spent >= most or account.reserved_calls:
                return had_its_share(name, gateway, wanted, most - spent - held, spent < most)
        return None


def _overrun(held: Reservation, taken: Taken) -> Overrun | None:
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
        most, usd = held.pico_usd / PICO, taken.usd / PICO
        return Overrun(gateway=gateway, what="usd", reserved=most, taken=usd)
    return None
