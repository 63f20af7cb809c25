"""What of a gateway is in trouble."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gatewayz.core.watching import State, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """What of a gateway is in trouble now: all of it (`whole`), or some models.

    `before` are the questions of them that were off already while their model answered.
    """

    state: State
    since: datetime
    whole: bool
    models: tuple[str, ...]
    watched: int
    reason: str
    before: tuple[Target, ...] = ()
