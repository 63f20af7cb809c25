"""`gatewayz config`: every setting and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand

if TYPE_CHECKING:
    from gatewayz.config import Key, Settings
    from gatewayz.runner import Lane


@click.command(
    "config", cls=SectionedCommand, short_help="Show every setting and where it came from."
)
@click.argument("action", type=click.Choice(["show", "init"]), default="show")
@options.format_option
@options.config_option
def command(action: str, **parameters: Any) -> None:
    """Show every setting and where it came from, the keys found, the gateways that would run.

    `gatewayz config init` writes a gatewayz.toml with every setting in it, commented out.
    """
    if action == "init":
        from pathlib import Path

        from gatewayz.config.template import write_template

        path = Path(parameters["config"] or "gatewayz.toml")
        write_template(path)
        click.echo(f"Wrote {path}; take the # off the lines you want to change.")
        return
    from gatewayz.cli.lanes import choose, lanes

    settings = options.load(parameters)
    chosen = choose(settings)
    found = lanes(chosen, settings)
    for line in chosen.problems:
        click.echo(f"warning: {line}", err=True)
    if parameters["format"] == "json":
        from gatewayz.cli import documents

        documents.echo(documents.document("config/1", **_document(settings, found)))
    else:
        _show(settings, found)


def _document(settings: Settings, found: tuple[Lane, ...]) -> dict[str, Any]:
    """Settings, keys and gateways as a JSON value; a key is a fingerprint and an origin."""
    from gatewayz.cli.lanes import api_url

    return {
        "settings": {
            name: {"value": value, "origin": settings.origin(name)}
            for name, value in settings.shown().items()
        },
        "backend": {"base_url": api_url(settings), "key": _fingerprint(_backend_key(settings))},
        "gateways": [
            {
                "gateway": lane.name,
                "way": lane.way,
                "base_url": lane.gateway.base_url,
                "via": lane.gateway.via,
                "key": _fingerprint(key),
                "runs": not lane.skip,
                "reason": lane.skip,
            }
            for lane, key in _with_keys(settings, found)
        ],
    }


def _show(settings: Settings, found: tuple[Lane, ...]) -> None:
    from gatewayz.cli.lanes import api_url
    from gatewayz.core.text import visible
    from gatewayz.gateways import API_KEY_ENV
    from gatewayz.reports._blocks import by_way_of

    shown = {name: _words(value) for name, value in settings.shown().items()}
    width = max(map(len, shown))
    column = min(36, max(map(len, shown.values())))
    click.echo("Settings")
    for name, words in shown.items():
        click.echo(f"  {name:{width}}  {visible(words):{column}}  {settings.origin(name)}")
    key = _backend_key(settings)
    click.echo("\nBackend")
    click.echo(f"  {api_url(settings)}  {_told(key) if key else f'no key: set {API_KEY_ENV}'}")
    click.echo("\nGateways")
    for lane, key in _with_keys(settings, found):
        runs = "runs " if not lane.skip else "skip "
        if lane.skip:
            told = lane.skip
        elif key is not None:
            told = _told(key)
        else:
            told = "no key, none needed" if not lane.gateway.key_required else "no key"
        way = " (api)" if lane.way == "api" else ""
        click.echo(f"  {runs} {lane.name + way:17} {visible(told)}")
        if not lane.skip and lane.gateway.base_url:
            route = by_way_of(lane.gateway.via)
            click.echo(
                f"         {'':17} {', '.join(filter(None, (lane.gateway.base_url, route)))}"
            )


def _backend_key(settings: Settings) -> Key | None:
    """The key that the backend asks for, and that is sent to it."""
    from gatewayz.gateways import API_KEY_ENV

    return settings.keys.named(API_KEY_ENV)


def _told(key: Key) -> str:
    return f"key ***{key.fingerprint} from {key.origin}"


def _fingerprint(key: Key | None) -> dict[str, str] | None:
    return {"fingerprint": key.fingerprint, "origin": key.origin} if key else None


def _with_keys(settings: Settings, found: tuple[Lane, ...]) -> list[tuple[Lane, Key | None]]:
    return [(lane, settings.keys.find(lane.gateway)) for lane in found]


def _words(value: object) -> str:
    """A setting's value for people."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value in (None, "") else str(value)
