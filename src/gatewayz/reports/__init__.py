"""Reports: one file per format, found by its name; and the printout on a terminal."""

from __future__ import annotations

from gatewayz.core.registry import Registry
from gatewayz.reports._report import LoadReport, PromiseReport, Report
from gatewayz.reports._writing import check_writable, write_report, write_whole

__all__ = [
    "LOAD_REPORTS",
    "REPORTS",
    "SLA_REPORTS",
    "LoadReport",
    "PromiseReport",
    "Report",
    "check_writable",
    "write_report",
    "write_whole",
]

# The formats: a file here is one, its name the word in `--report FORMAT=PATH`. A load run is told
# in other formats than a roll call, so theirs have a folder of their own.
REPORTS: Registry[Report] = Registry("gatewayz.reports", "report format", "REPORT")
LOAD_REPORTS: Registry[LoadReport] = Registry("gatewayz.reports.load", "report format", "REPORT")
SLA_REPORTS: Registry[PromiseReport] = Registry("gatewayz.reports.sla", "report format", "REPORT")
