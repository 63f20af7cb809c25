"""The keys of the backend's clients, as they are kept: names, digests, allowances."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from gatewayz.core import ClientKey, ConfigError, UnknownName
from gatewayz.core.codec import moment_text
from gatewayz.store.rows import check, client_key_row, read_client_key
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
            connection.execute(CLIENT_KEYS.insert(), client_key_row(key))

    def all(self) -> tuple[ClientKey, ...]:
        """Every key, also the revoked ones, in the order of their making."""
        query = select(CLIENT_KEYS).order_by(CLIENT_KEYS.c.created_at, CLIENT_KEYS.c.name)
        with self._session.reading() as connection:
            found = []
            for row in map(dict, connection.execute(query).mappings()):
                check(row, f"the key {row['name']}", self._session.where)
                found.append(read_client_key(row))
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
                row = client_key_row(read_client_key(row))
                connection.execute(CLIENT_KEYS.update().where(CLIENT_KEYS.c.name == name), row)
            return read_client_key(row)
