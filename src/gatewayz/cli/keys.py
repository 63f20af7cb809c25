"""`gatewayz keys`: the keys that the backend's clients show."""

from __future__ import annotations

import textwrap
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gatewayz.core import Allowance, ClientKey

LIMITS = "Limits"
_STORE = option(options.PLACES, "--store", metavar="PATH|URL", help="Where keys are kept.")
_COUNT = click.IntRange(1, 1_000_000_000)


@click.group("keys", short_help="Give clients of the backend keys, with limits.")
def command() -> None:
    """Give clients of the backend keys, with limits.

    A running backend knows of a change within five seconds.
    """


@command.command("create", cls=SectionedCommand, short_help="Make a key and show it once.")
@click.argument("name", metavar="NAME")
@option(
    LIMITS,
    "--requests-per-minute",
    type=_COUNT,
    metavar="N",
    help="Requests in any 60 seconds. [no limit]",
)
@option(
    LIMITS,
    "--tokens-per-minute",
    type=_COUNT,
    metavar="N",
    help="Tokens in any 60 seconds. [no limit]",
)
@option(LIMITS, "--concurrency", type=_COUNT, metavar="N", help="Requests at a time. [no limit]")
@option(
    LIMITS, "--gateway", "gateways", multiple=True, metavar="NAME",
    shell_complete=options.complete_gateways, help="Only this one. Again for more.",
)  # fmt: skip
@option(
    LIMITS, "--model", "models", multiple=True, metavar="PATTERN",
    help="Only models that match, such as 'groq/llama-*'. Again for more.",
)  # fmt: skip
@_STORE
@options.config_option
def create(name: str, gateways: tuple[str, ...], models: tuple[str, ...], **given: Any) -> None:
    """Make a key for one client and show it once.

    What is kept is a digest, so a lost key is revoked and made anew.
    """
    from gatewayz.config import made_key_secret
    from gatewayz.core.client_key import Allowance, new_key
    from gatewayz.core.units import utc_now
    from gatewayz.gateways import find_gateway
    from gatewayz.store import open_parts

    limits = {limit: given.pop(limit) for limit in _LIMITS}
    settings = options.load(given)
    allowed = tuple(find_gateway(one, environ=settings.environ).name for one in gateways)
    named = tuple(_with_its_gateway(pattern, settings.environ) for pattern in models)
    allowance = Allowance(gateways=allowed, models=named, **limits)
    value, key = new_key(name, made_key_secret(settings), created_at=utc_now(), allowance=allowance)
    _check_each_is_of_some_gateway(allowance, settings.environ)
    with closing(open_parts(settings.store)) as store:
        store.keys.add(key)
    click.echo(value)
    click.echo(f"This is the key of '{name}', shown this once; send it as a Bearer key.", err=True)


def _with_its_gateway(pattern: str, environ: Mapping[str, str]) -> str:
    """A pattern whose gateway, where it names one, goes by its own name. Raises: ConfigError for an unknown one."""
    from gatewayz.gateways import find_gateway

    pattern = pattern.strip()  # no id begins or ends with a blank
    before, slash, model = pattern.partition("/")
    if not slash or not before or any(sign in before for sign in "*?["):
        return pattern
    return f"{find_gateway(before, environ=environ).name}/{model}"


def _check_each_is_of_some_gateway(allowance: Allowance, environ: Mapping[str, str]) -> None:
    """Raises: ConfigError for a pattern that fits no model of any gateway which the key may use, or is several."""
    from gatewayz.core import ConfigError
    from gatewayz.core.text import visible
    from gatewayz.gateways import known_gateways

    gateways = allowance.gateways or tuple(known_gateways(environ))
    for pattern in allowance.models:
        if "," in pattern:
            raise ConfigError(
                f"'{visible(pattern)}' is taken for one id: give --model again for each"
                " (in an id '?' stands for a comma)"
            )
        if pattern.endswith("/") or not any(
            replace(allowance, models=(pattern,)).reaches(one) for one in gateways
        ):
            of = f" of {' or '.join(allowance.gateways)}" if allowance.gateways else ""
            raise ConfigError(
                f"'{visible(pattern)}' fits no model{of}: here their ids are gateway/model"
            )


@command.command("list", cls=SectionedCommand, short_help="List the keys, without their values.")
@options.format_option
@_STORE
@options.config_option
def list_(**parameters: Any) -> None:
    """List the keys, without their values."""
    from gatewayz.core.text import visible
    from gatewayz.store import open_parts

    settings = options.load(parameters)
    with closing(open_parts(settings.store)) as store:
        keys, where = store.keys.all(), store.where
    if parameters["format"] == "json":
        from gatewayz.cli import documents
        from gatewayz.core.codec import to_json

        shown = [{k: v for k, v in to_json(key).items() if k != "digest"} for key in keys]
        documents.echo(documents.document("keys/1", keys=shown))
        return
    if not keys:
        click.echo(f"No keys in {where} yet; `gatewayz keys create NAME` makes one.")
    for key in keys:
        click.echo(visible(_shown(key), keep_newlines=True))


@command.command("revoke", cls=SectionedCommand, short_help="Take a key out of use for good.")
@click.argument("name", metavar="NAME")
@_STORE
@options.config_option
def revoke(name: str, **parameters: Any) -> None:
    """Take a key out of use for good; its name is not given again."""
    from gatewayz.core.units import utc_now
    from gatewayz.store import open_parts

    settings = options.load(parameters)
    with closing(open_parts(settings.store)) as store:
        key = store.keys.revoke(name, utc_now())
    click.echo(f"'{name}' ({key.prefix}...) is revoked.")


_LIMITS = ("requests_per_minute", "tokens_per_minute", "concurrency")


def _shown(key: ClientKey) -> str:
    """One key: who and since when, and below it what it may use."""
    allowance = key.allowance
    words = [
        _limit(allowance.requests_per_minute, "requests/min"),
        _limit(allowance.tokens_per_minute, "tokens/min"),
        _limit(allowance.concurrency, "at a time"),
        *allowance.gateways,
        *allowance.models,
    ]
    end = f"  revoked {_day(key.revoked_at)}" if key.revoked_at else ""
    limits = textwrap.wrap(
        ", ".join(filter(None, words)), 76, initial_indent="    ", subsequent_indent="    "
    )
    return "\n".join([f"{key.name}  {key.prefix}...  made {_day(key.created_at)}{end}", *limits])


def _day(moment: datetime) -> str:
    from datetime import UTC

    return f"{moment.astimezone(UTC):%Y-%m-%d} UTC"


def _limit(count: int | None, unit: str) -> str:
    return f"{count} {unit}" if count is not None else ""
