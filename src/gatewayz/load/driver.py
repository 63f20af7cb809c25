"""Sends the requests of one process: when they are due or as others end, and reduces each at once.

The moment at which a request was due is kept beside the one at which it was sent. Of an open shape a
request is due by the schedule, whatever became of those before it, so a server that stalls is not
spared the requests that would have come meanwhile (coordinated omission). Of a closed shape it is due
when the one before it ended.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Final

from gatewayz.core import ChatRequest
from gatewayz.core.load import NO_TURN, Sample
from gatewayz.load.asking import Asking
from gatewayz.load.board import Board
from gatewayz.load.order import Aim, Asker, Example, Guard, Leave, LoadOrder, StageOrder
from gatewayz.load.self_check import Ticker
from gatewayz.load.shapes import share_of
from gatewayz.load.turns import Arrivals, Limiter, board_for, target_of, turn_of
from gatewayz.load.waiting import Waiter
from gatewayz.load.work_report import Place, WorkReport

# How soon to look again at what only other processes change.
_SOON_S: Final = 0.005
_NO_WAIT: Final = "; a load does not wait for what those under way may give back"


class Driver:
    """One of `parts` processes of a run, the `part`-th from 0; `board` is what they share.

    `take` is told each sample, `show` a few verdicts of each failure, `end` why the guard ends the
    run, `out` which target is to be asked no more, and why; `zero` is the start of the run on the
    monotonic clock, and `clock` that clock.
    """

    def __init__(
        self,
        order: LoadOrder,
        asker: Asker,
        *,
        zero: float,
        take: Callable[[Sample], None],
        show: Callable[[Example], None],
        part: int = 0,
        parts: int = 1,
        board: Board | None = None,
        guard: Guard | None = None,
        clock: Callable[[], float] = time.monotonic,
        end: Callable[[str], None] = lambda _: None,
        out: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self._order, self._asker, self._guard = order, asker, guard
        self._end, self._out = end, out
        self._part, self._parts = part, parts
        self._clock, self._zero = clock, zero
        # Of each that is under way the place, and the moment at which it was sent.
        self._tasks: dict[asyncio.Task[None], tuple[Place, float]] = {}
        self._board = board or board_for(order, parts)
        self._limiter = Limiter(order, self._board)
        # Of a file, the places of those that may be asked of each target, as far as it is known.
        self._lines = [list(range(len(order.prompts.written))) for _ in order.aims]
        self._halted_at: float | None = None
        self._freed = 0.0
        # Until then requests that were due waited for others; later than that is our own doing.
        self._waited = 0.0
        self._bug: BaseException | None = None
        self._waiter = Waiter()
        self._report = WorkReport()
        self._asking = Asking(
            order, asker, guard, zero=zero, clock=clock, take=take, show=show,
            gaps=self._report.gaps, stop=self._stop_gateway,
        )  # fmt: skip
        self._ticker = Ticker(self._report.lag)
        self.sent = 0

    @property
    def in_flight(self) -> int:
        """How many requests are under way."""
        return len(self._tasks)

    async def stage(self, told: StageOrder) -> None:
        """Sends this process's share of a stage; returns as `StageOrder.drain` says."""
        if not told.warm_up:
            self._ticker.begin()
        await self._until(told.start)
        if told.stage.unit == "rate":
            await self._open(told)
        else:
            await self._closed(told)
        if told.drain:
            await self._drain()

    def halt(self, *, now: bool = False) -> None:
        """No more requests; with `now` those under way are left as well."""
        if self._halted_at is None:
            self._halted_at = self._clock()
        if now:
            for task in self._tasks:
                task.cancel()
        self._waiter.wake()

    async def finish(self) -> WorkReport:
        """Waits for what is under way and lets go of the connections; the report on all of it."""
        await self._drain()
        await self._asker.aclose()
        self._report.cpu_s, self._report.wall_s = self._ticker.end()
        if self._guard is not None:
            self._report.bill = self._guard.bill()
        return self._report

    async def _closed(self, told: StageOrder) -> None:
        stage = told.stage
        level = int(stage.level)
        places = share_of(level, self._part, self._parts)
        end = _end_of(told)
        while (number := await self._next(told, places, level)) is not None:
            index = self._index_of(told, number)
            if self._is_stopped(index):
                continue
            due = self._limiter.next_start(index, max(self._freed, told.start))
            if due > self._clock():  # held back by the gateway's limit
                await self._until(due if end is None else min(due, end))
            if self._over(end):
                self._board.leave(self._part)
                break
            await self._launch(told, number, index, due)
        by_time = not told.drain and stage.requests is None
        if end is not None and by_time and not self._all_stopped(told.targets):
            await self._until(end)

    async def _open(self, told: StageOrder) -> None:
        stage, room = told.stage, self._order.in_flight
        places = share_of(room, self._part, self._parts)
        arrivals = Arrivals(stage, self._order.seed, told.start)
        while (number := await self._next(told, places, room)) is not None:
            due = arrivals.due(number)
            if due is None:
                self._board.leave(self._part)
                break
            await self._until(due)
            index = self._index_of(told, number)
            if self._is_stopped(index):
                continue
            if not self._over(None):
                await self._launch(told, number, index, due)
                continue
            self._board.leave(self._part)
            self._count_unsent(told, number, due)
            break
        if places:
            self._rest_unsent(told, arrivals)
        # Rates are over the time that was set, also where nothing was due at its end.
        end, most = _end_of(told), stage.requests
        by_time = most is None or (not told.drain and self._board.has_left(_serial(told), most))
        if end is not None and by_time and not self._all_stopped(told.targets):
            await self._until(end)

    async def _next(self, told: StageOrder, places: int, room: int) -> int | None:
        """The number of the next request, once there is one of our `places` for it and of the `room`
        of all; None where there is no more, or its time is over.
        """
        serial, most, end = _serial(told), told.stage.requests, _end_of(told)
        while places and self._board.has_left(serial, most) and not self._is_over(told):
            moment = end
            if self.in_flight < places:
                number = self._board.take(serial, self._part, most=most, room=room)
                if number is not None:
                    return number
                moment = self._clock() + _SOON_S  # another process has to end one first
            elif self._parts > 1 and not told.drain:
                # Whoever takes the last one ends the stage for all.
                moment = self._clock() + _SOON_S
            if self._over(end):
                return None
            await self._pause(moment)
            self._waited = self._freed
        return None

    def _rest_unsent(self, told: StageOrder, arrivals: Arrivals) -> None:
        """Counts what was due and is sent by nobody any more."""
        serial, most = _serial(told), told.stage.requests
        while (number := self._board.take(serial, self._part, most=most, room=None)) is not None:
            self._board.leave(self._part)
            due = arrivals.due(number)
            if due is None or not self._count_unsent(told, number, due):
                return

    def _count_unsent(self, told: StageOrder, number: int, due: float) -> bool:
        """Counts a request that was not sent, if it was due before the run was halted or had ended."""
        if self._halted_at is not None and due > min(self._halted_at, self._board.ended):
            return False
        index = self._index_of(told, number)
        if not self._limiter.stopped(index):
            self._report.unsent[self._place_of(told, index)] += 1
        return True

    def _is_stopped(self, index: int) -> bool:
        """Whether a request is left out, as its gateway was stopped; then its place is free again."""
        if self._limiter.stopped(index):
            self._board.leave(self._part)
            return True
        return False

    def _is_over(self, told: StageOrder) -> bool:
        """Whether nothing more is to be sent in a stage, whatever its time is."""
        return self._over(None) or self._all_stopped(told.targets)

    def _all_stopped(self, targets: Iterable[int]) -> bool:
        return all(map(self._limiter.stopped, targets))

    def _stop_gateway(self, index: int, why: str) -> None:
        """No more to a gateway; the run ends when that was the last."""
        self._limiter.stop(index)
        for aim in self._order.aims:
            if aim.gateway.name == self._order.aims[index].gateway.name:
                self._out(aim.target.name, why)
        self._end_where_all_stopped(why)

    def _leave_out(self, index: int, why: str) -> None:
        """No more to a target that no request to can be allowed; the run ends when it was the last."""
        self._limiter.leave_out(index)
        self._out(self._order.aims[index].target.name, why)
        self._end_where_all_stopped(why)

    def _end_where_all_stopped(self, why: str) -> None:
        if self._all_stopped(range(len(self._order.aims))):
            self._ended_by_guard(why)

    def _index_of(self, told: StageOrder, number: int) -> int:
        return target_of(number, told.targets, seed=self._order.seed, place=_place(told))

    async def _launch(self, told: StageOrder, number: int, index: int, due: float) -> None:
        request, leave, turn = await self._allowed(told, number, index)
        if leave.refused:
            self._board.leave(self._part)
            if leave.never:
                self._leave_out(index, leave.never)
            else:
                why = leave.refused + (_NO_WAIT if leave.may_fit else "")
                # Whatever came due after it would have been refused like this one.
                self._board.end(self._could_be_sent(due))
                self._ended_by_guard(why)
            return
        self.sent += 1
        if told.stage.unit == "rate" and not told.warm_up:
            self._note_lateness(due)
        task = asyncio.create_task(self._asking.ask(told, index, request, due, leave, turn=turn))
        self._tasks[task] = self._place_of(told, index), self._clock() - self._zero
        task.add_done_callback(self._ended)

    async def _allowed(
        self, told: StageOrder, number: int, index: int
    ) -> tuple[ChatRequest, Leave, int]:
        """A request to a target, leave to send it, and its turn. A line that can never be asked there is
        left out, and the next one takes its place; without any other the leave says so.

        In one turn every target is asked the same line, so that what differs is theirs: who is asked
        another has none (-1).
        """
        order, aim, lines = self._order, self._order.aims[index], self._lines[index]
        written, turn = order.prompts.written, turn_of(number, told.targets)
        due = turn % len(written) if written else 0
        while True:
            at = bisect_left(lines, due) % len(lines) if lines else 0
            line = written[lines[at]] if lines else None
            request = aim.habits.put(
                order.prompts.request(
                    order.seed,
                    _place(told),
                    number,
                    max_tokens=order.max_tokens,
                    temperature=order.temperature,
                    stream=order.stream,
                    line=line,
                )
            )
            leave = await self._leave(aim, request, waits=told.warm_up)
            if line is None or not leave.never:
                is_due = line is None or lines[at] == due
                return request, leave, turn if is_due else NO_TURN
            del lines[at]
            if not lines:
                return request, leave, NO_TURN
            self._report.left_out[aim.target.name, leave.never].add(line.number)

    async def _leave(self, aim: Aim, request: ChatRequest, *, waits: bool) -> Leave:
        """Leave to send; where it `waits`, for as long as others that are under way may make room.

        Only the warm-up does, which is in no figure: from then on a load would go by what is left of a
        budget, an open one later than it is due, a closed one with ever fewer at once, and the target
        would be told as slow, or as fast, for it.
        """
        if self._guard is None:
            return Leave()
        leave = self._guard.reserve(aim, request)
        # What would make room is under way here, or in another process.
        while (
            waits
            and leave.refused
            and leave.may_fit
            and self._halted_at is None
            and (self._tasks or self._parts > 1)
        ):
            await self._pause(None if self._parts == 1 else self._clock() + _SOON_S)
            leave = self._guard.reserve(aim, request)
        return leave

    def _note_lateness(self, due: float) -> None:
        """How late a request is sent, and how much of that is a wait for others to end."""
        could = self._could_be_sent(due)
        self._report.late.add(max(0.0, self._clock() - could))
        if could > due:
            self._report.waits.add(could - due)

    def _could_be_sent(self, due: float) -> float:
        """When a request could have been sent: later than it was due, where it waited for others."""
        return max(due, self._waited)

    def _ended_by_guard(self, why: str) -> None:
        if self._halted_at is None:
            self.halt()
            self._end(why)

    def _ended(self, task: asyncio.Task[None]) -> None:
        place, sent_s = self._tasks.pop(task)
        self._board.leave(self._part)
        if task.cancelled():
            self._report.unfinished[place].append(sent_s)
        elif task.exception() is not None:
            self._bug = task.exception()  # one of ours; whoever waits raises it
        self._freed = self._clock()
        self._waiter.wake()

    def _place_of(self, told: StageOrder, index: int) -> Place:
        return (self._order.aims[index].target.name, told.stage.index, told.warm_up)

    def _over(self, end: float | None) -> bool:
        if self._bug is not None:
            raise self._bug
        return self._halted_at is not None or (end is not None and self._clock() >= end)

    async def _drain(self) -> None:
        while self._tasks:
            await self._pause(None)
        if self._bug is not None:
            raise self._bug

    async def _until(self, moment: float) -> None:
        """Waits for a moment, or for the halt."""
        while self._halted_at is None and self._bug is None and self._clock() < moment:
            await self._pause(moment)

    async def _pause(self, moment: float | None) -> None:
        """Waits until a request ends, the run is halted, or a moment has come."""
        await self._waiter.pause(None if moment is None else moment - self._clock())


def _place(told: StageOrder) -> str:
    """A stage's own word, so that no two stages ask the same."""
    return "warm-up" if told.warm_up else f"stage-{told.stage.index}"


def _serial(told: StageOrder) -> int:
    """A stage's number on the board: the warm-up is the first."""
    return 1 if told.warm_up else told.stage.index + 2


def _end_of(told: StageOrder) -> float | None:
    duration_s = told.stage.duration_s
    return None if duration_s is None else told.start + duration_s
