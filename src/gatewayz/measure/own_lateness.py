"""How late our own client was in two load runs, and what of their difference that may make.

docs/history.md, "Load runs", says each rule in words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gatewayz.core.held_up import LATE_S, LATE_SHARE
from gatewayz.core.load import WAKES_EVERY_S, LoadLine, LoadResult, ObjectiveResult
from gatewayz.measure.metrics import METRICS, OF_A_MOMENT, OF_THE_PLAN

# Which share of wake-ups is later than each percentile of how late they were.
_LATER = {"p99": 0.01, "p99.9": 0.001}
# In these our lateness is spread over the tokens of an answer.
_PER_TOKEN = ("itl", "decode_rate", "e2e_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """That of one run, in seconds.

    `late_s` is its 99th percentile, 0 where the client kept up. `per_token_s`
    is what it makes of the time that a token takes, `pause` which part of the time of an answer it is.
    `lags` are how late its loop was, each with the share of its wake-ups that were later; in an answer there
    are `wakes` of them.
    """

    late_s: float = 0.0
    per_token_s: float = 0.0
    pause: float = 0.0
    lags: tuple[tuple[float, float], ...] = ()
    wakes: float = 1.0
    most_s: float = LATE_S

    @classmethod
    def of(cls, result: LoadResult, line: LoadLine) -> Lateness:
        """That of a run, as it bears on one line of it."""
        lag = result.self_check.loop_lag
        late = lag.quantiles.get("p99")
        kept_up = not result.self_check.bottleneck or late is None or late.value is None
        late_s = 0.0 if kept_up or late is None else late.value or 0.0
        latency = line.metrics.get("latency")
        middle = latency.quantiles.get("p50") if latency is not None else None
        took_s = middle.value if middle is not None else None
        known = {share: lag.quantiles.get(name) for name, share in _LATER.items()}
        return cls(
            late_s=late_s,
            per_token_s=late_s / max(1.0, _tokens(line) - 1),
            pause=(late_s / took_s if took_s else math.inf) if late_s else 0.0,
            lags=(
                *((share, of.value) for share, of in known.items() if of is not None and of.value),
                (0.0, lag.largest or 0.0),
            ),
            wakes=max(1.0, (took_s or 0.0) / WAKES_EVERY_S),
            # Answers that were held up for longer are left out.
            most_s=max(LATE_S, LATE_SHARE * (took_s or 0.0)),
        )

    def adds_to(self, metric: str, share: float) -> float:
        """By how much it may make a time longer, or that of a token where the metric is a rate.

        `share` is that of the answers that have to be longer by it: half of them for a median.
        """
        if metric in OF_A_MOMENT:
            return max(self.late_s, self._at_worst(share))
        return self.per_token_s if metric in _PER_TOKEN else self.late_s

    def _at_worst(self, share: float) -> float:
        """How late the loop was at the worst moment of so large a share of the answers, at the most."""
        # So large a share of wake-ups falls into that share of answers, one into each.
        of_wakes = 1 - (1 - min(share, 0.999)) ** (1 / self.wakes)
        worst = next(lag for later, lag in self.lags if later <= of_wakes)
        return min(worst, self.most_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLateness:
    """That of both runs: what of a difference between them may be our doing.

    It makes times longer. Where the load `waits_for_us`, it makes them shorter, too: between an answer and the
    next request it is a pause, in which the others have the target for themselves.
    """

    before: Lateness
    after: Lateness
    waits_for_us: bool

    @classmethod
    def of(
        cls, before: LoadResult, one: LoadLine, after: LoadResult, other: LoadLine
    ) -> OwnLateness:
        """That of two runs, as it bears on a line of each."""
        levels = [stage.level for stage in after.shape.stages]
        return cls(
            before=Lateness.of(before, one),
            after=Lateness.of(after, other),
            # Several requests at once, each of which follows an answer that we have read.
            waits_for_us=after.shape.unit == "concurrency" and max(levels, default=1) > 1,
        )

    def may_make(self, metric: str, was: float, now: float, *, share: float = 0.5) -> bool:
        """Whether a value of the second run may be another than that of the first by our doing alone.

        `share` is that of the answers that have to be so: half of them for a median.
        """
        if METRICS[metric].unit != "s":  # a rate, as the time that it leaves for a token
            was, now = (1 / value if value else math.inf for value in (was, now))
        longer, shorter = (self.after, self.before) if now > was else (self.before, self.after)
        waited = min(was, now) * shorter.pause if self.waits_for_us and shorter.pause else 0.0
        return abs(now - was) <= longer.adds_to(metric, share) + waited

    def may_miss(self, missed: ObjectiveResult) -> bool:
        """Whether an objective that the first run met and the second misses may be missed by our doing."""
        objective, found = missed.objective, missed.estimate
        if (
            objective.metric in OF_THE_PLAN
        ):  # what was late once makes all that are due behind it late
            return self.after.late_s > 0
        value = found.value if found is not None else None
        # The first run was at the limit, or better.
        return value is not None and self.may_make(
            objective.metric, objective.limit, value, share=1 - objective.share
        )


def _tokens(line: LoadLine) -> float:
    """How many tokens an answer had, on average; 0 where nobody told."""
    told = sum(count for source, count in line.token_sources.items() if source)
    return line.output_tokens / told if line.output_tokens and told else 0.0
