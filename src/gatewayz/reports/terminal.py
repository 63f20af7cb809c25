"""The printout: a block per gateway, the summary, and a status line while a run goes on.

The form is the original framework's, word for word; see docs/reports.md, "The printout".
"""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TextIO

from gatewayz.core import (
    Attempt,
    Counts,
    Gateway,
    GatewaySummary,
    Model,
    Outcome,
    Run,
    Summary,
    Verdict,
    Way,
)
from gatewayz.core.access import Access, access_in
from gatewayz.core.text import display_width, fit, visible
from gatewayz.core.units import show_seconds
from gatewayz.measure import METRICS, latency_s, ttft_s, waited_s
from gatewayz.reports._added import printed
from gatewayz.reports._blocks import WAY_WORDS, by_way_of, lanes_of, routes_in
from gatewayz.reports._counts import beside, first_try, listed, rate_of
from gatewayz.reports._matrix import DELIVERY, Told, can_show, matrix
from gatewayz.reports._panel import Panels, headline
from gatewayz.reports._report import Report
from gatewayz.reports._spend import spend_lines
from gatewayz.reports._status import StatusLine
from gatewayz.reports._wrapping import INDENT, width_of, wrapped

NAME_WIDTH = 36
SUMMARY_NAME_WIDTH = 21
_LONGEST_NAME = 40
# What a line takes beside the name: its place, the tag, the time.
_BESIDE_NAME = 32

_TAGS = {
    Outcome.PASSED: "OK",
    Outcome.FAILED: "FAIL",
    Outcome.SKIPPED: "SKIP",
    Outcome.UNKNOWN: "UNKNOWN",
}
_COLOURS = {"OK": "32", "WARN": "33", "FAIL": "31", "SKIP": "36", "UNKNOWN": "35"}


