"""What a day of watching may come to, over all tiers and restarts, and the share of who is down."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gatewayz.core.units import rounded_usd
from gatewayz.core.watching import Amounts, DaySpent
from gatewayz.money import Caps, Ledger

# So much of its share a gateway that is down may have at once; the rest comes evenly over the day, so that
# it is still asked when it is well again.
_AT_ONCE = 0.25


@dataclass(slots=True)
class Budget:
    """What a day may come to. It goes on where the store says that it stood.

    Who is down gets no more than its share, so that all the others can still be asked.
    """

    caps: Caps
    spent_on: Callable[[str], DaySpent]
    _ledger: Ledger = field(default_factory=Ledger)
    _before: DaySpent = field(default_factory=lambda: DaySpent(day=""))
    _while_down: dict[str, Amounts] = field(default_factory=dict)
    # Of those that are down: what had gone to them when they were last given a share.
    _given_at: dict[str, Amounts] = field(default_factory=dict)
    # Tiers that begin at once share one ledger: it is read of the store in threads.
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, at: datetime, down: Mapping[str, float] | None = None) -> Ledger:
        """The ledger of a moment's day. `down` has the share of each gateway that is down, 0 to 1.

        Raises: StoreError.
        """
        with self._lock:
            return self._of(at, down or {})

    def _of(self, at: datetime, shares: Mapping[str, float]) -> Ledger:
        day = f"{at:%Y-%m-%d}"
        if day != self._before.day:
            self._before = self.spent_on(day)
            self._while_down, self._given_at = dict(self._before.while_down), {}
            # Who is down all day must not use up what all the others may be asked for.
            gone = self._before
            before = Amounts(calls=gone.calls, tokens=gone.tokens, usd=gone.usd)
            self._ledger = Ledger(self.caps, before, errors_take_nothing=True)
        self._while_down = self._taken_while_down()
        self._given_at = {name: self._taken(name) for name in shares}
        paid_out = _AT_ONCE + (1 - _AT_ONCE) * _gone(at)
        self._ledger.share_out(
            {
                name: _part(self.caps, share * paid_out, self._while_down.get(name, Amounts()))
                for name, share in shares.items()
            }
        )
        return self._ledger

    @property
    def spent(self) -> DaySpent:
        """What the day came to by now."""
        with self._lock:
            taken, before = self._ledger.totals(), self._before
            return DaySpent(
                day=before.day,
                calls=before.calls + taken.calls,
                tokens=before.tokens + taken.tokens,
                usd=rounded_usd(before.usd + taken.usd),
                unpriced_calls=before.unpriced_calls + taken.unpriced_calls,
                while_down=self._taken_while_down(),
            )

    def _taken(self, gateway: str) -> Amounts:
        taken = self._ledger.totals(gateway)
        return Amounts(calls=taken.calls, tokens=taken.tokens, usd=taken.usd)

    def _taken_while_down(self) -> dict[str, Amounts]:
        """What went to gateways that were down, up to now."""
        found = dict(self._while_down)
        for name, then in self._given_at.items():
            now, before = self._taken(name), found.get(name, Amounts())
            found[name] = Amounts(
                calls=before.calls + now.calls - then.calls,
                tokens=before.tokens + now.tokens - then.tokens,
                usd=rounded_usd(before.usd + now.usd - then.usd),
            )
        return found


def _gone(at: datetime) -> float:
    """How much of the day is over, 0 to 1."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return (at - midnight) / timedelta(days=1)


def _part(caps: Caps, part: float, taken: Amounts) -> Caps:
    """What a part of each cap leaves to a gateway that has had so much; a call begun is a whole one."""
    return Caps(
        usd=None if caps.usd is None else max(0.0, caps.usd * part - taken.usd),
        tokens=None
        if caps.tokens is None
        else max(0, math.ceil(caps.tokens * part) - taken.tokens),
        calls=None if caps.calls is None else max(0, math.ceil(caps.calls * part) - taken.calls),
    )
