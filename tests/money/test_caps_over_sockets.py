"""The proof: runs over real sockets with prices, limits, caps and faults drawn by lot.

At every grant and every settlement the caps are looked at, and in the end the ledger is held against
the simulator's own count of calls and tokens.
"""

import asyncio
import random
from collections import Counter
from dataclasses import replace

import pytest
from tests.pretending import gateways_and_keys

from gatewayz.client import HttpClient
from gatewayz.core import Ask, Limits, Outcome, Price
from gatewayz.core.timeouts import Timeouts
from gatewayz.money import Caps, Ledger, PriceBook, Refusal
from gatewayz.probes import PROBES
from gatewayz.runner import AttemptFinished, Lane, RollCall, Selection, roll_call
from gatewayz.simulator import running

PLACES = ("groq", "openrouter", "deepinfra", "together", "xai", "fireworks")
QUICK = Timeouts(connect_s=5, first_byte_s=5, first_event_s=5, idle_s=5, error_body_s=1, total_s=8)
# What leaves the usage as it is, or has none, or spoils it; and what is asked again.
FAULTS = (
    "usage-missing", "usage-zero", "max-tokens-ignored", "reset-mid-body", "json-truncated",
    "server-500-json", "rate-limit", "unsupported-parameter", "unsupported-value",
    "reasoning-ate-budget", "reset-before-response", "overloaded", "overloaded-mid-stream", "sse-missing-done",
)  # fmt: skip
# What is answered whole, with counts that are the answer's own.
COUNTED = {"", "max-tokens-ignored", "reasoning-ate-budget", "sse-missing-done"}


# These give usage in every stream, the others where it is asked for: a model that refuses the field
# is asked without it from then on.
UNASKED = {"groq", "openrouter", "deepinfra"}


def tells_usage(row):
    """Whether an answer came whole, with the counts that are its own."""
    asked = not row.stream or "stream_options" in row.body or row.gateway in UNASKED
    return row.status == 200 and row.fault in COUNTED and asked


class Watched(Ledger):
    """A ledger that looks at its caps whenever something changes."""

    __slots__ = ("overruns", "refusals")

    def __init__(self, caps):
        super().__init__(caps)
        self.overruns, self.refusals = [], Counter()

    def reserve(self, gateway, bound):
        leave = super().reserve(gateway, bound)
        if isinstance(leave, Refusal):
            self.refusals[leave.cap] += 1
        else:
            self.look(after_grant=True)
        return leave

    def settle(self, reservation, usage, *, sent):
        overrun = super().settle(reservation, usage, sent=sent)
        self.overruns += [overrun] if overrun is not None else []
        self.look()
        return overrun

    def look(self, *, after_grant=False):
        sums, caps = self.totals(), self.caps
        if self.overruns and not after_grant:
            return  # beyond the caps by the provider's doing, and named
        assert caps.calls is None or sums.calls + sums.reserved_calls <= caps.calls
        assert caps.tokens is None or sums.tokens + sums.reserved_tokens <= caps.tokens
        assert caps.usd is None or sums.usd + sums.reserved_usd <= caps.usd * (1 + 1e-9)


def drawn(seed):
    """Caps, prices, limits and faults of one run."""
    rng = random.Random(seed)
    prices = {name: Price(rng.uniform(0.05, 5), rng.uniform(0.1, 15)) for name in PLACES}
    caps = Caps(
        usd=rng.choice([None, rng.uniform(0.001, 0.05)]),
        tokens=rng.choice([None, rng.randint(2000, 60_000)]),
        calls=rng.choice([None, rng.randint(5, 90)]),
    )
    faults = [
        {"fault": fault, "probability": rng.uniform(0.02, 0.15), "path": "chat"}
        for fault in rng.sample(FAULTS, rng.randint(0, 6))
    ]
    return rng, prices, caps, faults


