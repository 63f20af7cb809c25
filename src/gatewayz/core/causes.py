"""The cause that an error's body tells: by a gateway's own rules, by its fields, by its words.

Structured fields are looked at before words, and words come in families, never one vendor's
sentence; `phrases.py` is the table of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from gatewayz.core.asides import without_class_names, without_offers
from gatewayz.core.attempt import Attempt, ErrorBody
from gatewayz.core.fronts import is_page, names_no_reason
from gatewayz.core.gateway import Quirks
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
from gatewayz.core.words import Words

# A reset further away than any run waits: the allowance is used up, not the pace too high.
_FAR_AWAY_S = 3600.0


def speaks_of_model(attempt: Attempt, error: ErrorBody) -> bool:
    """Whether an error is about a model, among other things perhaps."""
    message = words_of_message(error, model_asked(attempt))
    return message.says("model") or words_of_fields(error).says("model") or error.param == "model"


def model_asked(attempt: Attempt) -> str:
    """The id of the model that was asked; "" where the request named none."""
    model = attempt.body.get("model")
    return model if isinstance(model, str) else ""


def says_no_such_model(attempt: Attempt) -> bool:
    """Whether an error says, among other things perhaps, that there is no such model."""
    if attempt.error is None:
        return False
    in_words = words_of_message(attempt.error, model_asked(attempt)).says(
        "model absent !plan !upgrade"
    )
    return in_words or words_of_fields(attempt.error).says("model-code")


def cause_in(
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
    return _in_view_of_status(with_hint(found, error), status)


def _first(rules: list[Rule], status: int, error: ErrorBody) -> str:
    return next((rule.kind for rule in rules if rule.matches(status, error)), "")


# Where a limit may be refused, and more of it be offered for money.
_OF_LIMITS = (0, 403, 429)


def _by_families(status: int, attempt: Attempt, error: ErrorBody) -> str:
    """What is told, most of all by what the message itself states."""
    if status in _OF_LIMITS:
        error = replace(error, message=without_offers(error.message))
    named = replace(error, message=without_class_names(error.message))
    return _told(status, attempt, named) or (
        _told(status, attempt, error) if named != error else ""
    )


def _told(status: int, attempt: Attempt, error: ErrorBody) -> str:
    if is_page(error) and (status == 404 or status >= 500):
        return ""  # a front's own page; its words are about itself
    fields, message = words_of_fields(error), words_of_message(error, model_asked(attempt))
    told = _said(BEFORE_CODES, status, message, error)
    if not told and status in (400, 422) and error.param.startswith("response_format"):
        return "schema-refused"
    told = told or _said((*IN_FIELDS, *TELLING), status, fields, error)
    if not told or told in _HEADS_MANY:
        told = _closer(told, status, message, error)
    if told == "context-overflow" and status != 413 and _is_of_pace(fields, message):
        return "rate-limit-no-hint"  # too many tokens at a time, and not in this request
    if told == "context-overflow" and status == 422 and _LOCATED.match(error.message):
        return "validation-422"  # limits of several fields, told in one breath
    if not told and status == 403 and _is_used_up(attempt):
        return "rate-limit-as-403"
    told = told or _said(GENERAL, status, fields, error) or _said(GENERAL, status, message, error)
    if status == 403 and told == "permission-model-not-in-plan" and names_no_reason(error):
        return ""
    if status == 403 and told in _OF_NO_PAGE and is_page(error):
        return ""
    return told


# What a firewall's page may seem to say, which never saw the key's rights nor the message.
_OF_NO_PAGE = frozenset({"permission-token-scope", "moderation-block"})


def _is_of_pace(fields: Words, message: Words) -> bool:
    """Whether a refusal that counts tokens is about how fast they came: so its code, or a wait."""
    return fields.says("slow-code") or message.says("too-fast soon")


# What a code that may head many a refusal gives way to, where the message beside it knows better:
# "permission denied" to any cause that is told, "overloaded" to what else leaves nobody to answer.
_HEADS_MANY: Mapping[str, frozenset[str]] = {
    "permission-token-scope": frozenset(family.kind for family in TELLING)
    - {"permission-model-not-in-plan"},
    "overloaded": frozenset({"no-provider-available", "cold-start-503"}),
}


def _closer(told: str, status: int, message: Words, error: ErrorBody) -> str:
    """What the message says, where it says more than the fields; `told` else."""
    said = _said(TELLING, status, message, error)
    if not told:
        return said
    if told == "overloaded" and message.says("overloaded"):  # the same as its code
        return told
    return said if said in _HEADS_MANY[told] else told


def _is_used_up(attempt: Attempt) -> bool:
    """Whether the headers tell that a rate limit's window is used up, or when to come back."""
    return "retry-after" in attempt.headers or any(
        value.strip() == "0" and "ratelimit-remaining" in name
        for name, value in attempt.headers.items()
    )


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


def with_hint(name: str, error: ErrorBody) -> str:
    """A rate limit, by whether the server said when to come back, and how far away that is."""
    if name not in _LIMITS or error.retry_after_s is None:
        return name
    if error.retry_after_s > _FAR_AWAY_S:
        return "billing-free-daily-cap"
    return "rate-limit" if name == "rate-limit-no-hint" else name


def _in_view_of_status(name: str, status: int) -> str:
    return "auth-bad-key" if name == "auth-bad-key-as-400" and status == 401 else name
