"""Counts in words, the same in every printout and report."""

from __future__ import annotations

from collections.abc import Iterable

from gatewayz.core import Counts
from gatewayz.core.text import display_width


def beside(counts: Counts, *, lists: bool = True) -> list[str]:
    """What stands beside passed and failed, a few words each; nothing for what there is none of.

    A model list is no model, so lists and gateways are named as such. Without `lists` they are left
    out, for where a reason tells of them.
    """
    of_cases = (
        (counts.warned, "with a warning"),
        (counts.skipped, "skipped"),
        (counts.unknown, "unknown"),
        (counts.stopped, "stopped"),
    )
    of_lists = (
        (counts.failed_lists, f"{_plural(counts.failed_lists, 'model list')} failed"),
        (counts.unknown_lists, f"{_plural(counts.unknown_lists, 'model list')} unknown"),
        (counts.warned_lists, f"{_plural(counts.warned_lists, 'model list')} with a warning"),
        (counts.skipped_gateways, f"{_plural(counts.skipped_gateways, 'gateway')} skipped"),
    )
    told = (*of_cases, *(of_lists if lists else ()))
    return [f"{number} {words}" for number, words in told if number]


def _plural(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def first_try(counts: Counts) -> list[str]:
    """How many of the passed did so at the first try; nothing where all did."""
    return [f"{counts.passed - counts.retried} at the first try"] if counts.retried else []


def rate_of(rate: float | None) -> str:
    """A share as a percentage; a rate over nothing is none."""
    return "n/a" if rate is None else f"{rate * 100:.1f}%"


def listed(start: str, told: Iterable[str], *, width: int, indent: str = "  ") -> list[str]:
    """A beginning and what is told after it, with commas; a line ends only between two of them.

    The first line is `start` with as much as fits in `width` columns, the others have the indent.
    What stands in brackets takes no comma.
    """
    lines = [start]
    for words in told:
        comma = "" if words.startswith("(") else ","
        longer = f"{lines[-1]}{comma} {words}"
        if display_width(f"{longer},") <= width:
            lines[-1] = longer
        else:
            lines[-1] += comma
            lines.append(indent + words)
    return lines
