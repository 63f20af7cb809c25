"""The cases in quarantine, as `gatewayz quarantine` keeps them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from gatewayz.core.codec import from_json, moment_text
from gatewayz.core.quarantine import Quarantined
from gatewayz.core.text import well_formed
from gatewayz.store.inserts import put
from gatewayz.store.quarantine_schema import QUARANTINE
from gatewayz.store.rows import Row, check, checksum
from gatewayz.store.session import Session


class KeptQuarantine:
    """The entries in a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, entry: Quarantined) -> None:
        """One more, in place of one over the same gateway, model and probe."""
        row: Row = {
            "gateway": well_formed(entry.gateway),
            "model": well_formed(entry.model),
            "probe": well_formed(entry.probe),
            "reason": well_formed(entry.reason),
            "until": moment_text(entry.until),
        }
        with self._session.writing() as connection:
            put(connection, QUARANTINE, {**row, "checksum": checksum(row)})

    def remove(self, gateway: str, model: str, probe: str) -> bool:
        """Takes one out; whether there was one, named exactly so."""
        columns = QUARANTINE.c.gateway, QUARANTINE.c.model, QUARANTINE.c.probe
        names = map(well_formed, (gateway, model, probe))
        same = [column == name for column, name in zip(columns, names, strict=True)]
        with self._session.writing() as connection:
            return connection.execute(QUARANTINE.delete().where(*same)).rowcount > 0

    def all(self) -> tuple[Quarantined, ...]:
        """All of them, those whose time is over too, in order of their names."""
        query = select(QUARANTINE).order_by(*QUARANTINE.primary_key)
        found = []
        with self._session.reading() as connection:
            for row in map(dict, connection.execute(query).mappings()):
                check(row, f"the quarantine of {row['gateway']}", self._session.where)
                until = from_json(datetime, row["until"])
                names = {name: row[name] for name in ("gateway", "model", "probe", "reason")}
                found.append(Quarantined(**names, until=until))
        return tuple(found)
