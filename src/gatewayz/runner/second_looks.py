"""Asking once more in another form, when a question failed because of how it was put.

That is no retry: it tells nothing of the model, holds without any retries too, and what works is a
habit of the model from then on. Nor is it one to ask anew, in the same form, what was lost with an
idle connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gatewayz.core import (
    Attempt,
    ChatRequest,
    Failure,
    Gateway,
    Habits,
    Observation,
    Outcome,
    Quirks,
    Verdict,
    classify,
)
from gatewayz.core.refusals import (
    FORM_FIELDS,
    TOKEN_FIELDS,
    is_named,
    least_tokens_told,
    refused_field,
    suggested_field,
    wants_more_tokens,
    wants_stream,
)
from gatewayz.core.wire_faults import went_stale
from gatewayz.runner.spellings import next_spelling

MOST_LOOKS = 4
LARGEST_BUDGET = 1024
_GROWTH = 8

_REFUSED_FIELD = frozenset({"unsupported-parameter", "extra-field-refused"})
_REFUSED_FORM = _REFUSED_FIELD | {"unsupported-value"}
_TOO_SMALL = frozenset({"reasoning-ate-budget", "tool-args-cut-by-length"})
_TOO_LONG = frozenset({"context-overflow", "context-overflow-in-stream", "payload-too-large-413"})
_NOT_FOUND = frozenset({"model-not-found", "listed-not-servable"})
# What another spelling may meet with before the right one is found.
_REFUSALS = ("not-found", "bad-request", "permission")
# What goes out unasked. Everything else is what a probe is about, and stays.
_MAY_GO = ("stream_options", "temperature")
_REFUSED = (400, 404, 422)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one step's question is put.

    known      the habits that were believed before this step
    habits     those it is put with now
    model_id   the id it goes to in place of the listed one; "" for that
    looks      how often it was put otherwise at this step
    tried      habits that were tried and did not do
    """

    known: Habits = Habits()
    habits: Habits = Habits()
    model_id: str = ""
    looks: int = 0
    tried: frozenset[Habits] = field(default_factory=frozenset)

    def next_step(self, known: Habits) -> Form:
        """The form of the next step's question: what worked is kept."""
        return Form(known=known, habits=known, model_id=self.model_id)


def decide(verdict: Verdict, form: Form, gateway: Gateway) -> Form | None:
    """The form to ask in once more, None when asking otherwise or anew cannot help.

    The gateway is as it is before any habit.
    """
    quirks = gateway.quirks
    seen, request, last = verdict.observation, verdict.observation.asked, verdict.observation.last
    if request is None or last is None or form.looks >= MOST_LOOKS:
        return None
    if went_stale(last):
        return replace(form, looks=form.looks + 1)
    if request.must_refuse is not None or verdict.outcome is Outcome.PASSED:
        return None
    found = verdict.failure
    kind = found.kind if found is not None else None
    slip = kind in _NOT_FOUND and len(seen.tries) == 1 and not request.control
    if slip and _has_no_list(seen):
        # Once may be a slip, and no list says the same.
        return None if request.model_id else replace(form, looks=form.looks + 1)
    by_name = kind in _NOT_FOUND or (_not_found_before(seen, quirks) and _is_refusal(verdict))
    if by_name and seen.case.model is not None and seen.case.model.listed:
        named = seen.case.model, gateway, seen.tries
        spelling = None if request.model_id else next_spelling(*named)
        return None if spelling is None else replace(form, looks=form.looks + 1, model_id=spelling)
    tried = form.tried | {form.habits}
    # A limit that may not grow so far goes back to what it was, and what that came to is told.
    again = form.tried if _limit_refused(form, last) else frozenset()
    others = _others(found, form, request, last, quirks)
    habits = next((other for other in others if other not in tried - again), None)
    if habits is None or habits == form.habits:
        return None
    return replace(form, habits=habits, looks=form.looks + 1, tried=tried)


def learned(form: Form, attempt: Attempt) -> Habits | None:
    """The habits to go by from now on, None when an answer taught nothing new.

    Only an answer teaches. A limit counts once it was large enough for one.
    """
    taken = attempt.error is None and attempt.fault is None
    if not taken or attempt.status is None or not 200 <= attempt.status < 300:
        return None
    habits = form.habits
    if attempt.reply is None or not attempt.reply.usable:
        habits = replace(habits, least_tokens=form.known.least_tokens)
    return habits if habits != form.known else None


def most_tokens(limit: int | None) -> int | None:
    """The largest limit that a question with this one may end up with."""
    return None if limit is None else max(limit, LARGEST_BUDGET)


def _has_no_list(seen: Observation) -> bool:
    return seen.case.model is not None and seen.case.model.listed is None


