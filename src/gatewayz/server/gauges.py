"""What a key has used of what it may use. Counts are exact: one event loop, and no wait between.

A window is any sixty seconds, not a minute by the clock, so that no two minutes' worth can be had
around a full one.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from gatewayz.core.client_key import Allowance
from gatewayz.server.refusals import Refusal, bad_request

WINDOW_S = 60.0
# A request at a time ends when it ends; a second is as good a guess as any.
_BUSY_WAIT_S = 1.0


@dataclass(slots=True)
class Spent:
    """An amount and when it was spent, on the monotonic clock."""

    moment: float
    amount: int


class Window:
    """An amount of which `limit` may be used in any `WINDOW_S` seconds."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._spent: deque[Spent] = deque()

    def left(self, now: float) -> int:
        """What may still be used; below zero where more was used than had been foreseen."""
        while self._spent and self._spent[0].moment <= now - WINDOW_S:
            self._used -= self._spent.popleft().amount
        return self.limit - self._used

    def spend(self, amount: int, now: float) -> Spent:
        """Counts an amount from now on."""
        spent = Spent(now, amount)
        self._spent.append(spent)
        self._used += amount
        return spent

    def correct(self, spent: Spent, amount: int, now: float) -> None:
        """What an amount turned out to be, at the moment it was counted."""
        self.left(now)
        if spent.moment > now - WINDOW_S:
            self._used += amount - spent.amount
            spent.amount = amount

    def wait_s(self, amount: int, now: float) -> float:
        """How long until so much is left, if nothing more is used meanwhile."""
        short, wait_s = amount - self.left(now), 0.0
        for spent in self._spent:
            if short <= 0:
                break
            short -= spent.amount
            wait_s = spent.moment + WINDOW_S - now
        return wait_s


class Gauge:
    """One key's use, against its allowance. A request that is refused counts for nothing.

    `clock` is monotonic, in seconds.
    """

    def __init__(self, allowance: Allowance, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at_a_time = allowance.concurrency
        self._running = 0
        self._requests = _window(allowance.requests_per_minute)
        self._tokens = _window(allowance.tokens_per_minute)

    def enter(self) -> None:
        """One more request, until `leave`. Raises: Refusal, 429."""
        if self._at_a_time is not None and self._running >= self._at_a_time:
            raise _too_many(
                f"this key may run {self._at_a_time} at a time", "concurrency", _BUSY_WAIT_S
            )
        if self._requests is not None:
            now = self._clock()
            if self._requests.left(now) < 1:
                limit, wait_s = self._requests.limit, self._requests.wait_s(1, now)
                raise _too_many(f"this key may send {limit} requests a minute", "requests", wait_s)
            self._requests.spend(1, now)
        self._running += 1

    def leave(self) -> None:
        """The end of a request that had entered."""
        self._running -= 1

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are limited."""
        return self._tokens is not None

    def reserve(self, tokens: int) -> Spent | None:
        """Tokens that a request may come to; None where they are not limited.

        Raises: Refusal, 429 when they are not left, 400 when they never can be.
        """
        if self._tokens is None:
            return None
        limit, now = self._tokens.limit, self._clock()
        if tokens > limit:
            raise bad_request(
                f"this request may come to {tokens} tokens, and the key has {limit} a minute;"
                " ask for fewer with 'max_tokens'",
                param="max_tokens",
                code="tokens_over_limit",
            )
        if self._tokens.left(now) < tokens:
            wait_s = self._tokens.wait_s(tokens, now)
            raise _too_many(f"this key may use {limit} tokens a minute", "tokens", wait_s)
        return self._tokens.spend(tokens, now)

    def settle(self, reserved: Spent | None, tokens: int) -> None:
        """What a reservation came to."""
        if reserved is not None and self._tokens is not None:
            self._tokens.correct(reserved, tokens, self._clock())


def _window(limit: int | None) -> Window | None:
    return None if limit is None else Window(limit)


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
