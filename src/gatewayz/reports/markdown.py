"""Markdown for a pull request or a job's step summary: the table first, then what failed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from gatewayz.core import Outcome, Percentiles, Run, SharedFailure, Summary, Verdict
from gatewayz.core.access import access_in
from gatewayz.core.curl import curl_for
from gatewayz.core.remedies import advise, warning_text
from gatewayz.core.shown import forms_tried, question_of, shown_by
from gatewayz.core.text import fit, visible
from gatewayz.core.units import show_seconds
from gatewayz.reports._added import (
    TITLE,
    first_token,
    not_counted,
    own_account,
    place_of,
    whole_answer,
)
from gatewayz.reports._blocks import WAY_WORDS, Lane, by_way_of, lanes_of, routes_in
from gatewayz.reports._counts import beside, first_try, rate_of
from gatewayz.reports._matrix import MARKS, mark_of, rows_of
from gatewayz.reports._panel import others, sort_of
from gatewayz.reports._report import Report
from gatewayz.reports._spend import spend_lines

# GitHub cuts a step summary off at 1 MiB; the json report holds everything.
MAX_DETAILS = 50
MAX_LINES = 200
MAX_ALIKE = 8
_NAME_COLUMNS = 60

# What GitHub's Markdown may act on within a line, and nothing else, so that the file is read as well
# as the page: a colon outside an address, say, is none of it.
_MARKUP = re.compile(
    r"""
    [`*~\[<&|@$] | _+ | \#+ |
    \\(?=[!-/:-@\[-`{-~]|\Z) |
    (?<=www)\. | :(?=//) | (?<=mailto): | (?<=xmpp):
    """,
    re.IGNORECASE | re.VERBOSE,
)
# What would begin a block where a text is the first of a line, or of an item of a list.
_BLOCK = re.compile(r"\A(?:[0-9]+[.)](?=\s|\Z)|[-+](?=[-\s]|\Z)|[>#])")
# A backslash does not keep these from whatever looks at the text before or after Markdown does.
_ENTITIES = {"&": "&amp;", "<": "&lt;", "|": "&#124;", "@": "&#64;", "$": "&#36;"}
_LEGEND = ", ".join(f"{mark.sign} {mark.words}" for mark in MARKS)
_MARKS = {"OK": "✅", "WARN": "⚠️", "FAIL": "❌", "SKIP": "⏭️", "UNKNOWN": "❔"}


def render(run: Run, summary: Summary) -> bytes:
    """The document; nothing in it that a provider wrote is markup."""
    total = summary.total
    passed = "".join([f"{total.passed} passed", *(f" ({words})" for words in first_try(total))])
    told = (passed, f"{total.failed} failed", *beside(total))
    lines = [
        f"## Roll call: {total.passed}/{total.judged} passed ({rate_of(total.rate)})",
        "",
        f"Run `{_code(run.id)}`, {run.status.value}, begun {run.started_at:%Y-%m-%d %H:%M} UTC;",
        f"{', '.join(told)}.",
        "",
    ]
    lines += _summary_table(summary, routes_in(run))
    lines += _differences(summary)
    lines += _added(summary)
    lines += _shared(summary)
    lines += _listed("To know", [cell(note) for note in summary.notes])
    lines += _listed("What it took", [cell(line) for line in spend_lines(summary.spend)])
    verdicts = [verdict for group in lanes_of(run).values() for verdict in group]
    lines += _features(lanes_of(run))
    lines += _failures(run, verdicts)
    lines += _listed("Warnings", _warnings(verdicts))
    lines += _listed("Skipped", _skipped(verdicts))
    return ("\n".join(lines).rstrip() + "\n").encode()


def _summary_table(summary: Summary, routes: Mapping[tuple[str, str], str]) -> list[str]:
    both = len({line.way for line in summary.gateways}) > 1
    rows = [
        "| gateway | result | passed | rate | median latency | note |",
        "|---|---|---:|---:|---:|---|",
    ]
    for line in summary.gateways:
        counts = line.counts
        name = f"{line.gateway} ({line.way})" if both else line.gateway
        route = by_way_of(routes.get((line.gateway, line.way), ""))
        numbers = (*first_try(counts), *beside(counts, lists=not line.reason))
        note = "; ".join(filter(None, (*numbers, line.reason)))
        cells = (
            cell(", ".join(filter(None, (name, route)))),
            f"{_MARKS[counts.tag]} {counts.tag}",
            f"{counts.passed}/{counts.judged}",
            rate_of(counts.rate),
            _median(line.latency_s),
            cell(note),
        )
        rows.append("| " + " | ".join(cells) + " |")
    return [*rows, ""]


def _median(found: Percentiles) -> str:
    """A median with its interval, or the word that the sample is too small to have one."""
    if found.median is None:
        return "n/a"
    if found.median_interval is None:
        return f"{show_seconds(found.median)} (n={found.count}, few)"
    ends = (found.median_interval.low, found.median_interval.high)
    return f"{show_seconds(found.median)} ({' to '.join(map(show_seconds, ends))})"


def _differences(summary: Summary) -> list[str]:
    if not summary.differences:
        return []
    rows = ["### Direct and through the API differ", "", "| gateway | model | probe | direct | API | points at |", "|---|---|---|---|---|---|"]  # fmt: skip
    rows += [
        "| " + " | ".join(map(cell, (d.gateway, d.model, d.question, d.direct, d.api, d.points_at))) + " |"
        for d in summary.differences
    ]  # fmt: skip
    return [*rows, ""]


def _shared(summary: Summary) -> list[str]:
    if not summary.failing_both_ways:
        return []
    rows = ["### Failing both ways alike, so the backend is not to blame", ""]
    rows += ["| gateway | failure | cases |", "|---|---|---|"]
    rows += [
        f"| {cell(shared.gateway)} | {cell(shared.failure)} | {_shared_by(shared)} |"
        for shared in summary.failing_both_ways
    ]
    return [*rows, ""]


def _added(summary: Summary) -> list[str]:
    if not summary.added:
        return []
    rows = [f"### {TITLE}", ""]
    rows += ["| gateway | model | probe | first token | whole answer | own account | not counted |"]  # fmt: skip
    rows += ["|---|---|---|---|---|---|---|"]
    for added in summary.added:
        told = (first_token(added), whole_answer(added), own_account(added), not_counted(added))  # fmt: skip
        rows.append("| " + " | ".join(map(cell, (*place_of(added), *told))) + " |")
    return [*rows, ""]


def _shared_by(shared: SharedFailure) -> str:
    return "the model list" if shared.of_list else str(shared.cases)


def _features(lanes: Mapping[Lane, Sequence[Verdict]]) -> list[str]:
    """Models against probes, where there are several: which of them work."""
    lines: list[str] = []
    room = MAX_LINES
    for lane, verdicts in lanes.items():
        asked = [v for v in verdicts if v.observation.case.model is not None]
        probes = list(dict.fromkeys(v.observation.case.probe for v in asked))
        if len(probes) < 2:
            continue
        rows = list(rows_of(asked).items())
        if room:
            lines += [f"### What works: {cell(lane.title)}", ""]
            lines += ["| model | " + " | ".join(map(cell, probes)) + " |"]
            lines += ["|---|" + ":-:|" * len(probes)]
        for model, cells in rows[:room]:
            signs = " | ".join(mark_of(cells.get(probe, ())).sign for probe in probes)
            name = fit(visible(model.title if model else ""), _NAME_COLUMNS).rstrip()
            lines.append(f"| {cell(name)} | {signs} |")
        if room:
            lines.append("")
        room = max(0, room - len(rows))
    return [*lines, _LEGEND, ""] if lines else []


def _failures(run: Run, verdicts: Iterable[Verdict]) -> list[str]:
    """Each distinct failure of a gateway once, with the cases that it was met in."""
    groups: dict[tuple[str, ...], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
            case = verdict.observation.case
            groups.setdefault((case.gateway, case.way, *sort_of(verdict)), []).append(verdict)
    if not groups:
        return []
    lines = ["### Failed or unknown", ""]
    for group in list(groups.values())[:MAX_DETAILS]:
        lines += [*_failure(run, group[0]), *_alike(group[1:])]
    if len(groups) > MAX_DETAILS:
        lines += [f"... and {len(groups) - MAX_DETAILS} more; the json report holds them all.", ""]
    return lines


def _failure(run: Run, verdict: Verdict) -> list[str]:
    shown, access = shown_by(verdict), access_in(run, verdict.observation.case)
    advice, tried = advise(verdict, access), forms_tried(verdict)
    status = f"HTTP {shown.status} " if shown and shown.status not in (None, 200) else ""
    label = f"{status}{verdict.failure.label}" if verdict.failure else "unknown"
    evidence = verdict.failure.evidence if verdict.failure else verdict.reason
    lines = [f"#### {cell(_title(verdict))}: {cell(label)}"]
    if verdict.failure:
        lines += ["", f"**Points at:** {cell(verdict.failure.culprit)}"]
    if tried:
        lines += ["", f"**Tried:** {cell(tried)}"]
    if advice.cause:
        lines += ["", f"**Cause:** {cell(advice.cause)}"]
    if advice.remedy:
        lines += ["", f"**Remedy:** {cell(advice.remedy)}"]
    lines += [line for other in others(verdict) for line in ("", f"**Also:** {cell(other)}")]
    if evidence:
        lines += ["", *_fenced(evidence, "text")]
    if shown:
        lines += ["", *_fenced(curl_for(shown, access, question_of(verdict)), "sh")]
    return [*lines, ""]


def _alike(others: Sequence[Verdict]) -> list[str]:
    """The other cases that met the same failure."""
    if not others:
        return []
    named = ", ".join(cell(_title(verdict)) for verdict in others[:MAX_ALIKE])
    more = f" and {len(others) - MAX_ALIKE} more" if len(others) > MAX_ALIKE else ""
    return [f"The same in {named}{more}.", ""]


def _warnings(verdicts: Iterable[Verdict]) -> list[str]:
    return [
        f"{cell(_title(verdict))}: {cell(warning_text(finding))}"
        for verdict in verdicts
        for finding in verdict.warnings
    ]


def _skipped(verdicts: Iterable[Verdict]) -> list[str]:
    return [
        f"{cell(_title(verdict))}: {cell(verdict.reason)}"
        for verdict in verdicts
        if verdict.outcome is Outcome.SKIPPED
    ]


def _listed(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    shown = [f"- {item}" for item in items[:MAX_LINES]]
    if len(items) > MAX_LINES:
        shown.append(f"- ... and {len(items) - MAX_LINES} more; the json report holds them all.")
    return [f"### {title}", "", *shown, ""]


def _title(verdict: Verdict) -> str:
    case = verdict.observation.case
    parts = [case.gateway, *([case.model.id] if case.model else []), case.probe]
    return " / ".join(parts) + ("" if case.way == "direct" else f" ({WAY_WORDS[case.way]})")


def cell(text: str) -> str:
    """Text that Markdown shows as it is, in a table cell too."""
    shown = _MARKUP.sub(_escaped, visible(text).strip())
    return _BLOCK.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", shown)


def _escaped(found: re.Match[str]) -> str:
    text, (start, end) = found.string, found.span()
    if text[start] == "_" and text[start - 1 : start].isalnum() and text[end : end + 1].isalnum():
        return found[0]  # between letters, as in a variable's name
    if text[start] == "#" and end < len(text):
        return found[0]  # it closes a heading at its very end only
    return "".join(_ENTITIES.get(ch, f"\\{ch}") for ch in found[0])


def _code(text: str) -> str:
    return visible(text).replace("`", "'").replace("|", "/")


def _fenced(text: str, language: str) -> list[str]:
    shown = visible(text, keep_newlines=True)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", shown, fence]


REPORT = Report(
    name="markdown",
    title="a summary for people, fit for a job's step summary",
    suffix=".md",
    media_type="text/markdown",
    render=render,
)
