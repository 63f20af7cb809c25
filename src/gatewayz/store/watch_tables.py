"""The tables of watching, and the steps that make them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Float, Integer, MetaData, Table, Text, text

_schema = MetaData()

LEASES = Table(
    "watch_leases",
    _schema,
    Column("name", Text, primary_key=True),
    Column("holder", Text),
    Column("token", BigInteger),
    Column("beat", BigInteger),
    Column("at", Text),
)

CONDITIONS = Table(
    "watch_conditions",
    _schema,
    Column("gateway", Text, primary_key=True),
    Column("way", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("probe", Text, primary_key=True),
    Column("state", Text),
    Column("condition", Text),
    Column("checksum", BigInteger),
)

CHANGES = Table(
    "watch_changes",
    _schema,
    Column("number", Integer, primary_key=True),
    Column("at", Text),
    Column("gateway", Text),
    Column("way", Text),
    Column("model", Text),
    Column("probe", Text),
    Column("after", Text),
    Column("change", Text),
    Column("checksum", BigInteger),
)

ALARMS = Table(
    "watch_alarms",
    _schema,
    Column("id", Text, primary_key=True),
    Column("gateway", Text),
    Column("opened_at", Text),
    Column("closed_at", Text),
    Column("alarm", Text),
    Column("checksum", BigInteger),
)

DELIVERIES = Table(
    "watch_deliveries",
    _schema,
    Column("number", Integer, primary_key=True),
    Column("notice_id", Text),
    Column("channel", Text),
    Column("made_at", Text),
    Column("due_at", Text),
    Column("ended_at", Text),
    Column("attempts", Integer),
    Column("fault", Text),
    Column("notice", Text),
    Column("checksum", BigInteger),
)

TIERS = Table(
    "watch_tiers",
    _schema,
    Column("tier", Text, primary_key=True),
    Column("at", Text),
    Column("run_id", Text),
    Column("covers", Text),
)

SPENT = Table(
    "watch_spent",
    _schema,
    Column("day", Text, primary_key=True),
    Column("calls", BigInteger),
    Column("tokens", BigInteger),
    Column("usd", Float),
    Column("unpriced_calls", BigInteger),
)

# Of what a day came to, what went to a gateway while it was down.
SPENT_DOWN = Table(
    "watch_spent_down",
    _schema,
    Column("day", Text, primary_key=True),
    Column("gateway", Text, primary_key=True),
    Column("calls", BigInteger),
    Column("tokens", BigInteger),
    Column("usd", Float),
)


BUDGETS = Table(
    "watch_budgets",
    _schema,
    Column("sla", Text, primary_key=True),
    Column("objective", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("alert", Text),
    Column("checksum", BigInteger),
)


def budgets(connection: Connection) -> None:
    """16: the alerts of budgets that are on and were told."""
    connection.execute(
        text("""CREATE TABLE watch_budgets (
            sla TEXT NOT NULL,
            objective TEXT NOT NULL,
            target TEXT NOT NULL,
            alert TEXT NOT NULL,
            checksum BIGINT NOT NULL,
            PRIMARY KEY (sla, objective, target)
        )""")
    )


def budgets_told(connection: Connection) -> None:
    """17: of these the alerts that older versions told, and whose end they did not."""
    from gatewayz.store.told_budgets import take_over

    take_over(connection)


def watching(connection: Connection) -> None:
    """8: who watches, how all that is watched stands, what changed, what was told."""
    sqlite = connection.dialect.name == "sqlite"
    serial = (
        "INTEGER PRIMARY KEY AUTOINCREMENT"
        if sqlite
        else "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    )
    for statement in _STATEMENTS:
        connection.execute(text(statement.replace("SERIAL_KEY", serial)))


def spent_while_down(connection: Connection) -> None:
    """15: what a day's watching gave to each gateway while it was down."""
    connection.execute(
        text("""
        CREATE TABLE watch_spent_down (
            day TEXT NOT NULL,
            gateway TEXT NOT NULL,
            calls BIGINT NOT NULL,
            tokens BIGINT NOT NULL,
            usd DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (day, gateway)
        )""")
    )


def unpriced_calls(connection: Connection) -> None:
    """20: of how many calls of a day's watching the cost is not known.

    Of a day that came to no money nothing tells whether its models are free: the cost of none is known.
    """
    connection.execute(
        text("ALTER TABLE watch_spent ADD COLUMN unpriced_calls BIGINT NOT NULL DEFAULT 0")
    )
    connection.execute(text("UPDATE watch_spent SET unpriced_calls = calls WHERE usd = 0"))


def covered_by_tiers(connection: Connection) -> None:
    """22: whom the last round of a tier asked; of those before nobody knows."""
    connection.execute(text("ALTER TABLE watch_tiers ADD COLUMN covers TEXT"))


_STATEMENTS = (
    """CREATE TABLE watch_leases (
        name TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        token BIGINT NOT NULL,
        beat BIGINT NOT NULL,
        at TEXT NOT NULL
    )""",
    """CREATE TABLE watch_conditions (
        gateway TEXT NOT NULL,
        way TEXT NOT NULL,
        model TEXT NOT NULL,
        probe TEXT NOT NULL,
        state TEXT,
        condition TEXT NOT NULL,
        checksum BIGINT NOT NULL,
        PRIMARY KEY (gateway, way, model, probe)
    )""",
    """CREATE TABLE watch_changes (
        number SERIAL_KEY,
        at TEXT NOT NULL,
        gateway TEXT NOT NULL,
        way TEXT NOT NULL,
        model TEXT NOT NULL,
        probe TEXT NOT NULL,
        after TEXT NOT NULL,
        change TEXT NOT NULL,
        checksum BIGINT NOT NULL
    )""",
    "CREATE INDEX watch_changes_of_model ON watch_changes (gateway, model, at)",
    """CREATE TABLE watch_alarms (
        id TEXT PRIMARY KEY,
        gateway TEXT NOT NULL,
        opened_at TEXT NOT NULL,
        closed_at TEXT,
        alarm TEXT NOT NULL,
        checksum BIGINT NOT NULL
    )""",
    """CREATE TABLE watch_deliveries (
        number SERIAL_KEY,
        notice_id TEXT NOT NULL,
        channel TEXT NOT NULL,
        made_at TEXT NOT NULL,
        due_at TEXT NOT NULL,
        ended_at TEXT,
        attempts INTEGER NOT NULL,
        fault TEXT NOT NULL,
        notice TEXT NOT NULL,
        checksum BIGINT NOT NULL,
        UNIQUE (notice_id, channel)
    )""",
    """CREATE TABLE watch_tiers (
        tier TEXT PRIMARY KEY,
        at TEXT NOT NULL,
        run_id TEXT NOT NULL
    )""",
    """CREATE TABLE watch_spent (
        day TEXT PRIMARY KEY,
        calls BIGINT NOT NULL,
        tokens BIGINT NOT NULL,
        usd DOUBLE PRECISION NOT NULL
    )""",
)
