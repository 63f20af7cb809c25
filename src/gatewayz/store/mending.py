"""Which runs found well what had failed in an earlier one: without them it would look as if it had failed ever since."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import Connection, case, func, or_, select

from gatewayz.core import Outcome, Way
from gatewayz.store.first_hand import SAW_SOMETHING
from gatewayz.store.list_reads import last_reads
from gatewayz.store.run_order import AS_TEXT, number_in
from gatewayz.store.tables import RESULTS, RUNS

_AT_ONCE = 2000
_QUESTION = RESULTS.c.gateway, RESULTS.c.way, RESULTS.c.model, RESULTS.c.probe


def mending_runs(connection: Connection, rounds: int) -> frozenset[int]:
    """The numbers of the runs that passed a question behind each time that it had failed, so many `rounds` of
    them, and the latest that did; of a list that had failed those that asked its models before and behind it,
    and the latest that read it.

    Also where it has failed again since: each time of trouble has its own end.
    """
    return _of_questions(connection, rounds) | _of_lists(connection, rounds)


def _of_questions(connection: Connection, rounds: int) -> frozenset[int]:
    failed = RESULTS.c.outcome == Outcome.FAILED.value
    passed = RESULTS.c.outcome == Outcome.PASSED.value
    ever_failed = select(*_QUESTION).where(failed, RESULTS.c.model != "").distinct().subquery()
    same = [RESULTS.c[column.name] == column for column in ever_failed.c]
    # A question as one run found it, over its repeats.
    found = (
        select(
            *_QUESTION,
            AS_TEXT.label("place"),
            func.max(case((failed, 1), else_=0)).label("is_bad"),
        )
        .select_from(
            RESULTS.join(RUNS, RUNS.c.id == RESULTS.c.run_id).join(
                ever_failed, same[0] & same[1] & same[2] & same[3]
            )
        )
        .where(SAW_SOMETHING, or_(failed, passed))
        .group_by(*_QUESTION, AS_TEXT)
        .subquery()
    )
    names = [found.c[column.name] for column in _QUESTION]
    before = func.sum(found.c.is_bad).over(partition_by=names, order_by=found.c.place)
    since = select(found, before.label("failures")).subquery()
    good = select(since).where(since.c.failures > 0, since.c.is_bad == 0).subquery()
    names = [good.c[column.name] for column in _QUESTION]
    behind_a_failure = func.row_number().over(
        partition_by=[*names, good.c.failures], order_by=good.c.place
    )
    back_from_now = func.row_number().over(partition_by=names, order_by=good.c.place.desc())
    ranked = select(
        good.c.place, behind_a_failure.label("nth"), back_from_now.label("last")
    ).subquery()
    kept = select(ranked.c.place).where(or_(ranked.c.nth <= rounds, ranked.c.last == 1))
    return frozenset(map(number_in, connection.execute(kept.distinct()).scalars()))


def _of_lists(connection: Connection, rounds: int) -> frozenset[int]:
    """Of lists: a reading that fails stands for the questions of all models, which other runs ask."""
    failures = _failed_readings(connection)
    kept: set[str] = set()
    for lane, failed in failures.items():
        query = (
            select(RESULTS.c.model, AS_TEXT)
            .select_from(RESULTS.join(RUNS, RUNS.c.id == RESULTS.c.run_id))
            .where(RESULTS.c.gateway == lane[0], RESULTS.c.way == lane[1], RESULTS.c.model != "")
            .where(SAW_SOMETHING)
            .distinct()
            .order_by(RESULTS.c.model, AS_TEXT)
        )
        rows = connection.execute(query, execution_options={"yield_per": _AT_ONCE})
        for _, of_model in groupby(rows, key=lambda row: row[0]):
            kept |= _around(failed, (place for _, place in of_model), rounds)
    read = last_reads(connection, {gateway for gateway, _ in failures})
    return frozenset(map(number_in, kept | set(read.values())))


def _failed_readings(connection: Connection) -> dict[tuple[str, Way], list[str]]:
    """Where in the order of runs the failed readings of each list stand, in that order."""
    query = (
        select(RESULTS.c.gateway, RESULTS.c.way, AS_TEXT)
        .select_from(RESULTS.join(RUNS, RUNS.c.id == RESULTS.c.run_id))
        .where(SAW_SOMETHING, RESULTS.c.model == "", RESULTS.c.outcome == Outcome.FAILED.value)
        .distinct()
        .order_by(AS_TEXT)
    )
    found: dict[tuple[str, Way], list[str]] = {}
    for gateway, way, place in connection.execute(query):
        found.setdefault((gateway, way), []).append(place)
    return found


def _around(failed: Sequence[str], asked: Iterable[str], rounds: int) -> set[str]:
    """Of the runs that asked a model, in their order: the last before each failure, and so many behind it."""
    kept: set[str] = set()
    last, before, behind = "", 0, 0
    for place in asked:
        failures = bisect_left(failed, place)
        if failures != before:
            kept |= {last} - {""}
            behind = rounds
        if behind:
            kept.add(place)
            behind -= 1
        last, before = place, failures
    if before < len(failed):
        kept |= {last} - {""}
    return kept
