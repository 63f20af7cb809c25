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
    """The numbers of the runs that passed a question last before each time that it failed, and so many
    `rounds` of those first behind it, and the latest that did; of a list that failed those that put each
    question to its models last before and first behind it, and the latest that read it.

    Also where it has failed again since: each time of trouble has its own end. Before and behind is meant by
    the moments of the answers, since of runs that overlap those do not come in the order of the runs.
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
            func.min(RESULTS.c.at).label("at"),
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
    in_time = [found.c.at, found.c.place]
    so_far = func.sum(found.c.is_bad).over(partition_by=names, order_by=in_time)
    in_all = func.sum(found.c.is_bad).over(partition_by=names)
    counted = select(found, so_far.label("so_far"), in_all.label("in_all")).subquery()
    good = select(counted).where(counted.c.is_bad == 0).subquery()
    names = [good.c[column.name] for column in _QUESTION]
    # Between two failures, or before the first one, or behind the last.
    between = [*names, good.c.so_far]
    in_time, back = [good.c.at, good.c.place], [good.c.at.desc(), good.c.place.desc()]
    ranked = select(
        good.c.place,
        good.c.so_far,
        good.c.in_all,
        func.row_number().over(partition_by=between, order_by=in_time).label("behind"),
        func.row_number().over(partition_by=between, order_by=back).label("before"),
        func.row_number().over(partition_by=names, order_by=good.c.place.desc()).label("last"),
    ).subquery()
    is_behind = (ranked.c.so_far > 0) & (ranked.c.behind <= rounds)
    is_before = (ranked.c.so_far < ranked.c.in_all) & (ranked.c.before == 1)
    kept = select(ranked.c.place).where(is_behind | is_before | (ranked.c.last == 1))
    return frozenset(map(number_in, connection.execute(kept.distinct()).scalars()))


def _of_lists(connection: Connection, rounds: int) -> frozenset[int]:
    """Of lists: a reading that fails stands for the questions of all models, which other runs ask."""
    failures = _failed_readings(connection)
    kept: set[str] = set()
    for lane, failed in failures.items():
        question = RESULTS.c.model, RESULTS.c.probe
        query = (
            select(*question, func.min(RESULTS.c.at), AS_TEXT)
            .select_from(RESULTS.join(RUNS, RUNS.c.id == RESULTS.c.run_id))
            .where(RESULTS.c.gateway == lane[0], RESULTS.c.way == lane[1], RESULTS.c.model != "")
            .where(SAW_SOMETHING)
            .group_by(*question, AS_TEXT)
            .order_by(*question, func.min(RESULTS.c.at), AS_TEXT)
        )
        rows = connection.execute(query, execution_options={"yield_per": _AT_ONCE})
        for _, asked in groupby(rows, key=lambda row: (row[0], row[1])):
            kept |= _around(failed, [(at, place) for *_, at, place in asked], rounds)
    read = last_reads(connection, {gateway for gateway, _ in failures})
    return frozenset(map(number_in, kept | set(read.values())))


def _failed_readings(connection: Connection) -> dict[tuple[str, Way], list[str]]:
    """At which moments each list could not be read."""
    query = (
        select(RESULTS.c.gateway, RESULTS.c.way, RESULTS.c.at)
        .select_from(RESULTS.join(RUNS, RUNS.c.id == RESULTS.c.run_id))
        .where(SAW_SOMETHING, RESULTS.c.model == "", RESULTS.c.outcome == Outcome.FAILED.value)
        .distinct()
    )
    found: dict[tuple[str, Way], list[str]] = {}
    for gateway, way, at in connection.execute(query):
        found.setdefault((gateway, way), []).append(at)
    return found


def _around(failed: Iterable[str], asked: Sequence[tuple[str, str]], rounds: int) -> set[str]:
    """Of the moments and places of runs that put a question, the last before each failure and so many behind it."""
    kept: set[str] = set()
    for behind in {bisect_left(asked, (moment, "")) for moment in failed}:
        kept.update(place for _, place in asked[max(0, behind - 1) : behind + rounds])
    return kept
