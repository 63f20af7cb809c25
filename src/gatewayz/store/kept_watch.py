"""What watching keeps: how all stands, what changed, what was told, and to whom it has yet to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select

from gatewayz.core.availability import Alert
from gatewayz.core.codec import dumps, from_json, loads, moment_text
from gatewayz.core.text import well_formed
from gatewayz.core.watching import (
    Alarm,
    Amounts,
    Condition,
    DaySpent,
    Delivery,
    Lease,
    Notice,
    StateChange,
    Target,
    TierMark,
    WatchRecord,
)
from gatewayz.store.inserts import put
from gatewayz.store.kept_lease import KeptLease, fence
from gatewayz.store.rows import check, checksum
from gatewayz.store.session import Session
from gatewayz.store.watch_tables import (
    ALARMS,
    BUDGETS,
    CHANGES,
    CONDITIONS,
    DELIVERIES,
    SPENT,
    SPENT_DOWN,
    TIERS,
)

# In the place of a channel where there is none: the notice is kept, and is over.
NOBODY = ""
_PLACE = ("gateway", "way", "model", "probe")
_OF_A_TARGET = CONDITIONS.delete().where(
    *(CONDITIONS.c[name] == bindparam(f"its_{name}") for name in _PLACE)
)


class KeptWatch:
    """Watching in a store. `leases` decides who may write; a record is kept whole or not at all."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.leases = KeptLease(session)

    def keep(self, lease: Lease, record: WatchRecord) -> None:
        """Keeps one step of watching. Raises: LostLease, StoreError; then nothing of it is kept."""
        with self._session.writing() as connection:
            fence(connection, lease)
            self.write(connection, record)

    def write(self, connection: Connection, record: WatchRecord) -> None:
        """Writes a record inside somebody's transaction."""
        gone = [*record.forgotten, *(one.target for one in record.conditions)]
        if gone:
            connection.execute(_OF_A_TARGET, [_bound(target) for target in gone])
        _insert(connection, CONDITIONS, [_condition_row(one) for one in record.conditions])
        _insert(connection, CHANGES, [_change_row(one) for one in record.changes])
        put(connection, ALARMS, *map(_alarm_row, record.alarms))
        _insert(
            connection,
            DELIVERIES,
            [
                _delivery_row(one, channel)
                for one in record.notices
                for channel in record.channels or (NOBODY,)
            ],
        )
        for alert in record.budgets:
            its = [BUDGETS.c[name] == value for name, value in _objective(alert).items()]
            connection.execute(BUDGETS.delete().where(*its))
        on = [alert for alert in record.budgets if alert.ended_at is None]
        _insert(connection, BUDGETS, [budget_row(alert) for alert in on])
        for mark in record.marks:
            row = {
                "tier": mark.tier,
                "at": moment_text(mark.at),
                "run_id": mark.run_id,
                "covers": None if mark.covers is None else dumps(mark.covers),
            }
            put(connection, TIERS, row)
        if record.spent is not None:
            _write_spent(connection, record.spent)

    def conditions(
        self, gateway: str | None = None, *, model: str | None = None
    ) -> tuple[Condition, ...]:
        """How each target stands, in order of their names; of `model` "" only whole gateways and their lists."""
        query = select(CONDITIONS).order_by(*(CONDITIONS.c[name] for name in _PLACE))
        if gateway is not None:
            query = query.where(CONDITIONS.c.gateway == gateway)
        if model is not None:
            query = query.where(CONDITIONS.c.model == model)
        return tuple(loads(Condition, row["condition"]) for row in self._rows(query))

    def changes(
        self,
        limit: int = 50,
        *,
        since: datetime | None = None,
        gateway: str | None = None,
        model: str | None = None,
    ) -> tuple[StateChange, ...]:
        """The latest changes, the newest first."""
        query = select(CHANGES).order_by(CHANGES.c.number.desc()).limit(limit)
        if since is not None:
            query = query.where(CHANGES.c.at >= moment_text(since))
        if gateway is not None:
            query = query.where(CHANGES.c.gateway == gateway)
        if model is not None:
            query = query.where(CHANGES.c.model == model)
        return tuple(loads(StateChange, row["change"]) for row in self._rows(query))

    def alarms(self, limit: int = 50, *, open_only: bool = False) -> tuple[Alarm, ...]:
        """The latest alarms, those that began last first."""
        query = select(ALARMS).order_by(ALARMS.c.opened_at.desc(), ALARMS.c.id).limit(limit)
        if open_only:
            query = query.where(ALARMS.c.closed_at.is_(None))
        return tuple(loads(Alarm, row["alarm"]) for row in self._rows(query))

    def budgets(self) -> tuple[Alert, ...]:
        """The alerts of budgets that are on and were told, in order of their names."""
        query = select(BUDGETS).order_by(BUDGETS.c.sla, BUDGETS.c.objective, BUDGETS.c.target)
        return tuple(loads(Alert, row["alert"]) for row in self._rows(query))

    def marks(self) -> tuple[TierMark, ...]:
        """When each tier was last begun."""
        with self._session.reading() as connection:
            return tuple(
                TierMark(
                    tier=row["tier"],
                    at=from_json(datetime, row["at"]),
                    run_id=row["run_id"],
                    covers=loads(frozenset[str], row["covers"]) if row["covers"] else None,
                )
                for row in connection.execute(select(TIERS).order_by(TIERS.c.tier)).mappings()
            )

    def spent(self, day: str) -> DaySpent:
        """What a day came to so far; `day` is like "2026-11-26"."""
        with self._session.reading() as connection:
            row = connection.execute(select(SPENT).where(SPENT.c.day == day)).mappings().first()
            query = select(SPENT_DOWN).where(SPENT_DOWN.c.day == day)
            while_down = {
                one["gateway"]: Amounts(calls=one["calls"], tokens=one["tokens"], usd=one["usd"])
                for one in connection.execute(query).mappings()
            }
        if row is None:
            return DaySpent(day=day)
        return DaySpent(
            day=day,
            calls=row["calls"],
            tokens=row["tokens"],
            usd=row["usd"],
            unpriced_calls=row["unpriced_calls"],
            while_down=while_down,
        )

    def deliveries(self) -> tuple[Delivery, ...]:
        """What has yet to be delivered, the oldest first."""
        query = select(DELIVERIES).where(DELIVERIES.c.ended_at.is_(None))
        return tuple(
            Delivery(
                number=row["number"],
                notice=loads(Notice, row["notice"]),
                channel=row["channel"],
                attempts=row["attempts"],
                due_at=from_json(datetime, row["due_at"]),
            )
            for row in self._rows(query.order_by(DELIVERIES.c.number))
        )

    def notices(self, limit: int = 50) -> tuple[tuple[Notice, Mapping[str, str]], ...]:
        """The latest notices, the newest first, and how each stands with each channel in words."""
        query = select(DELIVERIES).order_by(DELIVERIES.c.number.desc()).limit(limit)
        found: dict[str, tuple[Notice, dict[str, str]]] = {}
        for row in self._rows(query):
            notice = loads(Notice, row["notice"])
            _, channels = found.setdefault(notice.id, (notice, {}))
            if row["channel"] == NOBODY:
                continue
            ended = "given up" if row["fault"] else "delivered"
            stands = "waiting" if row["ended_at"] is None else ended
            channels[row["channel"]] = f"{stands}: {row['fault']}" if row["fault"] else stands
        return tuple(found.values())

    def told(self, since: datetime) -> frozenset[str]:
        """The ids of all notices from a moment on."""
        query = select(DELIVERIES.c.notice_id).where(DELIVERIES.c.made_at >= moment_text(since))
        with self._session.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def delivered(
        self,
        lease: Lease,
        delivery: Delivery,
        at: datetime,
        fault: str = "",
        *,
        given_up: bool = False,
    ) -> None:
        """How a delivery went: done, given up, or to be tried again when it is due.

        Raises: LostLease.
        """
        with self._session.writing() as connection:
            fence(connection, lease)
            it = DELIVERIES.c.number == delivery.number
            row = dict(connection.execute(select(DELIVERIES).where(it)).mappings().one())
            row |= {
                "attempts": delivery.attempts,
                "due_at": moment_text(delivery.due_at),
                "ended_at": None if fault and not given_up else moment_text(at),
                "fault": well_formed(fault),
            }
            del row["number"]
            connection.execute(DELIVERIES.update().where(it).values(**_sealed(row)))

    def _rows(self, query: Any) -> list[dict[str, Any]]:
        with self._session.reading() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        for row in rows:
            check(row, "a row of watching", self._session.where)
        return rows


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(table.insert(), list(rows))


