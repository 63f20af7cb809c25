"""Going on to another model or gateway when one fails: only when asked, and before the first byte."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gatewayz.config import MOST_FALLBACKS
from gatewayz.core.statuses import is_of_the_request
from gatewayz.server.refusals import Refusal, bad_request
from gatewayz.server.routing import check_id
from gatewayz.server.traffic import Traffic
from gatewayz.server.visits import Failed, Visit

FIELD = "fallbacks"


def attempts(number: int) -> tuple[tuple[bytes, bytes], ...]:
    """The header that tells how many gateways were asked."""
    return ((b"x-gatewayz-attempts", b"%d" % number),)


ASKED_ONE = attempts(1)


def take_fallbacks(
    asked: dict[str, Any], configured: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """The models to go on to, in order: the request's, which is taken out of it, else the configured.

    An empty list in the request turns them off. Raises: Refusal.
    """
    given = asked.pop(FIELD, None)
    if given is None:
        model = asked.get("model")
        return configured.get(model, ()) if isinstance(model, str) else ()
    if not isinstance(given, list) or not all(isinstance(m, str) and m for m in given):
        raise bad_request(f"'{FIELD}' is a list of model ids", param=FIELD)
    if len(given) > MOST_FALLBACKS:
        raise bad_request(f"'{FIELD}' holds more than {MOST_FALLBACKS} models", param=FIELD)
    for model in given:
        check_id(model, FIELD)  # before anybody is asked for the first
    return tuple(given)


async def first_that_answers(
    asked: dict[str, Any],
    others: Sequence[str],
    by: Callable[[dict[str, Any]], Awaitable[None]],
    visit: Visit,
) -> None:
    """The answer of the first model that gives one: the model asked for, then the others.

    `by` answers what is asked; it may raise a Refusal until the first byte is out. What counts as a
    failure is anything but a request that is at fault itself.
    A gateway that is passed by for another is noted as one that failed, by who asks that (`pass_by`).
    Raises: Refusal when none gave an answer: that of the last one that was asked, else the last model's.
    """
    models = (asked.get("model", ""), *others)
    names_gateway = isinstance(asked.get("provider"), str)
    for attempt, model in enumerate(models, start=1):
        # The gateway that a request names is the first model's; the others name their own. As an object it
        # is a field of the provider's.
        named = {"provider": None} if attempt > 1 and names_gateway else {}
        called, asked_before, lost_before_s = time.monotonic(), visit.attempts, visit.lost_s
        try:
            await by({**asked, "model": model, **named})
        except Refusal as refusal:
            # Another may be asked next, and this is none of what we took ourselves.
            took_s = time.monotonic() - called
            visit.lost_s = lost_before_s + took_s
            was_asked = visit.attempts > asked_before
            if was_asked:
                visit.failed = Failed(refusal, took_s)
            # Its key's limit is the same for all.
            ends = attempt == len(models) or not visit.admitted
            if ends or _would_be_refused_by_any(refusal):
                if was_asked or visit.failed is None:
                    raise
                # Why we asked no other says nothing of why there is no answer.
                raise visit.failed.refusal from None
        else:
            return


def _would_be_refused_by_any(refusal: Refusal) -> bool:
    """Whether the request itself is at fault, or what it says: the next one would say no as well."""
    failure_class = refusal.failure_class
    return failure_class == "semantic" or is_of_the_request(
        refusal.status, failure_class, refusal.kind
    )


def pass_by(visit: Visit, traffic: Traffic) -> None:
    """Another gateway is asked in the place of the one that has failed."""
    if visit.failed is None:
        return
    refusal, took_s = visit.failed
    traffic.note_passed_by(visit.gateway, refusal.failure_class, took_s)
    told = refusal.kind or refusal.failure_class
    visit.passed_by = (*visit.passed_by, f"{visit.gateway}:{told}")
    # What is told of this one is none of the next one's, nor of ours.
    visit.failed = visit.upstream_s = visit.usage = visit.passed = visit.cost_usd = None
