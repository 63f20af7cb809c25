"""Every two targets of a load run side by side, a row each: which is faster, by how much, how sure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gatewayz.core.load import Comparison, LoadResult
from gatewayz.core.units import show_number
from gatewayz.measure import METRICS
from gatewayz.reports._wrapping import WIDTH, wrapped
from gatewayz.reports.load._figures import compared_words, in_no_comparison

_TITLES = {"ttft": "first token", "itl": "inter-token"}
_SEEN = ("slower", "faster")
# What is told of every step, however many there are.
_TELLING = (*_SEEN, "not compared")
_INDENT = "  "


def differences(result: LoadResult, width: int) -> list[str]:
    """The comparisons as a table; of several steps only the rows in which a difference was seen."""
    left_out = [
        text
        for name, why in in_no_comparison(result)
        for text in wrapped(f"Not compared: {name}: {why}", _INDENT, break_words=True, width=width)
    ]
    if not result.comparisons:
        return ["", *left_out] if left_out else []
    titles = {stage.index: stage.title for stage in result.shape.stages}
    several = len(titles) > 1
    shown = [one for one in result.comparisons if not several or one.told in _TELLING]
    about = {
        (line.target, line.stage, name)
        for line in result.lines
        for name, found in line.metrics.items()
        if found.estimated
    }
    lines = ["", *_rows(shown, titles if several else {}, about, width), *left_out]
    lines += wrapped(_rest(result.comparisons, shown), "", width=width)
    return lines


def _rest(every: Sequence[Comparison], shown: Sequence[Comparison]) -> str:
    """What is to be said of those that have no row; "" where all have one."""
    few = sum(one.told == "too few" for one in every) - sum(one.told == "too few" for one in shown)
    none = len(every) - len(shown) - few
    more = "more " if shown else ""
    told = []
    if none:
        several = f"{none} {more}comparison{'' if none == 1 else 's'}"
        told.append(f"In {several} no difference to speak of was seen")
    if few:
        several = f"{few} {more}comparison{'' if few == 1 else 's'}"
        told.append(f"{'for' if told else 'For'} {several} there were too few turns")
    return "; ".join(told)


def _rows(
    shown: Sequence[Comparison],
    titles: dict[int, str],
    about: Collection[tuple[str, int, str]],
    width: int,
) -> Iterator[str]:
    """`titles` are those of several stages; `about` is where a metric has estimated values."""
    if not shown:
        return
    letters: dict[str, str] = {}
    for one in shown:
        for name in (one.first, one.second):
            letters.setdefault(name, _letter(len(letters)))
    head = "Differences: the median one of all pairs; its own 95 % interval, uncorrected"
    yield from wrapped(head, "", width=width)
    for name, letter in letters.items():
        yield from wrapped(f"{letter} is {name}", _INDENT, break_words=True, width=width)
    stage = None
    limited: dict[tuple[int, str, str], list[str]] = {}
    for one in shown:
        if titles and one.stage != stage:
            stage = one.stage
            yield from wrapped(f"At {titles.get(stage, '')}:", _INDENT, width=width)
        mark = any((name, one.stage, one.metric) in about for name in (one.first, one.second))
        pair = f"{letters[one.second]} - {letters[one.first]}"
        yield from _row(one, pair, "~" if mark else "", width)
        if one.limits and one.told != "not compared":
            limited.setdefault((one.stage, pair, one.limits), []).append(_title(one))
    for (at, pair, limits), metrics in limited.items():
        where = f" at {titles[at]}" if at in titles else ""
        yield from wrapped(f"{pair}{where}, {', '.join(metrics)}: {limits}", _INDENT, width=width)


def _row(one: Comparison, pair: str, mark: str, width: int) -> Iterator[str]:
    metric, title = METRICS[one.metric], _title(one)
    told = compared_words(one, limits=False)
    if one.told in _SEEN and one.p_adjusted is not None:
        told += ", p < 0.001" if one.p_adjusted < 0.001 else f", p = {one.p_adjusted:.3f}"
    if one.shift.value is None or one.shift.low is None or one.shift.high is None:
        by = interval = ""
    else:
        value, low, high = (
            show_number(each * metric.display_factor, sign=True)
            for each in (one.shift.value, one.shift.low, one.shift.high)
        )
        by, interval = f"{mark}{value} {metric.display_unit}", f"({low} to {high})"
    row = f"{_INDENT}{pair:5} {title:11}{by:>11} {interval:19} {told}".rstrip()
    if width >= WIDTH and len(row) <= width:
        yield row
    else:
        words = " ".join(part for part in (by, interval) if part)
        text = f"{pair}, {title}: {words + ', ' if words else ''}{told}"
        yield from wrapped(text, _INDENT, width=width)


def _title(one: Comparison) -> str:
    return _TITLES.get(one.metric, METRICS[one.metric].title)


def _letter(number: int) -> str:
    """A, B, ..., Z, A2, B2 and so on."""
    again, at = divmod(number, 26)
    return f"{chr(ord('A') + at)}{again + 1 if again else ''}"
