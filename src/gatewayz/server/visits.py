"""One request as it is remembered: its id, who served it, how it ended."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from gatewayz.core import Allowance, Usage
from gatewayz.server.gauges import Spent
from gatewayz.server.headers import RawHeaders
from gatewayz.server.key_ring import Holder
from gatewayz.server.refusals import Refusal

_ID_CHARS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:")
_MAX_ID = 128
_ID_BYTES = 8
_IDS_AT_ONCE = 256
CLIENT_GONE = 499
# The class of what was cut off as this server stopped.
STOPPED = "stopping"
_ANYTHING = Allowance()


def sane_id(offered: bytes) -> str:
    """The client's own id for its request; "" when it gave none, or no sane one."""
    if 0 < len(offered) <= _MAX_ID and _ID_CHARS.issuperset(offered):
        return offered.decode("ascii")
    return ""


def new_ids() -> Iterator[str]:
    """Random ids without end; the system is asked for many at a time."""
    while True:
        many = secrets.token_hex(_ID_BYTES * _IDS_AT_ONCE)
        for at in range(0, len(many), 2 * _ID_BYTES):
            yield many[at : at + 2 * _ID_BYTES]


class Failed(NamedTuple):
    """How a gateway failed that was asked, and after how long; another may be asked in its place."""

    refusal: Refusal
    took_s: float


class Visit(msgspec.Struct):
    """What is known of one request; filled in on its way.

    `endpoint` is the route's path where a provider is asked, else "". `holder` is whose key was
    shown, None on a server without keys. `admitted` says that it counts as one of the holder's, and
    `entry` where it was counted.
    `passed_by` are the gateways that were asked before `gateway`, each with the kind of its failure;
    `failed` says how `gateway` itself did, until another is asked.
    `kind` and `failure_class` name what went wrong, "" when nothing did; `only_error` says that the
    client got nothing but that, under whatever status. `usage` is the provider's
    last word, `passed` how many tokens a stream has answered at least, by what of it has passed (None: no
    stream, or its holder's tokens are not limited), `asked` how many its question was taken for, and
    `cost_usd` its own sum, else that of the listed price. Moments are monotonic:
    `started`, and `began` when the answer's first byte went out; `waited_s` is how long the client
    took to send its body, `total_s` all of it, `upstream_s` how long the provider took until its
    answer began, `lost_s` how long those took that were asked before it, and failed, and lists of
    models that had to be waited for. `arrived_s` is the Unix time of its arrival.
    """

    id: str
    method: str
    path: str
    endpoint: str = ""
    holder: Holder | None = None
    admitted: bool = False
    entry: int = 0
    passed_by: tuple[str, ...] = ()
    failed: Failed | None = None
    reserved: Spent | None = None
    gateway: str = ""
    model: str = ""
    streamed: bool = False
    attempts: int = 0
    status: int = 0
    kind: str = ""
    failure_class: str = ""
    only_error: bool = False
    detail: str = ""
    usage: Usage | None = None
    asked: int = 0
    passed: int | None = None
    cost_usd: float | None = None
    arrived_s: float = msgspec.field(default_factory=time.time)
    started: float = msgspec.field(default_factory=time.monotonic)
    began: float | None = None
    total_s: float = 0.0
    waited_s: float = 0.0
    lost_s: float = 0.0
    upstream_s: float | None = None

    @property
    def allowance(self) -> Allowance:
        """What its key may use: anything, on a server without keys."""
        return self.holder.allowance if self.holder is not None else _ANYTHING

    def admit(self) -> None:
        """Counts it among its holder's requests. Raises: Refusal, 429."""
        if self.holder is not None:
            self.entry = self.holder.gauge.enter()
        self.admitted = True

    def stopped(self) -> None:
        """It was cut off since this server stops, which is nobody else's failure."""
        self.kind, self.failure_class = "server-stopping", STOPPED

    def note(self, refusal: Refusal) -> None:
        """An answer that had begun came to this end, or told this error."""
        self.kind = refusal.kind or refusal.failure_class
        self.failure_class = refusal.failure_class
        self.detail = refusal.detail

    @property
    def counts_tokens(self) -> bool:
        """Whether its holder's tokens are limited."""
        return self.holder is not None and self.holder.gauge.counts_tokens

    def reserve(
        self, asked: int, answered: int, remedy: Callable[[int], str] | None = None
    ) -> None:
        """Sets the tokens aside that it may come to, once; `remedy` names the field that is too much for a limit.

        Raises: Refusal where there are not so many; then it counts for nothing.
        """
        if self.holder is None or self.reserved is not None:
            return
        try:
            self.reserved = self.holder.gauge.reserve(asked + answered, remedy)
        except Refusal:
            self.holder.gauge.turn_away(self.started, self.entry)
            self.admitted = False
            raise
        self.asked = asked

    def end(self) -> None:
        """What it had set aside is settled."""
        self.total_s = time.monotonic() - self.started
        if self.holder is None or not self.admitted:
            return
        self.holder.gauge.leave()
        tokens = self._tokens()
        if tokens is not None:
            self.holder.gauge.settle(self.reserved, tokens)

    def _tokens(self) -> int | None:
        """What it came to by the provider's count, or nothing for an error; None: what was set aside.

        Of a stream that was cut what has passed may be more than was counted by then. One that counts no answer
        keeps what was set aside, or comes to what has passed where that is more: what a model thinks is not seen.
        """
        told = total_tokens(self.usage)
        if told is None and self._is_error:
            return 0
        if self.passed is None or self.reserved is None:
            return told
        passed = self.asked + self.passed
        if told is None or not self._counts_an_answer(told):
            return max(self.reserved.amount, passed)
        is_cut = self.status == CLIENT_GONE or self.kind != ""
        return max(told, passed) if is_cut else told

    def _counts_an_answer(self, told: int) -> bool:
        """Whether what was told in all holds more than the question."""
        usage = self.usage
        if usage is None or usage.output_tokens or usage.input_tokens is None:
            return True
        return told > usage.input_tokens

    @property
    def _is_error(self) -> bool:
        return self.only_error or (self.status >= 400 and self.status != CLIENT_GONE)

    def times(self, upstream_s: float) -> RawHeaders:
        """Microseconds that the provider and the way to it took so far, and those that this server did."""
        total_s = time.monotonic() - self.started - self.waited_s - self.lost_s
        return [
            (b"x-gatewayz-upstream-us", b"%.0f" % (upstream_s * 1e6)),
            (b"x-gatewayz-overhead-us", b"%.0f" % (max(0.0, total_s - upstream_s) * 1e6)),
        ]

    # What its record tells beside that, once it has ended; see `core.served`.

    @property
    def started_at(self) -> datetime:
        """When it arrived."""
        return datetime.fromtimestamp(self.arrived_s, UTC)

    @property
    def client(self) -> str:
        """Whose key it showed, "" on a server without keys."""
        return self.holder.name if self.holder is not None else ""

    @property
    def input_tokens(self) -> int | None:
        """As its provider counted."""
        return self.usage.input_tokens if self.usage is not None else None

    @property
    def output_tokens(self) -> int | None:
        """As its provider counted."""
        return self.usage.output_tokens if self.usage is not None else None

    @property
    def first_byte_s(self) -> float | None:
        """From its arrival to the answer's first byte."""
        return self.began - self.started if self.began is not None else None


def total_tokens(usage: Usage | None) -> int | None:
    """All tokens of a request, as far as they were told."""
    if usage is None:
        return None
    if usage.total_tokens is not None:
        return usage.total_tokens
    counts = [n for n in (usage.input_tokens, usage.output_tokens) if n is not None]
    return sum(counts) if counts else None
