"""From what was seen on the wire to a name for it.

The order of judgement: nothing came back, then the status with the body that may overrule it,
then an error inside a success, then the shape. Structured fields are looked at before words, and
words come in families, never one vendor's sentence; `phrases.py` is the table of them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from gatewayz.core.attempt import Attempt, ErrorBody, WireFault
from gatewayz.core.fronts import is_fronts_page, names_no_reason
from gatewayz.core.kinds import BY_STATUS, CLASS_CULPRITS, KINDS, Kind
from gatewayz.core.phrases import (
    BEFORE_CODES,
    GENERAL,
    IN_FIELDS,
    TELLING,
    Family,
    Rule,
    words_of_fields,
    words_of_message,
)
from gatewayz.core.text import excerpt
from gatewayz.core.verdict import Failure
from gatewayz.core.wire_faults import STOPPED, class_of_fault, kind_of_fault, where_it_stopped
from gatewayz.core.words import Words, bounded

if TYPE_CHECKING:
    from gatewayz.core.gateway import Quirks

__all__ = ["Rule", "besides", "classify", "failure", "retry_of", "unnamed"]

# Where an error stood, when not under "error" as an object or a text.
_ODD_SHAPES = ("list", "detail", "flat", "fault", "errors", "xml", "odd")

# A reset further away than any run waits: the allowance is used up, not the pace too high.
_FAR_AWAY_S = 3600.0

# Classes for statuses that no kind covers.
_STATUS_CLASSES = {400: "bad-request", 403: "permission", 409: "server-error", 412: "billing", 415: "bad-request",
                   424: "server-error", 425: "unavailable", 446: "semantic", 451: "permission",
                   498: "unavailable", 499: "server-error"}  # fmt: skip


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
    if attempt.error is not None:
        return _of_error_in_success(attempt, attempt.error, quirks)
    if fault is not None:
        return _of_fault(attempt, fault)
    oddities = attempt.reply.oddities if attempt.reply else ()
    for name in oddities:
        if KINDS[name].verdict == "F":
            return failure(name, attempt.excerpt)
    return None


def besides(attempt: Attempt, found: Failure, quirks: Quirks) -> tuple[Failure, ...]:
    """Other names that fit the same attempt, when `classify` found `found`: later causes."""
    status = attempt.status or 0
    also = []
    if found.kind == "error-body-stall":
        also.append(_of_status(replace(attempt, fault=None), quirks))
    elif status >= 400 and _is_around_another(status, attempt.error, found):
        also.append(failure("status-flattened", f"HTTP {status} around {found.label}"))
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


def says_no_such_model(attempt: Attempt) -> bool:
    """Whether an error says, among other things perhaps, that there is no such model."""
    if attempt.error is None:
        return False
    in_words = words_of_message(attempt.error, model_asked(attempt)).says(
        "model absent !plan !upgrade"
    )
    return in_words or words_of_fields(attempt.error).says("model-code")


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
    status = _inner_status(attempt.status or 0, error) or attempt.status or 0
    evidence = error.message or attempt.excerpt or f"HTTP {status}"
    if status == 401 and not attempt.had_key:
        return failure("auth-no-key", evidence)
    stalled = attempt.fault is not None and attempt.fault.timer == "error-body"
    # Of a text that broke off, only what it says counts, not what the status usually means.
    named = _by_rules(status, attempt, error, quirks, bare=not stalled)
    if named and not attempt.had_key and _is_for_want_of_a_key(named):
        return failure("auth-no-key", evidence)
    if named:
        return failure(named, evidence)
    if stalled:
        return failure("error-body-stall", evidence)
    if status == 403 and not attempt.had_key and not is_fronts_page(error):
        return failure("auth-no-key", evidence)
    named = _by_status(status, attempt, error)
    return failure(named, evidence) if named else unnamed(_class_of(status), evidence)


def _is_for_want_of_a_key(kind: str) -> bool:
    """Whether a refusal of a request that had no key is about just that."""
    return KINDS[kind].failure_class == "auth" or kind == "permission-token-scope"


def _by_status(status: int, attempt: Attempt, error: ErrorBody) -> str:
    """What a status means when the body says nothing of its own, "" when no kind covers it."""
    html = error.shape == "html"
    if status in (404, 410) and _RETIRING.intersection(attempt.headers):
        return "deprecated-model"
    if 300 <= status < 400:
        return _by_location(status, attempt)
    if status == 403 and names_no_reason(error):
        return ""
    if status == 404 and (html or not speaks_of_model(attempt, error)):
        return "endpoint-not-found"
    if status == 429:
        return _with_hint("rate-limit-no-hint", error)
    if status == 500:
        return _server_500(attempt, error)
    row = BY_STATUS.get(status)
    if row is not None and (row.name != "bad-gateway-html" or html):
        return row.name
    if status == 400 and error.shape == "string":
        return "error-as-bare-string"
    return "error-body-odd-shapes" if status == 400 and error.shape in _ODD_SHAPES else ""


# Headers that announce the end of what was asked for (RFC 9745, RFC 8594).
_RETIRING = {"deprecation", "sunset"}


def _is_used_up(attempt: Attempt) -> bool:
    """Whether the headers tell that a rate limit's window is used up, or when to come back."""
    return "retry-after" in attempt.headers or any(
        value.strip() == "0" and "ratelimit-remaining" in name
        for name, value in attempt.headers.items()
    )


