"""What a load run may spend: each request is granted by the ledger before it is sent."""

from __future__ import annotations

import math

from gatewayz.cli.orders import caps_of
from gatewayz.config import Settings
from gatewayz.core import Attempt, ChatRequest
from gatewayz.load import Aim, Guard, Leave
from gatewayz.load.order import GuardOf
from gatewayz.money import Bound, Caps, Ledger, Refusal, billed, bound_of


class Budget:
    """The ledger as load uses it; of several processes each has its share of the caps."""

    def __init__(self, caps: Caps) -> None:
        self._ledger = Ledger(caps)
        self._bounds = caps.on_spending

    def reserve(self, aim: Aim, request: ChatRequest) -> Leave:
        """Leave to send one request, or which cap forbids it."""
        bound = Bound(0, None, None, aim.price)
        if self._bounds:
            bound = bound_of(request, aim.model, aim.gateway, price=aim.price)
        granted = self._ledger.reserve(aim.target.gateway, bound)
        if isinstance(granted, Refusal):
            return Leave(granted.reason, granted.may_fit)
        return Leave(held=granted)

    def settle(self, leave: Leave, aim: Aim, attempt: Attempt | None) -> str:
        """Books what a request came to; why the run must end where a provider took too much."""
        found = billed(attempt, aim.gateway.quirks)
        overrun = self._ledger.settle(leave.held, found.usage, sent=found.sent)
        if overrun is None or not self._bounds:
            return ""
        return f"{aim.target.gateway} went beyond its limits: {overrun.told}"


def guard_for(settings: Settings) -> GuardOf:
    """What makes the budget of each process; none without a cap."""
    caps = caps_of(settings)

    def guard(part: int, parts: int) -> Guard | None:
        return Budget(share_of(caps, part, parts)) if caps.any else None

    return guard


def share_of(caps: Caps, part: int, parts: int) -> Caps:
    """One process's part of the caps: all parts together are no more than the whole."""

    def of(whole: int | None) -> int | None:
        return None if whole is None else whole // parts + (part < whole % parts)

    # In whole millionths of a millionth, as the ledger reckons, so that no rounding adds up.
    usd = None if caps.usd is None else math.floor(caps.usd * 1e12 / parts) / 1e12
    return Caps(
        usd=usd,
        tokens=of(caps.tokens),
        calls=of(caps.calls),
    )
