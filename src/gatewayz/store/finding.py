"""A run by its id, the beginning of one, or "last"."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from gatewayz.core import ConfigError, UnknownName
from gatewayz.store.tables import RUNS

_NAMED = 20


def find_run(connection: Connection, wanted: str) -> dict[str, Any]:
    """The row of the run that is meant. Raises: UnknownName, or ConfigError when several are."""
    newest = select(RUNS).order_by(RUNS.c.number.desc())
    if wanted == "last":
        query = newest.limit(1)
    else:
        exact = connection.execute(newest.where(RUNS.c.id == wanted)).mappings().first()
        if exact is not None:
            return dict(exact)
        query = newest.where(func.substr(RUNS.c.id, 1, len(wanted)) == wanted).limit(2)
    found = [dict(row) for row in connection.execute(query).mappings()]
    if len(found) == 1:
        return found[0]
    ids = select(RUNS.c.id).order_by(RUNS.c.number.desc()).limit(_NAMED)
    if found:
        names = ", ".join(row["id"] for row in found)
        raise ConfigError(f"several runs begin with '{wanted}': {names}, ...; give more of it")
    raise UnknownName("run", wanted, connection.execute(ids).scalars())
