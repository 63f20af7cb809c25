"""Settings to run: what every front door does alike, whatever it prints.

The runner tells what happens; here it is first kept in the store and then told to the listeners,
so that nothing is shown which a crash could take back.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatewayz.cli.growth import sum_run
from gatewayz.cli.habits import known_habits
from gatewayz.cli.network import client_for
from gatewayz.cli.orders import prices_for
from gatewayz.cli.own_words import OwnWords
from gatewayz.client import HttpClient, Listing
from gatewayz.config import Settings
from gatewayz.core import (
    Ask,
    Gateway,
    Model,
    Probe,
    Run,
    RunStatus,
    Spend,
    StoreError,
    Verdict,
    Way,
)
from gatewayz.core.catalog_names import catalog_name
from gatewayz.core.units import utc_now
from gatewayz.measure import summarize
from gatewayz.money import Ledger
from gatewayz.runner import (
    CasesPlanned,
    CatalogRead,
    Event,
    HabitsLearned,
    Lane,
    Listings,
    RollCall,
    RunFinished,
    RunStarted,
    Selection,
    VerdictReached,
    roll_call,
)

if TYPE_CHECKING:
    from gatewayz.store import Store

# What a catalogue is called beyond its gateway's name.
# So often a run says that it goes on.
BEAT_S = 20.0

Listener = Callable[[Event], None]


@dataclass(frozen=True, kw_only=True)
class Called:
    """What came of a roll call.

    `run` is what was kept and told; `faults` are lines on what we could not do ourselves, such as
    writing the store.
    """

    run: Run
    faults: tuple[str, ...] = ()


async def unlisted_verdict(
    settings: Settings, gateway: Gateway, model_id: str, probe: Probe, ask: Ask, *, ledger: Ledger
) -> tuple[Verdict, Spend | None]:
    """The verdict over one model that no catalogue is asked about, and what it took; nothing is kept.

    `ledger` is what it may draw on, with the questions before and after it.
    """
    lane = Lane(name=gateway.name, way="direct", gateway=gateway)
    model = Model(id=model_id, capabilities=probe.needs)
    order = RollCall(
        lanes=(lane,),
        probes=(probe,),
        ask=ask,
        selection=Selection(models="all"),
        retries=settings.retries,
        retry_budget_s=settings.retry_budget_s,
        prices=prices_for(settings),
    )
    client = client_for(settings)
    try:
        called = await call(
            order,
            client=client,
            store=None,
            listings={(lane.name, lane.way): Listing(models=(model,), listed=1)},
            ledger=ledger,
        )
    finally:
        await client.aclose()
    summary = called.run.summary
    return called.run.verdicts[0], summary.spend if summary is not None else None


async def call(
    order: RollCall,
    *,
    client: HttpClient,
    store: Store | None,
    listeners: Sequence[Listener] = (),
    stop: asyncio.Event | None = None,
    listings: Listings | None = None,
    ledger: Ledger | None = None,
    keeps_lists: bool = True,
) -> Called:
    """Runs an order to its end, or until `stop` is set.

    Every event is kept in `store` (None: nowhere) before the listeners hear of it. A store that
    fails ends the run; what was kept until then is what is told. No known key is in an event, also
    where the user wrote it into a question. What the store knows of how models
    want to be asked is used. With `keeps_lists` False `listings` are a choice of what gateways offer, and no
    lists of theirs.
    """
    if store is not None:
        try:
            order = replace(order, habits={**known_habits(store), **order.habits})
        except StoreError as error:
            return Called(run=Run(id="", started_at=utc_now()), faults=(str(error),))
    stop = stop or asyncio.Event()
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    own_words = OwnWords(client.without_keys)

    async def gather() -> None:
        try:
            run = roll_call(order, executor=client, listings=listings, stop=stop, ledger=ledger)
            async for event in run:
                events.put_nowait(own_words.without_keys(event))
        finally:
            events.put_nowait(None)

    gathering = asyncio.create_task(gather(), name="events")
    # A run that goes on was handed what it had kept; any other what was read for it just now.
    not_kept = () if keeps_lists and order.resumed is None else listings or ()
    keeper = _Keeper(store, order.resumed, not_kept)
    beating = asyncio.create_task(keeper.beat(), name="heartbeat")
    try:
        while news := await _next_batch(events):
            await keeper.keep(news)
            for event in news:
                for listener in listeners:
                    listener(event)
        await gathering  # a bug of ours is not swallowed
        return Called(run=keeper.run_so_far())
    except StoreError as error:
        return Called(run=keeper.run_so_far(), faults=(str(error),))
    except BaseException:
        # Cancelled, or a listener failed: what is judged by now is kept all the same.
        stop.set()
        with contextlib.suppress(StoreError):
            while news := await _next_batch(events):
                await keeper.keep(news)
        raise
    finally:
        stop.set()
        beating.cancel()
        await asyncio.gather(gathering, beating, return_exceptions=True)
        keeper.close()


async def _next_batch(events: asyncio.Queue[Event | None]) -> list[Event]:
    """Every event that is there, once there is one; empty at the end."""
    batch = [await events.get()]
    while batch[-1] is not None and not events.empty():
        batch.append(events.get_nowait())
    if batch[-1] is None:
        # The end mark stays, so that whoever asks again is told again.
        events.put_nowait(batch.pop())
    return [event for event in batch if event is not None]


class _Keeper:
    """Keeps events in the store, in a thread of its own, and remembers what has been kept."""

    def __init__(
        self, store: Store | None, resumed: Run | None, not_kept: Iterable[tuple[str, Way]]
    ) -> None:
        self._store, self._resumed = store, resumed
        self._not_kept = frozenset(not_kept)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._began = time.monotonic() - (resumed.elapsed_s if resumed else 0.0)
        self._run: Run | None = None
        self._verdicts: list[Verdict] = list(resumed.verdicts) if resumed else []

    async def beat(self) -> None:
        """Says every now and then that the run goes on, for processes on other machines."""
        store, loop = self._store, asyncio.get_running_loop()
        while store is not None:
            await asyncio.sleep(BEAT_S)
            if self._run is not None and self._run.status is RunStatus.RUNNING:
                with contextlib.suppress(StoreError):  # what it keeps next tells
                    await loop.run_in_executor(
                        self._thread, store.holding.hold, self._run.id, utc_now()
                    )

    async def keep(self, events: Sequence[Event]) -> None:
        """Returns once all of it is on the disk. Raises: StoreError."""
        if self._store is not None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._write, events, self._store)
        for event in events:
            if isinstance(event, RunStarted | RunFinished):
                self._run = event.run
            elif isinstance(event, VerdictReached):
                self._verdicts.append(event.verdict)

    def run_so_far(self) -> Run:
        """The run with what has been kept of it; cancelled unless it came to its end."""
        run = self._run or Run(id="", started_at=utc_now())
        if run.status is not RunStatus.RUNNING:
            return run
        elapsed_s = time.monotonic() - self._began
        return replace(
            run,
            status=RunStatus.CANCELLED,
            finished_at=utc_now(),
            verdicts=tuple(self._verdicts),
            summary=summarize(self._verdicts, elapsed_s=elapsed_s),
        )

    def close(self) -> None:
        """Lets go of the thread."""
        self._thread.shutdown(wait=False)

    def _begin(self, run: Run, store: Store) -> None:
        if self._resumed is None:
            store.holding.begin(run, utc_now())
        else:
            store.holding.go_on(run, utc_now())

    def _write(self, events: Sequence[Event], store: Store) -> None:
        run_id = self._run.id if self._run else ""
        verdicts: list[Verdict] = []
        for event in events:
            match event:
                case RunStarted():
                    self._begin(event.run, store)
                    run_id = event.run.id
                case CasesPlanned():
                    store.holding.planned(run_id, event.gateway, event.cases)
                case VerdictReached():
                    verdicts.append(event.verdict)
                case CatalogRead() if (
                    event.models and (event.gateway, event.way) not in self._not_kept
                ):
                    name = catalog_name(event.gateway, event.way)
                    store.save_catalog(name, event.models, utc_now())
                    store.catalogues.keep(run_id, name, event.models)
                case HabitsLearned():
                    store.save_habits(event.whom, event.habits, utc_now())
        # Many verdicts cost one wait for the disk.
        store.record(run_id, verdicts)
        for event in events:
            if isinstance(event, RunFinished):
                store.finish_run(event.run)
                if event.run.status is RunStatus.FINISHED:  # who stops a run waits for nothing
                    with contextlib.suppress(StoreError):  # a later run, or `prune`, does it
                        sum_run(store, event.run.id)
