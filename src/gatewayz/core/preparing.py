"""What judging needs is made ready beside other work, a small piece at a time.

The first error would else be judged with a tenth of a second of compiling, in which everybody whose
answers are timed in the same loop waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from gatewayz.core.families import WRITTEN
from gatewayz.core.lexicon import LEXICON
from gatewayz.core.refusals import SPEAKS_OF

# Between two pieces, each of about a millisecond: others come first.
_PAUSE_S = 0.003


def pieces() -> Iterator[None]:
    """Does one piece of what is left at each step; empty when all is ready."""
    yield from WRITTEN.prepare()
    yield from SPEAKS_OF.prepare()
    yield from LEXICON.prepare()


class Preparation:
    """Makes ready in the running loop what judging needs.

    It begins when it is made. `done()` waits for the rest, which then takes every other turn of the
    loop; `stop()` leaves the rest.
    """

    def __init__(self) -> None:
        self._urgent = asyncio.Event()
        self._work = asyncio.create_task(self._all(), name="preparing to judge")

    async def done(self) -> None:
        """Waits until nothing is left to be made ready."""
        if not self._work.done():
            self._urgent.set()
            await asyncio.wait((self._work,))

    def stop(self) -> None:
        """Leaves the rest; it is then made when it is needed."""
        self._work.cancel()

    async def _all(self) -> None:
        await self._pause()  # what is to be sent first, goes first
        for _ in pieces():
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(0 if self._urgent.is_set() else _PAUSE_S)
