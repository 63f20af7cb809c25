"""The table of rules: what an error has to say to be of a kind.

Two sorts. A `Rule` holds patterns of one gateway's own wording, and stands in that gateway's file.
A `Family` holds for all: it asks for concepts (`lexicon.py`) near each other, in the words of the
structured fields (code, type, reason) or in the message, whatever the language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gatewayz.core.attempt import ErrorBody
from gatewayz.core.lexicon import LEXICON
from gatewayz.core.words import Words, bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way to tell a kind from an error: all that is given must hold.

    `statuses` is matched against the HTTP status and one inside the body; `fields` is searched in
    code, type and param; `text` in the message. Both are regular expressions, case ignored.
    """

    kind: str
    statuses: tuple[int, ...] = ()
    fields: str = ""
    text: str = ""

    def matches(self, status: int, error: ErrorBody) -> bool:
        """Whether an error with this HTTP status is of this kind."""
        if self.statuses and status not in self.statuses and error.status not in self.statuses:
            return False
        if self.fields:
            fields = bounded(f"{error.code}\n{error.type}\n{error.param}")
            if not re.search(self.fields, fields, re.IGNORECASE):
                return False
        text = bounded(error.message)
        return not self.text or re.search(self.text, text, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Family:
    """One way to tell a kind from what is said, in any wording; see `Words.says`.

    `statuses` are those under which the family holds; none given, or an error without a status
    (0), and it holds under all. With `by_reset` it holds only while the server does not say that
    we may come back within the hour.
    """

    kind: str
    says: str
    statuses: tuple[int, ...] = ()
    by_reset: bool = False

    def matches(self, status: int, words: Words) -> bool:
        """Whether this is said under this status."""
        fits = not self.statuses or not status or status in self.statuses
        return fits and words.says(self.says)


def words_of_fields(error: ErrorBody) -> Words:
    """The words of the structured fields: `insufficient_quota`, `InvalidApiKey` ..."""
    code = _OUTCOME.sub("", error.code)
    return Words(f"{code} {error.type} {error.param}", LEXICON)


# What heads the codes of any error, as in {"status": "failure"}, and says nothing of this one.
_OUTCOME = re.compile(r"^(?:error|fail(?:ed|ure)?)(?: (?!to\b)|$)", re.IGNORECASE)


def words_of_message(error: ErrorBody, model: str = "") -> Words:
    """The words of the message, where the id of the model that was asked is the word "model"."""
    message = bounded(error.message)
    if "not_found" in f"{error.type} {error.code}".lower():  # half of a sentence: of what?
        message = f"not found: {message}"
    for name in (model, model.rpartition("/")[2]):
        if len(name) >= _SHORTEST_ID:
            message = message.replace(name, " model ")
    return Words(message, LEXICON)


# Shorter ids could be parts of words.
_SHORTEST_ID = 5

_SIZE = (400, 403, 404, 413, 422, 500)
_FIELDS = (400, 404, 422, 500)
# Any refusal of a request for what it says: some have statuses of their own (446, 451, 461).
_MODERATED = (*(s for s in range(400, 500) if s not in (401, 402, 407, 408, 429)), 500)
_ANY_BUT_429 = (400, 401, 402, 403, 404, 412, 413, 422, 500, 502, 503, 520)

# What a message may say against its own code: "invalid_api_key", of a key in the wrong place.
BEFORE_CODES = (
    Family("tls-version-mismatch", "tls", (400, 497)),
    Family(
        "auth-wrong-header-scheme",
        "other-header demand | other-header !invalid-word | other-scheme",
        (400, 401, 403),
    ),
)

# What only the structured fields tell: the name of the quota that was exceeded has its window in it.
IN_FIELDS = (Family("rate-limit-no-hint", "window !daily", (429,)),)

# What tells a cause by itself, the more special before the more general. The structured fields are
# asked first, then the message.
TELLING = (
    # the key
    Family("auth-bad-key-as-400", "auth-code | api-key bad !money !scope !model !too-fast | api-key absent !money !scope !model !too-fast | api-key unknown-word !money !model | api-key auth-failed", (400, 401, 403, 404, 422, 500, 502)),
    # what must not be said
    Family("permission-policy-filter", "data-policy endpoint | data-policy provider | data-policy none | data-policy permission | data-policy model | data-policy not-served | data-policy none served", (400, 403, 404, 503)),
    Family("permission-policy-filter", "policy endpoint | policy provider | policy none served", (404,)),
    Family("moderation-block", "moderation", _MODERATED),
    # money
    Family("billing-free-daily-cap", "daily free | daily per-minute !place | daily quota | daily too-fast | daily gone", (402, 403, 429), by_reset=True),
    Family("billing-quota-as-429", "broke !per-minute | broke billing too-little !more-room | money gone !per-minute !no-access", (429,)),
    # A way to pay beside a limit that is soon back is an offer.
    Family("billing-quota-as-429", "broke billing gone !more-room", (429,), by_reset=True),
    Family("billing-quota-as-429", "quota billing !per-minute | free quota gone !per-minute", (429,), by_reset=True),
    Family("billing-no-credit", "broke | money gone !scope !no-access | quota billing gone | quota gone !per-minute | free quota gone !per-minute", _ANY_BUT_429),
    # where and who
    Family("permission-region", "region-code | place not-served | place no-access", (400, 403, 404, 451)),
    Family("permission-region", "place !route", (403, 451)),
    Family("permission-gated-model", "gated | terms accept", (400, 401, 403, 404)),
    Family("permission-gated-model", "terms !money", (403,)),
    Family("permission-token-scope", "scope lacking | scope call", (400, 401, 403)),
    Family("permission-token-scope", "permission lacking token !model | token lacking inference | token no-access inference | api-key no-access inference | scope", (401, 403)),
    # the model's life and kind
    Family("deprecated-model", "retired-code | model retired !field !max-output", (400, 403, 404, 410, 422)),
    Family("deprecated-model", "retired !field !endpoint", (404,)),
    Family("non-chat-listed", "not-chat | other-model chat not-does | other-model chat | other-model meant | chat not-does model | chat not-does !request-field !route", (400, 403, 404, 422)),
    # who serves it
    # A listed model that keeps saying so is not to be had; see tries.py.
    Family("model-not-found", "not-deployed !loading", (400, 404, 410, 422, 500, 503)),
    Family("model-not-found", "deployed-function absent", (404,)),
    Family("not-supported-by-enabled-providers", "enabled provider", (400, 403, 404)),
    Family("no-endpoint-supports-feature", "endpoint none feature | provider none feature supports", (400, 404)),
    Family("no-endpoints-for-model", "endpoint absent serving | endpoint none served !feature | endpoint none absent | provider none served !routing | endpoint none model | endpoint none", (400, 404)),
    Family("no-provider-available", "none-up | provider none served | routing none served | routing none provider", (404, 429, 500, 502, 503)),
    Family("no-provider-available", "vendor none !answer | vendor unfound !answer | provider none !answer | endpoint none !answer | routing", (503,)),
    # access
    Family("permission-model-not-in-plan", "upgrade | model no-access !request-field | plan no-access | model permission lacking", (400, 401, 403, 404)),
    Family("permission-token-scope", "permission lacking call | permission lacking", (401, 403)),
    # the request
    Family("cold-start-503", "loading", (400, 404, 409, 425, 429, 500, 502, 503)),
    Family("reasoning-ate-budget", "unfinished max-output", (400, 422, 500)),
    Family("context-overflow", "overflow-phrase !per-minute | context too-long !too-small !per-minute !cap | context overlong !cap | tokens prompt too-long !per-minute !cap !below-least | tokens input too-long !max-output !per-minute !cap | prompt overlong !cap !per-minute", _SIZE),
    Family("extra-field-refused", "field-unexpected", _FIELDS),
    Family("extra-field-refused", "surplus !schema-subject", _FIELDS),
    Family("unsupported-parameter", "max-output unsupported !cap | max-output unknown-word !cap | max-output swap !cap", _FIELDS),
    Family("extra-field-refused", "unknown-field !schema-subject | field extra-word !schema-subject", _FIELDS),
    Family("schema-refused", "schema schema-bad | schema unsupported | schema not-served", (400, 422)),
    Family("unsupported-value", "value-refused request-field | value-refused value | value unsupported | request-field default | request-field exactly | max-output below-least !context", (400, 422)),
    Family("extra-field-refused", "unknown-field !schema | field unknown-word request-field | field extra-word", _FIELDS),
    Family("unsupported-parameter", "field unsupported | request-field unsupported !chat | field not-served !place !provider !chat | request-field not-served !chat !place !provider", _FIELDS),
    # the pace
    Family("rate-limit-concurrency", "at-once", (429, 503)),
    Family("rate-limit-concurrency", "at-once gone | at-once too-long | at-once too-fast | at-once demand | at-once only", (403, 500, 502, 503)),
    Family("billing-quota-as-429", "quota gone !per-minute !resource", (429,), by_reset=True),
    Family("overloaded", "overload-code | overloaded", (400, 429, 500, 502, 503, 529)),
)  # fmt: skip

# What is told in general words, which a special cause may hide behind: asked last, in the same way.
GENERAL = (
    Family("not-supported-by-enabled-providers", "model-not-supported", (400, 404)),
    Family("model-not-found", "model-code | model absent !per-minute", (400, 403, 404, 410, 422)),
    Family("endpoint-not-found", "no-route", (400, 404, 405)),
    Family("rate-limit-as-403", "slow-code | too-fast | quota per-minute", (403,)),
    Family("rate-limit-no-hint", "slow-code | too-fast", (400, 413, 429, 500, 502, 503)),
    Family("auth-bad-key-as-400", "auth-failed", (400, 403, 404, 422, 500, 502)),
    Family("permission-model-not-in-plan", "denied-code", (400,)),
    Family("permission-model-not-in-plan", "denied-code | no-access", (403,)),
    Family("overloaded", "unavailable", (429, 500, 502, 503)),
    Family("overloaded", "down-code", (400, 429, 500, 502, 503)),
)  # fmt: skip
