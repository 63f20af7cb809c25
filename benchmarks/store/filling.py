"""Stores of a given size: results as runs leave them, and months of sums."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
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
from gatewayz.store.availability_schema import AVAILABLE_DAYS, AVAILABLE_MINUTES
from gatewayz.store.noun_rows import run_row, verdict_row
from gatewayz.store.results import result_row
from gatewayz.store.rows import Row, checksum
from gatewayz.store.run_order import add_run
from gatewayz.store.summary_schema import DAYS, HOURS, SUMMED_RUNS
from gatewayz.store.tables import RESULTS, VERDICTS

GATEWAYS, MODELS = 14, 50
PROBES = ("chat", "streaming", "tool_call", "json_mode", "vision", "stop_sequences", "usage")
NOW = datetime(2026, 11, 26, tzinfo=UTC)
_FAILS = 0.02
_AT_ONCE = 1000


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


def fill(file: Path, results: int, per_run: int) -> None:
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
            add_run(connection, run_row(run))
            connection.execute(SUMMED_RUNS.insert(), {"run_id": run.id, "up_to": 2**62, "done": 1})
            for first in range(0, per_run, _AT_ONCE):
                some = [_again(row, run.id, began) for row in rows[first : first + _AT_ONCE]]
                connection.execute(VERDICTS.insert(), some)
                some = [_narrow(row, run.id, began) for row in narrow[first : first + _AT_ONCE]]
                connection.execute(RESULTS.insert(), some)
    store.close()


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


def summing_s(file: Path, hours: int) -> float:
    """The CPU seconds that it takes to sum a result, hour by hour."""
    results = list(a_day(NOW))
    per_hour = len(results) // 24
    store = open_store(file)
    began = time.process_time()
    _sum_day(store, results[: hours * per_hour], per_hour)
    took = time.process_time() - began
    store.close()
    return took / (hours * per_hour)


def _sum_day(store: Store, results: list[ProbeResult], per_hour: int) -> None:
    for at in range(0, len(results), per_hour):
        store.summaries.add(f"run-{at}", results[at : at + per_hour], after=None, up_to=0)


def fill_sums(file: Path, days: int) -> int:
    """Months of sums; of how many results they are.

    The first day is summed; the others have the same sums under their own dates, since summing all
    of them would take an hour.
    """
    store = open_store(file)
    results = list(a_day(NOW - timedelta(days=days - 1)))
    _sum_day(store, results, len(results) // 24)
    session = store.copies._session  # noqa: SLF001
    for table in (DAYS, HOURS, AVAILABLE_DAYS, AVAILABLE_MINUTES):
        with session.reading() as connection:
            rows = [dict(row) for row in connection.execute(table.select()).mappings()]
        for at in range(0, len(rows), _AT_ONCE):
            with session.writing() as connection:
                for row in rows[at : at + _AT_ONCE]:
                    again = [{**row, "day": row["day"] + n} for n in range(1, days)]
                    connection.execute(
                        table.insert(), [{**one, "checksum": checksum(one)} for one in again]
                    )
    store.close()
    return len(results) * days
