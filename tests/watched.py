"""Stores with some runs and their sums, for pages to show."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gatewayz.core import (
    CATALOG_PROBE,
    Attempt,
    Case,
    Model,
    Observation,
    Outcome,
    Reply,
    Run,
    RunStatus,
    Timing,
    Usage,
    Verdict,
)
from gatewayz.core.failures import failure
from gatewayz.store import open_store

MODELS = ("openai/gpt-oss-120b", "meta-llama/llama-3.3-70b", "qwen/qwen3-32b")
OWN = "gw-our-own-key-of-this-test"


def verdict(gateway, model, probe, at, *, bad=False, text="no"):
    attempt = Attempt(
        url="https://api.example/v1/chat/completions",
        body={"model": model},
        status=500 if bad else 200,
        started_at=at,
        streamed=probe == "streaming",
        had_key=True,
        reply=None if bad else Reply(text="ok", model=model, finish_reason="stop", usage=Usage(output_tokens=9)),
        timing=Timing(sent_s=0.0, first_token_s=0.2, last_content_s=0.9, last_byte_s=1.0, total_s=1.0),
    )  # fmt: skip
    return Verdict(
        observation=Observation(
            case=Case(gateway=gateway, probe=probe, model=Model(id=model)), attempts=(attempt,)
        ),
        outcome=Outcome.FAILED if bad else Outcome.PASSED,
        failure=failure("server-500-json", text) if bad else None,
    )


def list_verdict(gateway, at, kind="", *, skip="", **changed):
    """A model list that failed by the name of a failure, or was not read, and why."""
    case = Case(gateway=gateway, probe=CATALOG_PROBE)
    if skip:
        return Verdict(observation=Observation(case=case), outcome=Outcome.SKIPPED, reason=skip)
    attempt = Attempt(url="https://api.example/v1/models", method="GET", status=500, started_at=at)
    seen = Observation(case=case, attempts=(attempt,))
    found = replace(failure(kind, "no"), **changed)
    return Verdict(observation=seen, outcome=Outcome.FAILED, failure=found)


def run_of(begun, verdicts, *, status=RunStatus.FINISHED):
    return Run(
        id=f"{begun:%Y%m%d-%H%M%S}-0001",
        started_at=begun,
        finished_at=begun + timedelta(minutes=1) if status is not RunStatus.RUNNING else None,
        status=status,
        plan=tuple(one.observation.case for one in verdicts),
        verdicts=tuple(verdicts),
    )


def keep(store, run):
    store.begin_run(replace(run, verdicts=()))
    store.record(run.id, run.verdicts)
    if run.status is not RunStatus.RUNNING:
        store.finish_run(run)


def fill(
    where, *, gateways=("groq", "xai"), models=MODELS, hours=(50, 26, 2, 1), text="no", summed=True
):
    """Runs so many hours ago; the last model of the last gateway fails in the last two of them."""
    now = datetime.now(UTC)
    store = open_store(where)
    for ago in hours:
        begun = now - timedelta(hours=ago)
        found = [
            verdict(gateway, model, probe, begun, bad=bad, text=text)
            for gateway in gateways
            for model in models
            for bad in [ago < 24 and (gateway, model) == (gateways[-1], models[-1])]
            for probe in ("chat", "streaming")
        ]
        keep(store, run_of(begun, found))
    if summed:
        store.summaries.roll_up()
    store.close()
