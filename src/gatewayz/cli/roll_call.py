"""Settings to run: what every front door does alike, whatever it prints.

The runner tells what happens; here it is first kept in the store and then told to the listeners,
so that nothing is shown which a crash could take back.
"""

from __future__ import annotations

import asyncio
import contextlib
import platform
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gatewayz
from gatewayz.cli.lanes import Chosen, api_url, lanes
from gatewayz.client import (
    HttpClient,
    HttpTransport,
    Listing,
    Network,
    WireError,
    WireRequest,
)
from gatewayz.config import Settings
from gatewayz.core import (
    Ask,
    ConfigError,
    Gateway,
    GatewayzError,
    Model,
    Probe,
    Run,
    RunStatus,
    StoreError,
    Verdict,
)
from gatewayz.core.access import access_to, section_for
from gatewayz.core.codec import to_json
from gatewayz.core.text import Redactor, visible
from gatewayz.core.units import utc_now
from gatewayz.measure import summarize
from gatewayz.probes import PROBES
from gatewayz.reports import REPORTS, check_writable, write_report
from gatewayz.runner import (
    CatalogRead,
    Event,
    Lane,
    Listings,
    RollCall,
    RunFinished,
    RunStarted,
    Selection,
    VerdictReached,
    plan,
    read_catalogs,
    roll_call,
)

if TYPE_CHECKING:
    from gatewayz.core import Case, Way
    from gatewayz.store import Store

START_COMMAND = "python -m uvicorn src.main:app"

Listener = Callable[[Event], None]


@dataclass(frozen=True, kw_only=True)
class Called:
    """What came of a roll call.

    `run` is what was kept and told; `faults` are lines on what we could not do ourselves, such as
    writing the store.
    """

    run: Run
    faults: tuple[str, ...] = ()


def order_for(settings: Settings, chosen: Chosen) -> RollCall:
    """The order that settings and gateways come to.

    Raises: ConfigError for a probe that nobody has, a key that cannot be sent and the like; all of
    it before the first call.
    """
    found = lanes(chosen, settings)
    shown = settings.shown()
    sections: dict[str, dict[str, Any]] = {}
    for lane in found:
        section = sections.setdefault(section_for(lane.way), {})
        section[lane.name] = to_json(access_to(lane.gateway))
    return RollCall(
        lanes=found,
        probes=tuple(PROBES[name] for name in settings.probes),
        ask=settings.ask,
        selection=Selection(models=settings.models, exclude=settings.exclude),
        repeat=settings.repeat,
        retries=settings.retries,
        retry_budget_s=settings.retry_budget_s,
        deadline_s=settings.deadline_s,
        fail_fast=settings.fail_fast,
        seed=settings.seed,
        settings={**shown, "chosen": shown["gateways"], "gateways": {}, **sections},
        environment={
            "gatewayz": gatewayz.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(terse=True),
        },
    )


def client_for(settings: Settings) -> HttpClient:
    """The client of one run: keys read when a request is signed, secrets taken out of replies."""

    def key_of(gateway: Gateway) -> str | None:
        key = settings.keys.find(gateway)
        return key.value if key else None

    return HttpClient(
        keys=key_of,
        timeouts=settings.timeouts,
        network=network_for(settings),
        redact=Redactor(settings.keys.secrets()),
    )


def network_for(settings: Settings) -> Network:
    """The way to the network that was asked for.

    Raises: ConfigError when the certificates cannot be read.
    """
    if settings.ca_file:
        import ssl

        where = f"{settings.origin('ca_file')}: {settings.ca_file}"
        try:
            ssl.create_default_context(cafile=Path(settings.ca_file).expanduser())
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror if isinstance(error, FileNotFoundError) else "no PEM file"
            raise ConfigError(f"{where}: {reason}; give a file of certificates") from None
    return Network(
        proxy=settings.proxy,
        ca_file=str(Path(settings.ca_file).expanduser()) if settings.ca_file else "",
    )


