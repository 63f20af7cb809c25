"""A long time under hostile peers: `make soak`.

usage: python -m benchmarks.soak [--minutes N | --hours N] [--seed N]

In rounds: a crowd of hostile peers, healthy clients beside them, then a calm moment in which all
have left and what the process holds is measured. At the end it is told to stop with the crowd still
there. Ends with 1 when a healthy request failed, a peer was not rid of in time, memory, handles or
tasks grow, a finished request has no record, or the stop takes too long. Loopback only.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, SystemRandom

from benchmarks.soak.growth import Sample, growing, row, sample
from benchmarks.soak.healthy import Healthy
from benchmarks.soak.hostile import HOSTILE, Visit
from benchmarks.soak.records import let_in_too_often, without_record, wrong_in_the_log
from benchmarks.soak.stage import Stage, set_up
from benchmarks.soak.wire import PATIENCE_S, Place
from gatewayz.server.serving import GRACE_S

# Peers at a time: two of each kind, and far below what the server takes at a time.
CROWD = 2 * len(HOSTILE)
# In a round of a soak of usual length there is time for the longest visit of a peer.
ROUND_S = (20.0, 300.0)
ROUNDS = 12
# Fewer cannot tell what grows: one that is shorter goes on for so many, two minutes.
LEAST_ROUNDS = 5
# What ran for peers that left must be over by then.
CALM_S = 3.0
# Beyond the grace that running answers have: writing the records, and a slow machine.
STOP_S = GRACE_S + 5.0
_SHOWN = 10


@dataclass
class Crowd:
    """The hostile peers: how many visits of each kind there were, and what went wrong."""

    place: Place
    rng: Random
    visits: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def there(self) -> AsyncIterator[None]:
        """All of them, as long as the block lasts."""
        kinds = [HOSTILE[number % len(HOSTILE)] for number in range(CROWD)]
        peers = [asyncio.create_task(self._again_and_again(kind)) for kind in kinds]
        try:
            yield
        finally:
            for peer in peers:
                peer.cancel()
            ended = await asyncio.gather(*peers, return_exceptions=True)
            self.wrong += [repr(bad) for bad in ended if isinstance(bad, Exception)]

    async def _again_and_again(self, kind: Visit) -> None:
        while True:
            self.visits[kind.__name__] += 1
            try:
                async with asyncio.timeout(PATIENCE_S + 10):
                    await kind(self.place, self.rng)
            except TimeoutError:
                self.wrong.append(f"{kind.__name__} was never rid of")
            except AssertionError as bad:
                self.wrong.append(f"{kind.__name__} got {bad}")
            except (OSError, asyncio.IncompleteReadError):
                pass  # broken off, as it deserves
            # The machine is for the server, not for a peer that is turned away at once.
            await asyncio.sleep(self.rng.uniform(0, 0.2))


async def soak(stage: Stage, seconds: float, seed: int) -> list[str]:
    """What went wrong, in words; nothing when all is well."""
    crowd = Crowd(stage.wide, Random(f"{seed}/crowd"))
    healthy = Healthy(stage, Random(f"{seed}/healthy"))
    samples: list[Sample] = []
    wrong: list[str] = []
    began = time.monotonic()
    round_s = min(max(seconds / ROUNDS, ROUND_S[0]), ROUND_S[1])
    while time.monotonic() - began < seconds or len(samples) < LEAST_ROUNDS:
        async with crowd.there(), healthy.there():
            await asyncio.sleep(round_s)
        await asyncio.sleep(CALM_S)
        try:
            found = await sample(stage.own, time.monotonic() - began)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as bad:
            wrong.append(f"it does not answer any more: {bad!r}")
            break
        samples.append(found)
        print(row(found), flush=True)
        if found.running:
            wrong.append(
                f"{found.running:.0f} requests ran on for {CALM_S:.0f} s after all had left"
            )
    async with crowd.there():
        async with healthy.there():
            await asyncio.sleep(min(5.0, seconds / 10))
        code, took_s = await asyncio.to_thread(stage.stop, STOP_S)
    print(
        f"stopped in {took_s:.1f} s; {sum(crowd.visits.values())} hostile visits, {dict(healthy.counts)}"
    )
    if code != 0:
        wrong.append(f"told to stop, it ended with {code} after {took_s:.1f} s")
    if not healthy.ids:
        wrong.append("no healthy request was answered")
    return [
        *_summed(wrong),
        *_summed(healthy.wrong),
        *_summed(crowd.wrong),
        *growing(samples),
        *wrong_in_the_log(stage.log),
        *without_record(stage.log, stage.store, healthy.ids),
        *let_in_too_often(stage.store),
    ]


def _summed(wrong: Sequence[str]) -> list[str]:
    """The most frequent ones, each with its count."""
    return [f"{count} times: {what}" for what, count in Counter(wrong).most_common(_SHOWN)]


def main() -> int:
    """0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--hours", type=float, help="goes before the minutes")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    options = parser.parse_args()
    seconds = options.hours * 3600 if options.hours else options.minutes * 60
    print(f"{seconds / 60:g} minutes, seed {options.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    with set_up(folder) as stage:
        wrong = asyncio.run(soak(stage, seconds, options.seed))
    for line in wrong:
        print(f"WRONG {line}")
    if wrong:
        print(f"The logs and the store are kept in {folder}.")
        return 1
    shutil.rmtree(folder)
    print("All is well.")
    return 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
