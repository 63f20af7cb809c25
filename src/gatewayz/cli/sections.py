"""Commands whose options come in titled sections, what matters first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class SectionedOption(click.Option):
    """An option that knows the section of --help it stands in."""

    def __init__(self, *args: Any, section: str = "Options", **attributes: Any) -> None:
        self.section = section
        super().__init__(*args, **attributes)


class SectionedCommand(click.Command):
    """A command that writes its options section by section, in the order of definition."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, one list per section; those of every command come last.

        Arguments stand in the usage line.
        """
        sections: dict[str, list[tuple[str, str]]] = {}
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        for param in sorted(options, key=lambda one: not isinstance(one, SectionedOption)):
            record = param.get_help_record(ctx)
            if record is not None:
                section = getattr(param, "section", "Other")
                sections.setdefault(section, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def option(section: str, *names: str, **attributes: Any) -> Callable[[F], F]:
    """Like click.option, in a section of --help."""
    return click.option(*names, cls=SectionedOption, section=section, **attributes)
