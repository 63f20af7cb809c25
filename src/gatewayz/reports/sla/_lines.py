"""How promises stand, on a terminal: the worst first, in lines that fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from gatewayz.core.availability import Assessment, Burn, SlaReport
from gatewayz.core.objectives import Sla
from gatewayz.core.text import display_width, fit, visible
from gatewayz.core.units import show_seconds
from gatewayz.reports._wrapping import wrapped
from gatewayz.reports.sla import _words as words

# So many lines of a kind are shown unless all are asked for.
FEW = 12
FEW_KEPT = 3


def sla_lines(report: SlaReport, *, width: int, everything: bool = False) -> list[str]:
    """Lines of at most `width` columns. `everything` shows each target, kept ones too."""
    lines: list[str] = []
    for sla in report.slas:
        lines += [*_promise(report, sla, width, everything), ""]
    if any(map(words.may_be_chance, report.assessments)):
        told = "* so few results that chance may have decided; --format json has the intervals"
        lines += wrapped(told, "", width=width, break_words=True)
    return [*lines, *wrapped(words.lead(report), "", width=width, break_words=True)]


def _promise(report: SlaReport, sla: Sla, width: int, everything: bool) -> Iterator[str]:
    found = report.of(sla)
    yield from wrapped(f"{sla.name}: {words.whom(sla)}", "", width=width, break_words=True)
    if removed := words.removed_words(report, sla):
        yield from wrapped(removed, "  ", width=width, break_words=True)
    if not found:
        yield "  no result of these is in the store"
        return
    yield from wrapped(
        words.window_words(sla, found[0].span, report.month), "  ", width=width, break_words=True
    )
    for objective in sla.objectives:
        of_it = [one for one in found if one.objective == objective]
        yield ""
        title = f"{words.promise(of_it[0])}: {words.states_words(of_it)}"
        yield from wrapped(title, "  ", width=width, break_words=True)
        yield from _table(words.by_state(of_it), width, everything)
        if excluded := words.excluded_words(of_it):
            yield from wrapped(f"not counted: {excluded}", "    ", width=width, break_words=True)
        if unwatched := words.unwatched_words(of_it):
            yield from wrapped(unwatched, "    ", width=width, break_words=True)
    yield from _troubles(report, sla, width, everything)
    burning = [(one, burn) for one in found for burn in one.burns if one.alert and burn.burning]
    for one, burn in burning if everything else burning[:FEW]:
        yield from wrapped(f"  {_alert(one, burn)}", "  ", width=width, break_words=True)


def _table(found: Sequence[Assessment], width: int, everything: bool) -> Iterator[str]:
    bad = [one for one in found if one.state != "kept"]
    shown = found if everything else bad[:FEW] or found[:FEW_KEPT]
    rows = [_cells(one) for one in shown]
    heads = ("", "target", "share", "bad of", "budget", "measured" if found[0].quantile else "down")
    widths = [max(map(display_width, column)) for column in zip(heads, *rows, strict=True)]
    room = width - 4 - sum(widths) - 2 * (len(widths) - 1) + widths[1]
    widths[1] = max(12, min(widths[1], room))
    for row in (heads, *rows):
        cells = [
            _padded(fit(cell, wide), wide, at)
            for at, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ]
        yield ("    " + "  ".join(cells)).rstrip()
    hidden = len(found) - len(shown)
    if hidden:
        kept = sum(one.state == "kept" for one in found) - sum(one.state == "kept" for one in shown)
        others = f"{hidden - kept:,} more of these" if hidden > kept else ""
        told = " and ".join(filter(None, (others, f"{kept:,} kept" if kept else "")))
        yield f"    ... {told}; --all shows each"


def _cells(one: Assessment) -> tuple[str, ...]:
    few = " *" if words.may_be_chance(one) else ""
    counted = f"{one.tally.bad:,}/{one.tally.counted:,}"
    last = words.measured(one) or (show_seconds(one.down_s) if one.down_s else "-")
    share = words.percent(one.tally.share)
    return one.state, visible(one.target), share + few, counted, words.budget_left(one), last


def _padded(cell: str, wide: int, at: int) -> str:
    blanks = " " * (wide - display_width(cell))
    return cell + blanks if at < 2 else blanks + cell


def _troubles(report: SlaReport, sla: Sla, width: int, everything: bool) -> Iterator[str]:
    found = [one for one in report.troubles if one.sla == sla.name]
    if not found:
        return
    zone = ZoneInfo(sla.window.time_zone)
    yield ""
    yield f"  incidents: {len(found):,}"
    for one in found if everything else found[-FEW:]:
        lasted = show_seconds(one.duration_s) if one.ended else "still on"
        objective = "" if one.objective == "availability" else f" [{one.objective}]"
        line = f"{words.moment(one.start, zone)}  {lasted}  {words.trouble_words(one)}{objective}"
        yield from wrapped(line, "    ", width=width, break_words=True)


def _alert(one: Assessment, burn: Burn) -> str:
    longer = " (lengthened: it holds 5 rounds)" if burn.long.lengthened else ""
    return (
        f"{burn.severity}: {one.target} burns its budget {burn.long.rate:.1f} times too fast over "
        f"{show_seconds(burn.long.held_s)}{longer}"
    )
