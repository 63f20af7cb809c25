"""The reports of a load run: looked at before it, written after it."""

from __future__ import annotations

import json
from pathlib import Path

from gatewayz.config import Settings
from gatewayz.core import ConfigError, GatewayzError, UnknownName
from gatewayz.core.codec import to_json
from gatewayz.core.load import LoadResult
from gatewayz.core.text import json_to_show
from gatewayz.reports import check_writable, write_report

SCHEMA = "gatewayz/load/1"
_FORMATS = {"json"}


def document(result: LoadResult) -> bytes:
    """The result as one JSON document, safe on a terminal."""
    text = json.dumps(
        {"schema": SCHEMA, **to_json(result)}, ensure_ascii=False, allow_nan=False, indent=2
    )
    return (json_to_show(text) + "\n").encode()


def load_reports_for(settings: Settings) -> tuple[tuple[str, Path], ...]:
    """The reports that were asked for. Raises: ConfigError."""
    wanted: list[tuple[str, Path]] = []
    for text in settings.reports:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise ConfigError(f"--report '{text}': write FORMAT=PATH, such as json=report.json")
        if name not in _FORMATS:
            raise UnknownName("report format", name, _FORMATS)
        check_writable(path)
        wanted.append((name, Path(path)))
    return tuple(wanted)


def write_load_reports(wanted: tuple[tuple[str, Path], ...], result: LoadResult) -> list[str]:
    """Writes them; a line for each that could not be."""
    faults = []
    for _, path in wanted:
        try:
            write_report(path, document(result))
        except GatewayzError as error:
            faults.append(str(error))
    return faults