def reports_for(settings: Settings) -> tuple[tuple[str, Path], ...]:
    """The reports that were asked for, as formats and paths that can be written.

    Raises: ConfigError for an unknown format or an unwritable path.
    """
    wanted: list[tuple[str, Path]] = []
    for text in settings.reports:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise ConfigError(f"--report '{text}': write FORMAT=PATH, such as json=report.json")
        _ = REPORTS[name]
        check_writable(path)
        if any(Path(path) == other for _, other in wanted):
            raise ConfigError(f"--report: two reports at {path}")
        wanted.append((name, Path(path)))
    return tuple(wanted)


def write_reports(wanted: Sequence[tuple[str, Path]], run: Run) -> tuple[str, ...]:
    """Writes what `reports_for` found; a line for each that could not be."""
    faults = []
    for name, path in wanted:
        try:
            write_report(path, REPORTS[name].render(run, run.summary or summarize(run.verdicts)))
        except GatewayzError as error:
            faults.append(str(error))
    return tuple(faults)


async def unreachable_api(settings: Settings) -> str:
    """Why the backend cannot be tested through, and what starts it; "" when it answers."""
    root = api_url(settings).removesuffix("/v1")
    transport = HttpTransport(network_for(settings))
    try:
        request = WireRequest(method="GET", url=f"{root}/health", max_body=64 * 1024)
        response = await transport.open(request, settings.timeouts)
        await response.close()
    except WireError as error:
        fault = error.fault
        detail = fault.detail or fault.name.value
        return f"API is unreachable at {root} ({detail}); start it with: {START_COMMAND}"
    finally:
        await transport.aclose()
    return ""


async def without_unconfigured(
    order: RollCall, client: HttpClient
) -> tuple[RollCall, dict[tuple[str, Way], Listing]]:
    """The order with the gateways skipped that the backend says it is not set up for.

    For when nobody asked for those by name. Also the catalogues that were read to find out.
    """
    lanes = [lane for lane in order.lanes if lane.way == "api"]
    listings = await read_catalogs(lanes, client)
    kept = tuple(
        replace(lane, skip=lane.skip or not_set_up(listings.get((lane.name, lane.way))))
        for lane in order.lanes
    )
    return replace(order, lanes=kept), listings


def not_set_up(listing: Listing | None) -> str:
    """The backend's own words when it has no key or address for a gateway, else ""."""
    error = listing.attempts[-1].error if listing and listing.attempts else None
    known = error is not None and error.code in ("gateway_not_configured", "gateway_not_found")
    return visible(error.message) if error is not None and known else ""


def asked_alike(listings: Listings) -> Listings:
    """The catalogues as a run over both ways takes them: the API is asked for the direct ones."""
    both = {name for name, way in listings if way == "api"}
    both = {name for name in both if _has_models(listings, name)}
    return {
        (name, way): listings[name, "direct"] if name in both else listing
        for (name, way), listing in listings.items()
    }


def _has_models(listings: Listings, name: str) -> bool:
    """Whether a gateway's list was read on both ways."""
    direct, api = listings.get((name, "direct")), listings.get((name, "api"))
    return bool(direct and direct.models and api and api.models)


async def unlisted_verdict(
    settings: Settings, gateway: Gateway, model_id: str, probe: Probe, ask: Ask
) -> Verdict:
    """The verdict over one model that no catalogue is asked about; nothing is kept."""
    lane = Lane(name=gateway.name, way="direct", gateway=gateway)
    model = Model(id=model_id, capabilities=probe.needs)
    order = RollCall(
        lanes=(lane,),
        probes=(probe,),
        ask=ask,
        selection=Selection(models="all"),
        retries=settings.retries,
        retry_budget_s=settings.retry_budget_s,
    )
    client = client_for(settings)
    try:
        called = await call(
            order,
            client=client,
            store=None,
            listings={(lane.name, lane.way): Listing(models=(model,), listed=1)},
        )
    finally:
        await client.aclose()
    return called.run.verdicts[0]


