"""The reports of a load run: looked at before it, written after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gatewayz.config import Settings
from gatewayz.core import ConfigError, GatewayzError
from gatewayz.core.load import LoadResult
from gatewayz.reports import LOAD_REPORTS, check_writable, write_report

Wanted = tuple[tuple[str, Path], ...]


def document(result: LoadResult) -> bytes:
    """The result as one JSON document, safe on a terminal."""
    return LOAD_REPORTS["json"].render(result)


def load_reports_for(settings: Settings) -> Wanted:
    """The reports that were asked for, as formats and paths that can be written.

    Raises: ConfigError for an unknown format or an unwritable path.
    """
    wanted: list[tuple[str, Path]] = []
    for text in settings.reports:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise ConfigError(f"--report '{text}': write FORMAT=PATH, such as json=report.json")
        _ = LOAD_REPORTS[name]
        check_writable(path)
        if any(Path(path) == other for _, other in wanted):
            raise ConfigError(f"--report: two reports at {path}")
        wanted.append((name, Path(path)))
    return tuple(wanted)


def write_load_reports(wanted: Wanted, result: LoadResult) -> tuple[Wanted, Sequence[str]]:
    """Writes them: those that are there, and a line for each that is not."""
    written, faults = [], []
    for name, path in wanted:
        try:
            write_report(path, LOAD_REPORTS[name].render(result))
        except GatewayzError as error:
            faults.append(str(error))
        else:
            written.append((name, path))
    return tuple(written), faults
