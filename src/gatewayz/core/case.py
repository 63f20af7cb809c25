"""One planned question to one model, on one way to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from gatewayz.core.model import Model

Way = Literal["direct", "api"]

# The probe name under which reading a gateway's model list is judged.
CATALOG_PROBE = "catalogue"


# What tells a case from every other of a run: gateway, way, model ("" for a list), probe, repeat.
CaseName = tuple[str, Way, str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One planned gateway x model x probe x repeat, direct or through the API.

    `model` is None for the reading of the catalogue, and for a gateway that is skipped whole.
    """

    gateway: str
    probe: str
    model: Model | None = None
    way: Way = "direct"
    repeat: int = 0

    @property
    def name(self) -> CaseName:
        """What tells it from every other case of a run, whatever a catalogue says of the model."""
        model = self.model.id if self.model is not None else ""
        return self.gateway, self.way, model, self.probe, self.repeat

    @property
    def id(self) -> str:
        """A readable id for pytest and reports: `groq-llama-3.3-70b-chat`.

        The way and a repeat are appended where they are not the first of their kind.
        """
        parts = [self.gateway]
        if self.model is not None:
            parts.append(_slug(self.model.id))
        parts.append(self.probe)
        if self.repeat:
            parts.append(str(self.repeat + 1))
        return "-".join(parts)


def _slug(model_id: str) -> str:
    """A model id with nothing in it that a test id, a shell or a terminal would trip over."""
    return re.sub(r"[^A-Za-z0-9._:@/+=-]+", "_", model_id)
