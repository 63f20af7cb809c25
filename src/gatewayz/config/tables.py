"""Tables of settings: each of a table's names with its reader, and messages that say which table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatewayz.config.values import Reader
from gatewayz.core.errors import ConfigError, UnknownName
from gatewayz.core.text import visible


def tables_in(given: Any, name: str, where: str) -> list[tuple[dict[str, Any], str]]:
    """The tables under `[[name]]`, each with where it stands, for messages."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ConfigError(f"{where}: write [[{name}]] and its values, once for each")
    return [(table, f"{where} [[{name}]] {place}") for place, table in enumerate(given, 1)]


def read_table(
    table: Mapping[str, Any], readers: Mapping[str, Reader], where: str
) -> dict[str, Any]:
    """The values of a table by their names. Raises: ConfigError for an unknown name, with the nearest."""
    for name in table:
        if name not in readers:
            raise ConfigError(f"{where}: {UnknownName('setting', visible(str(name)), readers)}")
    return {name: readers[name](raw, f"{where} {name}") for name, raw in table.items()}