def run(seed, caps, prices, simulator, rng):
    gateways, keys = gateways_and_keys(simulator)
    lanes = tuple(
        Lane(
            name=name,
            way="direct",
            gateway=replace(gateways[name], limits=Limits(concurrency=rng.randint(1, 8))),
        )
        for name in PLACES
    )
    order = RollCall(
        lanes=lanes,
        probes=tuple(PROBES[p] for p in ("chat", "streaming", "n_choices", "multi_turn")),
        ask=Ask(max_tokens=rng.choice([8, 50, 300])),
        selection=Selection(models="4"),
        retries=rng.randint(0, 2),
        retry_budget_s=1.0,
        concurrency=rng.choice([2, 16, 64]),
        caps=caps,
        prices=PriceBook(prices),
        seed=seed,
    )
    ledger = Watched(caps)

    async def go():
        client = HttpClient(keys=keys, timeouts=QUICK)
        try:
            run = roll_call(order, executor=client, ledger=ledger)
            return [event async for event in run]
        finally:
            await client.aclose()

    events = asyncio.run(asyncio.wait_for(go(), 100))
    return ledger, events


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 10))]
)
def test_no_run_passes_its_caps_and_its_account_is_the_simulator_s_own(seed):
    rng, prices, caps, faults = drawn(seed)
    with running(seed=seed, faults=faults, latency_s=0.003) as simulator:
        ledger, events = run(seed, caps, prices, simulator, rng)
        rows = [row for row in simulator.log if row.route == "chat"]
    verdicts = events[-1].run.verdicts
    attempts = [event.attempt for event in events if isinstance(event, AttemptFinished)]
    sums = ledger.totals()

    # Nothing is left reserved, and each call that was made is in the account.
    assert (sums.reserved_calls, sums.reserved_tokens, sums.reserved_usd) == (0, 0, 0)
    assert sums.calls == len(rows) == len(attempts)
    for name in PLACES:
        assert ledger.totals(name).calls == sum(row.gateway == name for row in rows)

    # What was reported is what the simulator gave, token by token.
    given = sum(row.input_tokens + row.output_tokens for row in rows if tells_usage(row))
    assert sums.tokens - sums.unreported_tokens == given
    if caps.on_spending:
        # What was not reported was reserved for, and that was enough, limits that are kept to.
        others = [row for row in rows if row.status == 200 and not tells_usage(row)]
        assert sums.unreported_tokens >= sum(r.input_tokens + r.output_tokens for r in others)

    # Who went beyond the limits is named, and nothing goes there any more.
    if caps.on_spending:
        assert {o.gateway for o in ledger.overruns} == set(events[-1].run.summary.spend.overruns)
    assert {o.gateway for o in ledger.overruns} <= {
        row.gateway for row in rows if row.fault == "max-tokens-ignored"
    }

    # A case that a cap left out is skipped, and says so.
    left_out = [v for v in verdicts if v.outcome is Outcome.SKIPPED and "not sent: " in v.reason]
    assert events[-1].run.summary.spend.left_out.cases == len(left_out)
    assert all(("--max-" in v.reason) or ("beyond its limits" in v.reason) for v in left_out)
    # `reserve` may be asked again by a case that waits, so there are as many refusals or more.
    assert len(left_out) <= sum(ledger.refusals.values()) or ledger.overruns


@pytest.mark.timeout(120)
def test_a_cap_is_used_up_since_calls_wait_for_what_others_give_back():
    """Each may come to several hundred tokens and takes some twenty: few fit at once, many in all."""
    _, prices, _, _ = drawn(1)
    caps = Caps(tokens=2000)
    with running(seed=1, latency_s=0.003) as simulator:
        ledger, events = run(1, caps, prices, simulator, random.Random(1))
        rows = [row for row in simulator.log if row.route == "chat"]
    spend = events[-1].run.summary.spend
    skipped = [v.reason for v in events[-1].run.verdicts if v.outcome is Outcome.SKIPPED]
    reasons = [reason for reason in skipped if not reason.startswith("not offered")]

    assert spend.left_out.cases == len(reasons) > 0
    assert all(reason.startswith("not sent: --max-tokens-total 2000: ") for reason in reasons)
    assert len(rows) > 40
    assert 1000 < ledger.totals().tokens <= 2000