def _write_spent(connection: Connection, spent: DaySpent) -> None:
    for table in (SPENT, SPENT_DOWN):
        connection.execute(table.delete().where(table.c.day == spent.day))
    of_the_day = {one.name: getattr(spent, one.name) for one in SPENT.c}
    connection.execute(SPENT.insert(), of_the_day)
    _insert(
        connection,
        SPENT_DOWN,
        [
            {
                "day": spent.day,
                "gateway": well_formed(name),
                "calls": taken.calls,
                "tokens": taken.tokens,
                "usd": taken.usd,
            }
            for name, taken in spent.while_down.items()
        ],
    )


def _place(target: Target) -> dict[str, str]:
    return {name: well_formed(getattr(target, name)) for name in _PLACE}


def _bound(target: Target) -> dict[str, str]:
    return {f"its_{name}": value for name, value in _place(target).items()}


def _sealed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "checksum": checksum(row)}


def _condition_row(one: Condition) -> dict[str, Any]:
    state = one.state.value if one.state is not None else None
    return _sealed({**_place(one.target), "state": state, "condition": dumps(one)})


def _change_row(one: StateChange) -> dict[str, Any]:
    row = {"at": moment_text(one.at), **_place(one.target), "after": one.after.value}
    return _sealed({**row, "change": dumps(one)})


def _alarm_row(one: Alarm) -> dict[str, Any]:
    return _sealed(
        {
            "id": well_formed(one.id),
            "gateway": well_formed(one.gateway),
            "opened_at": moment_text(one.opened_at),
            "closed_at": moment_text(one.closed_at) if one.closed_at else None,
            "alarm": dumps(one),
        }
    )


def _objective(one: Alert) -> dict[str, str]:
    return {name: well_formed(getattr(one, name)) for name in ("sla", "objective", "target")}


def budget_row(one: Alert) -> dict[str, Any]:
    """The row of an alert that is on and was told."""
    return _sealed({**_objective(one), "alert": dumps(one)})


def _delivery_row(one: Notice, channel: str) -> dict[str, Any]:
    return _sealed(
        {
            "notice_id": well_formed(one.id),
            "channel": channel,
            "made_at": moment_text(one.at),
            "due_at": moment_text(one.at),
            "ended_at": None if channel else moment_text(one.at),
            "attempts": 0,
            "fault": "",
            "notice": dumps(one),
        }
    )
