"""Probe results: a narrow row beside each verdict, so that a month of them is read in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, Select, func, select

from gatewayz.core import Culprit, Outcome, StoreError, Verdict, Way
from gatewayz.core.codec import from_json, loads, moment_text
from gatewayz.core.probe_results import ProbeResult
from gatewayz.core.text import well_formed
from gatewayz.measure.results import probe_result
from gatewayz.store.first_hand import SAW_SOMETHING
from gatewayz.store.inserts import insert
from gatewayz.store.rows import Row, checksum, damaged, words_of
from gatewayz.store.session import Session
from gatewayz.store.tables import RESULTS, RUNS, VERDICTS

# In the order of their names, in which their words are summed.
_NAMES = sorted(
    column.name for column in RESULTS.columns if column.name not in ("number", "checksum")
)
_COLUMNS = (RESULTS.c.checksum, *(RESULTS.c[name] for name in _NAMES))
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_CULPRITS: Mapping[str, Culprit | None] = {"": None, **{one.value: one for one in Culprit}}
# Stands for the start of a run that nobody needs to look up.
_NEVER = datetime.min.replace(tzinfo=UTC)
# So many rows are held at once, of however many there are.
_AT_ONCE = 2000
# What a result is of, whichever run judged it.
_Asked = tuple[datetime, str, str, str, str, int]


class KeptResults:
    """The probe results of a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def at_most(self) -> int:
        """No more results than so many are kept: told by their numbers, without counting them."""
        # Asked apart: SQLite looks at the end of an index for one of them, and at every row for both.
        ends = (select(end(RESULTS.c.number)).scalar_subquery() for end in (func.max, func.min))
        with self._session.reading() as connection:
            last, first = connection.execute(select(*ends)).one()
        return 0 if last is None else int(last - first) + 1

    def within(
        self,
        since: datetime,
        until: datetime,
        *,
        gateway: str | None = None,
        model: str | None = None,
    ) -> Iterator[ProbeResult]:
        """The results asked from `since` on and before `until`, in the order in which they were.

        `gateway` and `model` are exact names ("" for model lists). What was judged again later comes
        once, as it was judged last.
        """
        with self._session.reading() as connection:
            yield from read_results(
                connection, self._session.where, since, until, gateway=gateway, model=model
            )


def read_results(
    connection: Connection,
    shown: str,
    since: datetime,
    until: datetime,
    *,
    gateway: str | None = None,
    model: str | None = None,
) -> Iterator[ProbeResult]:
    """What `KeptResults.within` gives; `shown` names the store."""
    query = _within(since, until)
    for column, wanted in ((RESULTS.c.gateway, gateway), (RESULTS.c.model, model)):
        if wanted is not None:
            query = query.where(column == wanted)
    again = _only_judged_again(connection)
    later = _judged_last(_read(connection, shown, query, again, of=True))
    for result in _read(connection, shown, query, again, of=False):
        yield _as_judged_last(result, later)


def as_judged_last(
    connection: Connection, shown: str, results: Sequence[ProbeResult]
) -> list[ProbeResult]:
    """These results, what was judged again as it was judged last; `shown` names the store.

    A run that came by an import may come after the ones that judged it again.
    """
    again = _only_judged_again(connection) if results else []
    if not again:
        return list(results)
    first, last = min(one.at for one in results), max(one.at for one in results)
    query = _within(first, last + timedelta(microseconds=1))
    later = _judged_last(_read(connection, shown, query, again, of=True))
    return [_as_judged_last(result, later) for result in results]


def _only_judged_again(connection: Connection) -> list[str]:
    return list(connection.execute(select(RUNS.c.id).where(~SAW_SOMETHING)).scalars())


def _judged_last(results: Iterable[ProbeResult]) -> dict[_Asked, ProbeResult]:
    """Of each that was judged again the last judgement: a run's id begins with when it was made."""
    return {_asked(one): one for one in sorted(results, key=lambda one: one.run_id)}


def _as_judged_last(result: ProbeResult, later: Mapping[_Asked, ProbeResult]) -> ProbeResult:
    better = later.get(_asked(result)) if later else None
    return result if better is None else better._replace(run_id=result.run_id)


def _read(
    connection: Connection, shown: str, query: Select[Any], runs: Sequence[str], *, of: bool
) -> Iterator[ProbeResult]:
    """The results of these runs, or those of all others."""
    if not runs and of:
        return
    if runs:
        query = query.where(RESULTS.c.run_id.in_(runs) if of else RESULTS.c.run_id.not_in(runs))
    found = connection.execute(query.execution_options(yield_per=_AT_ONCE))
    form = words_of(_NAMES)
    for summed, *row in found:
        if crc32((form % tuple(row)).encode("utf-8", "replace")) != summed:
            raise StoreError(damaged(shown, "a result is not what was written"))
        yield _result(*row)


