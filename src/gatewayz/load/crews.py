"""Who sends: this process itself, or several of which each has a loop and a client of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from gatewayz.core.load import Sample
from gatewayz.load.driver import Driver
from gatewayz.load.order import Asker, Example, GuardOf, LoadOrder, StageOrder, unguarded
from gatewayz.load.reducing import prime
from gatewayz.load.work_report import WorkReport


class Crew(Protocol):
    """Those who send the requests of a run."""

    def begin(
        self,
        zero: float,
        take: Callable[[Sample], None],
        show: Callable[[Example], None],
        end: Callable[[str], None],
        out: Callable[[str, str], None],
    ) -> None:
        """Before the first stage: the run's start, and who is told of samples and failures.

        `end` is told why the run has to end, where a budget says so; `out` before that which target is to
        be asked no more, and why.
        """
        ...

    async def stage(self, told: StageOrder) -> None:
        """Runs a stage; every sample of it has been told when it returns, if it drains."""
        ...

    def halt(self, *, now: bool = False) -> None:
        """No more requests; with `now` those under way are left as well."""
        ...

    async def finish(self) -> Sequence[WorkReport]:
        """The end: waits for what is under way, and tells the rest."""
        ...

    def close(self) -> None:
        """Lets go of whatever is still there, also after a failure."""
        ...

    @property
    def sent(self) -> int:
        """How many requests have been sent, as far as is known here."""
        ...

    @property
    def lost(self) -> str:
        """What of the run nobody can tell any more, as a process died; "" where all told theirs."""
        ...


class OneProcess:
    """The crew that is this process alone."""

    def __init__(
        self, order: LoadOrder, asker: Callable[[], Asker], *, guard: GuardOf = unguarded
    ) -> None:
        self._order, self._asker, self._guard = order, asker, guard
        self._driver: Driver | None = None
        prime(order)

    def begin(
        self,
        zero: float,
        take: Callable[[Sample], None],
        show: Callable[[Example], None],
        end: Callable[[str], None],
        out: Callable[[str, str], None],
    ) -> None:
        """Makes the driver, and with it the client, in the running loop."""
        self._driver = Driver(
            self._order,
            self._asker(),
            zero=zero,
            take=take,
            show=show,
            end=end,
            out=out,
            guard=self._guard(0, 1),
        )

    async def stage(self, told: StageOrder) -> None:
        """Runs the stage here."""
        if self._driver is not None:
            await self._driver.stage(told)

    def halt(self, *, now: bool = False) -> None:
        """Tells the driver."""
        if self._driver is not None:
            self._driver.halt(now=now)

    async def finish(self) -> Sequence[WorkReport]:
        """The driver's report."""
        return () if self._driver is None else (await self._driver.finish(),)

    def close(self) -> None:
        """Leaves what is under way."""
        self.halt(now=True)

    @property
    def sent(self) -> int:
        """How many requests have been sent."""
        return 0 if self._driver is None else self._driver.sent

    @property
    def lost(self) -> str:
        """Nothing: with this process all would be gone."""
        return ""
