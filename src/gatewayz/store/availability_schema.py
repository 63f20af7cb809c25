"""The tables of availability: each model's days, and the minutes behind them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, text

_schema = MetaData()


def _table(name: str) -> Table:
    """All models of a gateway in one row; `day` counts from 1970-01-01, in UTC."""
    return Table(
        name,
        _schema,
        Column("day", Integer, primary_key=True),
        Column("way", Text, primary_key=True),
        Column("gateway", Text, primary_key=True),
        Column("models", Text),
        Column("checksum", BigInteger),
    )


# By model: code and count, code and count, ...
AVAILABLE_DAYS = _table("available_days")
# By model: minute of the day, code and count, ...; read for days with announced maintenance alone.
AVAILABLE_MINUTES = _table("available_minutes")


def availability_by_day(connection: Connection) -> None:
    """14: what each model's availability is made of, by the day and by the minute.

    It takes the place of a table of days that knew neither what a list that cannot be read stands
    for, nor when within the day.
    """
    from gatewayz.store.counting import fill_availability

    for name in ("available_days", "available_minutes"):
        connection.execute(
            text(f"""CREATE TABLE {name} (
                day INTEGER NOT NULL,
                way TEXT NOT NULL,
                gateway TEXT NOT NULL,
                models TEXT NOT NULL,
                checksum BIGINT NOT NULL,
                PRIMARY KEY (day, way, gateway)
            )""")
        )
    fill_availability(connection)
    connection.execute(text("DROP TABLE model_days"))
