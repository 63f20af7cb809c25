"""What processes of one load run tell each other: a JSON line each."""

from __future__ import annotations

from typing import Final

import msgspec

from gatewayz.core.load import Sample
from gatewayz.load.order import Bill, StageOrder
from gatewayz.load.work_report import Place, WorkReport
from gatewayz.measure.histograms import Histogram

LONGEST_LINE: Final = 256 * 1024 * 1024


class Told(msgspec.Struct, omit_defaults=True):
    """One line from us to a worker."""

    begin: float | None = None
    stage: StageOrder | None = None
    halt: bool | None = None
    finish: bool = False


class _Count(msgspec.Struct):
    """A count, or a histogram, of one target in one stage."""

    target: str
    stage: int
    warm_up: bool
    count: int = 0
    gaps: str = ""


class Report(msgspec.Struct):
    """A worker's report, as it goes over the line."""

    gaps: list[_Count]
    unsent: list[_Count]
    unfinished: list[tuple[Place, list[float]]]
    lag: str
    late: str
    waits: str
    cpu_s: float
    wall_s: float
    left_out: list[tuple[str, str, list[int]]]
    bill: Bill = Bill()


class Heard(msgspec.Struct, omit_defaults=True):
    """One line from a worker to us; `shown` are verdicts as JSON texts, `out` targets that are to be
    asked no more, each with the reason.
    """

    samples: list[Sample] = []
    shown: list[tuple[str, str]] = []
    sent: int = 0
    staged: bool = False
    ended: str = ""
    out: list[tuple[str, str]] = []
    report: Report | None = None
    bug: str = ""


def written_report(report: WorkReport) -> Report:
    return Report(
        gaps=[
            _Count(*place, gaps=found.to_bytes().decode()) for place, found in report.gaps.items()
        ],
        unsent=[_Count(*place, count=count) for place, count in report.unsent.items()],
        unfinished=list(report.unfinished.items()),
        lag=report.lag.to_bytes().decode(),
        late=report.late.to_bytes().decode(),
        waits=report.waits.to_bytes().decode(),
        cpu_s=report.cpu_s,
        wall_s=report.wall_s,
        left_out=[(*where, sorted(lines)) for where, lines in report.left_out.items()],
        bill=report.bill,
    )


def read_report(told: Report) -> WorkReport:
    report = WorkReport(
        lag=Histogram.from_bytes(told.lag.encode()),
        late=Histogram.from_bytes(told.late.encode()),
        waits=Histogram.from_bytes(told.waits.encode()),
        cpu_s=told.cpu_s,
        wall_s=told.wall_s,
        bill=told.bill,
    )
    for target, why, lines in told.left_out:
        report.left_out[target, why].update(lines)
    for one in told.gaps:
        place = (one.target, one.stage, one.warm_up)
        report.gaps[place] = Histogram.from_bytes(one.gaps.encode())
    for one in told.unsent:
        report.unsent[one.target, one.stage, one.warm_up] = one.count
    for place, sent_s in told.unfinished:
        report.unfinished[place] = sent_s
    return report
