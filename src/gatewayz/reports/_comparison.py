"""A comparison on a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from gatewayz.core import Model
from gatewayz.core.codec import to_json
from gatewayz.core.quarantine import Quarantine
from gatewayz.core.text import visible
from gatewayz.core.units import show_usd_per_mtok
from gatewayz.measure.comparison import KINDS, Change, Comparison, Kind, Pace, Side
from gatewayz.measure.differences import Told
from gatewayz.measure.drift import Drift, ListDrift
from gatewayz.measure.metrics import METRICS
from gatewayz.measure.questions import Question
from gatewayz.reports._counts import listed
from gatewayz.reports._together import said_once, some
from gatewayz.reports._wrapping import wrapped

SCHEMA = "gatewayz/comparison/1"

# A reader looks for the cause after so many lines of a kind; json has them all.
MOST_LINES = 20

_HEADS: dict[Kind, str] = {
    "broke": "Broke", "healed": "Healed", "flaky": "Flaky", "fails otherwise": "Fails otherwise",
    "not judged": "Could not be judged", "new": "New", "gone": "Gone",
}  # fmt: skip
_SPEEDS: tuple[Told, ...] = ("slower", "faster")
# What changes an exit code, but for what is in quarantine.
_COUNTING: tuple[Kind | Told, ...] = ("broke", "not judged", "slower")
_NOTHING_APART = Quarantine((), datetime.min.replace(tzinfo=UTC))


def comparison_lines(
    found: Comparison, *, width: int, apart: Quarantine = _NOTHING_APART
) -> list[str]:
    """Lines of at most `width` columns: each kind of change under its head, then the total.

    What would change an exit code and is in quarantine (`apart`) says so.
    """
    lines: list[str] = []
    for kind in KINDS:
        lines += _block(_HEADS[kind], _told_together(found.of_kind(kind), apart), width)
    for word in _SPEEDS:
        told = (_pace(pace) + _apart_words(pace, apart) for pace in found.of_pace(word))
        lines += _block(word.capitalize(), told, width)
    lines += _block("Catalogues", map(_list, found.lists), width)
    lines += _block("Listed otherwise", map(_drift, found.drifts), width)
    return [*lines, *_total(found, apart, width)]


def comparison_document(
    found: Comparison, *, apart: Quarantine = _NOTHING_APART, **about: Any
) -> dict[str, Any]:
    """The same as a JSON value, after what it is `about`; docs/history.md has its shape."""
    document: dict[str, Any] = {"schema": SCHEMA, **to_json(about)}
    document["compared"] = found.judged_on_both
    document["unchanged"] = found.same
    document["not_asked_again"] = found.standing
    document["in_quarantine"] = _count_apart((*found.changes, *found.paces), apart)
    document["changes"] = [
        {
            "kind": change.kind,
            **_place(change.question),
            "before": to_json(change.before),
            "after": to_json(change.after),
            "by_chance": to_json(change.by_chance),
            "models": change.models,
            "quarantine": _kept_apart(change, apart),
        }
        for change in found.changes
    ]
    document["speed"] = [
        {
            **_place(pace.question),
            **to_json({**asdict(pace), "question": None}),
            "quarantine": _kept_apart(pace, apart),
        }
        for pace in found.paces
    ]
    for entry in document["speed"]:
        del entry["question"]
    document["catalogue"] = to_json(found.drifts)
    document["lists"] = to_json(found.lists)
    return document


def _kept_apart(what: Change | Pace, apart: Quarantine) -> dict[str, Any] | None:
    """What keeps a question in quarantine, whatever became of it."""
    entry = apart.of(what.question.case)
    return {"until": to_json(entry.until), "reason": entry.reason} if entry is not None else None


def _apart_words(what: Change | Pace, apart: Quarantine) -> str:
    """Why something changes no exit code that would; "" where it does, or would not anyway."""
    counts = (what.kind if isinstance(what, Change) else what.told) in _COUNTING
    entry = apart.of(what.question.case) if counts else None
    return f"; {entry.words}" if entry is not None else ""


def _count_apart(several: Iterable[Change | Pace], apart: Quarantine) -> int:
    return sum(bool(_apart_words(one, apart)) for one in several)


def _place(question: Question) -> dict[str, Any]:
    return to_json({**question._asdict(), "model": question.model or None})  # type: ignore[no-any-return]


def _block(head: str, told: Iterable[str], width: int) -> list[str]:
    all_told = list(told)
    if not all_told:
        return []
    lines = [f"{head}:"]
    for words in all_told[:MOST_LINES]:
        lines += wrapped(words, "  ", width=width)
    more = len(all_told) - MOST_LINES
    return [*lines, *([f"  and {more} more (--format json has them all)"] if more > 0 else []), ""]


def _told_together(changes: Sequence[Change], apart: Quarantine) -> Iterator[str]:
    told = ((*change.question, _words(change) + _apart_words(change, apart)) for change in changes)
    for alike in said_once(told):
        place = alike.gateway + (" (api)" if alike.way == "api" else "")
        of_list = alike.models == ("",)
        of_what = "model list" if of_list else f"{some(alike.models)} / {some(alike.probes)}"
        yield f"{place} / {of_what}: {alike.words}"


def _words(change: Change) -> str:
    """What happened to one question."""
    before, after = change.before, change.after
    match change.kind:
        case "healed":
            told = f"passes, was {before.label}"
        case "fails otherwise":
            told = f"{_failure(after)}; was {_failure(before)}"
        case "not judged":
            told = after.reason or "the run ended before it"
        case "gone":
            told = after.reason or "not asked any more"
        case "new":
            told = f"fails: {_failure(after)}" if after.failed else "passes"
            told = "both passes and fails" if after.failed and after.passed else told
        case _:
            told = _failure(after if after.failed else before)
    if change.models:
        told += f"; {change.models} models with it"
    several = max(before.passed + before.failed, after.passed + after.failed) > 1
    judged = change.kind in ("broke", "healed", "flaky")
    return f"{told}; passed {_share(after)}, was {_share(before)}" if several and judged else told


def _failure(side: Side) -> str:
    return ", ".join(filter(None, (side.label, side.culprit)))


def _share(side: Side) -> str:
    return f"{side.passed} of {side.passed + side.failed}"


def _pace(pace: Pace) -> str:
    """One shift of times, with all that a reader needs to doubt it."""
    asked, metric = pace.question, METRICS[pace.metric]
    place = asked.gateway + (" (api)" if asked.way == "api" else "")
    shift, factor = pace.shift, metric.display_factor

    def number(value: float | None, sign: str = "") -> str:
        return (
            "n/a"
            if value is None
            else f"{value * factor:{sign}.{0 if abs(value * factor) >= 10 else 1}f}"
        )

    unit = metric.display_unit
    return (
        f"{place} / {asked.model} / {asked.probe}: {metric.title} {number(pace.after)} {unit}, was "
        f"{number(pace.before)} {unit} ({number(shift.value, '+')}, "
        f"{shift.confidence:.0%} interval {number(shift.low, '+')} to {number(shift.high, '+')}, "
        f"n = {pace.count_after} and {pace.count_before})"
    )


def _list(drift: ListDrift) -> str:
    place = drift.gateway + (" (api)" if drift.way == "api" else "")
    told = ((drift.new, "new"), (drift.gone, "gone"))
    words = [f"{len(ids)} {word} ({some(ids)})" for ids, word in told if ids]
    return f"{place}: {', '.join(words)}"


def _drift(drift: Drift) -> str:
    place = drift.gateway + (" (api)" if drift.way == "api" else "")
    told = []
    if drift.repriced:
        told.append(
            f"{_price(drift.after)} per million tokens in and out, was {_price(drift.before)}"
        )
    if drift.cache_repriced:
        told.append(
            f"cached input {_cached(drift.after)} per million tokens, was {_cached(drift.before)}"
        )
    if drift.stretched:
        told.append(f"context {_count(drift.after)}, was {_count(drift.before)}")
    return f"{place} / {drift.model}: {'; '.join(told)}"


def _price(model: Model) -> str:
    price = model.price
    return f"{show_usd_per_mtok(price.input_usd_per_mtok)}/{show_usd_per_mtok(price.output_usd_per_mtok)}"


def _cached(model: Model) -> str:
    return show_usd_per_mtok(model.price.cached_usd_per_mtok)


def _count(model: Model) -> str:
    return "unknown" if model.context_tokens is None else f"{model.context_tokens:,}"


def _counted(several: Collection[Change | Pace], word: str, apart: Quarantine) -> str:
    spared = _count_apart(several, apart)
    return f"{len(several)} {word}" + (f" ({spared} in quarantine)" if spared else "")


def _total(found: Comparison, apart: Quarantine, width: int) -> list[str]:
    kinds = [(kind, found.of_kind(kind)) for kind in KINDS]
    told = [_counted(changes, kind, apart) for kind, changes in kinds if changes]
    questions = f"TOTAL: {found.judged_on_both} judged on both sides: {found.same} unchanged"
    if found.standing:
        questions += f" ({found.standing} not asked again)"
    lines = listed(questions, map(visible, told), width=width)
    words: tuple[Told, ...] = (*_SPEEDS, "no difference seen")
    paces = [(word, found.of_pace(word)) for word in words]
    speeds = [_counted(several, word, apart) for word, several in paces if several]
    few = len(found.of_pace("too few"))
    if few:
        needed = f"{found.answers_needed} on each side are needed to tell all {len(found.paces)}"
        parts = [f"{few} with too few timed answers", f"({needed})"]
        together = " ".join(parts)
        speeds += [together] if len(f"SPEED: {together}") <= width else parts
    return [*lines, *listed(f"SPEED: {speeds[0]}", speeds[1:], width=width)] if speeds else lines
