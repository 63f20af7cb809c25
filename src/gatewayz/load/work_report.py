"""What one process of a load run tells at its end, beside the samples it told before."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from gatewayz.load.order import Bill
from gatewayz.measure.histograms import Histogram

Place = tuple[str, int, bool]  # target, stage, whether it is the warm-up


@dataclass(slots=True)
class WorkReport:
    """What one process tells at its end, beside the samples it told before.

    `gaps` between chunks, `unsent` and `unfinished` are by place, the last as the moments at which those
    were sent that it left under way, in seconds after the run's start; `lag` is how late its event loop
    woke, in seconds; `cpu_s` is its own CPU time in the `wall_s` that it worked. Of an open load `late`
    is how late each request was sent by our own doing, and `waits` how long those waited that had to,
    as too many others were under way. `left_out` has by target, and by the reason, the lines of a file that could not be asked. `bill` is what
    its guard saw of charges.
    """

    gaps: dict[Place, Histogram] = field(default_factory=dict)
    unsent: Counter[Place] = field(default_factory=Counter)
    unfinished: dict[Place, list[float]] = field(default_factory=lambda: defaultdict(list))
    lag: Histogram = field(default_factory=Histogram)
    late: Histogram = field(default_factory=Histogram)
    waits: Histogram = field(default_factory=Histogram)
    left_out: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    cpu_s: float = 0.0
    wall_s: float = 0.0
    bill: Bill = Bill()
