"""What a load run is made of: whom it goes to, what each request came to, what they say together.

All moments are seconds after the start of the run (`LoadResult.started_at`), on a monotonic clock
that all processes of the run share; durations are seconds, rates per second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gatewayz.core.case import Way
from gatewayz.core.estimates import Estimate, Shift
from gatewayz.core.run import RunStatus
from gatewayz.core.spend import Audit, Spend
from gatewayz.core.verdict import Verdict

# What a step of load counts: requests under way at once, or starts per second.
LoadUnit = Literal["concurrency", "rate"]
# The turn of a request that is not to be set against those of other targets.
NO_TURN = -1
# Why a time since due is not known: the request waits still.
DUE_AND_NOT_SENT = "due and not sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One model behind one gateway, on one way; `name` is unique in a run, for people and reports."""

    name: str
    gateway: str
    model_id: str
    way: Way = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One request, reduced as soon as it was judged.

    `target` is a target's name, `stage` a stage's index. `intended_s` is when it was to be sent,
    `sent_s` when it was handed to the client, `ended_s` when it was over. `failure` is the label of
    what failed, "" for one that was delivered; `culprit` whose doing that is.
    `stamped_by` is who stamped its times (see `Timing`). `turn` is the number of its turn in the
    stage, in which every target is asked once; `NO_TURN` where it was asked another line than they.
    `values` are the metrics that could be measured (in the metric's unit, by its name), `missing` the
    reasons of those that could not, `estimated` what of those values rests on, where it was estimated. Tokens are None where nobody told them; `token_source` is
    "usage" or "". `cost_usd` is None where no price and no reported cost is known, and at most that with
    `cost_at_most`, where nobody tells what its cached input costs. `held_up_s` is
    the longest time our own event loop was late meanwhile.
    """

    target: str
    stage: int = 0
    turn: int = 0
    warm_up: bool = False
    intended_s: float = 0.0
    sent_s: float = 0.0
    ended_s: float = 0.0
    failure: str = ""
    culprit: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    estimated: Mapping[str, str] = field(default_factory=dict)
    input_tokens: int | None = None
    output_tokens: int | None = None
    token_source: str = ""
    chunks: int = 0
    cost_usd: float | None = None
    cost_at_most: bool = False
    held_up_s: float = 0.0
    stamped_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stretch of one load.

    `level` is so many requests at once (unit "concurrency", a closed shape: a request starts when
    another ends) or so many starts per second (unit "rate", an open shape: they start when they are
    due, whatever is still under way). It ends after `duration_s` or `requests`, whichever is first;
    None: no such bound. `title` is the level in words.
    """

    index: int
    title: str
    unit: LoadUnit
    level: float
    arrivals: Literal["", "constant", "poisson"] = ""
    duration_s: float | None = None
    requests: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadShape:
    """How the load goes: in words, and stage by stage.

    "most" is a search for the most load within the objectives; its stages are those that were tried.
    """

    kind: Literal["steady", "ramp", "sweep", "most"]
    unit: LoadUnit
    words: str
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A limit on a quantile of a metric: `ttft_p95=800ms`; `limit` is in the metric's unit."""

    text: str
    metric: str
    share: float
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveResult:
    """Whether an objective was met; `met` is None where nothing can be said, and `words` say why.

    `estimate` is over all requests, those that failed counting as over any limit; None where the
    quantile lies among those or nothing was measured.
    """

    objective: Objective
    met: bool | None
    words: str = ""
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """So many values in [low, high), in the metric's unit."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricLine:
    """One metric over the requests of a line that passed, in the metric's unit.

    `quantiles` holds "p50", "p90", "p95", "p99", as far as there are values; of gaps between chunks
    they have no interval, as gaps of one answer hang together. `relative_error` is how far a quantile
    may be off as a share of itself: 0 where it is a value that was seen, more where there were too
    many gaps to keep each. `together` counts gaps of 0 between chunks that came in one read.
    `missing` counts the reasons of those that could not be measured, `estimated` what those values
    rest on that were estimated and are in the figures. `buckets` are for pictures.
    """

    metric: str
    count: int = 0
    smallest: float | None = None
    largest: float | None = None
    quantiles: Mapping[str, Estimate] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    estimated: Mapping[str, int] = field(default_factory=dict)
    together: int = 0
    relative_error: float = 0.0
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A slice of time of one line, `width_s` long from `at_s`.

    `sent` by when they were sent, `passed` and `failed` by when they ended; `in_flight` is how many were
    under way in it at most. The medians are over those that passed in it, None without any.
    """

    at_s: float
    width_s: float
    sent: int = 0
    passed: int = 0
    failed: int = 0
    in_flight: int = 0
    ttft_s: float | None = None
    latency_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadLine:
    """One target in one stage.

    `sent` = `passed` + all `failed` (by label) + `unfinished` (under way when the run was stopped).
    `unsent` were due and had not been sent when it stopped. Rates are over `elapsed_s`, from the
    stage's start to the last end (of what is unfinished, to the stop), and over requests that passed; of a
    ramp's step, from its start to that of the next one, and over what came back meanwhile, also of those
    sent in the steps before; all None where nothing was sent. `series` are the slices of that time. Token sums are over requests that told them
    (`token_sources` counts those by source, "" for none); `chunks` of content are counted beside them. `good` are those known to have met every
    objective by themselves, `goodput_per_s` as many a second: None without objectives, and where that can
    be said of none that passed. `unjudged` counts those that passed of which nobody can tell, by the reason. `cost_usd` is over the `costed` requests
    whose cost is known, None without any; of `costed_at_most` of these no more than the most is known.
    """

    target: str
    stage: int
    title: str = ""
    started_s: float = 0.0
    elapsed_s: float | None = None
    sent: int = 0
    passed: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    unfinished: int = 0
    unsent: int = 0
    metrics: Mapping[str, MetricLine] = field(default_factory=dict)
    requests_per_s: float | None = None
    output_tokens_per_s: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    token_sources: Mapping[str, int] = field(default_factory=dict)
    chunks: int = 0
    goodput_per_s: float | None = None
    good: int | None = None
    unjudged: Mapping[str, int] = field(default_factory=dict)
    cost_usd: float | None = None
    costed: int = 0
    costed_at_most: int = 0
    objectives: tuple[ObjectiveResult, ...] = ()
    series: tuple[Moment, ...] = ()

    @property
    def failures(self) -> int:
        """How many failed, whatever the label."""
        return sum(self.failed.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two targets of one stage by one metric; `shift` is of the second against the first.

    Only turns count in which both have a value: `turns` of the `of_turns` that either has one in. So
    what one of them answers while the other fails decides nothing. `p_adjusted` is corrected for all
    comparisons of the run that could tell anything (Holm); the interval of `shift` is not. `told` is
    "slower", "faster", "under the floor" (a difference that is sure, and smaller than `floor`), "no
    difference seen", "too few" (no difference however large would be sure among so many comparisons),
    or "not compared" (too few because answers failed), of the second; of the last two `shift` holds no
    figure but its count. `limits` says what it leaves out, and why, "" for nothing; `words` is the
    sentence for people. `floor` is in the metric's unit.
    """

    metric: str
    stage: int
    first: str
    second: str
    shift: Shift
    p_adjusted: float | None = None
    floor: float | None = None
    told: str = ""
    words: str = ""
    turns: int | None = None
    of_turns: int | None = None
    limits: str = ""


# So often a client of a load looks how late its own loop is.
WAKES_EVERY_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCheck:
    """How well this client kept up: what it measured may be its own doing where it did not.

    `loop_lag` is how late our own event loops woke, `schedule_delay` how late requests were sent,
    both over all processes, in seconds. `cpu_share` is the CPU time of the busiest process as a
    share of the time that went by. `bottleneck` says that it was us; `words` say it to people.
    """

    processes: int = 1
    loop_lag: MetricLine = MetricLine(metric="loop_lag")
    schedule_delay: MetricLine = MetricLine(metric="schedule_delay")
    cpu_share: float | None = None
    bottleneck: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFailure:
    """One kind of failure at one target: how often, and a few verdicts to show."""

    target: str
    label: str
    culprit: str
    count: int
    examples: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MostLoad:
    """The most load at which a target met every objective.

    `level` is None where no step met them, or none could be told; `beyond` is the least level that
    missed them, None where none did. `words` is the sentence for people.
    """

    target: str
    unit: LoadUnit
    level: float | None
    beyond: float | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """One load run.

    `settings` and `environment` are JSON values without secrets. `warm_up` has a line per target of
    what was sent before and is in no figure. `notes` are lines on what limits the figures, and
    `stopped_why` says what ended the run before its bounds. `audits` hold what gateways reported as
    costs against prices and usage, over all requests, the warm-up's too. `spend` is what counts as
    spent of them under a cap on tokens or money, None without one. `left_out` has by target why nothing
    could be sent there under the cap, or no more once it was warm.
    """

    id: str
    started_at: datetime
    finished_at: datetime | None = None
    status: RunStatus = RunStatus.RUNNING
    shape: LoadShape
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    warm_up: tuple[LoadLine, ...] = ()
    lines: tuple[LoadLine, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    objectives: tuple[Objective, ...] = ()
    audits: tuple[Audit, ...] = ()
    spend: Spend | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    most: tuple[MostLoad, ...] = ()
    self_check: SelfCheck = SelfCheck()
    failures: tuple[LoadFailure, ...] = ()
    notes: tuple[str, ...] = ()
    stopped_why: str = ""