def _within(since: datetime, until: datetime) -> Select[Any]:
    times = RESULTS.c.at >= moment_text(since), RESULTS.c.at < moment_text(until)
    return select(*_COLUMNS).where(*times).order_by(RESULTS.c.at, RESULTS.c.number)


def _asked(result: ProbeResult) -> _Asked:
    return (*result[:4], result.way, result.repeat)


def _result(
    at: str, failure_class: str, culprit: str, decode_rate: float | None, gateway: str, kind: str,
    latency_s: float | None, model: str, outcome: str, probe: str, reason: str, repeat: int,
    run_id: str, ttft_s: float | None, way: Way,
) -> ProbeResult:  # fmt: skip
    """A result out of its row, in the order of `_NAMES`."""
    return ProbeResult(
        datetime.fromisoformat(at), gateway, model, probe, _OUTCOMES[outcome], way, repeat, run_id,
        kind, failure_class, _CULPRITS.get(culprit), reason, ttft_s, latency_s, decode_rate,
    )  # fmt: skip


def read_run_results(
    connection: Connection, run_id: str, after: int | None, shown: str
) -> tuple[int, list[ProbeResult]]:
    """The results of a run that come after a number (None: all), and the number of the last one."""
    query = select(RESULTS.c.number, *_COLUMNS).where(RESULTS.c.run_id == run_id)
    if after is not None:
        query = query.where(RESULTS.c.number > after)
    form, found, last = words_of(_NAMES), [], after or 0
    for number, summed, *row in connection.execute(query.order_by(RESULTS.c.number)).all():
        if crc32((form % tuple(row)).encode("utf-8", "replace")) != summed:
            raise StoreError(damaged(shown, "a result is not what was written"))
        found.append(_result(*row))
        last = number
    return last, found


def result_row(result: ProbeResult) -> Row:
    """The row of a result."""
    row = {
        "run_id": well_formed(result.run_id),
        "at": moment_text(result.at),
        "gateway": well_formed(result.gateway),
        "model": well_formed(result.model),
        "probe": well_formed(result.probe),
        "way": result.way,
        "repeat": result.repeat,
        "outcome": result.outcome.value,
        "kind": well_formed(result.kind),
        "class": well_formed(result.failure_class),
        "culprit": result.culprit.value if result.culprit else "",
        "reason": well_formed(result.reason),
        "ttft_s": result.ttft_s,
        "latency_s": result.latency_s,
        "decode_rate": result.decode_rate,
    }
    row["checksum"] = checksum(row)
    return row


def keep_results(connection: Connection, run_id: str, verdicts: Sequence[Verdict]) -> None:
    """Writes the results of verdicts that are written in the same transaction."""
    began = _NEVER
    if not all(map(_was_sent, verdicts)):
        query = select(RUNS.c.started_at).where(RUNS.c.id == well_formed(run_id))
        began = from_json(datetime, connection.execute(query).scalar_one())
    insert(connection, RESULTS, result_rows(verdicts, run_id, began))


def result_rows(verdicts: Iterable[Verdict], run_id: str, run_started_at: datetime) -> list[Row]:
    """The rows of a run's results.

    What was taken over from an earlier run was seen once, and is that run's result.
    """
    return [
        result_row(probe_result(verdict, run_id, run_started_at))
        for verdict in verdicts
        if not verdict.taken_from
    ]


def _was_sent(verdict: Verdict) -> bool:
    """Whether it says itself when it was asked."""
    attempts = verdict.observation.attempts
    return bool(attempts) and attempts[0].started_at is not None


def fill_results(connection: Connection) -> None:
    """Writes the results of all verdicts of a store that had none.

    A verdict that cannot be read gives none: reading it tells of the damage, as it did before.
    """
    last = None
    query = select(
        VERDICTS.c.number, VERDICTS.c.run_id, VERDICTS.c.verdict, RUNS.c.started_at
    ).join(RUNS, RUNS.c.id == VERDICTS.c.run_id)
    query = query.order_by(VERDICTS.c.number).limit(_AT_ONCE)
    while found := connection.execute(
        query if last is None else query.where(VERDICTS.c.number > last)
    ).all():
        rows = [row for one in found if (row := _of_kept(one)) is not None]
        if rows:
            insert(connection, RESULTS, rows)
        last = found[-1].number


def _of_kept(row: Any) -> Row | None:
    try:
        verdict = loads(Verdict, row.verdict)
        return result_row(probe_result(verdict, row.run_id, from_json(datetime, row.started_at)))
    except ValueError:
        return None
