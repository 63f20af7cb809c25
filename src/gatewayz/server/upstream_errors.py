"""What a provider or the way to it did wrong, as this API tells it: class, kind and hint kept."""

from __future__ import annotations

import math

from gatewayz.client.error_fields import SIGNS
from gatewayz.core.attempt import Attempt, ErrorBody, FaultName
from gatewayz.core.failures import failure
from gatewayz.core.gateway import Gateway
from gatewayz.core.kinds import KINDS
from gatewayz.core.verdict import Failure
from gatewayz.server.refusals import Refusal, not_found

UPSTREAM = "upstream_error"


def refusal_of(attempt: Attempt, found: Failure, gateway: Gateway, *, what: str = "") -> Refusal:
    """The refusal for a failed attempt.

    A provider's error keeps its status, words, type, code and Retry-After; a fault of the wire is
    504 when a time limit fired, else 502. Addresses stay in `detail`, for the log. `attempt` must
    have had its secrets taken out.
    """
    error = attempt.error or ErrorBody(message="")
    cause = KINDS[found.kind].cause if found.kind else _nameless(attempt, found)
    ours = f"{gateway.name}: {what}: {cause}" if what else f"{gateway.name}: {cause}"
    # Of a redirect the words are where it leads, and that may be an address within.
    leads_away = attempt.status is not None and 300 <= attempt.status < 400
    return Refusal(
        _status(attempt),
        ours if leads_away or not error.message else error.message,
        type=error.type or UPSTREAM,
        code=_code(error),
        param=error.param,
        kind=found.kind or "",
        failure_class=found.failure_class,
        gateway=gateway.name,
        inner_status=error.status,
        headers=_retry_headers(attempt, error),
        detail=found.evidence if attempt.fault is not None or leads_away else "",
    )


def _nameless(attempt: Attempt, found: Failure) -> str:
    """What went wrong, where no kind of failure has a name for it."""
    if attempt.fault is not None and attempt.fault.name is FaultName.TOO_LARGE:
        return attempt.fault.detail
    if attempt.fault is None and attempt.status is not None:
        return f"HTTP {attempt.status} is no answer to this"
    return f"a fault of class {found.failure_class}"


def has_no(path: str, gateway: Gateway) -> Refusal:
    """404: the gateway does not offer this route of the API."""
    refusal = not_found(
        f"{gateway.name} has no /{path}", code="endpoint_not_found", kind="endpoint-not-found"
    )
    refusal.gateway = gateway.name
    return refusal


def no_stream(gateway: Gateway) -> Refusal:
    """A document where a stream was asked for, and has begun with comments."""
    return refusal_of(Attempt(), failure("stream-answered-with-json"), gateway)


def _code(error: ErrorBody) -> str:
    """The provider's code, for programs to compare; "" where it told several, or a mere sign of one."""
    return "" if " " in error.code or error.code in SIGNS else error.code


def _status(attempt: Attempt) -> int:
    if attempt.status is not None and 400 <= attempt.status < 600:
        return attempt.status
    timed_out = attempt.fault is not None and attempt.fault.name is FaultName.TIMEOUT
    return 504 if timed_out else 502


def _retry_headers(attempt: Attempt, error: ErrorBody) -> dict[str, str]:
    """The provider's own hint when to come back, also when it stood in the body."""
    given = {
        name: value
        for name, value in attempt.headers.items()
        if name.startswith(("retry-after", "x-ratelimit-"))
    }
    if error.retry_after_s is not None and "retry-after" not in given:
        given["retry-after"] = str(math.ceil(error.retry_after_s))
    return given
