"""What a run may spend, and has: the ledger as the runner uses it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gatewayz.core import (
    Attempt,
    Case,
    ChatRequest,
    Gateway,
    Model,
    NotSent,
    Outcome,
    Price,
    Run,
    Spend,
    Verdict,
)
from gatewayz.core.costs import pictures_in
from gatewayz.core.judge import skipped
from gatewayz.core.spend import spend_together
from gatewayz.core.watching import Amounts
from gatewayz.money import (
    Auditor,
    Bound,
    Ledger,
    PriceBook,
    Refusal,
    Reservation,
    billed,
    bound_of,
)
from gatewayz.money.accounts import spent
from gatewayz.money.bound import price_for

if TYPE_CHECKING:
    from gatewayz.runner.order import RollCall

# A ledger may be shared, and then what others settle is looked at so often.
_OTHERS_S = 0.25


class Purse:
    """Reserves before each question and settles after it; says what is left out for it.

    Where nothing caps tokens or money, no bound is worked out, and what nobody reports is told as
    not known. `before` is what earlier parts of its run came to: a gateway that went beyond its limits in
    one of them is asked no more.
    """

    def __init__(
        self, ledger: Ledger, prices: PriceBook, *, bounds: bool, before: Spend | None = None
    ) -> None:
        self._ledger, self._prices = ledger, prices
        self._auditor = Auditor()
        self._bounds = bounds
        self._unbounded = Bound(0, None, None)
        self._settled: asyncio.Event | None = None
        self._unpriced: dict[str, None] = {}
        self._reasons: set[str] = set()
        self._tries_left_out = 0
        self._overruns = dict(before.overruns) if before is not None and bounds else {}

    def reserve(self, case: Case, gateway: Gateway, request: ChatRequest) -> Reservation | Refusal:
        """Leave to put one question, or what forbids it."""
        return self._ledger.reserve(case.gateway, self._bound(case, gateway, request))

    def is_short(self, case: Case, gateway: Gateway, request: ChatRequest) -> bool:
        """Whether this question once more is sure to be refused."""
        if not self._ledger.caps.any:
            return False
        refusal = self._ledger.refusal(case.gateway, self._bound(case, gateway, request))
        short = refusal is not None and not refusal.may_fit
        self._tries_left_out += short
        return short

    def left_out(self, case: Case, reason: str) -> Verdict:
        """The verdict over a case that is not sent for the sake of a cap."""
        self._reasons.add(reason)
        return skipped(case, reason)

    def stopped(self, case: Case) -> Verdict | None:
        """The verdict over a case whose gateway took more than it was given; None: it may go on."""
        told = self._overruns.get(case.gateway)
        if told is None:
            return None
        return self.left_out(case, f"not sent: {case.gateway} went beyond its limits: {told}")

    async def change(self) -> None:
        """Returns when a call of this run has been settled since, or one of another may have been."""
        if self._settled is None:
            self._settled = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_OTHERS_S):
                await self._settled.wait()

    def paid(
        self, case: Case, reservation: Reservation, attempt: Attempt | None, gateway: Gateway
    ) -> None:
        """Settles a call that is over, whatever came of it."""
        lenient = self._ledger.errors_take_nothing
        found = billed(attempt, gateway.quirks, errors_take_nothing=lenient)
        overrun = self._ledger.settle(reservation, found.usage, sent=found.sent)
        if self._settled is not None:
            self._settled.set()
            self._settled = None
        price, usage = reservation.bound.price, found.usage
        self._auditor.add(case.gateway, usage, price, pictures=reservation.bound.pictures)
        unpriced = not price.known and (usage is None or usage.charged_usd is None)
        if found.sent and unpriced and case.model is not None:
            self._unpriced[f"{case.gateway}/{case.model.id}"] = None
        if overrun is not None and self._bounds:
            self._overruns.setdefault(case.gateway, overrun.told)

    def spend(self, verdicts: Sequence[Verdict]) -> Spend:
        """How much it came to, and what was left out of these for it."""
        sums = self._ledger.totals()
        left_out = [
            v for v in verdicts if v.outcome is Outcome.SKIPPED and v.reason in self._reasons
        ]
        return replace(
            spent(sums),
            unpriced=tuple(self._unpriced),
            capped=self._ledger.caps.any,
            left_out=NotSent(cases=len(left_out), tries=self._tries_left_out),
            overruns=dict(self._overruns),
            audits=self._auditor.audits(),
        )

    def _bound(self, case: Case, gateway: Gateway, request: ChatRequest) -> Bound:
        model = case.model or Model(id="")
        price = self._price(gateway, model)
        if not self._bounds:
            asked = price_for(request, model, price)
            if price.picture_usd or asked is not price:
                return Bound(0, None, None, asked, pictures_in(request.messages))
            if price is not self._unbounded.price:
                self._unbounded = Bound(0, None, None, price)
            return self._unbounded
        return bound_of(request, model, gateway, price=price)

    def _price(self, gateway: Gateway, model: Model) -> Price:
        return model.price if model.price.known else self._prices.of(gateway, model).price


def spent_before(order: RollCall) -> Spend | None:
    """What the earlier parts of an order's run came to; None where it has none."""
    run = order.resumed
    if run is None:
        return None
    known = (run.summary.spend if run.summary is not None else None) or Spend()
    covered = accounted(run)
    if order.caps.on_spending:
        known = _with_bounds(known, _recounted(run.verdicts[:covered], order))
    return spend_together([known, _recounted(run.verdicts[covered:], order)])


