"""One case to its verdict: step by step, each asked until it is settled."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from gatewayz.core import (
    Attempt,
    Case,
    ChatRequest,
    Gateway,
    GatewayzError,
    Habits,
    Model,
    Observation,
    Occasion,
    Outcome,
    Probe,
    Verdict,
    Way,
    Whom,
)
from gatewayz.core.codec import to_json
from gatewayz.core.judge import judge, of_a_bug, skipped, unknown, wants_a_control
from gatewayz.core.marks import mark_for
from gatewayz.money import Reservation
from gatewayz.runner import retries, second_looks
from gatewayz.runner.events import AttemptFinished, CaseStarted, Event, HabitsLearned
from gatewayz.runner.order import Executor, Lane, RollCall
from gatewayz.runner.pacing import Pace
from gatewayz.runner.second_looks import Form
from gatewayz.runner.spending import Purse


class Gate(Protocol):
    """What a run allows while a case goes on."""

    slots: asyncio.Semaphore

    purse: Purse

    def not_run(self, case: Case, *, in_s: float = 0.0) -> Verdict | None:
        """The verdict of a case that will not be sent now, or in so long; None when it will."""
        ...

    async def leave(
        self, case: Case, gateway: Gateway, request: ChatRequest
    ) -> Reservation | Verdict:
        """What is reserved for a question that may be sent, else the verdict of its case."""
        ...

    async def turn(self, pace: Pace) -> None:
        """Waits for the next allowed start, or for the run's deadline."""
        ...

    def heard(self, lane: Lane, attempt: Attempt) -> None:
        """Takes note of what one attempt says of its host."""
        ...

    async def can_judge(self) -> None:
        """Waits until an error can be judged without holding up the loop."""
        ...


