"""When things happened: all calls of a run on one axis, and the tries of one case phase by phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from gatewayz.core import Outcome, Verdict
from gatewayz.core.attempt import Attempt, Timing
from gatewayz.core.units import show_seconds
from gatewayz.reports._blocks import Lane
from gatewayz.reports._markup import el
from gatewayz.reports._scales import Scale, tick_words
from gatewayz.reports._table_frame import Cell, framed, table
from gatewayz.reports._widgets import Tone, key_of

_WIDTH, _LEFT, _RIGHT, _BOTTOM = 960.0, 150.0, 14.0, 34.0
_CALL, _GAP = 6.0, 8.0
# More calls of a gateway than so many are drawn as how many were under way.
_MOST_CALLS = 250
_BINS, _BAND = 160, 34.0
_NAME_CHARS = 22
_MOST_TRIES = 8
_TONES: Mapping[Outcome, Tone] = {Outcome.PASSED: "good", Outcome.FAILED: "bad", Outcome.UNKNOWN: "unknown", Outcome.SKIPPED: "idle"}  # fmt: skip
# What became of a call, by its colour.
_WORDS: Mapping[Tone, str] = {
    "good": "passed",
    "warn": "tried again",
    "bad": "failed",
    "unknown": "unknown",
    "idle": "skipped",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt on the run's axis, in seconds after its start."""

    start: float
    end: float
    tone: Tone
    words: str