class Terminal:
    """Prints a run as it goes. Each call prints whole lines, and nothing a terminal would obey.

    stream    where to; standard output by default
    color     None: when the stream is a terminal and NO_COLOR is not set
    live      None: a status line when the stream is a terminal; never when it is not
    quiet     only the summary
    verbose   timings and usage below each line
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        color: bool | None = None,
        live: bool | None = None,
        quiet: bool = False,
        verbose: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._stream = stream if stream is not None else sys.stdout
        env = os.environ if environ is None else environ
        tty = self._stream.isatty()
        wanted = tty and not env.get("NO_COLOR") and env.get("TERM") != "dumb"
        self._color = wanted if color is None else color
        can_move = tty and env.get("TERM") != "dumb"
        self._quiet, self._verbose = quiet, verbose
        self._width = width_of(self._stream, env)
        self._rule = "=" * self._width
        self._told = Told()
        self._status = StatusLine(self._stream) if can_move and live is not False else None

    def line(self, text: str = "") -> None:
        """One line, as it is but for what a terminal would obey; also when quiet."""
        self._print([visible(text)])

    def note(self, text: str) -> None:
        """A remark, wrapped; nothing when quiet."""
        if not self._quiet:
            self._print(wrapped(text, "", width=self._width))

    def progress(
        self, done: int, total: int, *, eta_s: float | None = None, running: Iterable[str] = ()
    ) -> None:
        """The status line: how far the run is; nothing where there is no terminal to move on."""
        if self._status is None:
            return
        eta = f", about {show_seconds(eta_s)} left" if eta_s is not None else ""
        names = ", ".join(visible(name) for name in running)
        told = f"{done}/{total} done{eta}" if total else "Reading the model lists"
        self._status.show(told + (f"  {names}" if names else ""))

    def end_progress(self) -> None:
        """Takes the status line away for good, and gives the cursor back."""
        if self._status is not None:
            self._status.hide()
            self._status = None

    def gateway_block(
        self,
        name: str,
        *,
        way: Way = "direct",
        both: bool = False,
        chosen: int = 0,
        planned: int = 0,
        verdicts: Sequence[Verdict] = (),
        problem: Verdict | None = None,
        access: Gateway | Access | None = None,
    ) -> None:
        """A gateway's whole block, in the order of `verdicts`.

        `chosen` is how many models are tested, `planned` how many verdicts there would be had the
        run not been stopped; `problem` is the verdict over a catalogue that could not be read, or
        over a gateway that is skipped whole; `both` says that the run goes both ways, so that the
        title tells which this is. `access` fills in the remedies.
        """
        if self._quiet:
            return
        shown = visible(name)
        route = by_way_of(access.via) if access is not None else ""
        title = ", ".join([shown.upper(), *([route] if route else [])])
        title += f" ({WAY_WORDS[way]})" if both else ""
        lines = [self._rule, f"Testing Gateway: {title}", self._rule]
        if problem is None or problem.outcome is not Outcome.SKIPPED:
            lines.append(f"Fetching models from {shown}...")
        panels = Panels(access, width=self._width)
        if problem is not None:
            if problem.outcome is not Outcome.PASSED:  # a list that was read has only its oddities
                lines += self._headed(_TAGS[problem.outcome], headline(problem))
            lines += panels.below(problem, "", headed=True)
            lines += self._figures(problem)
        if verdicts:
            lines += [f"Testing {chosen} model{'' if chosen == 1 else 's'}", ""]
            total = max(planned, len(verdicts))
            several = len({verdict.observation.case.probe for verdict in verdicts}) > 1
            labels = self._questions(verdicts) if several else list(map(self._label, verdicts))
            before: Model | None = None
            for number, (verdict, label) in enumerate(zip(verdicts, labels, strict=True), 1):
                model = verdict.observation.case.model
                if several and (number == 1 or model != before):
                    lines += self._of_model(verdict, first=number == 1)
                before = model
                place = f"[{number}/{total}]"
                lines += self._verdict(place.ljust(_place_width(total)), label, verdict)
                lines += panels.below(verdict, place) + self._figures(verdict)
            if several:
                lines += ["", *self._matrix(verdicts)]
        self._print([*lines, ""])

    def summary(
        self,
        summary: Summary,
        *,
        unit: str = "models",
        via: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """The summary, quiet or not.

        `unit` is what is counted, see `unit_of`; `via` what each (gateway, way) was reached
        through, see `routes_in`.
        """
        both = len({line.way for line in summary.gateways}) > 1
        lines = [self._rule, "TEST SUMMARY", self._rule, ""]
        for line in summary.gateways:
            route = by_way_of((via or {}).get((line.gateway, line.way), ""))
            lines += self._summary_line(line, route, both=both)
        lines.append("")
        if summary.differences:
            lines += ["Direct and through the API differ:"]
            for d in summary.differences:
                place = " / ".join(part for part in (d.gateway, d.model, d.question) if part)
                lines += wrapped(
                    f"{place}: direct {d.direct}, API {d.api}; points at {d.points_at}",
                    "  ",
                    width=self._width,
                )
            lines.append("")
        if summary.failing_both_ways:
            lines += ["Failing both ways alike, so the backend is not to blame:"]
            for shared in summary.failing_both_ways:
                of_what = "the model list" if shared.of_list else f"{shared.cases}"
                told = f"{shared.gateway}: {shared.failure} ({of_what})"
                lines += wrapped(told, "  ", width=self._width)
            lines.append("")
        lines += printed(summary.added, self._width)
        lines += _timing_block(summary, self._width)
        spent = spend_lines(summary.spend, all_of_it=self._verbose)
        lines += _spend_block(spent, self._width)
        lines += _spend_block([visible(note) for note in summary.notes], self._width)
        lines += _total(summary.total, unit, self._width)
        self._print([*lines, self._rule])

    def _summary_line(self, line: GatewaySummary, route: str, *, both: bool) -> list[str]:
        counts = line.counts
        name = visible(line.gateway) + (" (api)" if both and line.way == "api" else "")
        if display_width(name) > _LONGEST_NAME:
            name = fit(name, _LONGEST_NAME)
        tag, indent = f"[{counts.tag}]", " " * (SUMMARY_NAME_WIDTH + 2)
        pad = " " * max(SUMMARY_NAME_WIDTH - display_width(f"{tag} {name}"), 0)
        start = f"{tag} {name}{pad}:"
        if counts.judged:
            rate = f"{(counts.rate or 0) * 100:5.1f}%"
            passed = f"{start} {counts.passed:2d}/{counts.judged:2d} passed ({rate})"
            told = [*_first_try(counts), *beside(counts), *([route] if route else [])]
            first, *rest = listed(passed, told, width=self._width, indent=indent)
        else:
            why = line.reason.partition("\n")[0]
            why = why or ("not judged" if counts.any_unknown else "not run")
            told = wrapped(", ".join([why, *([route] if route else [])]), indent, width=self._width)
            beside_it = f"{start} {told[0].strip()}"
            fits = display_width(beside_it) <= self._width
            first, *rest = [beside_it, *told[1:]] if fits else [start, *told]
        return [first.replace(tag, self._tag(counts.tag), 1), *rest]

    def _questions(self, verdicts: Sequence[Verdict]) -> list[str]:
        """What was asked, all in one width, where the model's name stands above."""
        cases = [verdict.observation.case for verdict in verdicts]
        names = [visible(c.probe) + (f" #{c.repeat + 1}" if c.repeat else "") for c in cases]
        width = min(max(map(display_width, names)) + 1, self._width - _BESIDE_NAME)
        return [fit(name, width) for name in names]

    def _of_model(self, verdict: Verdict, *, first: bool) -> list[str]:
        """The line above a model's questions; its word keeps a name from passing for a verdict."""
        word = "Model: "
        width = self._width - len(word)
        start, *rest = wrapped(_name_and_id(verdict), "", break_words=True, width=width) or [""]
        told = [f"{word}{start}", *(" " * len(word) + more for more in rest)]
        return told if first else ["", *told]

    def _label(self, verdict: Verdict) -> str:
        """The model's name, and which repeat it is, in 36 columns or fewer."""
        width = min(NAME_WIDTH, self._width - _BESIDE_NAME)
        name, repeat = _name(verdict), verdict.observation.case.repeat
        if not repeat:
            return fit(name, width)
        suffix = f" (#{repeat + 1})"
        room = width - display_width(suffix)
        if display_width(name) > room:
            name = fit(name, max(room, 1))
        return fit(name + suffix, width)

    def _verdict(self, place: str, label: str, verdict: Verdict) -> list[str]:
        last = verdict.observation.last
        seconds = waited_s(last) if last else None
        took = f" ({show_seconds(seconds)})" if seconds is not None else ""
        return [f"{place} {label}... {self._tag(_TAGS[verdict.outcome])}{took}"]

    def _matrix(self, verdicts: Sequence[Verdict]) -> list[str]:
        return matrix(
            verdicts,
            width=self._width,
            unicode=can_show(self._stream),
            paint=self._painted,
            told=self._told,
        )

    def _figures(self, verdict: Verdict) -> list[str]:
        """How fast it was and what it took, when that is asked for."""
        return wrapped(_figures(verdict), INDENT, width=self._width) if self._verbose else []

    def _headed(self, word: str, text: str) -> list[str]:
        """A tag and its text, wrapped as one; the colour takes no columns."""
        first, *rest = wrapped(f"[{word}] {text}", "", break_words=True, width=self._width)
        return [first.replace(f"[{word}]", self._tag(word), 1), *(INDENT + x for x in rest)]

    def _tag(self, word: str) -> str:
        return self._painted(f"[{word}]", word)

    def _painted(self, text: str, word: str) -> str:
        """A text in the colour of a tag."""
        return f"\x1b[{_COLOURS[word]}m{text}\x1b[0m" if self._color else text

    def _print(self, lines: Iterable[str]) -> None:
        text = "\n".join(lines) + "\n"
        if self._status is not None:
            with self._status.away():
                self._write(text)
        else:
            self._write(text)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            # A terminal that is not UTF-8: what it cannot show is shown as an escape.
            encoding = self._stream.encoding or "ascii"
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._stream.flush()


