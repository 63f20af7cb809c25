"""What a store knows of the past of some models: the latest runs, and since when what holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gatewayz.core.case import Way
from gatewayz.core.run import RunStatus
from gatewayz.core.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """One run, as the past of a model names it."""

    id: str
    started_at: datetime
    status: RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVerdict:
    """How one question ended in one run; `label` names the failure, "" where there is none.

    `taken_from` is the earlier run whose verdict this is, where it was not asked again; "" where it was.
    """

    run_id: str
    gateway: str
    way: Way
    model: str
    probe: str
    outcome: Outcome
    label: str = ""
    taken_from: str = ""

    @property
    def question(self) -> tuple[str, Way, str, str]:
        """What was asked, of whom and on which way, whatever the run and the repeat."""
        return self.gateway, self.way, self.model, self.probe


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPast:
    """The whole past of one question to one model, over every run that is kept.

    `passed` and `failed` count verdicts; what was taken over from an earlier run counts once, where it
    was asked. `first_seen` is None where that is no run that is kept. `last_passed` is the latest run in
    which it passed at least once; `fails_since` the first run after that in which it failed, None where
    it does not fail now, and `failing_runs` how many there are from then on.
    """

    gateway: str
    way: Way
    model: str
    probe: str
    first_seen: PastRun | None = None
    last_passed: PastRun | None = None
    fails_since: PastRun | None = None
    failing_runs: int = 0
    passed: int = 0
    failed: int = 0

    @property
    def question(self) -> tuple[str, Way, str, str]:
        """What is asked, of whom and on which way."""
        return self.gateway, self.way, self.model, self.probe


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPast:
    """A gateway's model list that fails now, so that none of its models is asked.

    `last_read` is the latest run in which it gave anything, None where it never did; `fails_since` the
    first run after that in which it failed, `failing_runs` how many there are, `label` the failure's name
    in the last of them.
    """

    gateway: str
    way: Way
    fails_since: PastRun
    failing_runs: int
    label: str = ""
    last_read: PastRun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The latest runs that asked some models, the newest first, their verdicts, and each question.

    `lists` are the model lists of their gateways that fail now.
    """

    runs: tuple[PastRun, ...] = ()
    verdicts: tuple[PastVerdict, ...] = ()
    questions: tuple[QuestionPast, ...] = ()
    lists: tuple[ListPast, ...] = ()
