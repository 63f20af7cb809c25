"""Counts and percentiles over a run, ready to be rendered."""

from __future__ import annotations

from dataclasses import dataclass

from gatewayz.core.case import CATALOG_PROBE


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many cases ended how.

    Of the passed, `warned` have a warning, and `retried` did not pass at the first try. Of the
    failed, `failed_lists` are model lists that gave nothing to test.
    """

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    warned: int = 0
    retried: int = 0
    failed_lists: int = 0

    @property
    def judged(self) -> int:
        """The denominator of a pass rate: passed and failed, nothing else."""
        return self.passed + self.failed

    @property
    def rate(self) -> float | None:
        """Share passed, 0 to 1; None over nothing, which is never 100 %."""
        return self.passed / self.judged if self.judged else None

    @property
    def tag(self) -> str:
        """OK, WARN, FAIL, UNKNOWN or SKIP: the word a summary line opens with."""
        if self.judged and self.failed == 0:
            return "OK" if not self.unknown else "WARN"
        if self.passed:
            return "WARN"
        if self.failed:
            return "FAIL"
        return "UNKNOWN" if self.unknown else "SKIP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Order statistics of a sample, in the sample's unit; None where the sample is empty.

    `count` says how many values stand behind them, so that a reader can weigh them.
    """

    count: int = 0
    median: float | None = None
    p95: float | None = None
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySummary:
    """One gateway on one way: counts, and speed over what passed.

    `latency_s` and `ttft_s` are over passed cases; `reason` says why it was skipped or unknown.
    """

    gateway: str
    way: str
    counts: Counts
    latency_s: Percentiles = Percentiles()
    ttft_s: Percentiles = Percentiles()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A case that ended differently direct and through the API, and whom that points at."""

    gateway: str
    model: str
    probe: str
    direct: str
    api: str
    points_at: str

    @property
    def question(self) -> str:
        """What was asked, for people: a probe, or the model list."""
        return "model list" if self.probe == CATALOG_PROBE else self.probe


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFailure:
    """A failure that came both ways alike, which clears the backend; `cases` counts pairs."""

    gateway: str
    failure: str
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingFinding:
    """What the times of equal questions to one model say together; never drawn from one of them.

    `kind` names a row of the failure table. `samples` counts the answers behind it, `measure` says
    what was timed, `usual_s` is its median and `worst_s` the time that stands out, both in seconds.
    `saw` says it in words.
    """

    kind: str
    gateway: str
    way: str
    model: str
    probe: str
    samples: int
    measure: str
    usual_s: float
    worst_s: float
    saw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run in numbers: per gateway and way, in all, and where two ways differ or fail alike.

    `timing` is what only the repeats of a question show.
    """

    gateways: tuple[GatewaySummary, ...] = ()
    total: Counts = Counts()
    differences: tuple[Difference, ...] = ()
    failing_both_ways: tuple[SharedFailure, ...] = ()
    timing: tuple[TimingFinding, ...] = ()
    elapsed_s: float | None = None