def unit_of(probes: Collection[str], ways: Collection[Way], *, repeated: bool) -> str:
    """What a run counts: "models" where each is asked once and for a plain answer, else "tests".

    A model that lacks a feature is not down, and one that is asked twice is not two.
    """
    plain = len(probes) == 1 and set(probes) <= set(DELIVERY)
    return "models" if plain and len(ways) <= 1 and not repeated else "tests"


def _total(total: Counts, unit: str, width: int) -> list[str]:
    """The last line, or lines where there is much beside what was judged."""
    told = f"TOTAL: {total.passed}/{total.judged} {unit} passed ({rate_of(total.rate)})"
    return listed(told, [*_first_try(total), *beside(total)], width=width)


def _name(verdict: Verdict) -> str:
    case = verdict.observation.case
    return visible(case.model.title if case.model else case.gateway)


def _name_and_id(verdict: Verdict) -> str:
    """The name for people and, where it is another, the id that `--models` takes."""
    name, model = _name(verdict), verdict.observation.case.model
    return name if model is None or model.title == model.id else f"{name} ({visible(model.id)})"


def _place_width(number: int) -> int:
    """Columns of the widest "[n/n]", so that what follows stands in one column."""
    return 2 * len(str(number)) + 3


def _figures(verdict: Verdict) -> str:
    seen, last = verdict.observation, verdict.observation.last
    if last is None:
        return ""
    usage = seen.reply.counted
    parts = [
        f"first token {show_seconds(ttft_s(last))}",
        f"whole answer {show_seconds(latency_s(last))}",
    ]
    if usage is not None:
        shown = ["?" if n is None else str(n) for n in (usage.input_tokens, usage.output_tokens)]
        parts.append(f"{shown[0]} tokens in, {shown[1]} out")
    parts += _flow(last)
    if len(seen.attempts) > 1:
        parts.append(f"{len(seen.attempts)} attempts")
    if seen.habits.told:
        parts.append(f"asked {seen.habits.told}")
    if seen.reply.model:
        parts.append(f"served as {seen.reply.model}")
    return ", ".join(parts)


