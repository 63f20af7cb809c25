"""`gatewayz quarantine`: cases that are known to fail, and change no exit code for a time."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option
from gatewayz.cli.spans import is_span, span_s

if TYPE_CHECKING:
    from datetime import datetime

    from gatewayz.config import Settings
    from gatewayz.core.quarantine import Quarantined
    from gatewayz.store import Parts

WHAT = "What"
_STORE = option(options.PLACES, "--store", metavar="PATH|URL", help="Where the list is kept.")
_PROBE = option(WHAT, "--probe", default="*", metavar="GLOB", help="Only this probe. [all]")


@click.group("quarantine", short_help="Let known failures change no exit code for a time.")
def command() -> None:
    """Let known failures change no exit code for a time.

    What is in quarantine runs and is shown as ever. `[[quarantine]]` in gatewayz.toml does the same.
    """


@command.command("add", cls=SectionedCommand, short_help="Put cases in quarantine.")
@click.argument("model", metavar="GATEWAY[/MODEL]")
@_PROBE
@option(WHAT, "--reason", required=True, metavar="TEXT", help="Why; it is shown with each run.")
@option(WHAT, "--until", default="14d", metavar="TIME|DAY", help="Such as 14d or 2026-12-31. [14d]")
@_STORE
@options.config_option
def add(model: str, probe: str, reason: str, until: str, **parameters: Any) -> None:
    """Put the cases of GATEWAY, or of GATEWAY/MODEL (globs), in quarantine for a time."""
    from gatewayz.core.errors import ConfigError
    from gatewayz.core.quarantine import Quarantined
    from gatewayz.core.units import utc_now
    from gatewayz.store import open_parts

    gateway, of_gateway = _names(model)
    if not reason.strip():
        raise ConfigError("--reason: say why, for whoever reads the next report")
    end = _end(until)
    if end <= utc_now():
        raise ConfigError(f"--until {until}: that is over already")
    entry = Quarantined(gateway=gateway, model=of_gateway, probe=probe, reason=reason, until=end)
    settings = options.load(parameters)
    with closing(open_parts(settings.store)) as store:
        store.quarantine.add(entry)
    click.echo(_shown(entry, over=False))


@command.command("list", cls=SectionedCommand, short_help="List what is in quarantine.")
@options.format_option
@_STORE
@options.config_option
def list_(**parameters: Any) -> None:
    """List what is in quarantine, and what was until its time was over."""
    from gatewayz.core.quarantine import Quarantine
    from gatewayz.core.units import utc_now
    from gatewayz.store import open_parts

    settings = options.load(parameters)
    with closing(open_parts(settings.store)) as store:
        found = Quarantine(entries_for(settings, store), utc_now())
    if parameters["format"] == "json":
        from gatewayz.cli import documents

        documents.echo(
            documents.document("quarantine/1", active=found.active, expired=found.expired)
        )
        return
    if not found.entries:
        click.echo("Nothing is in quarantine.")
    for entry in found.entries:
        click.echo(_shown(entry, over=entry in found.expired))


@command.command("remove", cls=SectionedCommand, short_help="Take cases out of quarantine.")
@click.argument("model", metavar="GATEWAY[/MODEL]")
@_PROBE
@_STORE
@options.config_option
def remove(model: str, probe: str, **parameters: Any) -> None:
    """Take out what was put in by the same words; gatewayz.toml is not touched."""
    from gatewayz.core.errors import UnknownName
    from gatewayz.store import open_parts

    settings = options.load(parameters)
    with closing(open_parts(settings.store)) as store:
        if not store.quarantine.remove(*_names(model), probe):
            known = [entry.title for entry in store.quarantine.all()]
            title = f"{'/'.join(_names(model))}{'' if probe == '*' else f' {probe}'}"
            raise UnknownName("quarantine", title, known)
    click.echo(f"{model} counts again.")


def entries_for(settings: Settings, store: Parts) -> tuple[Quarantined, ...]:
    """What gatewayz.toml and the store say together. Raises: StoreError."""
    return (*settings.quarantine, *store.quarantine.all())


def _names(model: str) -> tuple[str, str]:
    gateway, _, of_gateway = model.partition("/")
    return gateway, of_gateway or "*"


def _end(until: str) -> datetime:
    """A moment; a time from now, or the end of a day."""
    from datetime import timedelta

    from gatewayz.config.quarantined import end_of
    from gatewayz.core.units import utc_now

    if is_span(until):
        return utc_now() + timedelta(seconds=span_s(until))
    return end_of(until, f"--until {until}")


def _shown(entry: Quarantined, *, over: bool) -> str:
    from gatewayz.core.text import visible

    ended = "over since" if over else "until"
    return visible(f"{entry.title}  {ended} {entry.until:%Y-%m-%d %H:%M} UTC  {entry.reason}")
