"""What several tries at one question say that one cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gatewayz.core.attempt import Attempt
from gatewayz.core.causes import says_no_such_model
from gatewayz.core.failures import classify, failure
from gatewayz.core.kinds import KINDS
from gatewayz.core.model import Model
from gatewayz.core.observation import Observation
from gatewayz.core.refusals import FORM_FIELDS, refused_field, wants_stream
from gatewayz.core.verdict import Failure, Finding
from gatewayz.core.wire_faults import went_stale

if TYPE_CHECKING:
    from gatewayz.core.gateway import Quirks

# So many tries in a row that find a model loading, no nearer to ready, and it never will be.
_TRIES_TO_LOAD = 3
# So many refusals of a listed model, under every spelling of its id, and it is gone.
_TRIES_TO_BE_GONE = 2
# After these the question is put in another form. That is no retry: the model is sound.
PUT_OTHERWISE = frozenset(
    {
        "unsupported-parameter",
        "unsupported-value",
        "extra-field-refused",
        "reasoning-ate-budget",
        "model-not-found",
    }
)


def over_tries(found: Failure, seen: Observation, quirks: Quirks) -> Failure:
    """The last try's failure in the light of the tries before it."""
    if found.kind == "cold-start-503" and _loads_for_ever(seen, quirks):
        return failure("cold-start-never-ends", found.evidence)
    last, model = seen.attempts[-1], seen.case.model
    if _absent(found, last, model) and found.kind != "model-not-found":
        found = failure("model-not-found", found.evidence)
    if found.kind == "model-not-found" and model is not None and model.listed:
        named = ((classify(attempt, quirks), attempt) for attempt in seen.tries)
        refusals = [(o, attempt) for o, attempt in named if o and _absent(o, attempt, model)]
        if len(refusals) >= _TRIES_TO_BE_GONE:
            # What is told is the refusal of the id that the list has, not of another spelling.
            as_listed = [other for other, a in refusals if a.asked in ("", model.id)]
            return failure("listed-not-servable", (as_listed or [found])[-1].evidence)
    return found


def _absent(found: Failure, attempt: Attempt, model: Model | None) -> bool:
    """Whether a refusal says that there is no such model.

    "Does not exist, or you have no access" means of a listed id that access is missing; of an id
    that no list names, or that is another spelling of one, its first half holds.
    """
    if found.kind != "permission-model-not-in-plan" or attempt.status == 403:
        return found.kind == "model-not-found"
    listed = model is not None and model.listed and attempt.asked in ("", model.id)
    return not listed and says_no_such_model(attempt)


def of_the_listing(seen: Observation) -> tuple[Finding, ...]:
    """What an answer says of the model list: another spelling works, or no list names the model."""
    model, last = seen.case.model, seen.last
    if model is None or last is None or (seen.asked is not None and seen.asked.model_id):
        return ()
    if last.asked in ("", model.id):
        if model.listed is not False:
            return ()
        saw = f"an answer to '{model.id}', which the list does not name"
        return (
            Finding(kind="servable-not-listed", failure_class="catalogue", saw=saw, warning=True),
        )
    same_letters = last.asked.casefold() == model.id.casefold()
    kind = "id-case-mismatch" if same_letters else "listed-id-differs"
    expected, saw = f"an answer to '{model.id}'", f"an answer to '{last.asked}'"
    return (
        Finding(
            kind=kind,
            failure_class="catalogue",
            expected=expected,
            saw=saw,
            warning=same_letters,
        ),
    )


def of_earlier_tries(seen: Observation, failed: Sequence[tuple[Attempt, Failure]]) -> list[Finding]:
    """What a passing answer owes to further tries: each warning's name, and the time they took.

    `failed` are the tries before it with what was wrong with each, be it the wire or the answer.
    """
    last = seen.tries[-1]
    retried = [found for attempt, found in failed if not _put_otherwise(attempt, found, last)]
    if not retried:
        return []
    total_s = sum(attempt.timing.total_s or 0.0 for attempt in seen.tries)
    last_s = last.timing.total_s or 0.0
    before = "the first try" if len(retried) == 1 else f"the first {len(retried)} tries"
    names = ", ".join(dict.fromkeys(found.label for found in retried))
    saw = f"{before} failed: {names}; all tries took {total_s:.2f}s, the last {last_s:.2f}s"
    return [
        *(
            Finding(kind=f.kind or "", failure_class=f.failure_class, saw=f.evidence, warning=True)
            for f in retried
            if f.kind and KINDS[f.kind].verdict == "W"
        ),
        Finding(
            kind="retry-masked-latency",
            failure_class="performance",
            saw=saw,
            warning=True,
        ),
    ]


def _put_otherwise(attempt: Attempt, found: Failure, last: Attempt) -> bool:
    """Whether the next try was no retry: it put the question in another form, or had to be sent anew."""
    if wants_stream(attempt) or went_stale(attempt):
        return True
    in_vain = found.kind in PUT_OTHERWISE or found.kind == "tool-args-cut-by-length"
    in_vain = in_vain or refused_field(attempt) in FORM_FIELDS
    return in_vain and _form(attempt) != _form(last)


def _form(attempt: Attempt) -> tuple[str, Mapping[str, Any]]:
    return (attempt.asked, attempt.body)


def _loads_for_ever(seen: Observation, quirks: Quirks) -> bool:
    tries = seen.tries[-_TRIES_TO_LOAD:]
    if len(tries) < _TRIES_TO_LOAD:
        return False
    if any((f := classify(a, quirks)) is None or f.kind != "cold-start-503" for a in tries):
        return False
    estimates = [a.error.retry_after_s for a in tries if a.error is not None]
    known = [estimate for estimate in estimates if estimate is not None]
    # Without an estimate nobody can say that it does not fall.
    return len(known) == len(tries) and all(b >= a for a, b in pairwise(known))
