"""Numbers of a load run as people read them."""

from __future__ import annotations

from gatewayz.core.access import access_kept
from gatewayz.core.estimates import Estimate
from gatewayz.core.load import Comparison, LoadLine, LoadResult, Target
from gatewayz.core.units import show_number, show_usd
from gatewayz.measure import COMPARED, METRICS
from gatewayz.reports._blocks import by_way_of
from gatewayz.reports._markup import Node, el, name_of


def route_to(result: LoadResult, name: str) -> str:
    """By way of what a target was reached, in words; "" for the straight way."""
    return next((by_way_of(via_of(result, one)) for one in result.targets if one.name == name), "")


def via_of(result: LoadResult, target: Target) -> str:
    """The service by way of which a target was reached, "" for none."""
    return access_kept(result.settings, target.gateway, target.way).via


def unit_of(metric: str) -> str:
    """The unit in which a metric is shown; our own delays are times."""
    return METRICS[metric].display_unit if metric in METRICS else "ms"


def title_of(metric: str) -> str:
    """What a metric is called, with a capital."""
    title = METRICS[metric].title if metric in METRICS else metric.replace("_", " ")
    return title[:1].upper() + title[1:]


def factor_of(metric: str) -> float:
    """How many shown units one unit of a metric is."""
    return METRICS[metric].display_factor if metric in METRICS else 1000.0


def shown(metric: str, value: float | None, *, sign: bool = False) -> str:
    """A value in the metric's display unit, without it; "n/a" for none."""
    return "n/a" if value is None else show_number(value * factor_of(metric), sign=sign)


def has_interval(metric: str) -> bool:
    """Whether each request gives one value, so that the values do not hang together."""
    return metric in METRICS and METRICS[metric].each is None


def estimate_cell(metric: str, found: Estimate | None, unit: str = "") -> tuple[Node, ...]:
    """A quantile with its interval below it, or the word that there are too few for one.

    `unit` stands behind the value, where no head has it.
    Of values that hang together there is no interval, however many there are.
    """
    if found is None or found.value is None:
        return ("n/a",)
    value = f"{shown(metric, found.value)}{f' {unit}' if unit else ''}"
    if found.low is None or found.high is None:
        few = has_interval(metric) and not found.enough
        return (value, el("span", "too few", cls="ci") if few else None)
    return value, el("span", f"{shown(metric, found.low)} – {shown(metric, found.high)}", cls="ci")


def rate(value: float | None) -> str:
    """A rate per second, or "n/a"."""
    return "n/a" if value is None else show_number(value)


def usd(value: float | None) -> str:
    """Money to the hundredth of a cent, or "unknown", which is not free."""
    return "unknown" if value is None else show_usd(value)


def by_level(result: LoadResult) -> list[LoadLine]:
    """The lines of a run; those of a search from the least load to the most, not as they were tried."""
    if result.shape.kind != "most":
        return list(result.lines)
    levels = {stage.index: stage.level for stage in result.shape.stages}
    targets = [target.name for target in result.targets]
    at = {name: place for place, name in enumerate(targets)}
    return sorted(
        result.lines,
        key=lambda line: (at.get(line.target, len(at)), levels.get(line.stage, 0.0)),
    )


def compared_words(one: Comparison, *, limits: bool = True) -> str:
    """What a comparison comes to: "slower", "under the floor of 1.00 ms".

    With `limits` it says over how many turns; why two are not compared it says always.
    """
    told = one.told
    if told == "under the floor" and one.floor is not None:
        told = f"under the floor of {shown(one.metric, one.floor)} {unit_of(one.metric)}"
    if told == "not compared":
        return f"{told}: {one.limits}"
    between = ": " if told == "too few" else ", "
    return f"{told}{between}{one.limits}" if limits and one.limits else told


def in_no_comparison(result: LoadResult) -> list[tuple[str, str]]:
    """Targets without a value that others have, and what became of their requests."""
    having = {
        line.target
        for line in result.lines
        if any(name in COMPARED and found.count for name, found in line.metrics.items())
    }
    if not having or result.shape.kind == "most":
        return []
    without = [target.name for target in result.targets if target.name not in having]
    return [(name, f"it has no values{_why_none(result, name)}") for name in without]


def _why_none(result: LoadResult, target: str) -> str:
    """That nothing was sent to a target, or how many of its requests failed, where any did."""
    mine = [line for line in result.lines if line.target == target]
    failed, sent = sum(line.failures for line in mine), sum(line.sent for line in mine)
    if not sent:
        return ": nothing was sent"
    return f": {failed} of {sent} failed" if failed else ""


def line_name(result: LoadResult, line: LoadLine) -> tuple[Node, ...]:
    """The target of a line, with its stage where there are several."""
    if len(result.shape.stages) < 2:
        return (name_of(line.target),)
    return name_of(line.target), el("span", line.title, cls="ci")
