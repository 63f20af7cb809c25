"""`gatewayz compare` of two load runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from gatewayz.cli import documents
from gatewayz.cli.exits import FAILED, OK, UNJUDGED
from gatewayz.core.load import LoadResult
from gatewayz.core.text import visible
from gatewayz.core.units import show_moment
from gatewayz.measure.load_changes import LoadChange, load_changes
from gatewayz.measure.loads_alike import asked_otherwise, loaded_otherwise
from gatewayz.reports._load_comparison import (
    asked_otherwise_words,
    load_comparison_document,
    load_comparison_lines,
    loaded_otherwise_words,
)
from gatewayz.reports._wrapping import width_of, wrapped


def compare_loads(
    before: LoadResult, after: LoadResult, *, fail_on: str, floor: float, as_json: bool
) -> int:
    """Says what differs in the second run; the exit code."""
    changes, otherwise = load_changes(before, after, floor=floor), asked_otherwise(before, after)
    other_loads = loaded_otherwise(before, after)
    if as_json:
        document = load_comparison_document(
            changes,
            run=after.id,
            against=before.id,
            floor=floor,
            asked_otherwise=otherwise,
            loaded_otherwise=other_loads,
        )
        documents.echo(document)
        return _code(changes, fail_on)
    width = width_of(sys.stdout, os.environ)
    title = (
        f"Load run {visible(after.id)} of {show_moment(after.started_at, seconds=True)} "
        f"against load run {visible(before.id)}"
    )
    lines = [*wrapped(title, "", width=width), "", *load_comparison_lines(changes, width=width)]
    for one in other_loads:
        lines += wrapped(loaded_otherwise_words(one), "", break_words=True, width=width)
    if otherwise:
        lines += wrapped(asked_otherwise_words(otherwise), "", width=width)
    elif not changes and not other_loads:
        lines += wrapped(
            "No target was under the same load in both, so there is nothing to compare: "
            f"{before.shape.words}; {after.shape.words}.",
            "",
            width=width,
        )
    click.echo("\n".join(lines))
    return _code(changes, fail_on)


def _code(changes: Sequence[LoadChange], fail_on: str) -> int:
    broke = any(one.fared in ("broke", "fails more") for one in changes)
    slowed = any(one.slowed for one in changes)
    missed = any(one.objectives for one in changes)
    failed = {"broke": broke, "slowed": slowed, "any": broke or slowed or missed}
    if failed[fail_on]:
        return FAILED
    if fail_on in ("slowed", "any") and any(one.unsure for one in changes):
        return UNJUDGED
    if fail_on in ("broke", "any") and any(one.not_judged for one in changes):
        return UNJUDGED
    return OK if any(_is_judged(one, fail_on) for one in changes) else UNJUDGED


def _is_judged(change: LoadChange, fail_on: str) -> bool:
    """Whether what is minded could be compared; where all failed in both, nothing could."""
    if change.speeds:
        return True
    if fail_on == "broke":
        return bool(change.before.passed or change.after.passed)
    return fail_on == "any" and bool(change.fared) and not change.went_otherwise
