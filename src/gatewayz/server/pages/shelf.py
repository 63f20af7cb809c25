"""What the store says, read in threads of its own and kept for a while, so that no request waits for it.

A page is made of what is at hand, and says how old that is. What is old is read anew behind the one who
asked; what was never read is waited for, and for a moment what is too old to be told as how it is now. However slow a question is, it is put so seldom that
it takes a twentieth of one core at most.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from gatewayz.client.threads import in_thread
from gatewayz.core.errors import StoreError
from gatewayz.server.loaded_first import PAGES, load
from gatewayz.server.refusals import unavailable
from gatewayz.store import holds_anything, open_store, open_where_it_lies

if TYPE_CHECKING:
    from gatewayz.store import Store

T = TypeVar("T")

# A question is put again after so many times what it took.
_SELDOM = 20
# Nobody is told an answer so many times older than a fresh one, unless a new one takes longer than this.
_TOO_OLD, PATIENCE_S = 3, 2.0
# So many answers are kept; beyond it the oldest goes.
_MOST_KEPT = 100
# So many questions wait at a time, whoever asks; a thread rests after each for as long as it took, but no
# longer than that, so that many who ask leave the loop its share.
_MOST_COMING, _LONGEST_REST_S = 50, 1.0


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """An answer, when it was read (monotonic seconds), and how long it took."""

    value: T
    read_at: float
    took_s: float


class Shelf:
    """Answers of the store under a `where` (a file or a URL), by name.

    `clock` is monotonic, in seconds.
    """

    def __init__(self, where: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._where = where
        self._clock = clock
        # Two threads at a time, so that what takes seconds keeps no page waiting.
        self._free = asyncio.Semaphore(2)
        self._reading: set[asyncio.Future[Any]] = set()
        self._opening = threading.Lock()
        self._store: Store | None = None
        self._waiting = 0
        self._kept: dict[Hashable, Kept[object]] = {}
        self._coming: dict[Hashable, asyncio.Task[Kept[object]]] = {}

    @property
    def holds_anything(self) -> bool:
        """Whether there is a store at all; one is never made for a page."""
        return holds_anything(self._where)

    async def get(
        self, name: Hashable, ask: Callable[[Store], T], *, fresh_s: float = 10.0
    ) -> Kept[T]:
        """The answer of that name, by `ask` where there is none yet.

        One that is older than `fresh_s` is given all the same, and read anew behind it. One that is older
        than three times that is waited for, two seconds at most, where reading it took less than that last.
        Raises: Refusal, 503, for a store that cannot be read, and whatever else `ask` raises, where there
        is no older answer.
        """
        kept, too_old_s = self._kept.get(name), _TOO_OLD * fresh_s
        if kept is None:
            kept = await asyncio.shield(self._read(name, ask))
        elif self.age_s(kept) > max(fresh_s, _SELDOM * kept.took_s):
            # An older answer is better than none: what goes wrong is told when it is asked for anew.
            coming = self._read(name, ask)
            coming.add_done_callback(_hear)
            if self.age_s(kept) > too_old_s and kept.took_s < PATIENCE_S:
                await asyncio.wait((coming,), timeout=PATIENCE_S)
                kept = self._kept.get(name, kept)
        return kept  # type: ignore[return-value]  # by its name it is what `ask` gave

    async def ask(self, ask: Callable[[Store], T]) -> T:
        """An answer that is not kept. Raises: Refusal, 503."""
        return (await self._in_thread(ask)).value

    async def _in_thread(self, ask: Callable[[Store], T]) -> Kept[T]:
        if self._waiting >= _MOST_COMING:
            raise unavailable("too many pages are being made; ask again", code="too_many_pages")
        self._waiting += 1
        try:
            await self._free.acquire()
            reading = asyncio.ensure_future(in_thread(partial(self._ask_here, ask)))
            self._reading.add(reading)
            reading.add_done_callback(self._rest)
            # Who leaves takes nobody's place: a thread that has begun goes on.
            return await asyncio.shield(reading)
        finally:
            self._waiting -= 1

    def _rest(self, reading: asyncio.Future[Kept[Any]]) -> None:
        self._reading.discard(reading)
        has_read = not reading.cancelled() and reading.exception() is None
        rest_s = min(reading.result().took_s, _LONGEST_REST_S) if has_read else 0.0
        reading.get_loop().call_later(rest_s, self._free.release)

    def age_s(self, kept: Kept[T]) -> float:
        """How old an answer is."""
        return max(0.0, self._clock() - kept.read_at)

    def _read(self, name: Hashable, ask: Callable[[Store], T]) -> asyncio.Task[Kept[object]]:
        """What is being read under that name; begun here, where nobody has."""
        coming = self._coming.get(name)
        if coming is None:
            coming = asyncio.create_task(self._ask(name, ask), name="a page's figures")
            self._coming[name] = coming
            coming.add_done_callback(lambda _: self._coming.pop(name, None))
        return coming

    async def _ask(self, name: Hashable, ask: Callable[[Store], T]) -> Kept[object]:
        kept = await self._in_thread(cast("Callable[[Store], object]", ask))
        self._kept.pop(name, None)
        while len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = kept
        return kept

    def _ask_here(self, ask: Callable[[Store], T]) -> Kept[T]:
        try:
            return self._asked(ask)
        except StoreError as error:
            # Which file it is, and what is wrong with it, is for the log.
            told = unavailable("the store cannot be read now; the server's log says why", code="store_unreadable")  # fmt: skip
            told.detail = str(error)[:500]
            raise told from error

    def _asked(self, ask: Callable[[Store], T]) -> Kept[T]:
        with self._opening:
            if self._store is None:
                load(*PAGES)  # so that a store's parts, which share much with them, find it loaded
            store = self._store = open_where_it_lies(self._store, self._where, open_store)
        began = self._clock()
        value = ask(store)
        ended = self._clock()
        return Kept(value, ended, ended - began)

    async def aclose(self) -> None:
        """Lets go of the store, once what is being read has been; what takes long is left to itself."""
        for coming in list(self._coming.values()):
            coming.cancel()
        if self._reading:
            await asyncio.wait(self._reading, timeout=PATIENCE_S)
        if self._store is not None and not self._reading:
            await in_thread(self._store.close)


def _hear(task: asyncio.Task[Kept[object]]) -> None:
    """Takes note of what went wrong with a task that nobody waits for."""
    if not task.cancelled():
        task.exception()
