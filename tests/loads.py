"""Load runs to report on: made of random answers by a seed, summed up as a real one is."""

import random
from datetime import UTC, datetime, timedelta

from gatewayz.core import Attempt, Case, Model, Observation, Outcome, RunStatus, Verdict
from gatewayz.core.attempt import ErrorBody, Reply, Timing, Usage
from gatewayz.core.estimates import Shift
from gatewayz.core.failures import failure
from gatewayz.core.load import (
    Bucket,
    Comparison,
    LoadFailure,
    LoadLine,
    LoadResult,
    LoadShape,
    MetricLine,
    Moment,
    MostLoad,
    Objective,
    ObjectiveResult,
    SelfCheck,
    Stage,
    Target,
)
from gatewayz.core.verdict import Culprit
from gatewayz.measure import quantile_of
from gatewayz.measure.histograms import Histogram

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def metric_line(name, values, missing=None):
    ordered = sorted(values)
    buckets = Histogram(ordered).buckets()
    return MetricLine(
        metric=name,
        count=len(ordered),
        smallest=ordered[0] if ordered else None,
        largest=ordered[-1] if ordered else None,
        quantiles={key: quantile_of(ordered, share) for key, share in _SHARES.items()},
        missing=missing or {},
        buckets=tuple(Bucket(low=b.low, high=b.high, count=b.count) for b in buckets),
    )


