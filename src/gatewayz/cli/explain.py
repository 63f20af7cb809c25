"""`gatewayz explain NAME`: what a failure's name means and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from gatewayz.core.kinds import KINDS

    return [
        CompletionItem(kind.name, help=kind.cause)
        for kind in KINDS.values()
        if kind.name.startswith(incomplete)
    ]


@click.command("explain", short_help="Say what a failure's name means and what to do.")
@click.argument("name", required=False, shell_complete=_complete)
def command(name: str | None) -> None:
    """Say what a failure's name means and what to do.

    Without NAME, lists every name.
    """
    from gatewayz.core.errors import UnknownName
    from gatewayz.core.kinds import FAILS_WITHOUT_ANSWER, KINDS, SKIPS_WITHOUT_ANSWER
    from gatewayz.core.remedies import remedy_in_general

    if name is None:
        width = max(map(len, KINDS))
        for kind in KINDS.values():
            click.echo(f"{kind.name:{width}}  {kind.cause}")
        return
    if name not in KINDS:
        raise UnknownName("failure", name, KINDS)
    kind = KINDS[name]
    without = "unknown"
    if name in FAILS_WITHOUT_ANSWER | SKIPS_WITHOUT_ANSWER:
        without = "failed" if name in FAILS_WITHOUT_ANSWER else "skipped"
    verdict = {"F": "the case fails", "W": f"a warning; {without} where no usable answer came"}
    retry = {
        "no": "never",
        "yes": "with growing pauses",
        "hint": "when the server says so",
        "once": "once",
    }
    for title, words in (
        (kind.name, kind.cause),
        ("remedy", remedy_in_general(kind)),
        ("whose", f"{kind.culprit} (class {kind.failure_class})"),
        ("verdict", verdict[kind.verdict]),
        ("retried", retry[kind.retry]),
        ("statuses", ", ".join(map(str, kind.statuses))),
    ):
        if words:
            click.echo(f"{title + ':':{max(len(kind.name), 8) + 2}}{words}")
