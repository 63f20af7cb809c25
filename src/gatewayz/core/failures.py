"""From what was seen on the wire to a name for it.

The order of judgement: nothing came back, then the status with the body that may overrule it,
then an error inside a success, then the shape. `causes.py` reads what the body says, `statuses.py`
what a status means without it, `wire_faults.py` what broke.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatewayz.core.attempt import Attempt, ErrorBody, Reply, WireFault
from gatewayz.core.causes import cause_in
from gatewayz.core.fronts import is_fronts_page
from gatewayz.core.kinds import CLASS_CULPRITS, KINDS, Kind
from gatewayz.core.statuses import (
    ODD_SHAPES,
    class_of_status,
    inner_status,
    is_around_another,
    kind_of_status,
    kind_of_status_in_band,
)
from gatewayz.core.text import excerpt
from gatewayz.core.verdict import Failure
from gatewayz.core.wire_faults import STOPPED, class_of_fault, kind_of_fault, where_it_stopped

if TYPE_CHECKING:
    from gatewayz.core.gateway import Quirks


def classify(attempt: Attempt, quirks: Quirks) -> Failure | None:
    """The primary failure of one attempt, None when the wire, the status and the shape are sound.

    What the answer means is for the checks. A kind whose verdict is a warning is named too: the
    judge weighs it against whether an answer came.
    """
    fault = attempt.fault
    if attempt.status is None:
        return _of_fault(attempt, fault) if fault else None
    if quirks.names_failures and attempt.error is not None:
        told = _as_told(attempt, attempt.error)
        if told is not None:
            return told
    if not 200 <= attempt.status < 300:
        return _of_status(attempt, quirks)
    if attempt.error is not None and _is_error(attempt, attempt.error, quirks):
        return _of_error_in_success(attempt, attempt.error, quirks)
    if fault is not None:
        return _of_fault(attempt, fault)
    reply = attempt.reply or Reply()
    for name in reply.oddities:
        if KINDS[name].verdict == "F":
            return failure(name, reply.sights.get(name) or attempt.excerpt)
    return None


def besides(attempt: Attempt, found: Failure, quirks: Quirks) -> tuple[Failure, ...]:
    """Other names that fit the same attempt, when `classify` found `found`: later causes."""
    status = attempt.status or 0
    also = []
    if found.kind == "error-body-stall":
        also.append(_of_status(replace(attempt, fault=None), quirks))
    elif status >= 400 and is_around_another(status, attempt.error, found):
        inner = inner_status(status, attempt.error)
        inside = f"HTTP {inner}" if inner else found.label
        also.append(failure("status-flattened", f"HTTP {status} around {inside}"))
    return tuple(also)


def failure(kind: str, evidence: str = "") -> Failure:
    """A Failure of a named kind."""
    row = KINDS[kind]
    return Failure(
        kind=kind, failure_class=row.failure_class, culprit=row.culprit, evidence=excerpt(evidence)
    )


def unnamed(failure_class: str, evidence: str = "") -> Failure:
    """A Failure that no row of the table names."""
    return Failure(
        kind=None,
        failure_class=failure_class,
        culprit=CLASS_CULPRITS[failure_class],
        evidence=excerpt(evidence),
    )


def retry_of(found: Failure) -> str:
    """Whether another try may help: "no", "yes", "hint", "once" or "inner"."""
    if found.kind is not None:
        return KINDS[found.kind].retry
    return "yes" if found.failure_class in ("server-error", "unavailable", "network") else "no"


def _as_told(attempt: Attempt, error: ErrorBody) -> Failure | None:
    """What the sender itself calls its error; None when that is no name of ours.

    A backend passes streams on without reading them: what stopped is seen closer in the reply.
    """
    if error.kind in KINDS:
        closer = where_it_stopped(attempt.reply) if error.kind in STOPPED else ""
        return failure(closer or error.kind, error.message)
    if error.failure_class in CLASS_CULPRITS:
        return unnamed(error.failure_class, error.message)
    return None


def _of_fault(attempt: Attempt, fault: WireFault) -> Failure:
    name = kind_of_fault(attempt, fault)
    evidence = fault.detail or attempt.excerpt
    return failure(name, evidence) if name else unnamed(class_of_fault(fault), evidence)


# ---- a refusal: the status, and the body that may overrule it


def _of_status(attempt: Attempt, quirks: Quirks) -> Failure:
    error = attempt.error or ErrorBody(message="")
    status = inner_status(attempt.status or 0, error) or attempt.status or 0
    evidence = error.message or attempt.excerpt or f"HTTP {status}"
    if status == 401 and not attempt.showed_key:
        return failure("auth-no-key", evidence)
    stalled = attempt.fault is not None and attempt.fault.timer == "error-body"
    # Of a text that broke off, only what it says counts, not what the status usually means.
    named = cause_in(status, attempt, error, quirks, bare=not stalled)
    if named and not attempt.showed_key and _is_for_want_of_a_key(named):
        return failure("auth-no-key", evidence)
    if named:
        return failure(named, evidence)
    if stalled:
        return failure("error-body-stall", evidence)
    if status == 403 and not attempt.showed_key and not is_fronts_page(error):
        return failure("auth-no-key", evidence)
    named = kind_of_status(status, attempt, error)
    return failure(named, evidence) if named else unnamed(class_of_status(status), evidence)


def _is_for_want_of_a_key(kind: str) -> bool:
    """Whether a refusal of a request that had no key is about just that."""
    return KINDS[kind].failure_class == "auth" or kind == "permission-token-scope"


# ---- an error inside a success


# What mere words may be about: who is let in. Of a field or a model an answer may speak, too.
_TOLD_BY_WORDS = frozenset({"auth", "permission", "billing", "rate-limit", "unavailable"})


def _is_error(attempt: Attempt, error: ErrorBody, quirks: Quirks) -> bool:
    """Whether it is one: of mere words, such as {"message": "..."}, only where they name a cause."""
    if error.shape != "words":
        return True
    kind = KINDS.get(cause_in(0, attempt, error, quirks))
    return kind is not None and kind.failure_class in _TOLD_BY_WORDS


# What an error inside a success is called, by the class it would have had as a status.
_IN_BAND = {
    "billing": "billing-error-in-200",
    "rate-limit": "rate-limit-in-200",
    "server-error": "server-error-in-200",
}


def _of_error_in_success(attempt: Attempt, error: ErrorBody, quirks: Quirks) -> Failure:
    status = error.status or inner_status(0, error) or 0
    named = cause_in(status, attempt, error, quirks) or kind_of_status_in_band(status)
    started = attempt.reply is not None and bool(attempt.reply.text or attempt.reply.reasoning)
    kind: Kind | None = KINDS.get(named)
    if kind is not None and kind.failure_class == "auth" and not attempt.showed_key:
        return failure("auth-no-key", error.message)
    if kind is not None and kind.name == "context-overflow" and attempt.streamed:
        return failure("context-overflow-in-stream", error.message)
    if kind is not None and kind.failure_class == "unavailable" and started:
        return failure("overloaded-mid-stream", error.message)
    if kind is not None and kind.failure_class in _IN_BAND:
        return failure(_IN_BAND[kind.failure_class], error.message)
    if kind is not None:
        return failure(kind.name, error.message)
    if error.shape == "event":
        return failure("sse-error-event", error.message)
    if error.shape == "finish":
        return failure("server-error-in-200", error.message)
    if error.shape == "text":
        return unnamed("protocol", error.message)
    if attempt.streamed:
        return failure("sse-error-object", error.message)
    if error.shape == "string":
        return failure("error-as-bare-string", error.message)
    if error.shape in ODD_SHAPES:
        return failure("error-body-odd-shapes", error.message)
    return failure("server-error-in-200", error.message)
