"""Fewer pauses of Python's cycle collector, for processes that serve or measure."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def loading() -> Iterator[None]:
    """What is made meanwhile stays, so the collector looks at it neither now nor later.

    For the whole process, too. Loading a server makes so much that the looks took a tenth of its start.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """The same for so long, where the process may go on with something else."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
