"""The server's side of its store: keys are read from it, requests are written to it, beside the work.

Nothing here is waited for by a request. A store that fails costs records, which are counted, and
leaves the keys as they were; it never costs an answer. One that says nothing at all does the same, and
holds up nothing else: each thing is asked in a thread of its own, none of which the process waits for at
its end.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gatewayz.client.threads import in_thread
from gatewayz.config import Settings, key_secret
from gatewayz.core.client_key import ClientKey
from gatewayz.core.errors import ConfigError, GatewayzError
from gatewayz.gateways import API_KEY_ENV
from gatewayz.server.accounts import Accounts
from gatewayz.server.key_ring import KeyRing
from gatewayz.server.unread import STDERR
from gatewayz.server.visits import Visit
from gatewayz.store import Parts, holds_anything, open_parts, open_where_it_lies

# How soon a key that was made or revoked counts.
KEYS_EVERY_S = 5.0
WRITE_EVERY_S = 0.5
# What is kept back while the store does not take it; beyond that the oldest go.
MOST_WAITING = 20_000
# A store that is held by another program says so after ten seconds: one that has said nothing by now does
# not answer.
SILENT_S = 11.0
# For so long, at the end, one is waited for that is just being opened.
_OPENING_S = 1.0
# For so long who asks how gateways are waits for what the store tells of it.
PATIENCE_S = 2.0
_BATCH = 5000
_COMPLAIN_EVERY_S = 60.0

if TYPE_CHECKING:
    from gatewayz.store import ProbedGateway

T = TypeVar("T")


def kept_ring(settings: Settings, accounts: Accounts | None = None) -> KeyRing:
    """The server's own key and those in the store, if there is one.

    `accounts` is where it is written down what each has used.
    Raises: StoreError; ConfigError where there are keys, and their secret is gone.
    """
    ring = KeyRing(settings.keys.named(API_KEY_ENV), accounts)
    if holds_anything(settings.store):
        with closing(open_parts(settings.store)) as store:
            ring.take(*_keys_in(store, settings))
    return ring


def _keys_in(store: Parts, settings: Settings) -> tuple[tuple[ClientKey, ...], bytes | None]:
    """The kept keys and the secret of their digests. Raises: StoreError, ConfigError."""
    secret, keys = key_secret(settings), store.keys.all()
    if keys and secret is None:
        raise ConfigError(
            f"the store {store.where} holds keys of clients, and their secret is not here;"
            " set GATEWAYZ_KEY_SECRET to what they were made with"
        )
    return keys, secret


_WITHOUT_LIFESPAN = (
    "this app is mounted without its lifespan: requests are not recorded, and keys that are made or revoked"
    " are not heard of; give the outer app lifespan=app.lifespan (docs/server.md)"
)


class Keeper:
    """Takes records at once and writes them in batches; keeps a ring of keys up to date.

    `dropped` counts the records that were lost, since the store did not take them for too long.
    """

    def __init__(self, settings: Settings, ring: KeyRing) -> None:
        self.dropped = 0
        self._settings = settings
        self._ring = ring
        self._waiting: deque[Visit] = deque()
        self._opening = threading.Lock()
        self._store: Parts | None = None
        self._complained_at: dict[str, float] = {}
        self._probed: dict[str, ProbedGateway] = {}
        self._probing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to read and to write; needs a running loop."""
        self._writing = asyncio.create_task(self._every(WRITE_EVERY_S, self._write), name="records")
        self._reading = asyncio.create_task(self._every(KEYS_EVERY_S, self._refresh), name="keys")

    def note(self, visit: Visit) -> None:
        """One more record, of a visit that has ended."""
        if self._writing is None and not self._waiting:  # the first
            STDERR.say(_WITHOUT_LIFESPAN)
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(visit)

    async def last_probes(self) -> dict[str, ProbedGateway]:
        """What the last run of each gateway found; empty where no store tells.

        Of a store that does not tell it soon, it is what was found when it last did.
        """
        if not holds_anything(self._settings.store):
            return {}
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._read_probes(), name="last probes")
        await asyncio.wait((self._probing,), timeout=PATIENCE_S)
        return self._probed

    async def _read_probes(self) -> None:
        try:
            self._probed = await self._in_thread(
                lambda: self._opened().last_probes(), or_else="past runs cannot be read"
            )
        except GatewayzError:
            self._probed = {}

    async def aclose(self) -> None:
        """Writes what is there, and lets go of the store; says how much it does not take, even now.

        A store that another program holds is waited for, as long as one write waits and what was
        being written before. One that does not answer is left as it is after the first wait.
        """
        self._closing.set()
        try:
            # What is being written comes to its end: only then is it known whether it has to be written
            # again.
            await _over(self._writing, self._reading, self._probing)
            takes = self._writing is None or not self._writing.cancelled()
            while takes and self._waiting:
                writing = asyncio.create_task(self._write_batch())
                takes = await _over(writing) and writing.result()
        finally:
            if lost := len(self._waiting):
                self.dropped += lost
                STDERR.say(
                    f"{lost} requests were never recorded, the store took none at the end either"
                )
        await _over(asyncio.create_task(in_thread(self._close)))

    def _close(self) -> None:
        # Behind what may just be opening it.
        if self._opening.acquire(timeout=_OPENING_S) and self._store is not None:
            self._store.close()

    async def _write(self) -> None:
        while self._waiting and not self._closing.is_set():
            if not await self._write_batch():
                return

    async def _write_batch(self) -> bool:
        """Whether the store has taken what waits, or as much of it as it gets at a time."""
        batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
        try:
            record = partial(self._record, batch)
            await self._in_thread(record, or_else="requests are not recorded")
        except BaseException as problem:
            self._waiting.extendleft(reversed(batch))
            if not isinstance(problem, GatewayzError):
                raise
            return False
        return True

    def _record(self, batch: list[Visit]) -> None:
        self._opened().requests.record(batch)

    async def _refresh(self) -> None:
        if not holds_anything(self._settings.store):
            return
        try:
            keys, secret = await self._in_thread(
                lambda: _keys_in(self._opened(), self._settings),
                or_else="the keys of clients cannot be read, and stay as they were",
            )
        except GatewayzError:
            return
        if self._ring.holds_kept and not keys:  # none is ever taken out
            STDERR.say("the store is another one, without a key: the keys of clients count no more")
        self._ring.take(keys, secret)

    def _opened(self) -> Parts:
        with self._opening:
            self._store = open_where_it_lies(self._store, self._settings.store, open_parts)
            return self._store

    async def _in_thread(self, work: Callable[[], T], *, or_else: str) -> T:
        """What comes of work with the store; says what it means that nothing does, and why.

        Raises: GatewayzError.
        """
        told = f"the store has not answered for {SILENT_S:g} seconds, and is still waited for"
        loop = asyncio.get_running_loop()
        silent = loop.call_later(SILENT_S, self._complain, or_else, told)
        try:
            return await in_thread(work)
        except GatewayzError as error:
            self._complain(or_else, str(error))
            raise
        finally:
            silent.cancel()

    def _complain(self, of: str, why: str) -> None:
        now = time.monotonic()
        if now - self._complained_at.get(of, -_COMPLAIN_EVERY_S) >= _COMPLAIN_EVERY_S:
            self._complained_at[of] = now
            STDERR.say(f"{of}: {why}")

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), seconds)
                return
            await work()


async def _over(*tasks: asyncio.Task[Any] | None) -> bool:
    """Whether all of them end while a store can be expected to answer; those that do not are cancelled."""
    try:
        async with asyncio.timeout(SILENT_S):
            await asyncio.gather(*filter(None, tasks), return_exceptions=True)
    except TimeoutError:
        return False
    return True