def _server_500(attempt: Attempt, error: ErrorBody) -> str:
    if not attempt.body_bytes:
        return "server-500-empty"
    # A framework's own page: HTML, or the text of a trace. JSON that broke off is neither.
    page = error.shape in ("html", "text") and not _BEGUN.match(error.message)
    return "server-500-html-trace" if page else "server-500-json"


# JSON that was begun: an object's first key, a list's first object, or not even that.
_BEGUN = re.compile(r"\s*(?:\{\s*(?:\"|$)|\[\s*(?:[{\"]|$))")


def _by_location(status: int, attempt: Attempt) -> str:
    """What a redirect means, by where it leads; one that leads nowhere has no name."""
    if status == 304 or not attempt.headers.get("location"):
        return ""
    return "redirect-loop" if _in_a_circle(attempt) else "moved-endpoint"


def _in_a_circle(attempt: Attempt) -> bool:
    """Whether a redirect leads back to where it came from, its query aside."""
    location = attempt.headers.get("location", "")
    try:
        here = urlsplit(attempt.url)
        there = urlsplit(urljoin(attempt.url, location))
    except ValueError:
        return False
    return bool(location) and (here.scheme, here.netloc, here.path) == (
        there.scheme,
        there.netloc,
        there.path,
    )


def _class_of(status: int) -> str:
    known = _STATUS_CLASSES.get(status)
    if known:
        return known
    if status >= 500:
        return "server-error"
    return "bad-request" if status >= 400 else "protocol"


def speaks_of_model(attempt: Attempt, error: ErrorBody) -> bool:
    """Whether an error is about a model, among other things perhaps."""
    message = words_of_message(error, model_asked(attempt))
    return message.says("model") or words_of_fields(error).says("model") or error.param == "model"


def model_asked(attempt: Attempt) -> str:
    """The id of the model that was asked; "" where the request named none."""
    model = attempt.body.get("model")
    return model if isinstance(model, str) else ""


# ---- a status inside another


# A status that is told in words: "upstream returned 429", "[503]", "401 Unauthorized".
_STATUS_IN_TEXT = re.compile(
    r"(?:status|error|http|code|returned|replied|responded|got|received|answered|failed|upstream)"
    r"[a-z_ ]{0,20}[:= (\[<'\"]{1,3}([45]\d\d)\b"
    r"|[\[(<]([45]\d\d)[\])>]"
    r"|\b([45]\d\d) (?:bad request|unauthorized|payment required|forbidden|not found|too many"
    r"|internal server error|bad gateway|service unavailable|gateway time|overloaded)",
    re.IGNORECASE,
)


def _inner_status(status: int, error: ErrorBody | None) -> int | None:
    """The provider's own status, when a gateway wrapped it in a 400 or a 500 of its own."""
    if error is None or (status in BY_STATUS and status not in (500, 502)):
        return None
    inner = error.status
    if inner is None or inner == status:
        told = _STATUS_IN_TEXT.search(bounded(error.message))
        inner = int(told[1] or told[2] or told[3]) if told else None
    return inner if inner in BY_STATUS and inner != status else None


# What a 500, and what a 400, would not be if its sender had a say.
_NOT_A_500 = ("permission", "billing", "not-found", "rate-limit")
_NOT_A_400 = ("rate-limit", "unavailable", "server-error")
# A refused key may well be told with a 400; not so when it is somebody else's.
_OF_ANOTHER = "provider"


def _is_around_another(status: int, error: ErrorBody | None, found: Failure) -> bool:
    """Whether a status hides another one, told in a number or only in words."""
    if _inner_status(status, error):
        return True
    hidden = {500: _NOT_A_500, 400: _NOT_A_400}.get(status, ())
    if found.kind == "auth-bad-key-as-400" and error is not None:
        return words_of_message(error).says(_OF_ANOTHER)
    return found.kind != "cold-start-503" and found.failure_class in hidden


# ---- what the body says


