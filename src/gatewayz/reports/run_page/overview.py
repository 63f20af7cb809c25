"""A run in numbers: what passed, what each gateway did, where two ways differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from gatewayz.core import Counts, GatewaySummary, Percentiles, Run, Spend, Summary
from gatewayz.core.run import lasted_s
from gatewayz.core.units import show_seconds, show_usd
from gatewayz.reports._added import (
    TITLE,
    first_token,
    not_counted,
    own_account,
    place_of,
    whole_answer,
)
from gatewayz.reports._blocks import WAY_WORDS, by_way_of, routes_in
from gatewayz.reports._counts import beside, first_try, rate_of
from gatewayz.reports._markup import Node, el, name_of
from gatewayz.reports._spend import spend_lines
from gatewayz.reports._table_frame import Cell, table
from gatewayz.reports._widgets import TONES, Tone, key_of, pill, share_bar, tile, tiles


def parts_of(counts: Counts) -> list[tuple[str, int, Tone]]:
    """The cases of a count by how they ended, for a bar."""
    return [
        ("passed", counts.passed - counts.warned, "good"),
        ("passed with a warning", counts.warned, "warn"),
        ("failed", counts.failed, "bad"),
        ("unknown", counts.unknown, "unknown"),
        ("skipped", counts.skipped, "idle"),
    ]


def numbers(run: Run, summary: Summary) -> Iterator[ET.Element]:
    """The tiles at the top, and the bar below them."""
    total, spend = summary.total, summary.spend
    lasted = lasted_s(run.started_at, run.finished_at, summary.elapsed_s)
    went_on = show_seconds(lasted) if run.finished_at else "not ended"
    cost = "unknown" if spend is None or spend.usd is None else show_usd(spend.usd)
    lists = "".join(f", {words}" for words in _lists(total))
    yield tiles(
        tile("Passed", rate_of(total.rate), f"{total.passed:,} of {total.judged:,} judged", TONES[total.tag]),
        tile("Failed", f"{total.failed:,}", lists.removeprefix(", "), "bad" if total.any_failed else ""),
        tile("With a warning", f"{total.warned:,}", f"of {total.passed:,} passed"),
        tile("Not judged", f"{total.unknown + total.skipped:,}", f"{total.unknown:,} unknown, {total.skipped:,} skipped"),
        tile("Cost", cost, _cost_of(spend)),
        tile("Lasted", went_on, run.status.value),
    )  # fmt: skip
    parts = parts_of(total)
    yield share_bar(parts)
    yield key_of(parts)


def _cost_of(spend: Spend | None) -> str:
    """What a cost is of, and how far it goes."""
    if spend is None:
        return "no account was kept"
    told = f"{spend.calls:,} calls"
    if spend.usd is not None and spend.dearest_calls:
        told = f"at most, for {told}"
    left_out = spend.unpriced_calls or spend.uncounted_calls or spend.verdicts is not None
    return f"{told}, not all counted" if spend.usd is not None and left_out else told


def _lists(total: Counts) -> list[str]:
    return [words for words in beside(total) if "list" in words or "gateway" in words]


def gateways(run: Run, summary: Summary) -> ET.Element | None:
    """One row a gateway and way."""
    if not summary.gateways:
        return None
    both = len({line.way for line in summary.gateways}) > 1
    routes = routes_in(run)
    heads = ["Gateway", "Result", "Passed", "Rate", "Cases", "TTFT", "Latency", "Note"]
    rows = [_gateway(line, both, routes) for line in summary.gateways]
    if not any(row[-1] for row in rows):  # an empty column would still have its width
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    caption = "Each gateway; times are medians of what passed, below them the 95 % interval"
    return table(caption, heads, rows, words=(1, 4, 7))


def _gateway(line: GatewaySummary, both: bool, routes: Mapping[tuple[str, str], str]) -> list[Cell]:
    counts = line.counts
    route = by_way_of(routes.get((line.gateway, line.way), ""))
    way = WAY_WORDS["api" if line.way == "api" else "direct"] if both else ""
    under = ", ".join(filter(None, (way, route)))
    told = (*first_try(counts), *beside(counts, lists=not line.reason))
    note = "; ".join(filter(None, (*told, line.reason)))
    return [
        (el("bdi", line.gateway), el("span", under, cls="ci") if under else None),
        pill(counts.tag, TONES[counts.tag]),
        f"{counts.passed:,}/{counts.judged:,}",
        rate_of(counts.rate),
        share_bar(parts_of(counts)),
        _time(line.ttft_s),
        _time(line.latency_s),
        note,
    ]


def _time(found: Percentiles) -> tuple[Node, ...]:
    if found.median is None:
        return (el("span", "n/a", cls="dim"),)
    ends = found.median_interval
    words = "too few" if ends is None else f"{show_seconds(ends.low)} – {show_seconds(ends.high)}"
    return show_seconds(found.median), el("span", words, cls="ci")


def ways(summary: Summary) -> Iterator[Node]:
    """Where direct and through the API differ, fail alike, and what the backend adds."""
    if summary.differences:
        rows: list[list[Cell]] = [
            [name_of(d.gateway), name_of(d.model), d.question, d.direct, d.api, d.points_at]
            for d in summary.differences
        ]
        heads = ["Gateway", "Model", "Probe", "Direct", "Through the API", "Points at"]
        yield table("Ended differently on the two ways", heads, rows, words=range(1, 6))
    if summary.failing_both_ways:
        rows = [
            [name_of(s.gateway), s.failure, "the model list" if s.of_list else f"{s.cases:,}"]
            for s in summary.failing_both_ways
        ]
        yield table("Failing both ways alike, so the backend is not to blame", ["Gateway", "Failure", "Cases"], rows, words=(1,))  # fmt: skip
    if summary.added:
        rows = [
            [
                name_of(" / ".join(place_of(added))),
                first_token(added),
                whole_answer(added),
                own_account(added),
                not_counted(added),
            ]
            for added in summary.added
        ]
        heads = ["Gateway / model / probe", "First token", "Whole answer", "Own account", "Not counted"]  # fmt: skip
        yield table(TITLE, heads, rows, words=range(1, 5))


def repeats(summary: Summary) -> ET.Element | None:
    """What only the repeats of a question show."""
    if not summary.timing:
        return None
    rows: list[list[Cell]] = [
        [
            name_of(f"{found.gateway}/{found.model}"),
            found.probe,
            found.kind,
            found.saw,
            f"{found.samples:,}",
        ]
        for found in summary.timing
    ]
    return table("Seen over the repeats of a question", ["Model", "Probe", "Kind", "Saw", "Answers"], rows, words=(1, 2, 3))  # fmt: skip


def spent(summary: Summary) -> ET.Element | None:
    """What the run took, a sentence each."""
    lines = spend_lines(summary.spend)
    return el("ul", *(el("li", line) for line in lines)) if lines else None
