"""One case with everything that was seen of it. Still facts."""

from __future__ import annotations

from dataclasses import dataclass

from gatewayz.core.attempt import Attempt, Reply
from gatewayz.core.case import Case
from gatewayz.core.probe import ChatRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One case, what was asked, and every attempt in order.

    `request` is None for a catalogue; `attempts` is empty when nothing was sent.
    """

    case: Case
    request: ChatRequest | None = None
    attempts: tuple[Attempt, ...] = ()

    @property
    def last(self) -> Attempt | None:
        """The attempt that counts in the end."""
        return self.attempts[-1] if self.attempts else None

    @property
    def reply(self) -> Reply:
        """The last attempt's reply, an empty one when there is none."""
        last = self.last
        return last.reply if last is not None and last.reply is not None else Reply()
