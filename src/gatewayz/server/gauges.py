"""What a key has used of what it may use. Counts are exact, also where several processes count together:
whoever looks and then writes holds the key's lock meanwhile, and waits for nothing else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from gatewayz.core.client_key import Allowance
from gatewayz.server.accounts import Accounts, OwnAccounts, Running
from gatewayz.server.refusals import Refusal, bad_request
from gatewayz.server.window import WINDOW_S, Spent, Window

__all__ = ["WINDOW_S", "Gauge", "Spent", "Window"]

# A request at a time ends when it ends; a second is as good a guess as any.
_BUSY_WAIT_S = 1.0


class Gauge:
    """One key's use, against its allowance. A request that is refused counts for nothing.

    `clock` is monotonic, in seconds, and one for all processes. `accounts` is where the use is
    written down, under the key's `name`; a new account of this process alone when left out.
    """

    def __init__(
        self,
        allowance: Allowance,
        clock: Callable[[], float] = time.monotonic,
        *,
        accounts: Accounts | None = None,
        name: str = "",
    ) -> None:
        self._clock = clock
        self._at_a_time = allowance.concurrency
        self._requests: Window | None = None
        self._tokens: Window | None = None
        self._running: Running | None = None
        # Whether tokens are limited.
        self.counts_tokens = allowance.tokens_per_minute is not None
        limits = (allowance.requests_per_minute, allowance.tokens_per_minute)
        if self._at_a_time is None and limits == (None, None):
            return
        account = (accounts or OwnAccounts()).account(
            # Other limits are another account, since it has other windows.
            f"key {name} {limits}",
            tuple(limit for limit in limits if limit is not None),
        )
        memory = iter(account.windows)
        self._requests, self._tokens = (
            None if limit is None else Window(limit, next(memory)) for limit in limits
        )
        self._running, self._lock = account.running, account.lock

    def enter(self) -> int:
        """One more request, until `leave`; where it was counted. Raises: Refusal, 429."""
        if self._running is None:
            return 0
        entry = 0
        with self._lock:
            if self._at_a_time is not None and self._running.total >= self._at_a_time:
                raise _too_many(
                    f"this key may run {self._at_a_time} at a time", "concurrency", _BUSY_WAIT_S
                )
            if self._requests is not None:
                now = self._clock()
                taken = self._requests.take(1, now)
                if taken is None:
                    limit, wait_s = self._requests.limit, self._requests.wait_s(1, now)
                    raise _too_many(
                        f"this key may send {limit} requests a minute", "requests", wait_s
                    )
                entry = taken
            self._running.begin()
        return entry

    def turn_away(self, moment: float, entry: int) -> None:
        """The end of a request that had entered at that moment, and then counts for nothing."""
        if self._requests is not None:
            with self._lock:
                self._requests.correct(Spent(moment, 1, entry), 0, self._clock())
        self.leave()

    def leave(self) -> None:
        """The end of a request that had entered."""
        if self._running is not None:
            self._running.end()

    def reserve(self, tokens: int, remedy: Callable[[int], str] | None = None) -> Spent | None:
        """Tokens that a request may come to; None where they are not limited.

        `remedy` names the field that is too much for a limit. Raises: Refusal, 429 when they are not left, 400
        when they never can be.
        """
        if self._tokens is None:
            return None
        limit = self._tokens.limit
        if tokens > limit:
            field = remedy(limit) if remedy is not None else ""
            raise bad_request(
                f"this request may come to {tokens} tokens, and the key has {limit} a minute; ask for less"
                + (f" with '{field}'" if field else " at once"),
                param=field,
                code="tokens_over_limit",
            )
        with self._lock:
            now = self._clock()
            entry = self._tokens.take(tokens, now)
            if entry is None:
                wait_s = self._tokens.wait_s(tokens, now)
                raise _too_many(f"this key may use {limit} tokens a minute", "tokens", wait_s)
            return Spent(now, tokens, entry)

    def settle(self, reserved: Spent | None, tokens: int) -> None:
        """What a reservation came to."""
        if reserved is not None and self._tokens is not None:
            with self._lock:
                self._tokens.correct(reserved, tokens, self._clock())


def _too_many(message: str, what: str, wait_s: float) -> Refusal:
    seconds = max(1, math.ceil(wait_s))
    return Refusal(
        429,
        f"{message}; come back in {seconds} s",
        type=what,
        code="rate_limit_exceeded",
        kind="rate-limit-concurrency" if what == "concurrency" else "rate-limit",
        failure_class="rate-limit",
        headers={"retry-after": str(seconds)},
    )
