"""One request of a load run, from being sent to its sample: asked, settled, judged, reduced, told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from gatewayz.core import Attempt, ChatRequest
from gatewayz.core.load import Sample
from gatewayz.core.wire_faults import went_stale
from gatewayz.load.order import Asker, Example, Guard, Leave, LoadOrder, StageOrder
from gatewayz.load.reducing import Moments, Reducer, gaps_of
from gatewayz.load.work_report import Place
from gatewayz.measure.histograms import Histogram

# So many verdicts of a failure at a target are kept to be shown.
EXAMPLES: Final = 3


class Asking:
    """Asks the targets of an order, each by its index.

    `take` is told each sample, `show` a few verdicts of each failure; gaps between chunks go into
    `gaps`. `stop` hears why the gateway of a target is to be asked no more.
    """

    def __init__(
        self,
        order: LoadOrder,
        asker: Asker,
        guard: Guard | None,
        *,
        zero: float,
        clock: Callable[[], float],
        take: Callable[[Sample], None],
        show: Callable[[Example], None],
        gaps: dict[Place, Histogram],
        stop: Callable[[int, str], None],
    ) -> None:
        self._order, self._asker, self._guard = order, asker, guard
        self._clock = clock
        self._take, self._show, self._stop = take, show, stop
        self._gaps = gaps
        self._reducer = Reducer(order, zero)
        self._shown: Counter[tuple[str, str]] = Counter()

    async def ask(
        self, told: StageOrder, index: int, request: ChatRequest, due: float, leave: Leave, *,
        turn: int,
    ) -> None:  # fmt: skip
        """Sends a request that was due at a moment and has leave, and tells what came of it."""
        aim = self._order.aims[index]
        sent = self._clock()
        attempt = await self._attempt(index, request, leave, number=1)
        if went_stale(attempt):
            # An idle connection was dropped just then, which says nothing of the model.
            leave = self._guard.reserve(aim, request) if self._guard is not None else leave
            if not leave.refused:
                sent = self._clock()
                attempt = await self._attempt(index, request, leave, number=2)
        ended = self._clock()
        moments = Moments(due, sent, ended, is_open=told.stage.unit == "rate")
        verdict = self._reducer.judged(aim, request, attempt)
        sample = self._reducer.sample(
            aim, verdict, attempt, moments, stage=told.stage.index, turn=turn, warm_up=told.warm_up
        )
        self._keep_gaps(
            (aim.target.name, told.stage.index, told.warm_up), gaps_of(verdict, attempt)
        )
        shown = (sample.target, sample.failure)
        if sample.failure and self._shown[shown] < EXAMPLES:
            self._shown[shown] += 1
            self._show((sample.target, verdict))
        self._take(sample)

    async def _attempt(
        self, index: int, request: ChatRequest, leave: Leave, *, number: int
    ) -> Attempt:
        aim = self._order.aims[index]
        attempt: Attempt | None = None
        try:
            model_id = aim.target.model_id
            attempt = await self._asker.attempt(aim.gateway, model_id, request, number=number)
        finally:
            if self._guard is not None and (why := self._guard.settle(leave, aim, attempt)):
                self._stop(index, why)
        return attempt

    def _keep_gaps(self, place: Place, found: tuple[float, ...]) -> None:
        if not found:
            return
        kept = self._gaps.get(place)
        if kept is None:
            kept = self._gaps[place] = Histogram()
        for gap in found:
            kept.add(gap)
