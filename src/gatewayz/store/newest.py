"""How every question came out last: the newest run that put it, however many have not since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, tuple_

from gatewayz.core import Culprit, Outcome, RunStatus, Way
from gatewayz.core.codec import moment_text
from gatewayz.core.probe_results import ProbeResult
from gatewayz.measure.sla import outcome_of
from gatewayz.store.first_hand import SAW_SOMETHING
from gatewayz.store.list_reads import read_since
from gatewayz.store.session import Session
from gatewayz.store.summary_schema import SUBJECTS, SUMMED_RUNS
from gatewayz.store.tables import RESULTS, RUNS

# So many results are gone back over: a day of a thousand models that are asked twice an hour.
MOST_RESULTS = 50_000
_AT_ONCE = 2000
# Models, or runs, of one statement. More runs than so many that wait to be summed are not looked into.
_AT_ONE_TIME, _MOST_RUNS = 400, 20
_ASKED = (RESULTS.c.gateway, RESULTS.c.model, RESULTS.c.probe)
_Question = tuple[str, str, str]
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
# How the reason begins of what was to be asked and was not: a cap, a refused key, the run's deadline.
_NOT_SENT = "not sent", "the run's deadline of "
_WAS_SENT = or_(
    RESULTS.c.outcome.not_in([Outcome.SKIPPED.value, Outcome.UNKNOWN.value]),
    and_(*(~RESULTS.c.reason.startswith(words, autoescape=True) for words in _NOT_SENT)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """One question as the newest run found it, over its repeats.

    `outcomes` are as they count (docs/sla.md): what failed by our own fault is unknown. `label` names what
    failed, "" where nothing did, and `by_feature` whether all that failed was the feature's own fault. `at`
    is when it was asked first; `ttft_s` and `latency_s` are of its last answer that has them, None where
    none has.
    """

    gateway: str
    model: str
    probe: str
    run_id: str
    at: datetime
    outcomes: tuple[Outcome, ...]
    label: str = ""
    by_feature: bool = False
    ttft_s: float | None = None
    latency_s: float | None = None


class KeptNewest:
    """The newest of everything in a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(
        self, *, since: datetime | None = None, way: Way = "direct", most: int = MOST_RESULTS
    ) -> tuple[Newest, ...]:
        """Every question that was put from `since` on, each as the newest run that put it found it.

        In the order of gateways. Model lists are not among them, nor what was only judged again, nor what
        was to be put and was not sent.
        """
        with self._session.reading() as connection:
            meant = [*_meant(connection, since, way), RESULTS.c.model != "", _WAS_SENT]
            runs = _newest_runs(connection, meant, _questions(connection, way), most)
            rows = _rows(connection, runs, way)
        oldest = moment_text(since) if since is not None else ""
        found: dict[_Question, list[Any]] = {}
        for row in rows:
            if row.at >= oldest:
                found.setdefault(row[:3], []).append(row)
        return tuple(_newest(one) for _, one in sorted(found.items(), key=lambda one: one[0][0]))

    def lists(
        self, asked: Iterable[Newest], *, since: datetime | None = None, way: Way = "direct"
    ) -> tuple[ProbeResult, ...]:
        """What was found last of each gateway as a whole, where it was not good; `asked` are all questions.

        A list that failed, a key that was missing. It is over once a run has read the list. Of a gateway
        without a question only a list that was asked for is told.
        """
        known = {one.gateway for one in asked}
        with self._session.reading() as connection:
            meant = _meant(connection, since, way)
            lasts = [_last_list(connection, name, meant) for name in _gateways(connection)]
            found = [
                one
                for one in lasts
                if one is not None
                and one.outcome is not Outcome.PASSED
                and (one.gateway in known or one.outcome is not Outcome.SKIPPED)
            ]
        return self.unread(found)

    def unread(self, lists: Sequence[ProbeResult]) -> tuple[ProbeResult, ...]:
        """Those of some results of lists whose list nobody has read since."""
        with self._session.reading() as connection:
            read = read_since(connection, lists)
        return tuple(one for one in lists if one.gateway not in read)


def _meant(connection: Connection, since: datetime | None, way: Way) -> list[Any]:
    """What was asked of one way from a moment on, and not only judged again."""
    again = list(connection.execute(select(RUNS.c.id).where(~SAW_SOMETHING)).scalars())
    meant = [RESULTS.c.way == way, RESULTS.c.run_id.not_in(again)]
    return meant if since is None else [*meant, RESULTS.c.at >= moment_text(since)]


