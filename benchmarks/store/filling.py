"""Stores of a given size: results as runs leave them, and months of sums."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gatewayz.core import (
    Attempt,
    Case,
    Culprit,
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
from gatewayz.core.probe_results import ProbeResult
from gatewayz.measure.results import probe_result
from gatewayz.store import Store, open_store
from gatewayz.store.results import result_row
from gatewayz.store.rows import Row, checksum, run_row, verdict_row
from gatewayz.store.summary_schema import DAYS, HOURS, MODEL_DAYS, SUMMED_RUNS
from gatewayz.store.tables import RESULTS, RUNS, VERDICTS

GATEWAYS, MODELS = 14, 50
PROBES = ("chat", "streaming", "tool_call", "json_mode", "vision", "stop_sequences", "usage")
NOW = datetime(2026, 11, 26, tzinfo=UTC)
_FAILS = 0.02
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A store with so many results. Bytes are those of the file; CPU is in seconds."""

    store: Store
    results: int
    size: int


def verdict(gateway: int, model: int, probe: str, at: datetime, chance: random.Random) -> Verdict:
    """A result as a stream of 40 pieces leaves it."""
    failed = chance.random() < _FAILS
    first = chance.lognormvariate(-1.2, 0.5)
    chunks = tuple(first + 0.02 * n for n in range(40))
    attempt = Attempt(
        url=f"https://api.gateway-{gateway}.example/v1/chat/completions",
        status=200,
        streamed=True,
        started_at=at,
        headers={"content-type": "text/event-stream", "x-request-id": f"{chance.random():.16f}"},
        reply=Reply(
            text="The word that you asked me to say is: blue heron. " * 4,
            usage=Usage(input_tokens=31, output_tokens=48),
        ),
        timing=Timing(
            first_byte_s=first, first_token_s=first, chunks_s=chunks, total_s=chunks[-1] + 0.01
        ),
    )  # fmt: skip
    case = Case(gateway=f"gateway-{gateway}", probe=probe, model=Model(id=f"maker/model-{model}"))
    return Verdict(
        observation=Observation(case=case, attempts=(attempt,)),
        outcome=Outcome.FAILED if failed else Outcome.PASSED,
        failure=failure("server-500-json", "internal error") if failed else None,
    )


def _question(number: int) -> tuple[int, int, str]:
    """Gateway, model and probe of one result out of many."""
    model = number // GATEWAYS
    return number % GATEWAYS, model % MODELS, PROBES[model // MODELS % len(PROBES)]


def write_run(store: Store, number: int, results: int, *, at_once: int) -> float:
    """One run with so many results, kept as a roll call keeps them; the CPU it took."""
    chance = random.Random(number)
    at = NOW - timedelta(hours=number)
    verdicts = [verdict(*_question(n), at, chance) for n in range(results)]
    run = Run(id=f"20261126-{number:06d}-bench", started_at=at)
    began = time.process_time()
    store.begin_run(run)
    for first in range(0, results, at_once):
        store.record(run.id, verdicts[first : first + at_once])
    store.finish_run(replace(run, status=RunStatus.FINISHED, finished_at=at))
    return time.process_time() - began


def fill(file: Path, results: int, per_run: int) -> Filled:
    """So many results in hourly runs, in rows as `record` writes them; nothing of it is summed."""
    store = open_store(file)
    chance = random.Random(5)
    at = NOW - timedelta(days=30)
    whole = [verdict(*_question(n), at, chance) for n in range(per_run)]
    rows = [verdict_row("", one) for one in whole]
    narrow = [result_row(probe_result(one, "", at)) for one in whole]
    session = store.copies._session  # noqa: SLF001 -- a bench fills what it measures
    for number in range(results // per_run):
        began = at + timedelta(hours=number)
        run = Run(
            id=f"r-{number:06d}", started_at=began, finished_at=began, status=RunStatus.FINISHED
        )
        with session.writing() as connection:
            connection.execute(RUNS.insert(), run_row(run))
            connection.execute(SUMMED_RUNS.insert(), {"run_id": run.id, "up_to": 2**62, "done": 1})
            for first in range(0, per_run, _AT_ONCE):
                some = [_again(row, run.id, began) for row in rows[first : first + _AT_ONCE]]
                connection.execute(VERDICTS.insert(), some)
                some = [_narrow(row, run.id, began) for row in narrow[first : first + _AT_ONCE]]
                connection.execute(RESULTS.insert(), some)
    return Filled(store=store, results=results, size=store.copies.size() or 0)


def _again(row: Row, run_id: str, at: datetime) -> Row:
    again = {**row, "run_id": run_id, "started_at": at.isoformat()}
    return {**again, "checksum": checksum(again)}


def _narrow(row: Row, run_id: str, at: datetime) -> Row:
    again = {**row, "run_id": run_id, "at": at.isoformat()}
    return {**again, "checksum": checksum(again)}


def a_day(day: datetime) -> Iterator[ProbeResult]:
    """A day of hourly roll calls: every probe to every model of every gateway."""
    chance = random.Random(1)
    for hour in range(24):
        for gateway in range(GATEWAYS):
            for model in range(MODELS):
                for probe in PROBES:
                    bad = chance.random() < _FAILS
                    ttft = chance.lognormvariate(-1.2, 0.5)
                    yield ProbeResult(
                        gateway=f"gateway-{gateway}",
                        way="direct",
                        model=f"maker/model-{model}",
                        probe=probe,
                        at=day + timedelta(hours=hour),
                        outcome=Outcome.FAILED if bad else Outcome.PASSED,
                        kind="server-500-json" if bad else "",
                        failure_class="server-error" if bad else "",
                        culprit=Culprit.GATEWAY if bad else None,
                        ttft_s=None if bad else ttft,
                        latency_s=None if bad else ttft + 1,
                        decode_rate=None if bad else 40 + 9 * ttft,
                    )


def fill_sums(file: Path, days: int) -> tuple[Filled, float]:
    """Months of sums, and the CPU seconds that each result of the first day took to be summed.

    The first day is summed; the others have the same sums under their own dates, since summing all
    of them would take an hour.
    """
    store = open_store(file)
    first = NOW - timedelta(days=days - 1)
    results = list(a_day(first))
    began = time.process_time()
    per_hour = len(results) // 24
    for hour in range(24):
        part = results[hour * per_hour : (hour + 1) * per_hour]
        store.summaries.add(f"run-{hour}", part, after=None, up_to=0)
    each_s = (time.process_time() - began) / len(results)
    for table in (DAYS, HOURS, MODEL_DAYS):
        with store.copies._session.reading() as connection:  # noqa: SLF001
            rows = [dict(row) for row in connection.execute(table.select()).mappings()]
        for at in range(0, len(rows), _AT_ONCE):
            with store.copies._session.writing() as connection:  # noqa: SLF001
                for row in rows[at : at + _AT_ONCE]:
                    again = [{**row, "day": row["day"] + n} for n in range(1, days)]
                    connection.execute(
                        table.insert(), [{**one, "checksum": checksum(one)} for one in again]
                    )
    return Filled(store=store, results=len(results) * days, size=store.copies.size() or 0), each_s