class Asker:
    """Takes the cases of one run to their verdicts, and remembers how each model is to be asked.

    `seed` decides what the probes draw by lot, `tell` takes the events.
    """

    def __init__(
        self,
        order: RollCall,
        executor: Executor,
        gate: Gate,
        *,
        seed: str,
        tell: Callable[[Event], None],
    ) -> None:
        self._order, self._executor, self._gate = order, executor, gate
        self._seed, self._tell = seed, tell
        self._probes = {probe.name: probe for probe in order.probes}
        self._habits = dict(order.habits)
        self._answered: set[tuple[str, Way]] = set()

    def probe_of(self, case: Case) -> Probe:
        """The probe that a case asks."""
        return self._probes[case.probe]

    async def judged(self, case: Case, lane: Lane, pace: Pace) -> Verdict:
        """One case to its verdict; a bug of ours on the way makes it unknown, and it alone."""
        try:
            return await self._case(case, lane, pace)
        except GatewayzError:
            raise
        except (Exception, SystemExit) as bug:  # noqa: BLE001 -- the traceback goes into the verdict
            return unknown(case, of_a_bug("this case", bug))

    async def _case(self, case: Case, lane: Lane, pace: Pace) -> Verdict:
        """For as long as the steps pass."""
        probe = self.probe_of(case)
        mark = self._mark(case, probe)
        # What bears a mark draws the same on both ways: of one size, and still no two alike.
        way = "" if mark else case.way
        rng = random.Random(f"{self._seed}/{way}/{case.id}")
        seen, form, unsettled = Observation(case=case), Form(), False
        verdict: Verdict | None = None
        while (step := len(seen.then) + (seen.request is not None)) <= len(probe.then):
            request = probe.question(step, self._occasion(case, seen, rng, anew=unsettled))
            if request is None:
                break
            if mark:
                request = replace(request, mark=mark)
            try:
                to_json(request)  # what is no data can be neither sent nor kept
            except TypeError as bug:
                return unknown(case, of_a_bug("our probe's question", bug), seen=seen)
            untaken = request.fields_beyond() & lane.gateway.quirks.never_send
            if untaken and not seen.attempts:
                return skipped(
                    case, f"not offered: {lane.name} takes no {', '.join(sorted(untaken))}"
                )
            form = form.next_step(self._habits_of(case, lane))
            verdict, form = await self._step(seen, step, request, form, lane, pace)
            seen = verdict.observation
            unsettled = wants_a_control(seen, lane.gateway.quirks)
            if verdict.outcome is not Outcome.PASSED and not unsettled:
                break
        return verdict or unknown(case, "its probe asks nothing of this model")

    def _mark(self, case: Case, probe: Probe) -> str:
        """What tells this time of asking from the others; "" where the question itself does, or is
        asked once.
        """
        if self._order.repeat < 2 or not probe.marked:
            return ""
        return mark_for(f"{self._seed}/{case.way}/{case.id}")

    def _occasion(
        self, case: Case, seen: Observation, rng: random.Random, *, anew: bool
    ) -> Occasion:
        """What a question may be built from; `anew` asks for a sound one, answered before or not."""
        model = case.model or Model(id="")
        questions = (seen.request, *seen.then) if seen.request is not None else ()
        return Occasion(
            ask=self._order.ask,
            model=model,
            rng=rng,
            questions=questions,
            replies=seen.replies,
            answered=not anew and (case.gateway, case.way) in self._answered,
        )

    async def _step(
        self, seen: Observation, step: int, request: ChatRequest, form: Form, lane: Lane, pace: Pace
    ) -> tuple[Verdict, Form]:
        """One question of a case; the verdict over all so far, and the form it was put in last."""
        case, order = seen.case, self._order
        checks = self.probe_of(case).checks_by_step
        rng: random.Random | None = None  # which few cases need, and which costs as much as a check
        waited_s = 0.0
        verdict: Verdict | None = None
        number = 0
        while True:
            await self._gate.turn(pace)
            async with self._gate.slots:
                asked, gateway = form.habits.put(request), _as_asked(lane.gateway, form.habits)
                # The wait for a turn may have been long: what it was for may be over.
                leave = await self._gate.leave(case, gateway, asked)
                if isinstance(leave, Verdict):
                    return verdict or leave, form
                if not seen.attempts:
                    self._tell(CaseStarted(case))
                number += 1
                attempt = await self._paid(case, form, gateway, asked, leave, number, step)
            self._gate.heard(lane, attempt)
            seen = _with_attempt(seen, attempt, step, asked, form.habits)
            if attempt.error is not None:
                await self._gate.can_judge()
            verdict = judge(seen, checks, lane.gateway.quirks)
            form = self._learn(case, lane, form, attempt)
            if asked.must_refuse is None and _is_an_answer(attempt):
                self._answered.add((case.gateway, case.way))
            otherwise = second_looks.decide(verdict, form, lane.gateway)
            wait_s: float | None = None if otherwise is None else 0.0
            if otherwise is None and verdict.failure is not None:
                rng = rng or random.Random(f"{order.seed}/{case.way}/{case.id}/{step}")
                wait_s = retries.decide(
                    verdict, attempt, quirks=lane.gateway.quirks, retries=order.retries,
                    looks=form.looks, waited_s=waited_s, budget_s=order.retry_budget_s, rng=rng,
                ).wait_s  # fmt: skip
            if wait_s is not None and (
                self._gate.not_run(case, in_s=wait_s) is not None
                or self._gate.purse.is_short(case, gateway, asked)
            ):
                wait_s = None
            self._tell(AttemptFinished(case, attempt, wait_s))
            if wait_s is None:
                return verdict, form
            if verdict.failure is not None and verdict.failure.failure_class == "rate-limit":
                pace.hold(wait_s)
            form = otherwise or form
            await asyncio.sleep(wait_s)
            waited_s += wait_s

    async def _paid(
        self, case: Case, form: Form, gateway: Gateway, asked: ChatRequest, leave: Reservation,
        number: int, step: int,
    ) -> Attempt:  # fmt: skip
        """One attempt, settled whatever comes of it."""
        model_id = form.model_id or (case.model.id if case.model is not None else "")
        attempt = None
        try:
            attempt = await self._executor.attempt(
                gateway, model_id, asked, number=number, step=step
            )
        finally:
            self._gate.purse.paid(case, leave, attempt, gateway)
        return attempt

    def _habits_of(self, case: Case, lane: Lane) -> Habits:
        return self._habits.get(_whom(case, lane), Habits())

    def _learn(self, case: Case, lane: Lane, form: Form, attempt: Attempt) -> Form:
        """The form with what an answer taught, which is told and used from here on."""
        habits = second_looks.learned(form, attempt)
        if habits is None or case.model is None:
            return form
        whom = _whom(case, lane)
        if habits != self._habits.get(whom, Habits()):
            self._habits[whom] = habits
            self._tell(HabitsLearned(whom, habits))
        return replace(form, known=habits)


def _is_an_answer(attempt: Attempt) -> bool:
    """Whether a request was taken, and not refused inside a success."""
    if attempt.error is not None or attempt.status is None or attempt.reply is None:
        return False
    return 200 <= attempt.status < 300 and attempt.reply.usable


def _with_attempt(
    seen: Observation, attempt: Attempt, step: int, request: ChatRequest, habits: Habits
) -> Observation:
    """One more attempt at a step, and the step's question in the form in which it was put."""
    attempts = (*seen.attempts, attempt)
    if step == 0:
        return replace(seen, request=request, habits=habits, attempts=attempts)
    then = (*seen.then[: step - 1], request)
    return replace(seen, then=then, habits=habits, attempts=attempts)


def _as_asked(gateway: Gateway, habits: Habits) -> Gateway:
    """The gateway in the dialect that a model wants."""
    if habits == Habits():
        return gateway
    return replace(gateway, quirks=habits.quirks(gateway.quirks))


def _whom(case: Case, lane: Lane) -> Whom:
    model = case.model.id if case.model is not None else ""
    return Whom(gateway=case.gateway, way=case.way, host=lane.gateway.host, model=model)
