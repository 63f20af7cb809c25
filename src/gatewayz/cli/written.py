"""The reports that were asked for: looked at before the run, written after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatewayz.config import Settings
from gatewayz.core import ConfigError, GatewayzError, Run
from gatewayz.core.availability import SlaReport
from gatewayz.core.load import LoadResult
from gatewayz.measure import summarize
from gatewayz.reports import LOAD_REPORTS, REPORTS, SLA_REPORTS, check_writable, write_report

# The reports that were asked for, as formats and paths.
Wanted = tuple[tuple[str, Path], ...]


def reports_for(settings: Settings, formats: Mapping[str, object] = REPORTS) -> Wanted:
    """The reports that were asked for, as formats and paths that can be written.

    `formats` are those that there are: REPORTS of a roll call, LOAD_REPORTS of a load run, SLA_REPORTS of promises.
    Raises: ConfigError for an unknown format or an unwritable path.
    """
    wanted: list[tuple[str, Path]] = []
    for text in settings.reports:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise ConfigError(f"--report '{text}': write FORMAT=PATH, such as json=report.json")
        _ = formats[name]
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


def write_reports(wanted: Wanted, run: Run) -> Written:
    """Writes what `reports_for` found of a roll call."""
    return _write(
        wanted, lambda name: REPORTS[name].render(run, run.summary or summarize(run.verdicts))
    )


def write_load_reports(wanted: Wanted, result: LoadResult) -> Written:
    """Writes what `reports_for` found of a load run."""
    return _write(wanted, lambda name: LOAD_REPORTS[name].render(result))


def write_sla_reports(wanted: Wanted, report: SlaReport) -> Written:
    """Writes what `reports_for` found of promises."""
    return _write(wanted, lambda name: SLA_REPORTS[name].render(report), of_run=False)


def _write(wanted: Wanted, render: Callable[[str], bytes], *, of_run: bool = True) -> Written:
    reports, faults = [], []
    for name, path in wanted:
        try:
            write_report(path, render(name), of_run=of_run)
        except GatewayzError as error:
            faults.append(str(error))
        else:
            reports.append((name, path))
    return Written(tuple(reports), tuple(faults))
