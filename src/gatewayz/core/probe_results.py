"""What one probe found, in the few words that history, promises and alerts need.

A verdict has everything that was seen; over a month there are a million of them. This is what is left
of each when only "did it work, whose fault, how fast" is asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gatewayz.core.case import Way
from gatewayz.core.verdict import Culprit, Outcome


class ProbeResult(NamedTuple):
    """One verdict, as the record of a model has it.

    `at` is when it was asked (UTC); where nothing was sent, when its run began. `model` is "" for a
    model list, or for a gateway that was skipped whole. `run_id` tells which results belong together.
    `kind` and `failure_class` are "" and `culprit` None where nothing went wrong; `reason` says why
    it was skipped or is unknown. `ttft_s` and `latency_s` (seconds) and `decode_rate` (tokens per
    second) are of passed answers alone, None where they cannot be measured.

    A named tuple, since half a million are read at once and a dataclass takes five times as long.
    """

    at: datetime
    gateway: str
    model: str
    probe: str
    outcome: Outcome
    way: Way = "direct"
    repeat: int = 0
    run_id: str = ""
    kind: str = ""
    failure_class: str = ""
    culprit: Culprit | None = None
    reason: str = ""
    ttft_s: float | None = None
    latency_s: float | None = None
    decode_rate: float | None = None

    @property
    def label(self) -> str:
        """The failure's name, or its class where it has no name; "" where nothing went wrong."""
        return self.kind or self.failure_class
