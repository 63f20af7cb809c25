"""Whether another try may help, and how long to wait before it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from gatewayz.core import Attempt, Failure, Outcome, Quirks, Verdict
from gatewayz.core.failures import classify, retry_of
from gatewayz.core.tries import PUT_OTHERWISE

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """A wait in seconds before the next try, or None for no further try; and why."""

    wait_s: float | None
    why: str


def decide(
    verdict: Verdict, attempt: Attempt, *, quirks: Quirks, retries: int, looks: int = 0,
    waited_s: float, budget_s: float, rng: random.Random,
) -> RetryDecision:  # fmt: skip
    """What to do after an attempt.

    The server's own hint is obeyed when it fits into what is left of the case's budget; otherwise
    waits double, with jitter. `retries` is the number of further tries allowed in all, `looks` how
    many of the tries so far were the question put otherwise, which count for none.
    """
    found = _met_with(verdict)
    if verdict.outcome is Outcome.PASSED or found is None:
        return RetryDecision(None, "settled")
    rule = retry_of(found)
    if rule in ("no", "inner") or found.kind in PUT_OTHERWISE:
        return RetryDecision(None, f"{found.label}: a retry cannot help")
    tries = len(verdict.observation.tries) - looks
    if tries > retries:
        return RetryDecision(None, f"{retries} retries used up")
    if rule == "once" and _times_met(found, verdict.observation.tries, quirks) > 1:
        return RetryDecision(None, f"{found.label}: again, so it stays")
    hint = attempt.error.retry_after_s if attempt.error is not None else None
    wait_s = hint if hint is not None and _obeys_hints(found) else _back_off_s(tries, rng)
    if waited_s + wait_s > budget_s:
        return RetryDecision(None, f"a wait of {wait_s:.1f}s passes the retry budget")
    return RetryDecision(wait_s, f"{found.label}: again in {wait_s:.1f}s")


def _times_met(found: Failure, tries: Sequence[Attempt], quirks: Quirks) -> int:
    """In how many tries: those that failed by another name on the wire say nothing of it."""
    names = (classify(attempt, quirks) for attempt in tries)
    return sum(named is None or named.label == found.label for named in names)


def _met_with(verdict: Verdict) -> Failure | None:
    """What the try met with, on the wire.

    A wrong request that is refused for another reason may have met with a hiccup, which says
    nothing of how wrong requests are taken; a server that breaks down each time does so again.
    """
    found = verdict.failure
    if found is not None and retry_of(found) == "inner":
        return next(iter(verdict.also), found)
    return found


def _obeys_hints(found: Failure) -> bool:
    return found.failure_class in ("rate-limit", "unavailable", "server-error")


def _back_off_s(number: int, rng: random.Random) -> float:
    ceiling: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (number - 1))
    return ceiling * (0.5 + rng.random() / 2)