def as_when_they_failed(settings: Settings, failed: Sequence[Case]) -> Settings:
    """The settings with the way, the probes and the repeats of cases that failed.

    A way or probes that were asked for on the command line stay.
    """
    ways = {case.way for case in failed}
    probes = tuple(dict.fromkeys(case.probe for case in failed if case.model is not None))
    changed = replace(settings, repeat=max(case.repeat for case in failed) + 1)
    if not settings.origin("mode").startswith("--"):
        changed = replace(changed, mode="both" if len(ways) == 2 else ways.pop())
    if not settings.origin("probes").startswith("--"):
        changed = replace(changed, probes=probes or settings.probes)
    return changed


async def narrowed_to_failed(
    order: RollCall, failed: Sequence[Case], client: HttpClient
) -> tuple[RollCall, Listings]:
    """The order narrowed to cases that failed, and the catalogues that were read for it.

    A gateway whose catalogue failed is tested as if for the first time.
    """
    whole = {case.gateway for case in failed if case.model is None}
    ways = {(case.gateway, case.way) for case in failed}
    kept = tuple(lane for lane in order.lanes if (lane.name, lane.way) in ways)
    narrow = replace(order, lanes=kept)
    listings = await read_catalogs(kept, client)
    only = {case.id for case in plan(narrow, asked_alike(listings)) if case.gateway in whole}
    only |= {case.id for case in failed if case.model is not None}
    # The failed ones may lie beyond the first few models.
    wide = replace(narrow, selection=Selection(models="all"), only=frozenset(only))
    return wide, listings


async def call(
    order: RollCall,
    *,
    client: HttpClient,
    store: Store | None,
    listeners: Sequence[Listener] = (),
    stop: asyncio.Event | None = None,
    listings: Listings | None = None,
) -> Called:
    """Runs an order to its end, or until `stop` is set.

    Every event is kept in `store` (None: nowhere) before the listeners hear of it. A store that
    fails ends the run; what was kept until then is what is told.
    """
    stop = stop or asyncio.Event()
    events: asyncio.Queue[Event | None] = asyncio.Queue()

    async def gather() -> None:
        try:
            async for event in roll_call(order, executor=client, listings=listings, stop=stop):
                events.put_nowait(event)
        finally:
            events.put_nowait(None)

    gathering = asyncio.create_task(gather(), name="events")
    keeper = _Keeper(store)
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
        await asyncio.gather(gathering, return_exceptions=True)
        keeper.close()


async def _next_batch(events: asyncio.Queue[Event | None]) -> list[Event]:
    """Every event that is there, once there is one; empty at the end."""
    batch = [await events.get()]
    while batch[-1] is not None and not events.empty():
        batch.append(events.get_nowait())
    if len(batch) > 1 and batch[-1] is None:
        # The end mark is for the next call.
        events.put_nowait(batch.pop())
    return [event for event in batch if event is not None]


class _Keeper:
    """Keeps events in the store, in a thread of its own, and remembers what has been kept."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._run: Run | None = None
        self._verdicts: list[Verdict] = []

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
        elapsed_s = (utc_now() - run.started_at).total_seconds()
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

    def _write(self, events: Sequence[Event], store: Store) -> None:
        run_id = self._run.id if self._run else ""
        verdicts: list[Verdict] = []
        for event in events:
            match event:
                case RunStarted():
                    store.begin_run(event.run)
                    run_id = event.run.id
                case VerdictReached():
                    verdicts.append(event.verdict)
                case CatalogRead() if event.models:
                    store.save_catalog(
                        catalog_name(event.gateway, event.way), event.models, utc_now()
                    )
        # Many verdicts cost one wait for the disk.
        store.record(run_id, verdicts)
        for event in events:
            if isinstance(event, RunFinished):
                store.finish_run(event.run)


def catalog_name(gateway: str, way: Way) -> str:
    """The name under which a catalogue is kept: ids through the API may differ."""
    return gateway if way == "direct" else f"{gateway} ({way})"
