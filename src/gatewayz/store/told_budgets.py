"""Which budgets burn and were told, out of the messages of versions that kept it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from gatewayz.core.availability import Alert
from gatewayz.core.codec import from_json, loads
from gatewayz.core.text import visible
from gatewayz.core.watching import Notice
from gatewayz.store.inserts import put_new
from gatewayz.store.kept_watch import budget_row
from gatewayz.store.watch_tables import BUDGETS, DELIVERIES


def take_over(connection: Connection) -> None:
    """Keeps the alerts that were told before schema 16 had a table of them, and whose end was not.

    Nobody is told of them again, and everybody of their end. What is kept of an alert already stands. A
    message that cannot be read tells of none.
    """
    query = select(DELIVERIES.c.notice).order_by(DELIVERIES.c.number)
    on: dict[tuple[str, str, str], Alert] = {}
    for (words,) in connection.execute(query.where(DELIVERIES.c.notice.contains('"budget'))):
        try:
            _follow(on, loads(Notice, words))
        except (KeyError, TypeError, ValueError):
            continue
    for alert in on.values():
        put_new(connection, BUDGETS, budget_row(alert))


def _follow(on: dict[tuple[str, str, str], Alert], notice: Notice) -> None:
    if notice.kind == "budget":
        for alert in _marked(notice):
            key = alert.sla, alert.objective, alert.target
            first = on.get(key, alert)
            is_page = "page" in (first.severity, alert.severity)
            on[key] = replace(first, severity="page" if is_page else "ticket")
    elif notice.kind == "budget-over":
        about, targets = notice.details, set(notice.details["targets"])
        for key in list(on):
            if key[:2] == (about["sla"], about["objective"]) and visible(key[2]) in targets:
                del on[key]


def _marked(notice: Notice) -> Iterator[Alert]:
    """The alerts of a message by its marks: kind, promise, objective, target, beginning, severity."""
    sla, objective = notice.details["sla"], notice.details["objective"]
    for mark in notice.details.get("marks", ()):
        # Each of the names may hold the bar itself.
        target, began, severity = mark.removeprefix(f"budget|{sla}|{objective}|").rsplit("|", 2)
        yield Alert(
            sla=sla, objective=objective, target=target,
            severity="page" if severity == "page" else "ticket",
            started_at=from_json(datetime, began),
        )  # fmt: skip
