"""Runs as what became of each of their questions: how often it passed, how fast, with what failure.

A question is a probe put to a model of a gateway on a way; the reading of a model list is one, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from gatewayz.core import CATALOG_PROBE, Attempt, Case, Model, Outcome, Run, Verdict, Way
from gatewayz.core.verdict import OUR_SIDE
from gatewayz.measure.metrics import METRICS
from gatewayz.measure.shares import Share

# Of a stream only what does not hang on how much the model says; of a whole answer all there is.
OF_STREAMS, OF_WHOLES = ("ttft", "decode_rate"), ("latency",)
# How the reason begins of what was to be asked and was not (after --fail-fast, a refused key).
_NOT_SENT = "not sent"


class Question(NamedTuple):
    """What is asked, of whom and on which way; `model` is "" for a model list."""

    gateway: str
    way: Way
    model: str
    probe: str

    @property
    def is_a_list(self) -> bool:
        """Whether this is the reading of a model list."""
        return not self.model

    @property
    def lane(self) -> tuple[str, Way]:
        """The gateway on its way."""
        return self.gateway, self.way

    @property
    def case(self) -> Case:
        """It as a case, of which no more is known."""
        model = Model(id=self.model) if self.model else None
        return Case(gateway=self.gateway, probe=self.probe, model=model, way=self.way)


@dataclass(slots=True)
class Became:
    """What became of one question over its repeats, and over the runs of one side.

    What failed on our own side (`OUR_SIDE`) is `unknown`: it says nothing of whom was asked.
    `failures` counts the names of failures with the side each lies on. `reason` says why it could not
    be judged, or was not asked; `ours` are those of the unknown that failed on our own side; `not_sent` counts what was to be asked and was not. `times` has the
    values of each metric of passed answers, in its unit. `taken_from` counts verdicts that stand from
    earlier runs, by these.
    """

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    reason: str = ""
    not_sent: int = 0
    ours: int = 0
    times: dict[str, list[float]] = field(default_factory=dict)
    taken_from: Counter[str] = field(default_factory=Counter)

    def has_the_answers_of(self, before: Became, runs: Set[str]) -> bool:
        """Whether nothing was asked since: all verdicts were taken over from the runs of the side before,
        or from another one's that it took over itself.
        """
        if not self._was_taken_over:
            return False
        theirs = before._was_taken_over and self.taken_from == before.taken_from
        return theirs or self.taken_from.keys() <= runs

    @property
    def _was_taken_over(self) -> bool:
        count = self.passed + self.failed + self.unknown + self.skipped
        return self.taken_from.total() == count > 0

    @property
    def share(self) -> Share:
        """Passed and failed."""
        return Share(self.passed, self.failed)

    @property
    def judged(self) -> int:
        """How many verdicts say whether it works."""
        return self.passed + self.failed

    def add(self, verdict: Verdict) -> None:
        """One more verdict on it."""
        found = verdict.failure
        failed = verdict.outcome is Outcome.FAILED
        is_ours = failed and found is not None and found.culprit in OUR_SIDE
        name = (Outcome.UNKNOWN if is_ours else verdict.outcome).value
        setattr(self, name, getattr(self, name) + 1)
        if verdict.taken_from:
            self.taken_from[verdict.taken_from] += 1
        self.ours += is_ours
        if is_ours and found is not None:
            self.reason = f"{found.label}, {found.culprit.value}"
        elif failed and found is not None:
            self.failures[found.label, found.culprit.value] += 1
        elif verdict.outcome is not Outcome.PASSED:
            self.reason = verdict.reason or (found.label if found is not None else "")
            self.not_sent += self.reason.startswith(_NOT_SENT)
        last = verdict.observation.last
        if verdict.outcome is Outcome.PASSED and last is not None and last.reply is not None:
            for metric, value in _times(last):
                self.times.setdefault(metric, []).append(value)


@dataclass(slots=True)
class Asked:
    """All questions of one side of a comparison.

    `planned` are those that were planned, judged or not; `models` are as the latest run has them.
    """

    questions: dict[Question, Became] = field(default_factory=dict)
    planned: set[Question] = field(default_factory=set)
    models: dict[tuple[str, Way, str], Model] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)
    _listed_at: dict[tuple[str, Way, str], datetime] = field(default_factory=dict)

    def add(self, run: Run) -> None:
        """One more run, or a part of one; they may come in any order."""
        self.runs.add(run.id)
        for case in (*run.plan, *(verdict.observation.case for verdict in run.verdicts)):
            model = case.model
            name = model.id if model is not None else ""
            self.planned.add(Question(case.gateway, case.way, name, case.probe))
            if model is not None and model.listed is not False:
                place = (case.gateway, case.way, model.id)
                if run.started_at >= self._listed_at.setdefault(place, run.started_at):
                    self._listed_at[place], self.models[place] = run.started_at, model
        told = set()
        for verdict in run.verdicts:
            question = question_of(verdict)
            told.add(question)
            # What stands from an earlier run of this side was seen once.
            if verdict.taken_from not in self.runs:
                self.became(question).add(verdict)
        # A list that was read without anything odd has no verdict of its own.
        for gateway, way in {question.lane for question in told if not question.is_a_list}:
            of_list = Question(gateway, way, "", CATALOG_PROBE)
            if of_list not in told:
                self.became(of_list).passed += 1

    def became(self, question: Question) -> Became:
        """What became of it, to be added to."""
        return self.questions.setdefault(question, Became())


def asked_in(runs: Iterable[Run]) -> Asked:
    """What became of the questions of several runs together, each looked at once and let go."""
    asked = Asked()
    for run in runs:
        asked.add(run)
    return asked


def question_of(verdict: Verdict) -> Question:
    """What a verdict is about."""
    case = verdict.observation.case
    return Question(case.gateway, case.way, case.model.id if case.model else "", case.probe)


def _times(attempt: Attempt) -> Iterable[tuple[str, float]]:
    """The times of an answer that may be compared with those of others to the same question."""
    for name in OF_STREAMS if attempt.streamed else OF_WHOLES:
        measured = METRICS[name].of(attempt)
        if measured.value is not None and measured.counted_by != "chunks":
            yield name, measured.value
