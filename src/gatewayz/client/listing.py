"""What came of reading a gateway's model list."""

from __future__ import annotations

from dataclasses import dataclass

from gatewayz.core.attempt import Attempt
from gatewayz.core.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A gateway's chat models in its own order, and how they were come by.

    `listed` counts every entry, chat or not; `dropped` those that are no entries at all.
    `oddities` are names from the failure table. `complete` is False when reading broke off; the
    models read until then are kept. `attempts` are the calls, one a page; empty for a list that
    was not fetched over HTTP.
    """

    models: tuple[Model, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    listed: int = 0
    dropped: int = 0
    oddities: tuple[str, ...] = ()
    complete: bool = True
