"""Two load runs set against each other: on a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gatewayz.core.codec import to_json
from gatewayz.core.estimates import Estimate
from gatewayz.core.load import LoadLine
from gatewayz.core.text import visible
from gatewayz.core.units import show_number
from gatewayz.measure.load_changes import LoadChange, SpeedChange
from gatewayz.measure.loads_alike import LoadedOtherwise, Otherwise
from gatewayz.measure.metrics import METRICS
from gatewayz.reports._wrapping import wrapped

SCHEMA = "gatewayz/load-comparison/1"
_INDENT = "  "
_OURS = "that may be this client's own lateness"


def load_comparison_lines(changes: Sequence[LoadChange], *, width: int) -> list[str]:
    """Lines of at most `width` columns: each target under each load, and what became of it."""
    lines: list[str] = []
    for change in changes:
        title = f", {change.title}" if change.title else ""
        lines += wrapped(visible(f"{change.target}{title}"), "", break_words=True, width=width)
        for told in _told(change):
            lines += wrapped(told, _INDENT, break_words=True, width=width)
    return lines


def asked_otherwise_words(found: Sequence[Otherwise]) -> str:
    """That the runs asked different questions, and by which options."""
    named = "; ".join(_otherwise(one) for one in found)
    return f"The two asked different questions, so there is nothing to compare: {named}."


def _otherwise(one: Otherwise) -> str:
    if one.setting == "prompt_digest":
        return "other prompts stand in the file of --prompt"
    option = f"--{one.setting.replace('_', '-')}"
    if isinstance(one.after, bool):
        return f"{option} now" if one.after else f"{option} no more"
    before, after = (
        "unset" if each is None else visible(str(each)) for each in (one.before, one.after)
    )
    return f"{option} {before}, now {after}"


def loaded_otherwise_words(one: LoadedOtherwise) -> str:
    """That a target is not compared, since its load was another, and by what."""
    named = "; ".join(_other_load(each) for each in one.differs)
    title = f", {one.title}" if one.title else ""
    return visible(
        f"{one.target}{title}: it was under another load, so it is not compared: {named}."
    )


def _other_load(one: Otherwise) -> str:
    if one.setting not in _LOADS:
        return _otherwise(one)
    before, after = map(_LOADS[one.setting], (one.before, one.after))
    return f"{before}, now {after}"


def _ramp(ends: Sequence[float] | None) -> str:
    return "in no ramp" if ends is None else f"in a ramp from {ends[0]:g} to {ends[1]:g}"


def _limits(limits: Mapping[str, float]) -> str:
    told = [f"{gateway} to {limit:g}" for gateway, limit in limits.items()]
    return f"{', '.join(told)} requests a minute" if told else "to no limit"


def _requests(bound: int | None) -> str:
    return "enough requests to hold the level" if bound is None else f"{bound} requests in all"


def _turns(told: tuple[str, int, int]) -> str:
    name, sent, turns = told
    return f"{name} in {'all' if sent == turns else sent} of {turns} turns"


# What decides a load and is no option of its own, in words.
_LOADS: Mapping[str, Callable[[Any], str]] = {
    "unit": lambda unit: "so many at once" if unit == "concurrency" else "so many a second",
    "level": lambda level: f"{level:g}",
    "arrivals": lambda how: "at random moments (Poisson)" if how == "poisson" else "evenly",
    "ramp": _ramp,
    "held_to": _limits,
    "targets": lambda count: f"for {count} target{'' if count == 1 else 's'} together",
    "timeout_s": lambda seconds: f"--timeout {seconds:g}s",
    "shared_with": lambda names: f"shared with {', '.join(names) or 'nobody'}",
    "requests": _requests,
    "turns": _turns,
    "base_url": lambda url: f"at {url}",
}


def _told(change: LoadChange) -> Iterator[str]:
    failed = f"{_failed(change.before)}, now {_failed(change.after)}"
    if change.not_judged:
        yield f"could not be judged: {failed}, {change.ours[1]} of them on our own side"
    elif change.fared:
        yield f"{change.fared}: {failed}"
    elif change.before.failures or change.after.failures:
        ours = ", but for those on our own side" if any(change.ours) else ""
        yield f"failed: {failed}; no more than chance brings{ours}"
    for which, own_s in zip(("first", "second"), change.own_s, strict=True):
        if own_s:
            late = f"it was {show_number(own_s * 1000)} ms late (p99)"
            yield f"this client itself did not keep up in the {which}: {late}"
    for text in change.objectives_unsure:
        yield f"objective {visible(text)}: was met, and is missed now; {_OURS}"
    for text in change.objectives:
        yield f"objective {visible(text)}: was met, and is missed now"
    for one in change.speeds:
        yield _speed(one, change)
    if change.went_otherwise:
        named = "; ".join(_other_load(each) for each in change.went_otherwise)
        yield visible(f"its load went otherwise, so no time is compared: {named}")
    elif not change.speeds:
        yield "no time was measured on both sides"


def _failed(line: LoadLine) -> str:
    return f"{line.failures} of {line.passed + line.failures} failed"


def _speed(one: SpeedChange, of: LoadChange) -> str:
    title, unit = METRICS[one.metric].title, METRICS[one.metric].display_unit
    by = ""
    if one.told in ("slower", "faster") and one.before.value and one.after.value is not None:
        by = f" by {abs(one.after.value / one.before.value - 1):.0%}"
    before, after = (
        f"{'~' if one.metric in line.metrics and line.metrics[one.metric].estimated else ''}"
        f"{_median(one.metric, each)}"
        for line, each in ((of.before, one.before), (of.after, one.after))
    )
    told = _OURS if one.told == "may be ours" else f"{one.told}{by}"
    return f"{title}: {before}, now {after} {unit}: {told}"


def _median(metric: str, found: Estimate) -> str:
    value, low, high = (
        "" if each is None else show_number(each * METRICS[metric].display_factor)
        for each in (found.value, found.low, found.high)
    )
    return f"{value} ({low}-{high})" if low and high else f"{value} (too few)"


def load_comparison_document(changes: Sequence[LoadChange], **about: Any) -> dict[str, Any]:
    """The same as a JSON value, after what it is `about`; docs/history.md has its shape."""
    return {
        "schema": SCHEMA,
        **to_json(about),
        "compared": [
            {
                "target": to_json(change.target),
                "title": change.title,
                "fared": "not judged" if change.not_judged else change.fared or "as before",
                "slowed": change.slowed,
                "before": _counts(change.before),
                "after": _counts(change.after),
                "went_otherwise": to_json(change.went_otherwise),
                "own_s": change.own_s,
                "objectives_missed": to_json(change.objectives),
                "objectives_unsure": to_json(change.objectives_unsure),
                "speed": to_json(change.speeds),
            }
            for change in changes
        ],
    }


def _counts(line: LoadLine) -> dict[str, Any]:
    return {
        "sent": line.sent,
        "passed": line.passed,
        "failed": to_json(line.failed),
        "requests_per_s": line.requests_per_s,
    }
