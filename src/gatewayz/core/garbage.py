"""Fewer pauses of Python's cycle collector, for processes that serve or measure."""

from __future__ import annotations

import gc
from typing import Final

# New objects until the collector looks for cycles among them; Python's own number is 700.
_AFTER: Final = 20_000


def collect_seldom() -> None:
    """What is here now stays and is not looked at again; of the rest the collector looks seldom.

    For the whole process, so only a front door may ask for it. Requests leave hardly a cycle, so most
    looks find nothing, and a look at everything holds the event loop up for tens of milliseconds.
    """
    gc.freeze()
    gc.set_threshold(_AFTER)
