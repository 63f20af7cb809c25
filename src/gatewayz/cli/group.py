"""The program: its commands by name, each imported only when it is called for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

# In the order of --help. The lines stand here, not only in the commands, so that showing them
# imports nothing; a test compares the two.
COMMANDS: Mapping[str, str] = {
    "test": "Call the roll: test every model behind every gateway.",
    "probe": "Test one model of any OpenAI-compatible endpoint.",
    "bench": "Put load on models: how fast, how sure, how much they bear.",
    "watch": "Watch gateways and models, and say what changes.",
    "models": "List what the gateways offer: ids, context, prices.",
    "plan": "Show what `test` would send and cost, offline.",
    "serve": "Run the backend: one API in front of all gateways.",
    "keys": "Give clients of the backend keys, with limits.",
    "requests": "List what the backend served.",
    "simulate": "Pretend to be all fourteen gateways, on this machine.",
    "demo": "See it all work, with no keys and no network.",
    "history": "List past runs, or what they say of a model.",
    "show": "Show a stored run again.",
    "compare": "Compare two runs: what broke, healed, slowed.",
    "sla": "Show whether what was promised is kept.",
    "quarantine": "Let known failures change no exit code for a time.",
    "export": "Write stored runs to a file.",
    "import": "Take exported runs into the store.",
    "prune": "Remove old runs from the store.",
    "rejudge": "Judge a stored run again by today's rules, without a call.",
    "explain": "Say what a failure's name means and what to do.",
    "mcp": "Be a tool of an agent, by MCP.",
    "config": "Show every setting and where it came from.",
}


class Program(click.Group):
    """A group whose commands live in files of their own names."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command from its file; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"gatewayz.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; an unknown one names the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from gatewayz.core.errors import UnknownName

            raise click.UsageError(str(UnknownName("command", args[0], COMMANDS)), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, written without importing one of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from gatewayz import __version__

        click.echo(f"gatewayz {__version__}")
        ctx.exit()


PROGRAM = Program(
    name="gatewayz",
    help=(
        "Tests every model behind every LLM gateway: does it answer, how fast, at what price, "
        "and whose fault is it when not."
    ),
    epilog="Start with: gatewayz demo, or set a key (GROQ_API_KEY=...) and: gatewayz test groq",
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Show the version and exit.",
        )
    ],
)
