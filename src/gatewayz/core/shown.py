"""Which attempt shows what a verdict says, and in which forms the question was put.

The last attempt is not always the one: a model that answers only to another id than it is listed
under fails by the question with the listed id.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatewayz.core.attempt import Attempt
from gatewayz.core.probe import ChatRequest
from gatewayz.core.refusals import refused_field, speaks_of
from gatewayz.core.text import excerpt, visible
from gatewayz.core.verdict import Failure, Verdict

# Classes of failures that are about the id that was asked for first, and not another spelling.
_OF_THE_ID = frozenset({"catalogue", "not-found"})
_OF_A_FIELD = frozenset({"unsupported-parameter", "unsupported-value", "extra-field-refused"})
_MOST_FORMS = 4
_MOST_CHARS = 80


def tries_of(verdict: Verdict) -> tuple[Attempt, ...]:
    """The attempts at the question that decided."""
    seen = verdict.observation
    step = seen.step if verdict.step is None else verdict.step
    return tuple(attempt for attempt in seen.attempts if attempt.step == step)


def question_of(verdict: Verdict) -> ChatRequest | None:
    """The question that decided; None for a model list."""
    seen = verdict.observation
    return seen.asked if verdict.step is None else seen.asked_at(verdict.step)


def shown_by(verdict: Verdict) -> Attempt | None:
    """The attempt that shows the failure: of those at its question the last in the form it is about.

    None when nothing was sent.
    """
    tries = tries_of(verdict)
    if not tries or verdict.failure is None:
        return tries[-1] if tries else None
    return (_in_the_form_of(verdict.failure, verdict, tries) or tries)[-1]


def forms_tried(verdict: Verdict) -> str:
    """The forms in which the question was put, and how each ended; "" where there was but one."""
    tries = tries_of(verdict)
    ids = list(dict.fromkeys(attempt.asked for attempt in tries))
    fields = [frozenset(attempt.body) for attempt in tries]
    common = frozenset.intersection(*fields) if fields else frozenset()
    ended: dict[str, str] = {}
    for attempt, names in zip(tries, fields, strict=True):
        own = ", ".join(sorted(visible(name) for name in names - common))
        form = f"'{excerpt(visible(attempt.asked), _MOST_CHARS)}'" if len(ids) > 1 else ""
        if own or not form:
            form += f"{' ' if form else ''}with {own}" if own else "without"
        ended[form] = f"HTTP {attempt.status}" if attempt.status is not None else "no answer"
    if len(ended) < 2:
        return ""
    told = [f"{form} ({end})" for form, end in ended.items()]
    more = f" and {len(told) - _MOST_FORMS} more" if len(told) > _MOST_FORMS else ""
    return ", ".join(told[:_MOST_FORMS]) + more


def _in_the_form_of(
    found: Failure, verdict: Verdict, tries: Sequence[Attempt]
) -> Sequence[Attempt]:
    """The tries in the form that a failure is about."""
    model = verdict.observation.case.model
    if found.failure_class in _OF_THE_ID and model is not None:
        return [attempt for attempt in tries if attempt.asked in ("", model.id)]
    if found.kind in _OF_A_FIELD:
        # Other forms were tried since; the message still names a field of this one.
        return [a for a in tries if (field := refused_field(a)) and speaks_of(tries[-1], field)]
    return tries