def _flow(attempt: Attempt) -> list[str]:
    """How a stream flowed, as far as that can be measured."""
    rate, stall = (METRICS[name].of(attempt) for name in ("decode_rate", "longest_stall"))
    told = []
    if rate.value is not None:
        about, digits = "about " if rate.estimated else "", 0 if rate.value >= 100 else 1
        told.append(f"{about}{rate.value:.{digits}f} tokens/s")
    if stall.value is not None:
        told.append(f"longest stall {show_seconds(stall.value)}")
    return told


def _timing_block(summary: Summary, width: int) -> list[str]:
    """What only the repeats of a question show, below the gateways."""
    if not summary.timing:
        return []
    lines = ["Over the repeats:"]
    for found in summary.timing:
        way = " (api)" if found.way == "api" else ""
        place = f"{found.gateway}{way} / {found.model} / {found.probe}"
        told = f"{place}: {found.kind}: {found.measure}, {found.saw} (n={found.samples})"
        lines += wrapped(told, "  ", width=width)
    return [*lines, ""]


def _spend_block(told: Sequence[str], width: int) -> list[str]:
    """What it took, above the total."""
    lines = [line for text in told for line in _hanging(text, width)]
    return [*lines, ""] if lines else []


def _hanging(text: str, width: int) -> list[str]:
    first, *rest = wrapped(text, "", break_words=True, width=width - 2)
    return [first, *(f"  {line}" for line in rest)]


def _first_try(counts: Counts) -> list[str]:
    return [f"({told})" for told in first_try(counts)]


def print_run(
    terminal: Terminal, run: Run, summary: Summary, *, with_skipped: bool = False
) -> None:
    """A whole run at once: a block per gateway, then the summary.

    `with_skipped` has a block also of each gateway that was not to run; while a run goes on these
    have their line in the summary alone.
    """
    planned = Counter((case.gateway, case.way) for case in run.plan if case.model is not None)
    in_plan = set(run.plan)
    for lane, verdicts in lanes_of(run).items():
        problem = next((v for v in verdicts if v.observation.case.model is None), None)
        tested = [v for v in verdicts if v.observation.case.model is not None]
        # A list that was asked for stands in the plan, whatever came of it.
        was_to_run = tested or (problem is not None and problem.observation.case in in_plan)
        if not (was_to_run or (verdicts and with_skipped)):
            continue
        cases = [case for case in run.plan if (case.gateway, case.way) == (lane.gateway, lane.way)]
        models = {case.model for case in (*cases, *(v.observation.case for v in tested))}
        terminal.gateway_block(
            lane.gateway,
            way=lane.way,
            both=lane.told_apart,
            chosen=len(models - {None}),
            planned=planned[lane.gateway, lane.way],
            verdicts=tested,
            problem=problem,
            access=access_in(run, verdicts[0].observation.case),
        )
    terminal.summary(summary, unit=_unit_in(run), via=routes_in(run))


def _unit_in(run: Run) -> str:
    """What a run counts, by all that was planned in it or judged."""
    cases = (*run.plan, *(verdict.observation.case for verdict in run.verdicts))
    asked = [case for case in cases if case.model]
    return unit_of(
        {case.probe for case in asked} or {"chat"},
        {case.way for case in cases},
        repeated=any(case.repeat for case in asked),
    )


def render(run: Run, summary: Summary) -> bytes:
    """The same printout as plain text, for a file."""
    out = io.StringIO()
    print_run(Terminal(out, color=False, live=False), run, summary, with_skipped=True)
    return out.getvalue().encode("utf-8", "backslashreplace")


REPORT = Report(
    name="terminal",
    title="the printout as plain text",
    suffix=".txt",
    media_type="text/plain",
    render=render,
)