def _last_list(connection: Connection, gateway: str, meant: Sequence[Any]) -> ProbeResult | None:
    """The last result of a gateway that is of none of its models."""
    names = (
        "at", "probe", "outcome", "way", "repeat", "run_id", "kind", "class", "culprit", "reason",
    )  # fmt: skip
    query = select(*(RESULTS.c[name] for name in names))
    query = query.where(RESULTS.c.gateway == gateway, RESULTS.c.model == "", *meant)
    query = query.order_by(RESULTS.c.at.desc(), RESULTS.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    if row is None:
        return None
    at, probe, outcome, way, repeat, run_id, kind, failure_class, culprit, reason = row
    return ProbeResult(
        datetime.fromisoformat(at), gateway, "", probe, _OUTCOMES[outcome], way, repeat, run_id,
        kind, failure_class, Culprit(culprit) if culprit else None, reason,
    )  # fmt: skip


def _gateways(connection: Connection) -> Iterator[str]:
    """All gateways that have results: one step through the index for each, however many results there are."""
    last = ""
    while True:
        after = select(func.min(RESULTS.c.gateway)).where(RESULTS.c.gateway > last)
        found = connection.execute(after).scalar()
        if found is None:
            return
        yield found
        last = found


def _newest_runs(
    connection: Connection, meant: Sequence[Any], wanted: set[_Question] | None, most: int
) -> dict[_Question, str]:
    """Which run put each question last; it goes back until all that are wanted are found.

    Of None it is not known how many there are.
    """
    query = select(*_ASKED, RESULTS.c.run_id).where(*meant)
    query = query.order_by(RESULTS.c.at.desc(), RESULTS.c.number.desc()).limit(most)
    found: dict[_Question, str] = {}
    left, is_sure = wanted, False
    with connection.execution_options(yield_per=_AT_ONCE).execute(query) as rows:
        for part in rows.partitions():
            for gateway, model, probe, run_id in part:
                found.setdefault((gateway, model, probe), run_id)
            if left is None:
                continue
            left = left - found.keys()
            if left and not is_sure:
                left, is_sure = _still_there(connection, meant, left), True
            if not left:
                break
    return found


def _questions(connection: Connection, way: Way) -> set[_Question] | None:
    """All questions that may have been put: those that were summed, and those of runs that were not.

    None where too much was not summed yet.
    """
    summed = select(SUMMED_RUNS.c.run_id).where(
        SUMMED_RUNS.c.run_id == RUNS.c.id, SUMMED_RUNS.c.done == 1
    )
    waits = (RUNS.c.status == RunStatus.RUNNING.value) | ~summed.exists()
    runs = list(connection.execute(select(RUNS.c.id).where(waits).limit(_MOST_RUNS + 1)).scalars())
    if len(runs) > _MOST_RUNS:
        return None
    names = SUBJECTS.c.gateway, SUBJECTS.c.model, SUBJECTS.c.probe
    known = select(*names).where(SUBJECTS.c.level == "gmp", SUBJECTS.c.way == way)
    fresh = select(*_ASKED).where(RESULTS.c.run_id.in_(runs), RESULTS.c.way == way).distinct()
    found = {row[:3] for query in (known, fresh) for row in connection.execute(query)}
    return {name for name in found if name[1]}


def _still_there(
    connection: Connection, meant: Sequence[Any], questions: set[_Question]
) -> set[_Question]:
    """Those that have any result at all: models come and go."""
    models = sorted({name[:2] for name in questions})
    there: set[_Question] = set()
    for at in range(0, len(models), _AT_ONE_TIME):
        some = tuple_(RESULTS.c.gateway, RESULTS.c.model).in_(models[at : at + _AT_ONE_TIME])
        query = select(*_ASKED).where(some, *meant).distinct()
        there.update(row[:3] for row in connection.execute(query))
    return questions & there


def _rows(connection: Connection, runs: Mapping[_Question, str], way: Way) -> list[Any]:
    """Each question's results in its run, the newest first."""
    ids = sorted(set(runs.values()))
    columns = (
        *_ASKED, RESULTS.c.run_id, RESULTS.c.outcome, RESULTS.c.kind,
        RESULTS.c["class"].label("failure_class"), RESULTS.c.culprit, RESULTS.c.at, RESULTS.c.number,
        RESULTS.c.ttft_s, RESULTS.c.latency_s,
    )  # fmt: skip
    found: list[Any] = []
    for at in range(0, len(ids), _AT_ONE_TIME):
        of_runs = RESULTS.c.run_id.in_(ids[at : at + _AT_ONE_TIME]), RESULTS.c.way == way, _WAS_SENT
        rows = connection.execute(select(*columns).where(*of_runs))
        found += [row for row in rows if runs.get(row[:3]) == row[3]]
    return sorted(found, key=attrgetter("at", "number"), reverse=True)


def _newest(rows: list[Any]) -> Newest:
    """One question out of the results of its newest run, of which the latest comes first."""
    latest, first = rows[0], rows[-1]
    outcomes = tuple(map(_outcome, rows))
    failed = {
        row.culprit
        for row, outcome in zip(rows, outcomes, strict=True)
        if outcome is Outcome.FAILED
    }
    return Newest(
        gateway=latest.gateway,
        model=latest.model,
        probe=latest.probe,
        run_id=latest.run_id,
        at=datetime.fromisoformat(first.at),
        outcomes=outcomes[::-1],
        label=next(
            (row.kind or row.failure_class for row in rows if row.kind or row.failure_class), ""
        ),
        by_feature=failed == {Culprit.FEATURE.value},
        ttft_s=next((row.ttft_s for row in rows if row.ttft_s is not None), None),
        latency_s=next((row.latency_s for row in rows if row.latency_s is not None), None),
    )


def _outcome(row: Any) -> Outcome:
    """How one result counts."""
    outcome = _OUTCOMES[row.outcome]
    if outcome is not Outcome.FAILED:  # most of a thousand models' need no second look
        return outcome
    culprit = Culprit(row.culprit) if row.culprit else None
    return outcome_of(
        ProbeResult(
            datetime.fromisoformat(row.at), row.gateway, row.model, row.probe, outcome,
            failure_class=row.failure_class, culprit=culprit,
        )
    )  # fmt: skip
