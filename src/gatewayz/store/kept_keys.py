"""The keys of the backend's clients, as they are kept: names, digests, allowances."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gatewayz.core import Allowance, ClientKey, ConfigError, UnknownName
from gatewayz.core.codec import from_json, loads, moment_text
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
            of_name = select(CLIENT_KEYS.c.name).where(CLIENT_KEYS.c.name == key.name)
            if connection.execute(of_name).first() is not None:
                raise ConfigError(f"there is or was a key named '{key.name}'; choose another name")
            connection.execute(CLIENT_KEYS.insert(), _row_of(key))

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
            rows = {
                row["name"]: dict(row) for row in connection.execute(select(CLIENT_KEYS)).mappings()
            }
            if name not in rows:
                raise UnknownName("key", name, rows)
            row = rows[name]
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
