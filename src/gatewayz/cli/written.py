"""The reports that were asked for: looked at before the run, written after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gatewayz.config import Settings
from gatewayz.core import ConfigError, GatewayzError, Run
from gatewayz.measure import summarize
from gatewayz.reports import REPORTS, check_writable, write_report


def reports_for(settings: Settings) -> tuple[tuple[str, Path], ...]:
    """The reports that were asked for, as formats and paths that can be written.

    Raises: ConfigError for an unknown format or an unwritable path.
    """
    wanted: list[tuple[str, Path]] = []
    for text in settings.reports:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise ConfigError(f"--report '{text}': write FORMAT=PATH, such as json=report.json")
        _ = REPORTS[name]
        check_writable(path)
        if any(Path(path) == other for _, other in wanted):
            raise ConfigError(f"--report: two reports at {path}")
        wanted.append((name, Path(path)))
    return tuple(wanted)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the reports: those that are there, and a line for each that is not."""

    reports: tuple[tuple[str, Path], ...] = ()
    faults: tuple[str, ...] = ()


def write_reports(wanted: Sequence[tuple[str, Path]], run: Run) -> Written:
    """Writes what `reports_for` found."""
    reports, faults = [], []
    for name, path in wanted:
        try:
            write_report(path, REPORTS[name].render(run, run.summary or summarize(run.verdicts)))
        except GatewayzError as error:
            faults.append(str(error))
        else:
            reports.append((name, path))
    return Written(tuple(reports), tuple(faults))
