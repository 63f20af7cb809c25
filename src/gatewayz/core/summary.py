"""Counts and percentiles over a run, ready to be rendered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gatewayz.core.case import CATALOG_PROBE
from gatewayz.core.paired import AddedTime, Interval
from gatewayz.core.spend import Spend
from gatewayz.core.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How some verdicts of one gateway ended, `number` of them alike.

    `of_list` says that they are about a model list, and so about no model; `retried` that they did
    not pass at the first try.
    """

    outcome: Outcome
    gateway: str = ""
    of_list: bool = False
    warned: bool = False
    retried: bool = False
    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many cases ended how, and beside them how many model lists did.

    `passed`, `failed`, `unknown` and `skipped` are cases put to a model. Of the passed, `warned`
    have a warning, and `retried` did not pass at the first try. `stopped` were planned and not
    judged yet when the run was stopped.

    A model list is no model and in none of these: `failed_lists` gave nothing to test,
    `unknown_lists` could not be judged, `warned_lists` were read and have a warning.
    `skipped_gateways` are those that were not called up, or of whose list nothing was to be tested.
    """

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    warned: int = 0
    retried: int = 0
    stopped: int = 0
    failed_lists: int = 0
    unknown_lists: int = 0
    warned_lists: int = 0
    skipped_gateways: int = 0

    @property
    def judged(self) -> int:
        """The denominator of a pass rate: passed and failed, nothing else."""
        return self.passed + self.failed

    @property
    def rate(self) -> float | None:
        """Share passed, 0 to 1; None over nothing, which is never 100 %."""
        return self.passed / self.judged if self.judged else None

    @property
    def any_failed(self) -> bool:
        """Whether a case or a model list failed."""
        return bool(self.failed or self.failed_lists)

    @property
    def any_unknown(self) -> bool:
        """Whether a case or a model list could not be judged."""
        return bool(self.unknown or self.unknown_lists)

    @property
    def tag(self) -> str:
        """OK, WARN, FAIL, UNKNOWN or SKIP: the word a summary line opens with."""
        if self.passed:
            whole = not (self.any_failed or self.any_unknown or self.stopped)
            return "OK" if whole else "WARN"
        if self.any_failed:
            return "FAIL"
        return "UNKNOWN" if self.any_unknown else "SKIP"


def tally(ended: Iterable[Ended]) -> Counts:
    """The one definition of what is counted as what; a list that was read is no passed case."""
    tallied: Counter[str] = Counter()
    skipped_gateways: set[str] = set()
    for one in ended:
        for name in _counted_as(one):
            tallied[name] += one.number
        if one.of_list and one.outcome is Outcome.SKIPPED:
            # On two ways it is still one gateway.
            skipped_gateways.add(one.gateway)
    return Counts(**tallied, skipped_gateways=len(skipped_gateways))


def _counted_as(one: Ended) -> Iterator[str]:
    """The numbers that a verdict adds to; a warning is counted where there is a usable answer."""
    passed = one.outcome is Outcome.PASSED
    if one.of_list:
        if passed and one.warned:
            yield "warned_lists"
        elif one.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
            yield f"{one.outcome.value}_lists"
        return
    yield one.outcome.value
    if passed and one.warned:
        yield "warned"
    if passed and one.retried:
        yield "retried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Order statistics of a sample, in the sample's unit; None where the sample is empty.

    `count` says how many values stand behind them, so that a reader can weigh them; an interval is
    None where they are too few to have one.
    """

    count: int = 0
    median: float | None = None
    p95: float | None = None
    lowest: float | None = None
    highest: float | None = None
    median_interval: Interval | None = None
    p95_interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySummary:
    """One gateway on one way: counts, and speed over what passed.

    `latency_s` and `ttft_s` are over passed cases; `reason` says why nothing of it was judged.
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
    """A failure that came both ways alike, which clears the backend.

    `cases` counts pairs of cases; for a model list that failed both ways, `of_list`, it is 1.
    """

    gateway: str
    failure: str
    cases: int
    of_list: bool = False


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
    """A run in numbers: per gateway and way, in all, and where two ways differ, fail alike or take longer.

    `timing` is what only the repeats of a question show. `spend` is what the calls took; None where
    nobody kept account, as before there was one. `notes` are sentences that belong beside the counts:
    what was not asked again, what is in quarantine.
    """

    gateways: tuple[GatewaySummary, ...] = ()
    total: Counts = Counts()
    differences: tuple[Difference, ...] = ()
    failing_both_ways: tuple[SharedFailure, ...] = ()
    added: tuple[AddedTime, ...] = ()
    timing: tuple[TimingFinding, ...] = ()
    spend: Spend | None = None
    elapsed_s: float | None = None
    notes: tuple[str, ...] = ()