def counted_on(before: Spend | None) -> Amounts:
    """What earlier parts take of the caps that the whole run keeps to."""
    if before is None:
        return Amounts()
    tokens = before.input_tokens + before.output_tokens
    return Amounts(calls=before.calls, tokens=tokens, usd=before.usd or 0.0)


def accounted(run: Run) -> int:
    """How many of a run's verdicts its account covers: the rest was judged by a process that was killed."""
    known = run.summary.spend if run.summary is not None else None
    if known is None:
        return 0
    return len(run.verdicts) if known.verdicts is None else known.verdicts


def _with_bounds(known: Spend, recounted: Spend) -> Spend:
    """An account as a cap on tokens or money takes it, by the calls behind its verdicts counted again.

    A part without such a cap worked out no bound: what nobody reported is nothing in its account, and
    whoever went beyond the limits is not named. Of calls that came to no verdict, since they were under
    way when a part was stopped, there is no more than the account says.
    """
    under_way = max(0, known.calls - recounted.calls)

    def most(name: str) -> int:
        found: int = max(getattr(known, name), getattr(recounted, name))
        return found

    def unknown(name: str) -> int:
        found: int = min(getattr(known, name), getattr(recounted, name) + under_way)
        return found

    unpriced_calls = unknown("unpriced_calls")
    return replace(
        known,
        input_tokens=most("input_tokens"),
        output_tokens=most("output_tokens"),
        usd=max((usd for usd in (known.usd, recounted.usd) if usd is not None), default=None),
        unreported_tokens=most("unreported_tokens"),
        unreported_usd=max(known.unreported_usd, recounted.unreported_usd),
        uncounted_calls=unknown("uncounted_calls"),
        unpriced_calls=unpriced_calls,
        dearest_calls=most("dearest_calls"),
        unpriced=known.unpriced if unpriced_calls else (),
        overruns={**recounted.overruns, **known.overruns},
    )


def _recounted(verdicts: Iterable[Verdict], order: RollCall) -> Spend:
    """What the calls came to that stand behind verdicts, with bounds where the order caps tokens or money.

    Calls that had come to no verdict are not among them.
    """
    gateways = {(lane.name, lane.way): lane.gateway for lane in order.lanes}
    account = Purse(Ledger(), order.prices, bounds=order.caps.on_spending)
    for verdict in verdicts:
        seen, case = verdict.observation, verdict.observation.case
        gateway = gateways.get((case.gateway, case.way))
        if gateway is None or seen.request is None or verdict.taken_from:
            continue
        put = (seen.request, *seen.then)
        for attempt in seen.attempts:
            leave = account.reserve(case, gateway, put[min(attempt.step, len(put) - 1)])
            if isinstance(leave, Reservation):  # nothing caps this account
                account.paid(case, leave, attempt, gateway)
    return account.spend(())
