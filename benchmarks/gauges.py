"""What it costs to count a request against the limits of its key, in CPU microseconds.

    python -m benchmarks.gauges

By one process alone, by a worker that shares its accounts, and by two workers that both count for one
key, which do nothing else: more than any server can.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from gatewayz.core.client_key import Allowance
from gatewayz.server.accounts import OwnAccounts, SharedAccounts
from gatewayz.server.gauges import Gauge

ROUNDS = 60_000
PARTS = 30
MOST = 10**9
KEYS: Mapping[str, Allowance] = {
    "no limit": Allowance(),
    "at a time": Allowance(concurrency=MOST),
    "requests a minute": Allowance(requests_per_minute=MOST),
    "requests, at a time": Allowance(requests_per_minute=MOST, concurrency=MOST),
    "requests, at a time, tokens": Allowance(
        requests_per_minute=MOST, concurrency=MOST, tokens_per_minute=MOST
    ),
}


def cost_us(gauge: Gauge) -> float:
    """The CPU time of one request's counting: the best of many parts, since a machine that is shared disturbs most."""
    costs = []
    for _ in range(PARTS):
        began = time.process_time()
        for _ in range(ROUNDS // PARTS):
            gauge.enter()
            reserved = gauge.reserve(10)
            gauge.leave()
            gauge.settle(reserved, 5)
        costs.append((time.process_time() - began) / (ROUNDS // PARTS) * 1e6)
    return min(costs)


def contended_us(allowance: Allowance) -> float:
    """The same for each of two processes that count for one key at once."""
    accounts = SharedAccounts(2)
    reading, writing = os.pipe()
    for worker in range(2):
        if not os.fork():
            accounts.worker = worker
            os.write(writing, b"%f " % cost_us(Gauge(allowance, accounts=accounts)))
            os._exit(0)
    os.close(writing)
    with open(reading) as told:
        costs = [float(cost) for cost in told.read().split()]
    for _ in range(2):
        os.wait()
    return max(costs)


def main() -> None:
    """Prints a table."""
    ways: tuple[Callable[[Allowance], float], ...] = (
        lambda allowance: cost_us(Gauge(allowance, accounts=OwnAccounts())),
        lambda allowance: cost_us(Gauge(allowance, accounts=SharedAccounts(1))),
        contended_us,
    )
    print("| limits of the key | one process | a worker | two workers on one key |")
    print("|---|---|---|---|")
    for name, allowance in KEYS.items():
        print(f"| {name} | {' | '.join(f'{way(allowance):.1f}' for way in ways)} |")


if __name__ == "__main__":
    main()
