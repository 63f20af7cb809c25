"""What a status means by itself, and one status around another."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from gatewayz.core.attempt import Attempt, ErrorBody
from gatewayz.core.causes import speaks_of_model, with_hint
from gatewayz.core.fronts import is_page, names_no_reason
from gatewayz.core.kinds import BY_STATUS
from gatewayz.core.phrases import words_of_fields, words_of_message
from gatewayz.core.verdict import Failure
from gatewayz.core.words import bounded

# Where an error stood, when not under "error" as an object or a text.
ODD_SHAPES = ("list", "detail", "flat", "fault", "errors", "xml", "odd")

# Classes for statuses that no kind covers.
_STATUS_CLASSES = {400: "bad-request", 403: "permission", 409: "server-error", 412: "billing", 415: "bad-request",
                   424: "server-error", 425: "unavailable", 446: "semantic", 451: "permission",
                   498: "unavailable", 499: "server-error"}  # fmt: skip


def kind_of_status(status: int, attempt: Attempt, error: ErrorBody) -> str:
    """What a status means when the body says nothing of its own, "" when no kind covers it."""
    html = is_page(error)
    if status in (404, 410) and _RETIRING.intersection(attempt.headers):
        return "deprecated-model"
    if 300 <= status < 400:
        return _by_location(status, attempt)
    if status == 403 and names_no_reason(error):
        return ""
    if status == 404 and (html or not speaks_of_model(attempt, error)):
        return "endpoint-not-found"
    if status == 429:
        return with_hint("rate-limit-no-hint", error)
    if status == 500:
        return _server_500(attempt, error)
    row = BY_STATUS.get(status)
    if row is not None and (row.name != "bad-gateway-html" or html):
        return row.name
    if status == 400 and error.shape == "string":
        return "error-as-bare-string"
    return "error-body-odd-shapes" if status == 400 and error.shape in ODD_SHAPES else ""


# What a 400 is called whose body has a shape of its own, by that shape.
_ODD_400 = frozenset({"error-as-bare-string", "error-body-odd-shapes"})


def is_of_the_request(status: int, failure_class: str, kind: str) -> bool:
    """Whether a gateway says of a request that it is wrong in itself, in whatever shape."""
    return failure_class == "bad-request" or (status == 400 and kind in _ODD_400)


# Headers that announce the end of what was asked for (RFC 9745, RFC 8594).
_RETIRING = {"deprecation", "sunset"}


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


def class_of_status(status: int) -> str:
    known = _STATUS_CLASSES.get(status)
    if known:
        return known
    if status >= 500:
        return "server-error"
    return "bad-request" if status >= 400 else "protocol"


def kind_of_status_in_band(status: int) -> str:
    """What a status inside a success means, as it would have at its head."""
    if status in BY_STATUS:
        return BY_STATUS[status].name
    return "server-500-json" if status >= 500 else ""


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


def inner_status(status: int, error: ErrorBody | None) -> int | None:
    """The provider's own status, when a gateway wrapped it in a 400 or a 500 of its own."""
    if error is None or (status in BY_STATUS and status not in (500, 502)):
        return None
    inner = error.status
    if inner is None or inner == status:
        told = _STATUS_IN_TEXT.search(bounded(error.message))
        inner = int(told[1] or told[2] or told[3]) if told else None
    return inner if inner in BY_STATUS and inner != status else None


# What a 500, and what a 400, would not be if its sender had a say. Some providers do refuse keys and
# empty accounts with a 400; these hide another status only where somebody else's answer is told.
_NOT_A_500 = frozenset({"permission", "billing", "not-found", "rate-limit", "unavailable"})
_NOT_A_400 = frozenset({"rate-limit", "unavailable", "server-error"})
_NOT_ANOTHERS_400 = _NOT_A_400 | {"auth", "billing"}


def is_around_another(status: int, error: ErrorBody | None, found: Failure) -> bool:
    """Whether a status hides another one, told in a number or only in words."""
    if inner_status(status, error):
        return True
    if found.kind == "cold-start-503":
        return False
    if status == 500:
        return found.failure_class in _NOT_A_500
    hidden = _NOT_ANOTHERS_400 if is_anothers(error) else _NOT_A_400
    return status == 400 and found.failure_class in hidden


def is_anothers(error: ErrorBody | None) -> bool:
    """Whether an error speaks of a provider behind its sender.

    What a backend puts into an error that it passes on is no word of the sender's.
    """
    if error is None:
        return False
    if error.gateway:
        error = replace(error, type="")
    told = "provider | quoted"
    return words_of_message(error).says(told) or words_of_fields(error).says(told)
