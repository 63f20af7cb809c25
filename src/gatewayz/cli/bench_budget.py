"""What a load run may spend: each request is granted by the ledger before it is sent."""

from __future__ import annotations

from dataclasses import replace

from gatewayz.cli.orders import caps_of
from gatewayz.config import Settings
from gatewayz.core import Attempt, ChatRequest, Spend
from gatewayz.core.costs import pictures_in
from gatewayz.core.spend import spend_together
from gatewayz.load import Aim, Guard, Leave
from gatewayz.load.order import Bill
from gatewayz.money import Auditor, Bound, Caps, Ledger, Refusal, billed, bound_of
from gatewayz.money.accounts import spent, spent_or_held
from gatewayz.money.bound import answers_bound, body_of, price_for
from gatewayz.money.shared import shared_ledger

# Of a request that no cap bounds it is its answer alone that is looked at.
_ANY_INPUT = 10**9


class Budget:
    """The ledger as load uses it: its own, or one that several processes share. Whether there is a
    cap or none, the bill is audited, and who goes beyond the limits of its answers is told.
    """

    def __init__(self, caps: Caps, ledger: Ledger | None = None) -> None:
        self._ledger = ledger or Ledger(caps)
        self._bounds = caps.on_spending
        self._auditor = Auditor()
        self._overruns: dict[str, tuple[int, str]] = {}
        self._gateways: set[str] = set()
        self._unpriced: dict[str, None] = {}

    def reserve(self, aim: Aim, request: ChatRequest) -> Leave:
        """Leave to send one request, or which cap forbids it."""
        if self._bounds:
            bound = bound_of(request, aim.model, aim.gateway, price=aim.price)
        else:
            most = answers_bound(request, body_of(request, aim.model, aim.gateway), aim.model)
            price, pictures = (
                price_for(request, aim.model, aim.price),
                pictures_in(request.messages),
            )
            bound = Bound(_ANY_INPUT, most, None, price, pictures)
        granted = self._ledger.reserve(aim.target.gateway, bound)
        if isinstance(granted, Refusal):
            # A call is given back only where no connection came about: there is nothing to wait for.
            may_fit = granted.may_fit and granted.cap != "calls"
            return Leave(granted.reason, may_fit, never=granted.never)
        return Leave(held=granted)

    def settle(self, leave: Leave, aim: Aim, attempt: Attempt | None) -> str:
        """Books what a request came to; why its gateway is asked no more, where it took too much."""
        found = billed(attempt, aim.gateway.quirks)
        overrun = self._ledger.settle(leave.held, found.usage, sent=found.sent)
        bound = leave.held.bound
        self._gateways.add(aim.target.gateway)
        priced = found.usage is not None and found.usage.charged_usd is not None
        if found.sent and not (bound.price.known or priced):
            self._unpriced[aim.target.name] = None
        self._auditor.add(aim.target.gateway, found.usage, bound.price, pictures=bound.pictures)
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
        return Bill(audits=self._auditor.audits(), overruns=overruns, spend=self._spend())

    def _spend(self) -> Spend | None:
        """What this process's calls count as; without a cap their bounds are none to go by."""
        if not self._bounds:
            return None
        # By gateway, since the sums of all gateways are those of all processes.
        own = [spent(self._ledger.totals(name)) for name in self._gateways]
        whole = spend_together(own) or Spend()
        return replace(
            whole,
            capped=True,
            unpriced=tuple(self._unpriced),
            overruns={name: told for name, (_, told) in self._overruns.items()},
            audits=self._auditor.audits(),
        )


class Budgets:
    """Makes the budget of each of so many processes, before they are there: all have one ledger."""

    def __init__(self, settings: Settings, processes: int = 1) -> None:
        self._caps = caps_of(settings)
        self._shared = shared_ledger(self._caps) if processes > 1 else None

    @property
    def tell_spend(self) -> bool:
        """Whether there is a cap on tokens or money, so that what counts as spent is told."""
        return self._caps.on_spending

    def __call__(self, _part: int, _parts: int) -> Guard:
        return Budget(self._caps, self._shared)

    def whole(self, told: Spend | None) -> Spend | None:
        """What counts as spent by all processes, of which `told` is what those told that lived to their end.

        What one that died had under way counts as it was reserved.
        """
        if self._shared is None or not self.tell_spend:
            return told
        told = told or Spend()
        return replace(
            spent_or_held(self._shared.totals()),
            capped=True,
            unpriced=told.unpriced,
            overruns=told.overruns,
            audits=told.audits,
        )
