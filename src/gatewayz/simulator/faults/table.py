"""How a fault is written down: a name, the stage at which it acts, and a small function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.response import Ending, Response
from gatewayz.simulator.turn import Turn


class Stage(IntEnum):
    """When a fault acts, and on what, while an answer is made.

    INSTEAD   (turn) -> Problem or Response, in place of any answer; None lets the answer be
    ANSWER    (turn, Answer): what the model said
    SHAPE     (turn, list of documents): the reply, or every chunk of the stream
    EVENTS    (turn, list of Event): the stream's events, comments and end marker included
    LISTING   (turn, value) -> value: a model list
    WIRE      (turn, Response): bytes, headers, framing and times
    """

    INSTEAD = 0
    ANSWER = 1
    SHAPE = 2
    EVENTS = 3
    LISTING = 4
    WIRE = 5


def always(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001 - others look at them
    """For what fits every call of its form."""
    return True


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to go wrong.

    `form` is "any", "stream" or "plain": in which form of a chat call it has a meaning. `routes`
    are the kinds of route it can act on. A `keyless` fault acts whatever the request's key is.
    `when` is asked for each chat call, with the honest answer, or with None where the fault comes
    in its place: whether there is anything to spoil.
    """

    name: str
    stage: Stage
    act: Callable[..., Any]
    form: str = "any"
    routes: tuple[str, ...] = ("chat", "models", "other")
    keyless: bool = False
    when: Callable[[Turn, Answer | None], bool] = always

    def fits(self, kind: str, stream: bool) -> bool:
        """Whether it means something for such a request."""
        if kind not in self.routes:
            return False
        return kind != "chat" or self.form == "any" or (self.form == "stream") == stream


CHAT = ("chat",)


def silent(name: str, ending: Ending) -> Fault:
    """A fault in which not one byte comes back."""

    def act(turn: Turn) -> Response:  # noqa: ARG001 - every fault is handed the turn
        return Response(status=0, head=b"", ending=ending)

    return Fault(name, Stage.INSTEAD, act)
