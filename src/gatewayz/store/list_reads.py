"""Which runs have read a gateway's model list: those that had a model of it to ask, and those that kept its catalogue.

What was taken over from an earlier run (`--max-age`), or not sent for a cap, was planned from a list, too. A run
that only judged another one again (`rejudge --save`) has read none, nor has a run of a watch: it asks what was
listed last, also while no list can be read. When a list was read last, by anybody, its newest catalogue tells.
A list that is read without a word has no result of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, tuple_

from gatewayz.core import Outcome, Way
from gatewayz.core.catalog_names import catalog_name, catalog_named
from gatewayz.core.codec import moment_text
from gatewayz.core.probe_results import ProbeResult
from gatewayz.core.units import utc_now
from gatewayz.store.catalogue_schema import OF_RUNS
from gatewayz.store.first_hand import OF_A_TEST
from gatewayz.store.run_order import AS_TEXT, OLDEST_FIRST
from gatewayz.store.tables import CATALOGS, RUNS, VERDICTS

Lane = tuple[str, Way]


def last_reads(connection: Connection, gateways: Iterable[str]) -> dict[Lane, str]:
    """Where in the order of runs the latest one stands that read each list of these gateways."""
    names = list(gateways)
    if not names:
        return {}
    was_read = or_(VERDICTS.c.model.is_not(None), VERDICTS.c.outcome == Outcome.PASSED.value)
    asked = (
        select(VERDICTS.c.gateway, VERDICTS.c.way, func.max(AS_TEXT))
        .join(RUNS, RUNS.c.id == VERDICTS.c.run_id)
        .where(VERDICTS.c.gateway.in_(names), was_read, OF_A_TEST)
        .group_by(VERDICTS.c.gateway, VERDICTS.c.way)
    )
    found: dict[Lane, str] = {(row[0], row[1]): row[2] for row in connection.execute(asked)}
    ways: tuple[Way, ...] = ("direct", "api")
    catalogues = [catalog_name(name, way) for name in names for way in ways]
    kept = (
        select(OF_RUNS.c.catalog, func.max(AS_TEXT))
        .join(RUNS, RUNS.c.id == OF_RUNS.c.run_id)
        .where(OF_RUNS.c.catalog.in_(catalogues), OF_A_TEST)
        .group_by(OF_RUNS.c.catalog)
    )
    for catalog, place in connection.execute(kept):
        lane = catalog_named(catalog)
        found[lane] = max(place, found.get(lane, ""))
    return found


def newest_reads(connection: Connection, gateways: Iterable[str]) -> dict[Lane, datetime]:
    """When each list of these gateways was read last, by whomever: a watch reads them outside of runs.

    A moment that is still to come tells nothing: the clock was put back since.
    """
    ways: tuple[Way, ...] = ("direct", "api")
    catalogues = [catalog_name(name, way) for name in gateways for way in ways]
    query = select(CATALOGS.c.gateway, CATALOGS.c.fetched_at).where(
        CATALOGS.c.gateway.in_(catalogues)
    )
    found = connection.execute(query.where(CATALOGS.c.fetched_at <= moment_text(utc_now())))
    return {catalog_named(catalog): datetime.fromisoformat(at) for catalog, at in found}


def read_since(connection: Connection, lists: Sequence[ProbeResult]) -> frozenset[str]:
    """The gateways of these results of lists whose list was read since: by a watch, or a later run, or the same one.

    A result without a run is what a watch keeps, which knows itself whether it is over; later is what others
    have begun after its moment.
    """
    newest = newest_reads(connection, {one.gateway for one in lists})
    ids = {one.run_id for one in lists}
    query = select(RUNS.c.id, *OLDEST_FIRST).where(RUNS.c.id.in_(ids))
    places = {row[0]: (row[1], row[2]) for row in connection.execute(query)}
    found = set()
    for one in lists:
        if not one.run_id:
            later = _begun_since(one.at)
        elif one.run_id in places:
            later = tuple_(*OLDEST_FIRST) >= places[one.run_id]
        else:
            continue
        last = newest.get((one.gateway, one.way)) if one.run_id else None
        if (last is not None and last > one.at) or _is_read(connection, one, later):
            found.add(one.gateway)
    return frozenset(found)


def _begun_since(moment: datetime) -> ColumnElement[bool]:
    """The condition that picks the runs begun from a moment on: none stands before it in the order."""
    begun = moment_text(moment)
    return and_(RUNS.c.ordered_at >= begun, RUNS.c.started_at >= begun)


def _is_read(connection: Connection, of_list: ProbeResult, later: ColumnElement[bool]) -> bool:
    """Whether a run that is later has read a list: by two looks into indexes for each run."""
    name = catalog_name(of_list.gateway, of_list.way)
    kept = select(OF_RUNS.c.run_id).where(OF_RUNS.c.run_id == RUNS.c.id, OF_RUNS.c.catalog == name)
    asked = select(VERDICTS.c.run_id).where(
        VERDICTS.c.run_id == RUNS.c.id,
        VERDICTS.c.gateway == of_list.gateway,
        VERDICTS.c.way == of_list.way,
        VERDICTS.c.model.is_not(None),
    )
    has_read = or_(kept.exists(), asked.exists())
    query = select(RUNS.c.id).where(later, OF_A_TEST, has_read).limit(1)
    return connection.execute(query).first() is not None
