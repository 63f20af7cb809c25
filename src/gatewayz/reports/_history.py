"""The past of some models on a terminal: a line for each run, then since when what holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatewayz.core import Outcome
from gatewayz.core.codec import to_json
from gatewayz.core.past import ListPast, Past, PastRun, PastVerdict, QuestionPast
from gatewayz.core.text import fit, visible
from gatewayz.core.units import show_moment
from gatewayz.measure.steadiness import is_flaky
from gatewayz.reports._blocks import WAY_WORDS
from gatewayz.reports._matrix import MARKS, WORKS, Mark, heads_of, mark_of, side_by_side
from gatewayz.reports._together import said_once, some
from gatewayz.reports._wrapping import wrapped

SCHEMA = "gatewayz/history/1"

_ID_COLUMNS = 22
_MOMENT = len("2026-11-26 10:05 UTC")
_BESIDE = _ID_COLUMNS + 2 + _MOMENT + 2

_TAKEN_OVER = Mark("=", "=", "taken over from an earlier run, not asked again", "SKIP")

# What one run has of a question, and what each has, by its id.
_InRun = Sequence[PastVerdict]
_InRuns = Mapping[str, list[PastVerdict]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question with what came of it in the runs that are shown."""

    past: QuestionPast
    found: _InRuns
    label: str
    flaky: bool


def history_lines(past: Past, *, width: int, unicode: bool = True) -> list[str]:
    """Lines of at most `width` columns: a table of runs for each gateway and way, and its states."""
    lanes: dict[tuple[str, str], list[_Asked]] = {}
    for asked in _asked(past):
        lanes.setdefault((asked.past.gateway, asked.past.way), []).append(asked)
    told_apart = len({way for _, way in lanes}) > 1
    lines: list[str] = []
    for (gateway, way), questions in lanes.items():
        title = visible(gateway)
        models = list(dict.fromkeys(one.past.model for one in questions))
        title = (
            f"{title}/{visible(models[0])}"
            if len(models) == 1
            else f"{title}, {len(models)} models"
        )
        if told_apart:
            title += f" ({WAY_WORDS['direct' if way == 'direct' else 'api']})"
        seen = [one.past.first_seen.started_at for one in questions if one.past.first_seen]
        told = f"first seen {show_moment(min(seen))}" if seen else "asked in no run that is kept"
        lines += ["", *wrapped(f"{title}: {told}", "", width=width), ""]
        lines += _table(
            past.runs, questions, one_model=len(models) == 1, width=width, unicode=unicode
        )
        fails = next((one for one in past.lists if (one.gateway, one.way) == (gateway, way)), None)
        states = _states(questions, fails, one_model=len(models) == 1, width=width)
        lines += ["", *states]
    for one in past.lists:
        if (one.gateway, one.way) not in lanes:
            title = f"{visible(one.gateway)}: no model was ever asked"
            lines += ["", title, "", *wrapped(_state_of_list(one), "  ", width=width)]
    return lines[1:]


def history_document(past: Past) -> dict[str, Any]:
    """The same as a JSON value; docs/history.md has its shape."""
    return {
        "schema": SCHEMA,
        "runs": to_json(past.runs),
        "lists": to_json(past.lists),
        "questions": [
            {
                **to_json(asked.past),
                "flaky": asked.flaky,
                "last_failure": asked.label or None,
                "outcomes": {
                    run: [one.outcome.value for one in found] for run, found in asked.found.items()
                },
                "taken_from": {
                    run: [one.taken_from or None for one in found]
                    for run, found in asked.found.items()
                    if any(one.taken_from for one in found)
                },
            }
            for asked in _asked(past)
        ],
    }


def _asked(past: Past) -> list[_Asked]:
    verdicts: dict[tuple[str, ...], dict[str, list[PastVerdict]]] = {}
    labels: dict[tuple[str, ...], dict[str, str]] = {}
    for verdict in past.verdicts:
        of_run = verdicts.setdefault(verdict.question, {}).setdefault(verdict.run_id, [])
        of_run.append(verdict)
        if verdict.outcome is Outcome.FAILED:
            labels.setdefault(verdict.question, {})[verdict.run_id] = verdict.label
    newest_first = [run.id for run in past.runs]
    found = []
    for question in past.questions:
        of_question = verdicts.get(question.question, {})
        failed = labels.get(question.question, {})
        found.append(
            _Asked(
                past=question,
                found=of_question,
                label=next((failed[run] for run in newest_first if run in failed), ""),
                flaky=is_flaky(
                    _asked_in(of_question.get(run, ())) for run in reversed(newest_first)
                ),
            )
        )
    return found


def _asked_in(found: _InRun) -> list[Outcome]:
    """The outcomes of what a run itself asked."""
    return [one.outcome for one in found if not one.taken_from]


