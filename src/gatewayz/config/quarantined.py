"""`[[quarantine]]` of gatewayz.toml; docs/configuration.md has the table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from gatewayz.config import values
from gatewayz.config.tables import read_table, tables_in
from gatewayz.core.errors import ConfigError
from gatewayz.core.quarantine import Quarantined


def end_of(value: Any, where: str) -> datetime:
    """A moment; of a day its end, in UTC."""
    if isinstance(value, str):
        try:
            is_day = len(value.strip()) == 10
            value = (date if is_day else datetime).fromisoformat(value.strip())
        except ValueError:
            value = None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value + timedelta(days=1), time(), UTC)
    raise ConfigError(f"{where}: write a day such as 2026-12-31")


_READERS: Mapping[str, values.Reader] = {
    "gateway": values.question,
    "model": values.question,
    "probe": values.question,
    "reason": values.question,
    "until": end_of,
}


def read_quarantine(given: Any, where: str) -> tuple[Quarantined, ...]:
    """The entries of a file, in its order. Raises: ConfigError."""
    found = []
    for table, spot in tables_in(given, "quarantine", where):
        missing = [name for name in ("gateway", "reason", "until") if name not in table]
        if missing:
            raise ConfigError(
                f"{spot}: a gateway, a reason and a day (until = 2026-12-31) are needed"
            )
        found.append(Quarantined(**read_table(table, _READERS, spot)))
    return tuple(found)
