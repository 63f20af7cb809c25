"""`gatewayz watch --show` and `--test-alerts`: a look at the watch from beside."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

import click

from gatewayz.cli.exits import FAILED, OK, UNJUDGED
from gatewayz.cli.watch_plan import channels_of
from gatewayz.cli.watch_shown import as_json as document_of
from gatewayz.cli.watch_shown import as_lines, folded
from gatewayz.config import Settings
from gatewayz.core.errors import ConfigError
from gatewayz.core.units import utc_now
from gatewayz.core.watching import Alarm, Condition, Notice
from gatewayz.store import open_store
from gatewayz.watch.blindness import unasked
from gatewayz.watch.delivering import SEND_S
from gatewayz.watch.words import iso, message_id


def show(settings: Settings, *, as_json: bool) -> int:
    """Prints how all stands; 1 while there is an alarm or a cap forbids to ask, 3 when nothing was watched."""
    with contextlib.closing(open_store(settings.store)) as store:
        now = utc_now()
        if as_json:
            click.echo(document_of(store, now))
        else:
            for line in as_lines(store, now):
                click.echo(folded(line))
        return code_of(store.watch.conditions(), store.watch.alarms(1, open_only=True))


def code_of(conditions: Iterable[Condition], open_alarms: Iterable[Alarm]) -> int:
    """What these say: an alarm is open (or a cap forbids to ask), nothing is known, or all is well."""
    conditions = tuple(conditions)
    if tuple(open_alarms) or unasked(conditions):
        return FAILED
    wholes = [one for one in conditions if one.target.is_gateway]
    return OK if any(one.state is not None for one in wholes) else UNJUDGED


def test_alerts(settings: Settings) -> int:
    """Sends every channel one message; 0 when all took it. Raises: ConfigError without any."""
    channels = channels_of(settings)
    if not channels:
        raise ConfigError("there is no channel to test; docs/watching.md says how to set one")
    now = utc_now()
    notice = Notice(
        id=message_id("test", iso(now)),
        kind="test",
        at=now,
        title="TEST: a message of gatewayz watch",
        text="Somebody asked whether alerts arrive here. They do.",
    )

    async def send_all() -> list[str]:
        async with asyncio.timeout(SEND_S):
            return await asyncio.gather(*(channel.send(notice) for channel in channels))

    try:
        faults = asyncio.run(send_all())
    except TimeoutError:
        faults = [f"no answer within {SEND_S:g} s"] * len(channels)
    for channel, fault in zip(channels, faults, strict=True):
        click.echo(f"{channel.name}: {fault or 'delivered'}")
    return FAILED if any(faults) else OK
