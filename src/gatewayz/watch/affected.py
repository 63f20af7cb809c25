"""What of a gateway is in trouble."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gatewayz.core.watching import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """What of a gateway is in trouble now: all of it (`whole`), or some models."""

    state: State
    since: datetime
    whole: bool
    models: tuple[str, ...]
    watched: int
    reason: str
