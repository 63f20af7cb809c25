"""From events to the printout: a block per gateway, whole, and a status line while it goes on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gatewayz.core import Case, Gateway, Run, Summary, Verdict, Way
from gatewayz.core.access import Access, access_to
from gatewayz.measure import summarize
from gatewayz.reports._blocks import routes_in
from gatewayz.reports.terminal import Terminal
from gatewayz.runner import (
    AttemptFinished,
    CasesPlanned,
    CaseStarted,
    CatalogRead,
    Event,
    GatewayFinished,
    Lane,
    RunFinished,
    RunStarted,
    VerdictReached,
)

# Often enough to look alive, seldom enough to cost nothing in a run of thousands.
_REDRAW_S = 0.1


@dataclass
class _Block:
    """One gateway on one way. `done` are the cases that nothing more is asked of.

    A verdict may be held back until its other way is judged as well: it comes later than that.
    """

    lane: Lane
    planned: dict[Case, int] = field(default_factory=dict)
    done: set[Case] = field(default_factory=set)
    verdicts: list[Verdict] = field(default_factory=list)
    problem: Verdict | None = None
    printed: bool = False


class Display:
    """Listens to a run and prints it.

    `lanes` are those of the order, `unit` what the summary counts, `access` says how a gateway is
    reached.
    """

    def __init__(
        self,
        terminal: Terminal,
        lanes: Sequence[Lane],
        *,
        unit: str = "models",
        access: Callable[[Gateway], Access] = access_to,
    ) -> None:
        self._terminal, self._access = terminal, access
        self._blocks: dict[tuple[str, Way], _Block] = {
            (lane.name, lane.way): _Block(lane) for lane in lanes
        }
        self._both = len({lane.way for lane in lanes}) > 1
        self._unit = unit
        self._started: dict[str, None] = {}
        self._began = time.monotonic()
        self._drawn = 0.0

    def __call__(self, event: Event) -> None:
        """Takes one event."""
        match event:
            case RunStarted():
                self._take_all(event.run.verdicts)
            case CatalogRead():
                self._block(event.gateway, event.way).problem = event.verdict
            case CasesPlanned():
                for case in event.cases:
                    planned = self._block(case.gateway, case.way).planned
                    planned[case] = len(planned)
                self._drawn = 0.0
            case CaseStarted():
                self._started[event.case.gateway] = None
            case VerdictReached():
                self._take(event.verdict)
            case GatewayFinished():
                self._print(event.gateway)
            case RunFinished():
                for name, _ in tuple(self._blocks):
                    self._print(name)
                return
            case AttemptFinished() if event.retry_in_s is None:
                self._block(event.case.gateway, event.case.way).done.add(event.case)
        self._progress()

    def finish(self, run: Run) -> None:
        """The summary, after whatever blocks are still to come."""
        self._terminal.end_progress()
        summary: Summary = run.summary or summarize(run.verdicts)
        self._terminal.summary(summary, unit=self._unit, via=routes_in(run))

    def close(self) -> None:
        """Gives the terminal back as it was."""
        self._terminal.end_progress()

    def _block(self, gateway: str, way: Way) -> _Block:
        return self._blocks[gateway, way]

    def _take_all(self, verdicts: Sequence[Verdict]) -> None:
        """What was judged before the run was interrupted."""
        for verdict in verdicts:
            self._take(verdict)

    def _take(self, verdict: Verdict) -> None:
        case = verdict.observation.case
        block = self._block(case.gateway, case.way)
        if case.model is None:
            block.problem = verdict
            return
        block.done.add(case)
        block.verdicts.append(verdict)

    def _print(self, gateway: str) -> None:
        for (name, way), block in self._blocks.items():
            if name != gateway or block.printed:
                continue
            block.printed = True
            # A gateway that was not to run has its line in the summary; one whose turn never came
            # has nothing to tell.
            if block.lane.skip or not (block.verdicts or block.problem):
                continue
            models = {case.model for case in block.planned}
            self._terminal.gateway_block(
                name,
                way=way,
                both=self._both,
                chosen=len(models),
                planned=len(block.planned),
                verdicts=sorted(
                    block.verdicts, key=lambda v: block.planned.get(v.observation.case, 0)
                ),
                problem=block.problem,
                access=self._access(block.lane.gateway),
            )

    def _progress(self) -> None:
        now = time.monotonic()
        if now - self._drawn < _REDRAW_S:
            return
        self._drawn = now
        done: Counter[str] = Counter()
        planned: Counter[str] = Counter()
        # The ways of a gateway share one queue, in random order: how far each is tells nothing.
        for (name, _), block in self._blocks.items():
            done[name] += len(block.done)
            planned[name] += len(block.planned)
        elapsed_s = now - self._began
        # When the slowest gateway will be done at its pace so far; they go side by side.
        started = [name for name in self._started if planned[name]]
        left_s = [
            elapsed_s / done[name] * (planned[name] - done[name]) for name in started if done[name]
        ]
        self._terminal.progress(
            done.total(),
            planned.total(),
            # One that has not got anywhere yet may take any time.
            eta_s=max(left_s) if left_s and len(left_s) == len(started) else None,
            running=[name for name in self._started if done[name] < planned[name]],
        )