def calls_picture(started_at: datetime, lanes: Mapping[Lane, Sequence[Verdict]]) -> ET.Element | None:  # fmt: skip
    """All calls of a run, a band for each gateway; None where nothing was asked, not by an earlier run either."""
    bands = [(lane.title, calls) for lane, vs in lanes.items() if (calls := _calls(started_at, vs))]
    if not bands:
        taken_over = any(verdict.taken_from for vs in lanes.values() for verdict in vs)
        words = "No call was made: the verdicts are those of earlier runs."
        return el("p", words, cls="none") if taken_over else None
    last = max(call.end for _, calls in bands for call in calls)
    x = Scale(0.0, last or 1.0, _LEFT, _WIDTH - _RIGHT)
    rows: list[ET.Element] = []
    at = 6.0
    for title, calls in bands:
        drawn, height = _band(calls, x, at)
        name = title if len(title) <= _NAME_CHARS else f"{title[: _NAME_CHARS - 1]}…"
        rows.append(el("text", el("title", title), name, cls="title", x=_LEFT - 10, y=at + height / 2 + 4, text_anchor="end"))  # fmt: skip
        rows += drawn
        at += height + _GAP
        rows.append(el("line", cls="grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=at - 4, y2=at - 4))
    about = "Each bar is one try, from its start to its last byte; where there are many, how many were under way."  # fmt: skip
    svg = _canvas("The run's calls", about, at + _BOTTOM)
    svg.extend(_axis(x, at))
    svg.extend(rows)
    title = "When each call was made"
    caption = el("figcaption", el("strong", title), el("span", about))
    behind = el("details", el("summary", "The figures behind it"), _table(bands))
    return el("div", el("figure", caption, framed(svg, title), _key(bands), behind), cls="wide")


def _key(bands: Sequence[tuple[str, Sequence[Call]]]) -> ET.Element:
    """What the colours that are there mean, and how many calls have each."""
    counts = Counter(call.tone for _, calls in bands for call in calls)
    return key_of((words, counts[tone], tone) for tone, words in _WORDS.items())


def _table(bands: Sequence[tuple[str, Sequence[Call]]]) -> ET.Element:
    rows: list[Sequence[Cell]] = []
    there = {call.tone for _, calls in bands for call in calls}
    used = [(tone, words) for tone, words in _WORDS.items() if tone in there]
    for title, calls in bands:
        counts = Counter(call.tone for call in calls)
        first, last = min(call.start for call in calls), max(call.end for call in calls)
        longest = max(call.end - call.start for call in calls)
        rows.append(
            [
                el("bdi", title),
                f"{len(calls):,}",
                *(f"{counts[tone]:,}" for tone, _ in used),
                *map(show_seconds, (first, last, longest)),
            ]
        )
    heads = ["Gateway", "Calls", *(words.capitalize() for _, words in used), "First began after", "Last ended after", "Longest"]  # fmt: skip
    return table("The calls of each gateway, from the start of the run on", heads, rows)


def _calls(started_at: datetime, verdicts: Sequence[Verdict]) -> list[Call]:
    found = []
    for verdict in verdicts:
        # What was taken over was asked in an earlier run.
        if verdict.taken_from:
            continue
        case, tries = verdict.observation.case, verdict.observation.attempts
        for attempt in tries:
            if attempt.started_at is None:
                continue
            start = max(0.0, (attempt.started_at - started_at).total_seconds())
            lasted = attempt.timing.total_s or 0.0
            of = f"{case.model.id} / {case.probe}" if case.model else "model list"
            again = "" if attempt is tries[-1] else ", tried again"
            words = f"{of}: {verdict.outcome.value}{again}, {show_seconds(lasted)} from {show_seconds(start)}"  # fmt: skip
            tone = _TONES[verdict.outcome] if not again else "warn"
            found.append(Call(start, start + lasted, tone, words))
    return sorted(found, key=lambda call: call.start)


def _band(calls: Sequence[Call], x: Scale, top: float) -> tuple[list[ET.Element], float]:
    """What is drawn of one gateway, and how high it is."""
    if len(calls) > _MOST_CALLS:
        return _under_way(calls, x, top), _BAND
    ends: list[float] = []
    drawn = []
    for call in calls:
        row = next((n for n, end in enumerate(ends) if end <= call.start), len(ends))
        ends[row:] = [call.end, *ends[row + 1 :]]
        left, right = x.at(call.start), x.at(call.end)
        drawn.append(
            el("rect", el("title", call.words), cls=f"fill {call.tone}", x=left, y=top + row * (_CALL + 2),
               width=max(1.5, right - left), height=_CALL, rx=1.5)
        )  # fmt: skip
    return drawn, max(16.0, len(ends) * (_CALL + 2))


def _under_way(calls: Sequence[Call], x: Scale, top: float) -> list[ET.Element]:
    """How many calls were under way in each slice, by how they ended, piled up."""
    width = (x.end - x.start) / _BINS
    bins: list[dict[str, int]] = [{} for _ in range(_BINS)]
    for call in calls:
        first, last = (min(_BINS - 1, int((x.at(t) - x.start) / width)) for t in (call.start, call.end))  # fmt: skip
        for at in range(first, last + 1):
            bins[at][call.tone] = bins[at].get(call.tone, 0) + 1
    most = max(sum(one.values()) for one in bins) or 1
    drawn = []
    for at, counts in enumerate(bins):
        floor = top + _BAND
        for tone in ("good", "warn", "unknown", "bad"):
            if count := counts.get(tone, 0):
                height = _BAND * count / most
                floor -= height
                drawn.append(
                    el("rect", el("title", f"{count} under way"), cls=f"fill {tone}", x=x.start + at * width,
                       y=floor, width=width - 0.5, height=height)
                )  # fmt: skip
    return drawn


def _axis(x: Scale, floor: float) -> Iterator[ET.Element]:
    found = x.ticks(8)
    for value, words in zip(found, tick_words(found), strict=True):
        at = x.at(value)
        yield el("line", cls="grid", x1=at, x2=at, y1=0, y2=floor)
        yield el("text", words, x=at, y=floor + 14, text_anchor="middle")
    middle = (x.start + x.end) / 2
    yield el("text", "seconds after the start", cls="title", x=middle, y=floor + 29, text_anchor="middle")  # fmt: skip


def _canvas(title: str, about: str, height: float) -> ET.Element:
    svg = el("svg", el("title", title), el("desc", about), role="img", aria_label=f"{title}. {about}")  # fmt: skip
    svg.set("viewBox", f"0 0 {_WIDTH:g} {height:g}")
    return svg


# The phases of a try, by the moment each ends; their words and colours (`_style.py`).
_PHASES = (
    ("connect_s", "connecting", 0),
    ("sent_s", "sending", 5),
    ("first_byte_s", "waiting for the first byte", 4),
    ("first_token_s", "waiting for the first token", 3),
    ("last_byte_s", "receiving", 2),
)


def tries_picture(tries: Sequence[Attempt]) -> ET.Element | None:
    """How long each phase of each try took, in words and as a bar; None where nothing was timed."""
    timed = [attempt for attempt in tries if attempt.timing.total_s][:_MOST_TRIES]
    if not timed:
        return None
    longest = max(attempt.timing.total_s or 0.0 for attempt in timed)
    rows = [
        el("li", _bar(attempt.timing, longest), el("span", _told(number, attempt), cls="dim"))
        for number, attempt in enumerate(timed, 1)
    ]
    left = len(tries) - len(timed)
    more = el("li", f"and {left} more") if left > 0 else None
    return el("ol", *rows, more, cls="tries", aria_label="Tries")


def _phases(timing: Timing) -> list[tuple[str, float, float, int]]:
    """Each phase that was gone through: its words, its two ends in seconds, its colour."""
    found, begun = [], 0.0
    for name, words, colour in _PHASES:
        end: float | None = getattr(timing, name)
        if end is not None and end > begun:
            found.append((words, begun, end, colour))
            begun = end
    total = timing.total_s or 0.0
    if total > begun:
        found.append(("until the end", begun, total, 7))
    return found


def _bar(timing: Timing, longest: float) -> ET.Element:
    svg = el("svg", cls="try", aria_hidden="true")
    svg.set("viewBox", "0 0 100 4")
    svg.set("preserveAspectRatio", "none")
    for words, start, end, colour in _phases(timing):
        title = el("title", f"{words}: {show_seconds(end - start)}")
        share = 100 / longest
        svg.append(el("rect", title, cls=f"bar c{colour}", x=start * share, y=0, width=max(0.3, (end - start) * share), height=4))  # fmt: skip
    return svg


def _told(number: int, attempt: Attempt) -> str:
    ended = f"HTTP {attempt.status}" if attempt.status is not None else "no answer"
    if attempt.fault is not None:
        ended += f", {attempt.fault.name.value}"
    phases = ", ".join(
        f"{words} {show_seconds(end - start)}"
        for words, start, end, _ in _phases(attempt.timing)
        if end - start >= 0.005
    )
    return f"Try {number}: {ended} after {show_seconds(attempt.timing.total_s)}" + (f" ({phases})" if phases else "")  # fmt: skip


CSS = """
.tries{list-style:none;padding:0;margin:8px 0;font-size:.8125rem}
.tries li{margin:4px 0}
.try{display:block;width:100%;max-width:36rem;height:7px;border-radius:3px;background:var(--panel)}
"""
