"""One case with everything that was seen of it. Still facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from gatewayz.core.attempt import Attempt, Reply
from gatewayz.core.case import Case
from gatewayz.core.habits import Habits
from gatewayz.core.probe import ChatRequest
from gatewayz.core.wire_faults import went_stale

Found = TypeVar("Found")

if TYPE_CHECKING:
    from functools import cached_property as kept
else:

    class kept:  # noqa: N801 -- stands where a property stands
        """A property that is worked out once, without the lock of `cached_property`: a value that two
        threads work out at once is the same twice.
        """

        def __init__(self, find):
            self.find, self.__doc__ = find, find.__doc__

        def __set_name__(self, owner, name):
            self.name = name

        def __get__(self, seen, owner=None):
            if seen is None:
                return self
            found = seen.__dict__[self.name] = self.find(seen)
            return found


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One case, what was asked, and every attempt in order.

    `request` is the probe's first question, None for a catalogue; `then` holds the questions of
    its further steps, as far as they were put, each in the form in which it was put last, which
    `habits` tells. `attempts` is empty when nothing was sent.
    """

    case: Case
    request: ChatRequest | None = None
    then: tuple[ChatRequest, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    habits: Habits = Habits()

    def once(self, find: Callable[[Observation], Found]) -> Found:
        """What a function says of this observation; of several checks that ask, the first lets it look."""
        if find not in self._found:
            self._found[find] = find(self)
        return cast("Found", self._found[find])

    @kept
    def _found(self) -> dict[Callable[..., Any], Any]:
        return {}

    @kept
    def step(self) -> int:
        """The step that was reached, from 0."""
        return self.attempts[-1].step if self.attempts else 0

    @kept
    def asked(self) -> ChatRequest | None:
        """The question of the step that was reached."""
        return self.asked_at(self.step)

    def asked_at(self, step: int) -> ChatRequest | None:
        """The question of a step; None when it was not put."""
        if step == 0:
            return self.request
        return self.then[step - 1] if step <= len(self.then) else None

    @kept
    def last(self) -> Attempt | None:
        """The attempt that counts in the end."""
        return self.attempts[-1] if self.attempts else None

    @kept
    def reply(self) -> Reply:
        """The last attempt's reply, an empty one when there is none."""
        last = self.last
        return last.reply if last is not None and last.reply is not None else Reply()

    @kept
    def replies(self) -> tuple[Reply, ...]:
        """The reply that counts of each step, in order."""
        found = {attempt.step: attempt.reply or Reply() for attempt in self.attempts}
        return tuple(found[step] for step in sorted(found))

    @kept
    def tries(self) -> tuple[Attempt, ...]:
        """The attempts at the step that was reached."""
        return tuple(a for a in self.attempts if a.step == self.step)

    def up_to(self, step: int) -> Observation:
        """The same as it stood when this step was done."""
        then, attempts = self.then[:step], tuple([a for a in self.attempts if a.step <= step])
        if len(then) == len(self.then) and len(attempts) == len(self.attempts):
            return self
        return replace(self, then=then, attempts=attempts)

    def first_tries(self) -> Observation:
        """The same with only the first try at each step.

        Of tries that were put in several forms, that is the first in the form that counted in the
        end: asking a sound model otherwise is no retry. Nor is asking anew what an idle connection
        lost.
        """
        last = {attempt.step: attempt for attempt in self.attempts}
        first: dict[int, Attempt] = {}
        for attempt in self.attempts:
            end = last[attempt.step]
            if went_stale(attempt) and attempt is not end:
                continue
            if (attempt.asked, attempt.body) == (end.asked, end.body):
                first.setdefault(attempt.step, attempt)
        return replace(self, attempts=tuple(first.values()))