def _not_found_before(seen: Observation, quirks: Quirks) -> bool:
    """Whether an earlier try was told that there is no such model."""
    found = (classify(attempt, quirks) for attempt in seen.tries[:-1])
    return any(one is not None and one.kind in _NOT_FOUND for one in found)


def _is_refusal(verdict: Verdict) -> bool:
    found, last = verdict.failure, verdict.observation.last
    if found is None or last is None:
        return False
    said_no = last.status is not None and 400 <= last.status < 500
    return found.failure_class in _REFUSALS or (found.failure_class == "protocol" and said_no)


def _others(
    found: Failure | None, form: Form, request: ChatRequest, attempt: Attempt, quirks: Quirks
) -> Iterator[Habits]:
    """The habits with which the question may fare better, the likeliest first."""
    kind = found.kind if found is not None else None
    if kind in _TOO_SMALL:
        yield from _with_room(form.habits, request, quirks)
    elif wants_stream(attempt):
        yield replace(form.habits, stream_only=True)
    elif kind in _REFUSED_FORM or _limit_refused(form, attempt) or _is_of_form(found, attempt):
        yield from _otherwise(kind, form, request, attempt, quirks)


def _is_of_form(found: Failure | None, attempt: Attempt) -> bool:
    """Whether a refusal is about the form of the question, in words that no kind goes by.

    What the error itself names as its `param` is believed whatever the error is called; what only
    its text speaks of, when nothing else is known of the request either.
    """
    name = refused_field(attempt)
    if name not in FORM_FIELDS or attempt.status not in _REFUSED or found is None:
        return False
    if found.kind in _TOO_LONG:
        return False
    return is_named(attempt, name) or found.failure_class == "bad-request"


def _with_room(habits: Habits, request: ChatRequest, quirks: Quirks) -> Iterator[Habits]:
    """A larger limit, before anything is said of a model that used up the last one."""
    if request.max_tokens is None:
        return
    limit = max(request.max_tokens, quirks.min_max_tokens)
    if limit < LARGEST_BUDGET:
        yield replace(habits, least_tokens=min(LARGEST_BUDGET, limit * _GROWTH))


def _limit_refused(form: Form, attempt: Attempt) -> bool:
    """Whether an error is about a token limit that was raised, whatever it is called."""
    return form.habits.least_tokens > 0 and refused_field(attempt) in TOKEN_FIELDS


def _otherwise(
    kind: str | None, form: Form, request: ChatRequest, attempt: Attempt, quirks: Quirks
) -> Iterator[Habits]:
    """Forms without what was refused, the likeliest first."""
    habits, name = form.habits, refused_field(attempt)
    if name in TOKEN_FIELDS:
        yield from _with_larger_limit(habits, request, attempt, quirks)
        # It may be the value that is refused: a limit that was raised may be too large.
        if habits.least_tokens and not suggested_field(attempt):
            yield replace(habits, least_tokens=0)
        if kind in _REFUSED_FIELD or suggested_field(attempt):
            yield from _with_other_limit(habits, attempt, quirks)
    elif name == "stream":
        # Only whether it streams can be meant, and the other way is the only other there is.
        if habits.stream_only or not request.stream:
            yield replace(habits, stream_only=not habits.stream_only)
    elif name in _MAY_GO:
        if name not in request.extra:
            yield replace(habits, never_send=habits.never_send | {name})
    elif not name:
        # It does not say which. What was believed of the model may have ceased to be so.
        if habits == form.known:
            yield Habits()
        sent = {*attempt.body, *habits.never_send} - {*request.extra}
        guesses = [name for name in _MAY_GO if name in sent]
        for guess in (*({name} for name in guesses), set(guesses)):
            yield replace(form.known, never_send=form.known.never_send | guess)


def _with_larger_limit(
    habits: Habits, request: ChatRequest, attempt: Attempt, quirks: Quirks
) -> Iterator[Habits]:
    """The limit that the refusal of a smaller one tells, or a larger one where it tells none."""
    least = least_tokens_told(attempt)
    if 0 < least <= LARGEST_BUDGET:
        yield replace(habits, least_tokens=least)
    elif wants_more_tokens(attempt):
        yield from _with_room(habits, request, quirks)


def _with_other_limit(habits: Habits, attempt: Attempt, quirks: Quirks) -> Iterator[Habits]:
    """The token limit under its other name; it is never left out."""
    sent = next((name for name in TOKEN_FIELDS if name in attempt.body), "")
    other = suggested_field(attempt) or next(name for name in TOKEN_FIELDS if name != sent)
    renamed = "" if other == quirks.max_tokens_field else other
    if renamed != habits.max_tokens_field:
        yield replace(habits, max_tokens_field=renamed)