def _by_rules(
    status: int, attempt: Attempt, error: ErrorBody, quirks: Quirks, *, bare: bool = True
) -> str:
    """The kind that a rule or a family gives, "" for none.

    A gateway's own wordings come first, then what all say. Its bare statuses come last, since
    what the body says overrules them; they are left out with `bare` False. Status 0 is an error
    that came without any.
    """
    worded = [rule for rule in quirks.rules if rule.fields or rule.text]
    statuses = [rule for rule in quirks.rules if not (rule.fields or rule.text)] if bare else []
    found = _first(worded, status, error) or _by_families(status, attempt, error)
    found = found or _first(statuses, status, error)
    return _in_view_of_status(_with_hint(found, error), status)


def _first(rules: list[Rule], status: int, error: ErrorBody) -> str:
    return next((rule.kind for rule in rules if rule.matches(status, error)), "")


def _by_families(status: int, attempt: Attempt, error: ErrorBody) -> str:
    if error.shape == "html" and (status == 404 or status >= 500):
        return ""  # a front's own page; its words are about itself
    fields, message = words_of_fields(error), words_of_message(error, model_asked(attempt))
    told = _said(BEFORE_CODES, status, message, error)
    if not told and status in (400, 422) and error.param.startswith("response_format"):
        return "schema-refused"
    told = told or _said((*IN_FIELDS, *TELLING), status, fields, error)
    if not told or told in _VAGUE:
        closer = _said(TELLING, status, message, error)
        told = told if told and closer in _AS_VAGUE else closer
    if told == "context-overflow" and status == 422 and _LOCATED.match(error.message):
        return "validation-422"  # limits of several fields, told in one breath
    if not told and status == 403 and _is_used_up(attempt):
        return "rate-limit-as-403"
    told = told or _said(GENERAL, status, fields, error) or _said(GENERAL, status, message, error)
    if status == 403 and told == "permission-model-not-in-plan" and names_no_reason(error):
        return ""
    return told


# A code such as "permission denied" may head any refusal: the message may know better.
_VAGUE = ("permission-token-scope",)
_AS_VAGUE = ("", "permission-model-not-in-plan")

# A row of a validator's report: where in the request, and what.
_LOCATED = re.compile(r"(body|query|path|header)\.[\w.]{1,200}: ")


def _said(families: tuple[Family, ...], status: int, words: Words, error: ErrorBody) -> str:
    for family in families:
        if family.matches(status, words):
            kind = _in_view_of_reset(family, words, error) if family.by_reset else family.kind
            if kind:
                return kind
    return ""


def _in_view_of_reset(family: Family, words: Words, error: ErrorBody) -> str:
    """An allowance that is back within the hour is a pace and no cap; later, it is one."""
    daily = family.kind == "billing-free-daily-cap"
    if error.retry_after_s is None or (daily and words.says("free")):
        return family.kind
    return "billing-free-daily-cap" if error.retry_after_s > _FAR_AWAY_S else ""


_LIMITS = ("rate-limit-no-hint", "rate-limit-as-403", "billing-quota-as-429")


def _with_hint(name: str, error: ErrorBody) -> str:
    """A rate limit, by whether the server said when to come back, and how far away that is."""
    if name not in _LIMITS or error.retry_after_s is None:
        return name
    if error.retry_after_s > _FAR_AWAY_S:
        return "billing-free-daily-cap"
    return "rate-limit" if name == "rate-limit-no-hint" else name


def _in_view_of_status(name: str, status: int) -> str:
    return "auth-bad-key" if name == "auth-bad-key-as-400" and status == 401 else name


# ---- an error inside a success

# What an error inside a success is called, by the class it would have had as a status.
_IN_BAND = {
    "billing": "billing-error-in-200",
    "rate-limit": "rate-limit-in-200",
    "server-error": "server-error-in-200",
}


def _in_band_status(status: int) -> str:
    """What a status inside a success means, as it would have at its head."""
    if status in BY_STATUS:
        return BY_STATUS[status].name
    return "server-500-json" if status >= 500 else ""


def _of_error_in_success(attempt: Attempt, error: ErrorBody, quirks: Quirks) -> Failure:
    status = error.status or _inner_status(0, error) or 0
    named = _by_rules(status, attempt, error, quirks) or _in_band_status(status)
    started = attempt.reply is not None and bool(attempt.reply.text or attempt.reply.reasoning)
    kind: Kind | None = KINDS.get(named)
    if kind is not None and kind.failure_class == "auth" and not attempt.had_key:
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
    if error.shape in _ODD_SHAPES:
        return failure("error-body-odd-shapes", error.message)
    return failure("server-error-in-200", error.message)
