"""Requests that are wrong on purpose: whether a refusal is about what is wrong with them.

A class alone does not tell: a 404 may be about the address, a 403 about the region, a 400 about the
key. Where the cause is something that every request would have met with, nothing is learned.
"""

from __future__ import annotations

import re

from gatewayz.core.attempt import Attempt, ErrorBody
from gatewayz.core.causes import model_asked, speaks_of_model
from gatewayz.core.fronts import is_fronts_page, is_page
from gatewayz.core.phrases import words_of_fields, words_of_message
from gatewayz.core.probe import MustRefuse
from gatewayz.core.verdict import Failure
from gatewayz.core.words import bounded

# What is said of a model that nobody knows. Some say of any id that it is not in the plan.
_OF_A_MODEL = frozenset(
    {
        "model-not-found", "no-endpoints-for-model", "not-supported-by-enabled-providers",
        "permission-model-not-in-plan", "permission-gated-model", "permission-policy-filter",
        "listed-not-servable", "non-chat-listed", "deprecated-model", "no-provider-available",
        "no-endpoint-supports-feature",
    }
)  # fmt: skip
# What a server may say of a field's value, be the field the model's.
_OF_A_VALUE = frozenset(
    {None, "validation-422", "unsupported-value", "unsupported-parameter", "error-body-odd-shapes"}
)
# Classes of causes that any request would have met with.
_OF_ANY_REQUEST = frozenset(
    {"auth", "billing", "rate-limit", "unavailable", "network", "timeout", "protocol"}
)
_KINDS_OF_ANY_REQUEST = frozenset(
    {"permission-region", "permission-token-scope", "endpoint-not-found", "moved-endpoint",
     "bad-gateway-html", "edge-timeout-524", "moderation-block"}
)  # fmt: skip
# What a parser says of a text that breaks off, in words that are much the same everywhere.
_BROKEN = re.compile(
    r"json|syntax|pars(?:e|ing)|malformed|unexpected (?:end|token|eof|character)|decod|deserial|"
    r"unterminated|invalid body|解析|格式|構文|разбор|구문",
    re.IGNORECASE,
)


def is_about(found: Failure, attempt: Attempt, wanted: MustRefuse) -> bool:
    """Whether a refusal is for the fault that the request was given."""
    error = attempt.error or ErrorBody(message="")
    match wanted.about:
        case "model":
            return _about_the_model(found, attempt, error)
        case "key":
            return _about_the_key(found, attempt, error)
        case "body":
            return _about_the_body(found, attempt, error)
    return found.failure_class in wanted.classes


def teaches_nothing(found: Failure, attempt: Attempt) -> bool:
    """Whether a sound request would have been refused as this one was."""
    status = attempt.status or 0
    if status < 400 or found.failure_class in _OF_ANY_REQUEST:
        return True
    if found.kind is None and found.failure_class == "permission":  # for no reason that it gave
        return True
    page = attempt.error is not None and is_page(attempt.error)
    return found.kind in _KINDS_OF_ANY_REQUEST or (page and status < 500)


def gives_no_reason(found: Failure, attempt: Attempt) -> bool:
    """Whether a refusal may well be for what is wrong, and says nothing of it.

    A bare 404, "Forbidden", a framework's page: any request may meet with these, and so may the one
    that they fit. A sound request beside it tells the two apart.
    """
    if not 400 <= (attempt.status or 0) < 500 or not teaches_nothing(found, attempt):
        return False
    return found.kind == "endpoint-not-found" or (
        found.kind is None and found.failure_class in ("permission", "bad-request", "not-found")
    )


def _about_the_model(found: Failure, attempt: Attempt, error: ErrorBody) -> bool:
    if found.kind in _OF_A_MODEL:
        # A page, or a bare status, that is taken for the plan says nothing of a model.
        return found.kind != "permission-model-not-in-plan" or bool(error.message)
    of_a_value = found.failure_class in ("bad-request", "protocol") and found.kind in _OF_A_VALUE
    in_words = found.kind is None and found.failure_class in ("not-found", "permission")
    return (of_a_value or in_words) and not is_page(error) and speaks_of_model(attempt, error)


def _about_the_key(found: Failure, attempt: Attempt, error: ErrorBody) -> bool:
    if found.failure_class == "auth" or found.kind == "permission-token-scope":
        return not is_fronts_page(error)
    if attempt.status != 403 or is_page(error) or found.failure_class != "permission":
        return False
    words, fields = words_of_message(error, model_asked(attempt)), words_of_fields(error)
    if words.says("api-key") or fields.says("api-key"):
        return True
    bare = found.kind in (None, "permission-model-not-in-plan")
    return bare and not words.says("model | upgrade") and not fields.says("model-code")


def _about_the_body(found: Failure, attempt: Attempt, error: ErrorBody) -> bool:
    if found.failure_class == "bad-request" and attempt.status not in (400, 422):
        return not is_page(error)
    if attempt.status not in (400, 422):
        return False
    # Some frameworks put what their parser said on a page.
    if is_page(error):
        return found.failure_class == "bad-request" and _names_the_break(error)
    return _names_the_break(error) or not teaches_nothing(found, attempt)


def _names_the_break(error: ErrorBody) -> bool:
    return _BROKEN.search(bounded(error.message)) is not None
