"""What a run is set against: the run before it, the last pass of each question, the runs of a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from gatewayz.core import CATALOG_PROBE, ConfigError, Outcome, Run, Verdict
from gatewayz.core.codec import loads, moment_text
from gatewayz.store.first_hand import OF_A_TEST
from gatewayz.store.noun_rows import read_run
from gatewayz.store.rows import check
from gatewayz.store.run_order import NEWEST_FIRST, comes_before
from gatewayz.store.session import Session
from gatewayz.store.tables import RUNS, VERDICTS

# Gateway, way, model ("" for a model list), probe.
_Question = tuple[str, str, str, str]
# So many runs are gone back over for a question that does not pass.
MOST_RUNS = 100


class KeptBaselines:
    """The runs of a store that another run is compared with.

    Runs that only judged another one again (`rejudge --save`) are none of them, nor are the rounds of a watch: each
    asks only what is due, and in a day there are more of them than are gone back over.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def newest(self) -> str:
        """The id of the newest run of `gatewayz test`. Raises: ConfigError when there is none."""
        query = select(RUNS.c.id).where(OF_A_TEST)
        query = query.order_by(*NEWEST_FIRST).limit(1)
        with self._session.reading() as connection:
            found = connection.execute(query).scalar()
        if found is None:
            raise ConfigError(
                f"no run of `gatewayz test` in {self._session.where} yet; make one, or name two runs"
            )
        return str(found)

    def within(self, run: Run, seconds: float) -> Iterator[Run]:
        """The runs before `run` that were begun at most so long before it, the oldest first."""
        since = moment_text(run.started_at - timedelta(seconds=seconds))
        with self._session.reading() as connection:
            # None stands before its moment, which the order finds without a look at all runs.
            begun_since = RUNS.c.started_at >= since, RUNS.c.ordered_at >= since
            query = self._before(connection, run).where(*begun_since)
            numbers = [row.number for row in connection.execute(query)]
            for number in reversed(numbers):
                yield self._read(connection, number)

    def last_good(self, run: Run, *, most: int = MOST_RUNS) -> Iterator[Run]:
        """Runs before `run`, each with those verdicts alone that are the last good ones.

        The questions are those of `run` and of the run before it with the same gateways. Each is
        taken from the latest run in which it passed at least once, all its repeats; one that passed
        in none of the last `most` runs, from the latest that judged it. A model list that `run` could
        not read is set against the latest run with models of that gateway, all of them.
        """
        wanted = _Wanted(run)
        with self._session.reading() as connection:
            query = self._before(connection, run).limit(most)
            for number, run_id in connection.execute(query).all():
                if not wanted.left:
                    break
                found = wanted.of_run(number, _outcomes(connection, run_id))
                if found:
                    yield self._read(connection, number, found.__contains__)
            for number, found in wanted.never_passed().items():
                yield self._read(connection, number, found.__contains__)

    def _before(self, connection: Connection, run: Run) -> Any:
        """The runs before it, the newest first."""
        return (
            select(RUNS.c.number, RUNS.c.id)
            .where(OF_A_TEST, comes_before(connection, run.id))
            .order_by(*NEWEST_FIRST)
        )

    def _read(
        self,
        connection: Connection,
        number: int,
        wanted: Callable[[_Question], bool] = lambda _question: True,
    ) -> Run:
        """A run with the verdicts that are wanted."""
        row = dict(connection.execute(select(RUNS).where(RUNS.c.number == number)).mappings().one())
        where = self._session.where
        check(row, f"run {row['id']}", where)
        of_run = select(VERDICTS).where(VERDICTS.c.run_id == row["id"]).order_by(VERDICTS.c.number)
        verdicts = []
        for one in map(dict, connection.execute(of_run).mappings()):
            if wanted((one["gateway"], one["way"], one["model"] or "", one["probe"])):
                check(one, f"result {one['number']} of run {row['id']}", where)
                verdicts.append(loads(Verdict, one["verdict"]))
        return replace(read_run(row, ()), plan=(), verdicts=tuple(verdicts))


def _outcomes(connection: Connection, run_id: str) -> dict[_Question, set[str]]:
    columns = (VERDICTS.c.gateway, VERDICTS.c.way, VERDICTS.c.model, VERDICTS.c.probe)
    query = select(*columns, VERDICTS.c.outcome).where(VERDICTS.c.run_id == run_id).distinct()
    found: dict[_Question, set[str]] = {}
    for gateway, way, model, probe, outcome in connection.execute(query):
        found.setdefault((gateway, way, model or "", probe), set()).add(outcome)
    return found


class _Wanted:
    """The questions whose last pass is still looked for, run by run backwards."""

    def __init__(self, run: Run) -> None:
        cases = [verdict.observation.case for verdict in run.verdicts]
        self._lanes = {(case.gateway, case.way) for case in cases}
        self.left: set[_Question] = {
            (case.gateway, case.way, case.model.id, case.probe) for case in cases if case.model
        }
        # Nothing of these was asked: what they had is looked for as a whole.
        self._bare = self._lanes - {question[:2] for question in self.left}
        self.left |= {(gateway, way, "", CATALOG_PROBE) for gateway, way in self._bare}
        self._joined: set[tuple[str, str]] = set()
        self._judged: dict[_Question, int] = {}

    def of_run(self, number: int, outcomes: dict[_Question, set[str]]) -> set[_Question]:
        """The questions that are taken from a run."""
        self._join(outcomes)
        taken: set[_Question] = set()
        for question, found in outcomes.items():
            lane, model = question[:2], question[2]
            if lane in self._bare and model and Outcome.PASSED.value in found:
                taken |= {one for one in outcomes if one[:2] == lane}
                self.left.discard((*lane, "", CATALOG_PROBE))
            elif question in self.left and Outcome.PASSED.value in found:
                taken.add(question)
            elif question in self.left and Outcome.FAILED.value in found:
                self._judged.setdefault(question, number)
        self._bare -= {question[:2] for question in taken}
        self.left -= taken
        return taken

    def _join(self, outcomes: Iterable[_Question]) -> None:
        """The questions of the latest run with a gateway: what is gone since was one of them."""
        asked = [question for question in outcomes if question[2] and question[:2] in self._lanes]
        new = {question[:2] for question in asked} - self._joined - self._bare
        self.left |= {question for question in asked if question[:2] in new}
        self._joined |= new

    def never_passed(self) -> dict[int, set[_Question]]:
        """What passed in no run that was looked at, by the latest run that judged it."""
        found: dict[int, set[_Question]] = {}
        for question in self.left & self._judged.keys():
            found.setdefault(self._judged[question], set()).add(question)
        return found