def line(target, stage, *, level, started_s, seconds, slow=1.0, seed=0, per_s=12, fails=0.0):
    """One target in one stage: `per_s` requests a second, slower as the level grows."""
    rng = random.Random(f"{stage} {seed}")
    strain = slow * (1 + level / 24)
    ttfts, gaps, latencies, rates, series = [], [], [], [], []
    failed = 0
    for second in range(seconds):
        now_ttft, now_latency, lost = [], [], 0
        for _ in range(max(1, int(rng.gauss(per_s, per_s / 6)))):
            if rng.random() < fails:
                lost += 1
                continue
            ttft = strain * rng.lognormvariate(-1.5, 0.35) * (3 if rng.random() < 0.03 else 1)
            own = [strain * rng.lognormvariate(-4.2, 0.25) for _ in range(24)]
            now_ttft.append(ttft)
            now_latency.append(ttft + sum(own))
            gaps += own
            rates.append(len(own) / sum(own))
        failed += lost
        ttfts += now_ttft
        latencies += now_latency
        series.append(
            Moment(
                at_s=started_s + second,
                width_s=1.0,
                sent=len(now_ttft) + lost,
                passed=len(now_ttft),
                failed=lost,
                in_flight=int(level),
                ttft_s=sorted(now_ttft)[len(now_ttft) // 2] if now_ttft else None,
                latency_s=sorted(now_latency)[len(now_latency) // 2] if now_latency else None,
            )
        )
    passed = len(ttfts)
    objective = Objective(text="ttft_p95=800ms", metric="ttft", share=0.95, limit=0.8)
    estimate = quantile_of(sorted(ttfts), 0.95)
    return LoadLine(
        target=target,
        stage=stage,
        title=f"{level:g} at once",
        started_s=started_s,
        elapsed_s=float(seconds),
        sent=passed + failed,
        passed=passed,
        failed={"rate-limit": failed} if failed else {},
        metrics={
            "connect": metric_line("connect", [], {"connection reused": passed}),
            "ttft": metric_line("ttft", ttfts),
            "icl": metric_line("icl", gaps),
            "decode_rate": metric_line("decode_rate", rates),
            "latency": metric_line("latency", latencies),
        },
        requests_per_s=passed / seconds,
        output_tokens_per_s=passed * 25 / seconds,
        input_tokens=passed * 20,
        output_tokens=passed * 25,
        token_sources={"usage": passed},
        goodput_per_s=passed * 0.9 / seconds,
        cost_usd=passed * 0.00002,
        costed=passed,
        objectives=(
            ObjectiveResult(
                objective=objective, met=bool(estimate.value and estimate.value < 0.8),
                words="the 95th percentile", estimate=estimate,
            ),
        ),
        series=tuple(series),
    )  # fmt: skip


def failing(
    text="slow down", *, gateway="together", model="meta-llama/Llama-3.3-70B-Instruct-Turbo"
):
    """A verdict to show, with what came over the wire."""
    case = Case(gateway=gateway, probe="bench", model=Model(id=model))
    attempt = Attempt(
        url="https://api.example/v1/chat/completions",
        body={"model": model, "messages": [{"role": "user", "content": "Tell me " + text}]},
        status=429,
        had_key=True,
        started_at=NOON,
        error=ErrorBody(message=text),
        reply=Reply(text=text, usage=Usage(input_tokens=9)),
        timing=Timing(total_s=0.2),
    )
    return Verdict(
        observation=Observation(case=case, attempts=(attempt,)),
        outcome=Outcome.FAILED,
        failure=failure("rate-limit", text),
    )


def a_load(levels=(8,), *, seconds=20, names=None, text="slow down", **more):
    """A whole run of two targets over some levels of concurrency."""
    names = names or {
        "groq/llama-3.3-70b-versatile": ("groq", "llama-3.3-70b-versatile"),
        "together/meta-llama/Llama-3.3-70B-Instruct-Turbo": (
            "together", "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        ),
    }  # fmt: skip
    stages = tuple(
        Stage(
            index=i, title=f"{level} at once", unit="concurrency", level=level, duration_s=seconds
        )
        for i, level in enumerate(levels)
    )
    lines = tuple(
        line(name, stage.index, level=stage.level, started_s=stage.index * seconds,
             seconds=seconds, slow=1 + 0.6 * at, per_s=12, fails=0.04 * at, seed=at)
        for stage in stages for at, name in enumerate(names)
    )  # fmt: skip
    first, second, *_ = [*names, *names]
    comparisons = tuple(
        Comparison(
            metric=metric, stage=0, first=first, second=second,
            shift=Shift(0.12, 0.1, 0.15, 1e-6, 0.5, 200, True), p_adjusted=3e-6, told="slower",
            words=f"{second} is slower than {first} in {metric} by 120 ms (100 to 150 ms).",
        )
        for metric in ("ttft", "latency")
    ) if len(names) > 1 else ()  # fmt: skip
    gateway, model = list(names.values())[-1]
    result = {
        "id": "20260301-120000-abcdef",
        "started_at": NOON,
        "finished_at": NOON + timedelta(seconds=seconds * len(levels)),
        "status": RunStatus.FINISHED,
        "shape": LoadShape(
            kind="sweep" if len(levels) > 1 else "steady", unit="concurrency",
            words=f"closed: {', '.join(map(str, levels))} at once, {seconds} s each", stages=stages,
        ),
        "seed": 7,
        "settings": {"prompt": "short", "max_tokens": 32},
        "environment": {"gatewayz": "0.1.0", "python": "3.12.3", "cores": 2},
        "targets": tuple(
            Target(name=name, gateway=where, model_id=what) for name, (where, what) in names.items()
        ),
        "warm_up": tuple(
            LoadLine(target=name, stage=0, title="warm-up", sent=4, passed=4) for name in names
        ),
        "lines": lines,
        "comparisons": comparisons,
        "objectives": (Objective(text="ttft_p95=800ms", metric="ttft", share=0.95, limit=0.8),),
        "most": (
            MostLoad(target=first, unit="concurrency", level=32, beyond=64,
                     words=f"{first} meets every objective at up to 32 at once, and misses them at 64."),
        ) if len(levels) > 1 else (),
        "self_check": SelfCheck(
            processes=2,
            loop_lag=metric_line("loop_lag", [0.0001 * n for n in range(1, 200)]),
            schedule_delay=metric_line("schedule_delay", [0.00002 * n for n in range(1, 200)]),
            cpu_share=0.31,
            words="The client kept up: its own delays are far below what was measured.",
        ),
        "failures": (
            LoadFailure(target=second, label="rate-limit", culprit=Culprit.RATE_LIMIT.value, count=17,
                        examples=(failing(text, gateway=gateway, model=model),)),
        ),
        "notes": ("Prompts are unique per request, so that no cache answers for the model.",),
        "stopped_why": "every stage was run to its end",
    }  # fmt: skip
    return LoadResult(**{**result, **more})


def empty_load():
    """A run that was stopped before anything came of it."""
    return LoadResult(
        id="nothing",
        started_at=NOON,
        status=RunStatus.CANCELLED,
        shape=LoadShape(kind="steady", unit="rate", words="1 start per second"),
        stopped_why="stopped with Ctrl-C",
    )


__all__ = ["NOON", "a_load", "empty_load", "failing", "line", "metric_line"]
