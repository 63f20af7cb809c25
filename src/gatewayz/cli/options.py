"""Options that several commands share, and how they become settings.

Values stay text here: the readers in `config` check them, so that a flag, a variable and a line in
gatewayz.toml are all told the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gatewayz.cli.sections import option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from gatewayz.config import Settings

F = TypeVar("F", bound=Callable[..., Any])

WHAT = "What to test"
HOW = "How to ask"
MONEY = "What it may cost"
OUTPUT = "Output"
PLACES = "Files and network"

_MODES = ("direct", "api", "both")
# Options whose parameter has another name than the setting it becomes.
_SETTING_OF = {
    "probe": "probes",
    "report": "reports",
    "timeout": "timeout_s",
    "deadline": "deadline_s",
    "max_cost": "max_cost_usd",
    "max_age": "max_age_s",
}
_NOT_SETTINGS = {*_MODES, "config", "failed", "quiet", "verbose", "no_color", "format"}


def _several(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for one in reversed(decorators):
            function = one(function)
        return function

    return decorate


def complete_gateways(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Gateway names for the shell."""
    from click.shell_completion import CompletionItem

    from gatewayz.gateways import known_gateways

    return [
        CompletionItem(name, help=gateway.title)
        for name, gateway in known_gateways().items()
        if name.startswith(incomplete)
    ]


def complete_probes(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Probes, presets and files for the shell; of a list with commas, its last word."""
    from click.shell_completion import CompletionItem

    from gatewayz.probes import PROBES
    from gatewayz.probes._presets import PRESETS

    before, comma, word = incomplete.rpartition(",")
    if word.startswith((".", "/", "~")):
        return [CompletionItem(incomplete, type="file")]
    helps = {**PRESETS, **dict.fromkeys(PROBES)}
    return [
        CompletionItem(f"{before}{comma}{name}", help=text)
        for name, text in helps.items()
        if name.startswith(word)
    ]


def gateways_argument(function: F) -> F:
    """[GATEWAY...], names that `gatewayz config` lists."""
    return click.argument(
        "gateways", nargs=-1, metavar="[GATEWAY]...", shell_complete=complete_gateways
    )(function)


def selection(function: F) -> F:
    """Which cases: the way, the models, the probes."""
    return _several(
        option(WHAT, "--direct", is_flag=True, help="Call the gateways themselves."),
        option(WHAT, "--api", is_flag=True, help="Call them through the backend's API."),
        option(WHAT, "--both", is_flag=True, help="Do both, and say where the two differ."),
        option(
            WHAT,
            "--models",
            metavar="N|all|GLOB",
            help="Models per gateway: 3, all, or 'llama*'. [3]",
        ),
        option(WHAT, "--exclude", metavar="GLOB", multiple=True, help="Leave these model ids out."),
        option(
            WHAT,
            "--probe",
            metavar="NAME,...",
            multiple=True,
            shell_complete=complete_probes,
            help="Questions to put: probes, presets (quick, standard, agents, full), files. [chat]",
        ),
        option(
            WHAT,
            "--failed",
            is_flag=True,
            help="Only what failed in the last run.",
        ),
    )(function)


def max_prompt_tokens(function: F) -> F:
    """--max-prompt-tokens N."""
    return option(
        HOW,
        "--max-prompt-tokens",
        metavar="N",
        help="Longest prompt of long_context; none: the whole window. [2000]",
    )(function)


def asking(function: F) -> F:
    """How a question is put, and how often."""
    return _several(
        option(HOW, "--timeout", metavar="S", help="Whole answer within this time. [30s]"),
        option(HOW, "--message", metavar="TEXT", help="What to ask."),
        option(HOW, "--max-tokens", metavar="N", help="Longest answer, in tokens. [50]"),
        max_prompt_tokens,
        option(HOW, "--temperature", metavar="T", help="Sampling temperature. [0.7]"),
        option(HOW, "--repeat", metavar="N", help="Put each question N times. [1]"),
        option(HOW, "--retries", metavar="N", help="More tries after a passing fault. [2]"),
        option(
            HOW,
            "--via",
            metavar="WAY",
            help="native or portkey, for those that have both; not --api.",
        ),
    )(function)


def caps(function: F) -> F:
    """What everything together may come to."""
    return _several(
        option(MONEY, "--max-cost", metavar="USD", help="Spend no more than this on questions."),
        option(MONEY, "--max-tokens-total", metavar="N", help="Take no more tokens, in and out."),
        option(MONEY, "--max-calls", metavar="N", help="Send no more questions, tries included."),
    )(function)


def strict(function: F) -> F:
    """--strict."""
    return option(
        MONEY, "--strict", is_flag=True, help="Exit with 3 when a cap leaves a case out."
    )(function)


def places(function: F) -> F:
    """Where settings and runs are kept, and the way to the network."""
    return _several(
        option(PLACES, "--api-url", metavar="URL", help="The backend. [http://localhost:8000]"),
        option(PLACES, "--store", metavar="PATH|URL", help="Where runs are kept."),
        config_option,
        option(PLACES, "--proxy", metavar="URL", help="HTTP proxy for calls to gateways."),
        option(PLACES, "--ca-file", metavar="PEM", help="More certificates to trust."),
    )(function)


def places_again(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Those options of `places` that a command was given, as a shell reads them; logins are left out."""
    import shlex

    from gatewayz.config.values import without_login

    for name in ("api_url", "store", "config", "proxy", "ca_file"):
        if given := parameters.get(name):
            yield f"--{name.replace('_', '-')}"
            yield shlex.quote(without_login(given))


def config_option(function: F) -> F:
    """--config FILE."""
    return option(PLACES, "--config", metavar="FILE", help="Settings file. [gatewayz.toml]")(
        function
    )


def report_option(function: F) -> F:
    """--report FORMAT=PATH."""
    return option(
        OUTPUT,
        "--report",
        metavar="FORMAT=PATH",
        multiple=True,
        help="Write json, junit, markdown or html; may be given again.",
    )(function)


def format_option(function: F) -> F:
    """--format text|json."""
    return option(
        OUTPUT,
        "--format",
        type=click.Choice(["text", "json"]),
        default="text",
        help="What is printed. [text]",
    )(function)


def settings_flags(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A command's parameters by setting name; what was not given is left out.

    Raises: click.UsageError for two ways at once.
    """
    ways = [name for name in _MODES if parameters.get(name)]
    if len(ways) > 1:
        raise click.UsageError(f"--{ways[0]} and --{ways[1]} exclude each other; take --both")
    flags: dict[str, Any] = {"mode": ways[0]} if ways else {}
    for name, value in parameters.items():
        if name not in _NOT_SETTINGS and value not in (None, (), False):
            flags[_SETTING_OF.get(name, name)] = value
    return flags


def load(
    parameters: Mapping[str, Any], *, test_config: Mapping[str, Any] | None = None
) -> Settings:
    """The settings that a command's parameters come to; warnings go to standard error."""
    from gatewayz.config import load_settings

    settings = load_settings(
        flags=settings_flags(parameters),
        test_config=test_config,
        config_file=parameters.get("config"),
    )
    for line in settings.warnings:
        click.echo(f"warning: {line}", err=True)
    return settings
