"""`gatewayz probe URL --model M`: one verdict over any OpenAI-compatible endpoint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.config import Settings
    from gatewayz.core import Ask, Gateway, Probe, Spend, Verdict

OPENAI_KEY_ENV = "OPENAI_API_KEY"
_OPENAI_HOST = "api.openai.com"
_CHAT_ROUTE = "/chat/completions"
# Names as people give them to variables with keys, and no key is: capitals in short words.
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]{0,15}(?:_[A-Z0-9]{1,15})*")


@click.command(
    "probe",
    cls=SectionedCommand,
    short_help="Test one model of any OpenAI-compatible endpoint.",
    epilog="Example: gatewayz probe http://127.0.0.1:8080 --model llama3.2:3b",
)
@click.argument("url")
@option(options.WHAT, "--model", "-m", required=True, metavar="ID", help="The model's id.")
@option(
    options.WHAT,
    "--probe",
    metavar="NAME,...",
    default="chat",
    shell_complete=options.complete_probes,
    help="What to ask: probes, a preset, files; several with commas. [chat]",
)
@option(options.HOW, "--message", metavar="TEXT", help="Ask this; any usable answer passes.")
@option(options.HOW, "--expect", metavar="REGEX", help="The answer must match this.")
@option(options.HOW, "--timeout", metavar="S", help="Whole answer within this time. [30s]")
@option(options.HOW, "--max-tokens", metavar="N", help="Longest answer, in tokens. [50]")
@options.max_prompt_tokens
@option(options.HOW, "--retries", metavar="N", help="More tries after a passing fault. [2]")
@option(
    options.HOW,
    "--key-env",
    metavar="VAR",
    help=f"Variable that holds the key. [{OPENAI_KEY_ENV}, sent to this machine and "
    f"{_OPENAI_HOST} only]",
)
@options.format_option
@options.caps
@option(options.PLACES, "--proxy", metavar="URL", help="HTTP proxy.")
@option(options.PLACES, "--ca-file", metavar="PEM", help="More certificates to trust.")
def command(url: str, model: str, probe: str, key_env: str | None, **parameters: Any) -> int:
    """Test one model of any OpenAI-compatible endpoint: one verdict, no configuration.

    URL is a base URL, with or without /v1, or that of the chat route itself.
    """
    from gatewayz.cli import stop_writing
    from gatewayz.cli.exits import exit_code
    from gatewayz.cli.loop import run_loop
    from gatewayz.cli.network import access_over
    from gatewayz.cli.orders import no_key_in
    from gatewayz.cli.probed import print_json, print_text
    from gatewayz.config import values
    from gatewayz.core import Ask, ConfigError
    from gatewayz.core.usual_question import TEST_MESSAGE
    from gatewayz.measure import count

    expect = _pattern(parameters.pop("expect"))
    given = parameters.pop("message")
    message = TEST_MESSAGE if given is None else values.question(given, "--message")
    if not model.strip():
        raise ConfigError("--model: it is empty; write the model's id")
    settings = options.load(parameters)
    no_key_in(model, "--model", settings)
    gateway = endpoint_at(url, key_env, settings)
    # Not the message of gatewayz.toml: what passes here must not hang on where one stands.
    ask = Ask(
        message=message,
        max_tokens=settings.max_tokens,
        max_prompt_tokens=settings.max_prompt_tokens,
        temperature=settings.temperature,
        expect=expect,
    )
    probes = _chosen(probe)
    verdicts, spend = run_loop(_verdicts(settings, gateway, model, probes, ask))
    try:
        access = access_over(gateway, settings)
        if parameters["format"] == "json":
            print_json(verdicts, access, spend)
        else:
            print_text(verdicts, gateway, access, spend)
    except BrokenPipeError:
        # The verdicts stand, whoever reads of them.
        stop_writing()
    return exit_code(count(verdicts))


def _chosen(names: str) -> tuple[Probe, ...]:
    """The probes of these names, presets and files, each once.

    Raises: UnknownName, ConfigError for none.
    """
    from pathlib import Path

    from gatewayz.config import values
    from gatewayz.probes._presets import chosen_probes

    return chosen_probes(values.names(names, "--probe"), Path.cwd())


async def _verdicts(
    settings: Settings, gateway: Gateway, model: str, probes: Sequence[Probe], ask: Ask
) -> tuple[list[Verdict], Spend | None]:
    """One verdict for each probe, asked one after the other, in the light of the others; what it took."""
    from gatewayz.cli.orders import caps_of
    from gatewayz.cli.probe_spend import spent_together
    from gatewayz.cli.roll_call import unlisted_verdict
    from gatewayz.core.hindsight import Hindsight
    from gatewayz.money import Ledger

    hindsight, ledger = Hindsight(), Ledger(caps_of(settings))
    found: list[Verdict] = []
    spends: list[Spend] = []
    for probe in probes:
        verdict, spend = await unlisted_verdict(settings, gateway, model, probe, ask, ledger=ledger)
        found += hindsight.of(verdict)
        spends += [] if spend is None else [spend]
    order = [probe.name for probe in probes]
    found += hindsight.rest()
    found.sort(key=lambda verdict: order.index(verdict.observation.case.probe))
    return found, spent_together(spends)


def base_url_of(url: str) -> str:
    """The base URL that `/chat/completions` is appended to.

    Raises: ConfigError when it is no usable URL.
    """
    from urllib.parse import urlsplit

    from gatewayz.config import values
    from gatewayz.core.errors import ConfigError

    if not url.strip():
        raise ConfigError("URL: it is empty; write http://host:port/v1")
    base = values.url(url, "URL")
    if "?" in base:
        raise ConfigError("URL: leave off what follows the '?'")
    if base.endswith(_CHAT_ROUTE):
        return base.removesuffix(_CHAT_ROUTE)
    return base if urlsplit(base).path else f"{base}/v1"


def _unset(variable: str) -> str:
    """What to say of a variable that is not set; what may be a key is not repeated."""
    if _VARIABLE.fullmatch(variable):
        return f"--key-env {variable}: that variable is not set"
    return "--key-env: no variable of that name is set; it takes the name of one, never the key"


def endpoint_at(url: str, key_env: str | None, settings: Settings) -> Gateway:
    """The endpoint as a gateway; which key goes there, if any, is settled here.

    Raises: ConfigError for a URL that cannot be used and a key that is missing or cannot be sent.
    """
    from dataclasses import replace
    from urllib.parse import urlsplit

    from gatewayz.client import is_loopback
    from gatewayz.core.errors import ConfigError
    from gatewayz.core.gateway import Gateway

    base = base_url_of(url)
    place = urlsplit(base)
    host = (place.hostname or "").lower()
    if key_env is not None and settings.keys.named(key_env) is None:
        raise ConfigError(_unset(key_env))
    if key_env is None and (is_loopback(host) or host == _OPENAI_HOST):
        key_env = OPENAI_KEY_ENV
    gateway = Gateway(
        name=place.netloc,
        base_url=base,
        key_env=key_env or "",
        # Remedies speak of the command's own argument; no variable moves this endpoint.
        url_env="URL",
    )
    # Looked at here, so that a key that cannot be sent is told before the first call.
    return replace(gateway, key_required=settings.keys.find(gateway) is not None)


def _pattern(expect: str | None) -> str | None:
    """The expectation, when it is a regular expression."""
    import re

    if expect is not None:
        try:
            re.compile(expect)
        except re.error as error:
            raise click.UsageError(f"--expect: not a regular expression: {error}") from None
    return expect