def _table(
    runs: Sequence[PastRun],
    questions: Sequence[_Asked],
    *,
    one_model: bool,
    width: int,
    unicode: bool,
) -> list[str]:
    """A line for each run, a column for each probe."""
    by_probe: dict[str, list[_Asked]] = {}
    for asked in questions:
        by_probe.setdefault(asked.past.probe, []).append(asked)
    probes = tuple(by_probe)
    cell = _mark(unicode) if one_model else _share
    rows = [
        (run, [cell([a.found.get(run.id, []) for a in by_probe[p]]) for p in probes])
        for run in runs
    ]
    rows = [(run, cells) for run, cells in rows if any(cells)]
    names = tuple(map(visible, probes))
    widest = max((len(one) for _, cells in rows for one in cells), default=1)
    heads, gap, each = heads_of(names, width - _BESIDE, widest=widest)
    lines = []
    for start in range(0, len(probes), each):
        group = range(start, min(start + each, len(probes)))
        sizes = {at: max(len(heads[at]), widest) for at in group}
        above = gap.join(heads[at].ljust(sizes[at]) for at in group)
        lines += [""] if start else []
        lines.append(f"{'run'.ljust(_ID_COLUMNS)}  {'started'.ljust(_MOMENT)}  {above}".rstrip())
        for run, cells in rows:
            shown = gap.join(cells[at].ljust(sizes[at]) for at in group)
            name = fit(visible(run.id), _ID_COLUMNS)
            lines.append(f"{name}  {show_moment(run.started_at)}  {shown}".rstrip())
    if heads != names:
        lines += side_by_side([f"{h} {n}" for h, n in zip(heads, names, strict=True)], width)
    return [*lines, *_legend(questions, one_model=one_model, unicode=unicode)]


def _mark(unicode: bool) -> Any:
    def cell(of_models: Sequence[_InRun]) -> str:
        mark = _mark_in(of_models[0])
        return (mark.sign if unicode else mark.plain).strip()

    return cell


def _mark_in(found: _InRun) -> Mark:
    """The mark of one question in one run."""
    asked = _asked_in(found)
    return _TAKEN_OVER if found and not asked else mark_of(asked)


def _share(of_models: Sequence[_InRun]) -> str:
    """How many models passed of those that were judged, and how many were not asked; "" for none."""
    marks = [_mark_in(found) for found in of_models if found]
    passed, judged = marks.count(WORKS), sum(mark in MARKS[:3] for mark in marks)
    taken = marks.count(_TAKEN_OVER)
    told = [f"{passed}/{judged}"] * bool(judged) + [f"{_TAKEN_OVER.sign}{taken}"] * bool(taken)
    return " ".join(told) or "-" * bool(marks)


def _legend(questions: Sequence[_Asked], *, one_model: bool, unicode: bool) -> list[str]:
    used = {_mark_in(found) for asked in questions for found in asked.found.values()}
    marks = [f"{m.sign if unicode else m.plain} {m.words}" for m in MARKS if m in used]
    told = ["   ".join(marks) if one_model else "passed/judged"]
    if _TAKEN_OVER in used:
        told.append(f"{_TAKEN_OVER.sign}{'' if one_model else 'N'} {_TAKEN_OVER.words}")
    return [f"  {line}" for line in told if line]


def _states(
    questions: Sequence[_Asked], failing: ListPast | None, *, one_model: bool, width: int
) -> list[str]:
    """What holds now: of one model for every probe, of several for what does not simply work.

    While the list is `failing` nothing is asked, and what passed says nothing of now.
    """
    lines = [] if failing is None else wrapped(_state_of_list(failing), "  ", width=width)
    works = "works" if failing is None else "passed when it was asked last"
    told = []
    for asked in questions:
        state = _state(asked)
        if state or one_model:
            told.append((*asked.past.question, state or works))
    for alike in said_once(told):
        names = [", ".join(alike.probes)] if one_model else [some(alike.models), some(alike.probes)]
        lines += wrapped(f"{' / '.join(names)}: {alike.words}", "  ", width=width)
    return lines or ["  all of it works"]


def _state_of_list(failing: ListPast) -> str:
    read = failing.last_read
    last = f"last read {show_moment(read.started_at)}" if read else "never read"
    since = _since(failing.fails_since, failing.failing_runs, failing.label)
    return f"the model list: {since}; {last}"


def _since(first: PastRun, runs: int, label: str) -> str:
    told = f"fails since {show_moment(first.started_at)} ({runs} run{'' if runs == 1 else 's'})"
    return f"{told}, {label}" if label else told


def _state(asked: _Asked) -> str:
    """Failing, flaky or not judged, in words; "" for what works."""
    past = asked.past
    last = (
        f"last passed {show_moment(past.last_passed.started_at)}"
        if past.last_passed
        else "never passed"
    )
    flaky = "flaky, " if asked.flaky else ""
    if past.fails_since is not None:
        return f"{flaky}{_since(past.fails_since, past.failing_runs, asked.label)}; {last}"
    if past.first_seen is None:
        return "asked in no run that is kept"
    if past.last_passed is None:
        return "never judged"
    return (
        f"flaky, failed {past.failed} of {past.passed + past.failed} times; {last}" if flaky else ""
    )
