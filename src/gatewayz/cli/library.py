"""The Python API: `gatewayz.run` and `gatewayz.run_async`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from gatewayz.cli.lanes import choose, known_gateways
from gatewayz.cli.network import client_for
from gatewayz.cli.orders import order_for
from gatewayz.cli.roll_call import call
from gatewayz.cli.written import reports_for, write_reports
from gatewayz.config import load_settings
from gatewayz.core import ConfigError, Gateway, GatewayzError, Run, StoreError
from gatewayz.core.errors import ReportError
from gatewayz.store import open_store

if TYPE_CHECKING:
    from gatewayz.runner import Event


def run(
    gateways: str | Gateway | Iterable[str | Gateway] | None = None,
    *,
    models: int | str | None = None,
    listen: Callable[[Event], None] | None = None,
    **settings: Any,
) -> Run:
    """Calls the roll and returns the finished Run, with its summary.

    `gateways` is one or several names, or Gateway values of your own; None: all that have a key. `models` is a
    count, "all" or a pattern. `settings` are those of docs/configuration.md by name (timeout_s,
    mode, probes, retries...). `listen` hears each event once it is kept.
    Raises: ConfigError before the first call; StoreError or ReportError when the run, which is
    over by then, could not be kept or a report not be written. What a provider does wrong is in
    the verdicts.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(run_async(gateways, models=models, listen=listen, **settings))
    raise GatewayzError("an event loop is running already: await gatewayz.run_async(...)")


async def run_async(
    gateways: str | Gateway | Iterable[str | Gateway] | None = None,
    *,
    models: int | str | None = None,
    listen: Callable[[Event], None] | None = None,
    **settings: Any,
) -> Run:
    """`run` for a program with an event loop of its own; cancelling it cancels the run."""
    wanted = [gateways] if isinstance(gateways, str | Gateway) else gateways
    given = dict(settings)
    if models is not None:
        given["models"] = models
    info: dict[str, object] | None = None
    if wanted is not None:
        wanted = list(wanted)
        if not wanted:
            # A filter that leaves nothing must not end in calls to everything.
            raise ConfigError("gatewayz.run(): no gateway is named; None stands for all of them")
        values = [one for one in wanted if isinstance(one, Gateway)]
        given["gateways"] = [one.name if isinstance(one, Gateway) else one for one in wanted]
        info = {**known_gateways(), **{one.name: one for one in values}} if values else None
    loaded = load_settings(test_config=given, test_config_name="gatewayz.run()")
    order = order_for(loaded, choose(loaded, info))
    reports = reports_for(loaded)
    client = client_for(loaded)
    store = open_store(loaded.store)
    try:
        called = await call(
            order, client=client, store=store, listeners=(listen,) if listen else ()
        )
    finally:
        store.close()
        await client.aclose()
    if called.faults:
        raise StoreError(called.faults[0])
    unwritten = write_reports(reports, called.run).faults
    if unwritten:
        raise ReportError(unwritten[0])
    return called.run
