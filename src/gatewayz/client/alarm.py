"""A timer for limits that are set often and hardly ever reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Alarm:
    """Rings at the moment that was set last, unless it was unset.

    The loop's own timer stays as it is when a later moment is set, and looks again when it fires:
    setting and unsetting, which every request does, costs next to nothing. Moments are on the
    loop's clock.
    """

    __slots__ = ("_due", "_fires", "_loop", "_ring", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._due: float | None = None
        # Not every loop's timer tells for when it was set.
        self._timer: asyncio.Handle | None = None
        self._fires = 0.0

    def set(self, when: float) -> None:
        """Rings then, and not when it was to ring before."""
        if self._timer is None or when < self._fires:
            self.stop()
            self._start(when)
        self._due = when

    def unset(self) -> None:
        """Does not ring."""
        self._due = None

    def set_or_unset(self, when: float | None) -> None:
        """Rings then; None is never."""
        if when is None:
            self._due = None
        else:
            self.set(when)

    def stop(self) -> None:
        """Does not ring, and lets go of the loop's timer."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def end(self) -> None:
        """Rings no more, and lets go of who was to hear it, who mostly holds this in turn."""
        self.stop()
        self._ring = _for_nobody

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._loop.time() < self._due:
            self._start(self._due)
        else:
            self._due = None
            self._ring()

    def _start(self, when: float) -> None:
        self._fires = when
        self._timer = self._loop.call_at(when, self._look)


def _for_nobody() -> None:
    return
