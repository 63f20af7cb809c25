"""What a load run may spend: each request is granted by the ledger before it is sent."""

from __future__ import annotations

import math

from gatewayz.cli.orders import caps_of
from gatewayz.config import Settings
from gatewayz.core import Attempt, ChatRequest
from gatewayz.load import Aim, Guard, Leave
from gatewayz.load.order import Bill, GuardOf
from gatewayz.money import Auditor, Bound, Caps, Ledger, Refusal, billed, bound_of
from gatewayz.money.bound import choices_in, output_bound

# Of a request that no cap bounds it is its answer alone that is looked at.
_ANY_INPUT = 10**9


class Budget:
    """The ledger as load uses it; of several processes each has its share of the caps.

    `shared` tells of what a refusal by such a share is a part, "" for the whole. Whether there is a
    cap or none, the bill is audited, and who goes beyond the limits of its answers is told.
    """

    def __init__(self, caps: Caps, shared: str = "") -> None:
        self._ledger = Ledger(caps)
        self._bounds = caps.on_spending
        self._shared = shared
        self._auditor = Auditor()
        self._overruns: dict[str, tuple[int, str]] = {}

    def reserve(self, aim: Aim, request: ChatRequest) -> Leave:
        """Leave to send one request, or which cap forbids it."""
        if self._bounds:
            bound = bound_of(request, aim.model, aim.gateway, price=aim.price)
        else:
            bound = Bound(_ANY_INPUT, most_output(request, aim), None, aim.price)
        granted = self._ledger.reserve(aim.target.gateway, bound)
        if isinstance(granted, Refusal):
            return Leave(f"{granted.reason}{self._shared}", granted.may_fit)
        return Leave(held=granted)

    def settle(self, leave: Leave, aim: Aim, attempt: Attempt | None) -> str:
        """Books what a request came to; why its gateway is asked no more, where it took too much."""
        found = billed(attempt, aim.gateway.quirks)
        overrun = self._ledger.settle(leave.held, found.usage, sent=found.sent)
        self._auditor.add(aim.target.gateway, found.usage, leave.held.bound.price)
        if overrun is None:
            return ""
        count, told = self._overruns.get(aim.target.gateway, (0, overrun.told))
        self._overruns[aim.target.gateway] = (count + 1, told)
        if not self._bounds:
            return ""
        return f"{aim.target.gateway} went beyond its limits: {overrun.told}"

    def bill(self) -> Bill:
        """The audit of all that was settled, and who went beyond the limits."""
        stopped = "; it was asked no more" if self._bounds else ""
        overruns = {name: (count, told + stopped) for name, (count, told) in self._overruns.items()}
        return Bill(audits=self._auditor.audits(), overruns=overruns)


def most_output(request: ChatRequest, aim: Aim) -> int | None:
    """The most tokens that an answer may have; None where nothing bounds them."""
    limit = output_bound(request.max_tokens, aim.model)
    asked = {**request.extra, **aim.gateway.extra_body}
    return None if limit is None else limit * choices_in(asked)


def guard_for(settings: Settings) -> GuardOf:
    """What makes the budget of each process."""
    caps = caps_of(settings)

    def guard(part: int, parts: int) -> Guard | None:
        shared = f"; one of {parts} processes has its share of {_shown(caps)}" if parts > 1 else ""
        return Budget(share_of(caps, part, parts), shared)

    return guard


def _shown(caps: Caps) -> str:
    """The caps as they were set."""
    usd = None if caps.usd is None else f"--max-cost {caps.usd:.12f}".rstrip("0").rstrip(".")
    tokens = None if caps.tokens is None else f"--max-tokens-total {caps.tokens}"
    calls = None if caps.calls is None else f"--max-calls {caps.calls}"
    return ", ".join(one for one in (usd, tokens, calls) if one is not None)


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
