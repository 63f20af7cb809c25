"""The keys of the backend's clients, as they are kept: names, digests, allowances."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gatewayz.core import Allowance, ClientKey, ConfigError, UnknownName
from gatewayz.core.codec import from_json, loads, moment_text
from gatewayz.core.text import well_formed
from gatewayz.store.inserts import put_new
from gatewayz.store.rows import Row, check, sealed, written
from gatewayz.store.session import Session
from gatewayz.store.tables import CLIENT_KEYS


class KeptKeys:
    """The clients' keys in a store. A revoked one stays, so that its name is never another's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, key: ClientKey) -> None:
        """One more key. Raises: ConfigError when its name is taken."""
        with self._session.writing() as connection:
            if not put_new(connection, CLIENT_KEYS, _row_of(key)):
                raise ConfigError(f"there is or was a key named '{key.name}'; choose another name")

    def all(self) -> tuple[ClientKey, ...]:
        """Every key, also the revoked ones, in the order of their making."""
        query = select(CLIENT_KEYS).order_by(CLIENT_KEYS.c.created_at, CLIENT_KEYS.c.name)
        with self._session.reading() as connection:
            found = []
            for row in map(dict, connection.execute(query).mappings()):
                check(row, f"the key {row['name']}", self._session.where)
                found.append(_read(row))
            return tuple(found)

    def revoke(self, name: str, at: datetime) -> ClientKey:
        """Takes a key out of use; one that was revoked before keeps its moment.

        Raises: UnknownName.
        """
        with self._session.writing() as connection:
            # Held, so that of two that revoke it at once the first one's moment stays.
            query = (
                select(CLIENT_KEYS).where(CLIENT_KEYS.c.name == well_formed(name)).with_for_update()
            )
            found = connection.execute(query).mappings().first()
            if found is None:
                known = connection.execute(select(CLIENT_KEYS.c.name)).scalars()
                raise UnknownName("key", name, known)
            row = dict(found)
            check(row, f"the key {name}", self._session.where)
            if row["revoked_at"] is None:
                row["revoked_at"] = moment_text(at)
                row = _row_of(_read(row))
                connection.execute(CLIENT_KEYS.update().where(CLIENT_KEYS.c.name == name), row)
            return _read(row)


def _row_of(key: ClientKey) -> Row:
    return sealed(
        {
            "name": key.name,
            "prefix": key.prefix,
            "digest": key.digest,
            "created_at": moment_text(key.created_at),
            "revoked_at": moment_text(key.revoked_at) if key.revoked_at else None,
            "allowance": written(key.allowance),
        }
    )


def _read(row: Mapping[str, Any]) -> ClientKey:
    return ClientKey(
        name=row["name"],
        prefix=row["prefix"],
        digest=row["digest"],
        created_at=from_json(datetime, row["created_at"]),
        revoked_at=from_json(datetime, row["revoked_at"]) if row["revoked_at"] else None,
        allowance=loads(Allowance, row["allowance"]),
    )
