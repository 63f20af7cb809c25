"""On whose side a failure lies, where the way or the question says more than its name does.

The table of kinds names a side for each name, and that holds whatever probe asked: an empty answer
is the model's, a limit that thought used up is ours. A feature is at fault for what only it asks.
"""

from __future__ import annotations

from dataclasses import replace

from gatewayz.core.attempt import Attempt
from gatewayz.core.failures import failure
from gatewayz.core.hindsight import TOLD_AS
from gatewayz.core.kinds import Kind
from gatewayz.core.observation import Observation
from gatewayz.core.pairs import BEHIND
from gatewayz.core.phrases import words_of_fields, words_of_message
from gatewayz.core.probe import ChatRequest
from gatewayz.core.refusals import refused_field, speaks_of_a_setting
from gatewayz.core.refused_keys import BAD_KEY
from gatewayz.core.verdict import Culprit, Failure

# An answer that is none to the question, and no closer name fits.
NOT_AS_ASKED = "not-as-asked"
# What refuses a part of a request: of what any chat sends, or of what only this question does.
_OF_A_PART = frozenset(
    {"unsupported-parameter", "unsupported-value", "extra-field-refused", "validation-422"}
)


def pointing(found: Failure, seen: Observation) -> Failure:
    """The same failure, pointing at the side that this way and this question put it on.

    Trouble on the way to the backend is the backend's, not the gateway's behind it. What only a
    feature's question asks, beyond a chat, is the feature's: plain answers may still come.
    """
    last, asked = seen.attempts[-1], seen.asked
    if seen.case.way == "api" and last.status is None and found.culprit is Culprit.GATEWAY:
        return replace(found, culprit=Culprit.BACKEND)
    if asked is None or not asked.feature:
        return found
    of_no_field = found.kind == "unsupported-parameter" and not refused_field(last)
    if of_no_field and not speaks_of_a_setting(last):
        # No field that was sent: a kind of input or of answer that the model does not have.
        return failure("no-endpoint-supports-feature", found.evidence)
    missed = found.kind == NOT_AS_ASKED and found.culprit is Culprit.MODEL
    if missed or (_is_of_a_part(found) and _is_beyond_a_chat(asked, last)):
        return replace(found, culprit=Culprit.FEATURE)
    return found


def _is_of_a_part(found: Failure) -> bool:
    unnamed = found.kind is None and found.failure_class == "bad-request"
    return unnamed or found.kind in _OF_A_PART


def _is_beyond_a_chat(asked: ChatRequest, attempt: Attempt) -> bool:
    """Whether a refusal is about what goes out for this question only: a field, else its words."""
    field = refused_field(attempt)
    if field:
        return field in asked.fields_beyond()
    if attempt.error is None or speaks_of_a_setting(attempt):
        return False
    words = (words_of_fields(attempt.error), words_of_message(attempt.error))
    return any(said.says("feature !field") for said in words)


def elsewhere(kind: Kind) -> str:
    """When a failure of a kind points at another side than the table's, for a reader; "" if never."""
    told = [words for names, words in _ELSEWHERE if kind.name in names]
    if kind.culprit in BEHIND:
        told.append("the backend where the same went well without it (--both)")
    return "; ".join(told)


_ELSEWHERE: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({NOT_AS_ASKED}), "the feature in a question about one"),
    (_OF_A_PART, "the feature where only its question sends what is refused"),
    (
        BAD_KEY - {"auth-no-key"},
        "the gateway where the key is good for others, or the refusal is of a provider behind it",
    ),
    (TOLD_AS, "our network where no gateway of the run can be reached"),
    (frozenset({"stale-cached-answer"}), "the model where the answer was made just now"),
)
