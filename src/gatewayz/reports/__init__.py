"""Reports: one file per format, found by its name; and the printout on a terminal."""

from __future__ import annotations

from gatewayz.core.registry import Registry
from gatewayz.reports._report import Report
from gatewayz.reports._writing import check_writable, write_report, write_whole

__all__ = ["REPORTS", "Report", "check_writable", "write_report", "write_whole"]

# The formats: a file here is one, its name the word in `--report FORMAT=PATH`.
REPORTS: Registry[Report] = Registry("gatewayz.reports", "report format", "REPORT")
