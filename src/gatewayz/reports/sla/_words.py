"""Shares, budgets, windows and troubles as people read them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gatewayz.core.availability import Assessment, SlaReport, State, Trouble
from gatewayz.core.objectives import Maintenance, Sla, Span
from gatewayz.core.units import show_seconds

# The worst first, as everything is listed.
STATES: tuple[State, ...] = ("broken", "at risk", "no data", "kept")
_PER = {"model": "each model", "gateway": "each gateway", "all": "all together"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_S = 86400.0


def percent(share: float | None) -> str:
    """A share as a percentage of at most three decimals, cut off: 99.9996 % is not 100 %."""
    if share is None:
        return "n/a"
    # A whisker is added for shares that no float holds: 0.29 * 1e5 is 28999.999999999996.
    thousandths = math.floor(share * 1e5 + 1e-6)
    return f"{thousandths / 1e3:.3f}".rstrip("0").rstrip(".") + " %"


def interval(one: Assessment) -> str:
    """The interval in which the true share lies, or that there is none."""
    if one.low is None or one.high is None:
        return "n/a"
    return f"{percent(one.low)} to {percent(one.high)}"


def may_be_chance(one: Assessment) -> bool:
    """Whether so few results would let the promise lie on either side of the true share."""
    return one.low is not None and one.high is not None and one.low < one.objective.share < one.high


def budget_left(one: Assessment) -> str:
    """What is left of the budget in percent of it; below nothing where too much was spent."""
    spent = one.budget.spent_share
    return "n/a" if spent is None or not one.tally.counted else f"{(1 - spent) * 100:,.0f} %"


def budget_words(one: Assessment) -> str:
    """The budget in results: "4 bad, 1.68 allowed"."""
    if not one.tally.counted:
        return "nothing counted"
    return f"{one.budget.spent:,} bad, {number(one.budget.allowed)} allowed"


def number(value: float) -> str:
    """A count that need not be whole."""
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")


def measured(one: Assessment) -> str:
    """The value that is held against a limit, in the unit that people read; "" without a limit."""
    found = one.quantile
    if found is None:
        return ""
    return "not measured" if found.value is None else _value(one, found.value)


def measured_interval(one: Assessment) -> str:
    """The interval around that value, or the word that there are too few for one; "" of no value."""
    found = one.quantile
    if found is None or found.value is None:
        return ""
    if found.low is None or found.high is None:
        return "too few for an interval"
    return f"{_value(one, found.low)} to {_value(one, found.high)}"


def _value(one: Assessment, value: float) -> str:
    return f"{value:,.1f}/s" if one.objective.kind == "decode_rate" else show_seconds(value)


def promise(one: Assessment) -> str:
    """What was promised, in words."""
    objective = one.objective
    share = percent(objective.share)
    if objective.kind == "availability":
        return f"availability of {share}"
    if objective.kind == "feature":
        return f"{objective.name} works in {share}"
    return f"{objective.name} ({share} of the answers)"


def window_words(sla: Sla, span: Span, month: str) -> str:
    """The window in words, with its ends in its own time zone."""
    zone = ZoneInfo(sla.window.time_zone)
    ends = f"{moment(span.start, zone)} to {moment(span.end, zone)}, {sla.window.time_zone}"
    if month:
        return f"{month} ({ends})"
    if sla.window.calendar is not None:
        return f"this {sla.window.calendar} ({ends})"
    return f"the last {_length(sla.window.rolling_s or 0.0)} ({ends})"


def _length(seconds: float) -> str:
    days = seconds / _DAY_S
    return f"{days:g} days" if days >= 2 else f"{seconds / 3600:g} hours"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment in a time zone, to the minute."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def whom(sla: Sla) -> str:
    """For whom a promise holds."""
    way = " through the API" if sla.way == "api" else ""
    if sla.source == "traffic":
        way = ", by the requests served"
    return f"{', '.join(sla.targets)}{way}, {_PER[sla.per]}"


def states_words(found: Sequence[Assessment]) -> str:
    """How many objectives are in which state: "2 broken, 48 kept"."""
    counts = Counter(one.state for one in found)
    return ", ".join(f"{counts[state]:,} {state}" for state in STATES if counts[state])


def excluded_words(found: Iterable[Assessment]) -> str:
    """What was left out of the shares, all of it; "" where nothing was."""
    counts: Counter[str] = Counter()
    for one in found:
        for standing, count in one.tally.excluded.items():
            counts[standing.value] += count
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())


def unwatched_words(found: Sequence[Assessment]) -> str:
    """Of how many targets nothing is known for some of the time, and for how long; "" of none."""
    dark = [one for one in found if one.unwatched_s > 0]
    if not dark:
        return ""
    most = max(dark, key=lambda one: one.unwatched_s)
    of = f"{len(dark):,} of {len(found):,} targets" if len(found) > 1 else "its target"
    return f"not watched for some of the time: {of}; {show_seconds(most.unwatched_s)} at most"


def trouble_words(trouble: Trouble) -> str:
    """What a trouble was about: "50 targets: overloaded (the gateway)"."""
    names = ", ".join(list(trouble.kinds)[:2])
    blame = ", ".join(trouble.culprits)
    about = f"{names} ({blame})" if blame else names
    count = len(trouble.targets)
    return f"{trouble.targets[0] if count == 1 else f'{trouble.gateway}, {count} models'}: {about}"


def maintenance_words(one: Maintenance) -> str:
    """An announced time in words."""
    reason = f": {one.reason}" if one.reason else ""
    of = ", ".join(one.targets)
    if one.weekly is not None:
        w = one.weekly
        return (
            f"{of}, every {_DAYS[w.weekday]} {w.start:%H:%M} to {w.end:%H:%M} {w.time_zone}{reason}"
        )
    utc = ZoneInfo("UTC")
    if one.start is None or one.end is None:
        return of + reason
    return f"{of}, {moment(one.start, utc)} to {moment(one.end, utc)} UTC{reason}"


def by_state(found: Iterable[Assessment]) -> list[Assessment]:
    """The worst first: by state, then by how much of the budget is spent."""
    return sorted(
        found,
        key=lambda one: (STATES.index(one.state), -(one.budget.spent_share or 0.0), one.target),
    )


def lead(report: SlaReport) -> str:
    """The one line that says it all."""
    removed = _removed(report)
    objectives = states_words(report.assessments)
    if report.in_state("broken") or report.in_state("at risk"):
        told = f"{objectives} of {len(report.assessments):,} objectives{_unseen(report)}"
    elif not report.in_state("kept"):
        told = "Nothing is known: no result counts"
    elif report.in_state("no data") or report.unseen:
        told = f"Kept as far as it is known: {objectives}{_unseen(report)}"
    else:
        told = "Kept as far as it is known" if removed else "Every promise was kept"
    return f"{told}; {removed}." if removed else f"{told}."


def _unseen(report: SlaReport) -> str:
    """How many promises have no result at all: ", 2 promises without a result"; "" of none."""
    count = len(report.unseen)
    return f", {count:,} promise{'' if count == 1 else 's'} without a result" if count else ""


def removed_words(report: SlaReport, sla: Sla) -> str:
    """That a part of a promise's window was pruned, and what that means; "" where none was."""
    if sla.name not in report.removed_before:
        return ""
    if sla.name in report.shares_since and sla.source == "traffic":
        return (
            f"{_before(report, sla)}, but for those that failed: nothing is told of the time before"
        )
    if sla.name in report.shares_since:
        return (
            f"{_before(report, sla)}, but for failures and what ended them: incidents of what failed are told"
            " as they were, all else of the time since"
        )
    return f"{_before(report, sla)}: of the time before, only what was left there or came back is counted"


def _removed(report: SlaReport) -> str:
    """Up to where results were removed, by the promise of which the most is missing."""
    found = [sla for sla in report.slas if sla.name in report.removed_before]
    if not found:
        return ""
    return _before(report, max(found, key=lambda sla: report.removed_before[sla.name]))


def _before(report: SlaReport, sla: Sla) -> str:
    zone = sla.window.time_zone
    at = moment(report.removed_before[sla.name], ZoneInfo(zone))
    return f"results before {at} ({zone}) were removed"
