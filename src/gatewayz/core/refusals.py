"""What a refusal is about: the request field it names, the one it names instead, streaming.

For whoever asks again in another form. All are best guesses from the error's own fields and
words, and say nothing ("" or False) rather than something that was never sent. No guess is what a
backend says of itself: that it has not been set up for a gateway.
"""

from __future__ import annotations

import re

from gatewayz.core.attempt import Attempt
from gatewayz.core.late_patterns import LatePatterns
from gatewayz.core.lexicon import LEXICON
from gatewayz.core.text import visible
from gatewayz.core.words import Words, bounded, fold

# The two names under which the token limit goes.
TOKEN_FIELDS = ("max_tokens", "max_completion_tokens")
# And all those that a request of somebody else may use.
ALL_TOKEN_FIELDS = (*TOKEN_FIELDS, "max_output_tokens", "max_new_tokens")
# What else than `max_tokens` the limit is called.
OTHER_LIMITS = frozenset(ALL_TOKEN_FIELDS) - {"max_tokens"}
# What asks for several answers, of which a provider may show the best alone.
ANSWER_FIELDS = ("n", "best_of")
# What of a request is form and no question: a refusal of it says nothing against the model.
FORM_FIELDS = frozenset({*TOKEN_FIELDS, "temperature", "stream_options", "stream"})

# Of these, those that say how long or how freely is answered.
_SETTINGS = (*TOKEN_FIELDS, "temperature")

# How each field that may be left out is spoken of, as a pattern for folded text.
_SPOKEN = {
    "max_completion_tokens": r"max[_ ]?completion[_ ]?tokens",
    "max_tokens": r"max[_ ]?tokens",
    "temperature": r"temperature",
    "top_p": r"top[_ ]?p",
    "stream_options": r"stream[_ ]?options|include[_ ]usage",
    "stream": r"stream(ing)?",
    "seed": r"seed",
    "n": r"['\"`]n['\"`]|n ?=|(parameter|param|field|argument) n|n(?= (is|must|should|can)\b)",
    "logprobs": r"(top[_ ]?)?log[_ ]?prob(s|abilities)",
    "response_format": r"response[_ ]?format|json[_ ](mode|schema)|structured outputs?",
    "parallel_tool_calls": r"parallel[_ ]?tool[_ ]?calls?",
    "tool_choice": r"tool[_ ]?choice",
    "tools": r"tools?([_ ](use|call\w{0,4}))?|function[_ ]call\w{0,4}",
    "stop": r"stop([_ ]sequences?)?",
}
SPEAKS_OF = LatePatterns(
    {name: rf"(?:(?<![\w.])|(?<=body\.))(?:{spoken})(?!\w)" for name, spoken in _SPOKEN.items()},
    re.IGNORECASE,
)
# One field in two dialects: where one is refused, the other may be named instead.
_DIALECTS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


# What a backend calls a gateway that it has no key or address for, or has never heard of.
_NOT_SET_UP = ("gateway_not_configured", "gateway_not_found")


def not_set_up(attempt: Attempt) -> str:
    """The backend's own words when it is not set up for a gateway, and so sent nothing, else "".

    A key that it has and cannot send is no such thing: that is broken, not left out.
    """
    error = attempt.error
    if error is None or error.code not in _NOT_SET_UP or error.kind == "auth-key-with-newline":
        return ""
    return visible(error.message)


def refused_field(attempt: Attempt) -> str:
    """The field of the request that the error is about, "" when unknown.

    Only fields that were sent count. What the error itself names as its `param` comes first, then
    the field that its text speaks of first.
    """
    if attempt.error is None:
        return ""
    param, text = attempt.error.param, _text_of(attempt)
    for where in (param, text):
        spoken = [
            (found.start(), name)
            for name in _SPOKEN
            if name in attempt.body and (found := SPEAKS_OF[name].search(where))
        ]
        if spoken:
            return min(spoken)[1]
    return ""


def speaks_of_a_setting(attempt: Attempt) -> bool:
    """Whether the error is about a setting of any chat, be it by the name that was not sent."""
    return any(SPEAKS_OF[name].search(_text_of(attempt)) for name in _SETTINGS)


def suggested_field(attempt: Attempt) -> str:
    """The field that the error says to use instead of the refused one, "" when it says none."""
    other = _DIALECTS.get(refused_field(attempt), "")
    text = _text_of(attempt)
    if not other or other in attempt.body or not SPEAKS_OF[other].search(text):
        return ""
    return other if Words(text, LEXICON).says("unsupported | unknown-field | swap") else ""


def is_named(attempt: Attempt, name: str) -> bool:
    """Whether the error itself calls a request field its `param`, however it goes on."""
    error = attempt.error
    return error is not None and SPEAKS_OF[name].search(error.param) is not None


def speaks_of(attempt: Attempt, name: str) -> bool:
    """Whether the error speaks of a request field at all, be it one that was not sent."""
    error = attempt.error
    pattern = SPEAKS_OF[name]
    return error is not None and any(map(pattern.search, (error.param, _text_of(attempt))))


def wants_more_tokens(attempt: Attempt) -> bool:
    """Whether the error says that the token limit is too small."""
    return refused_field(attempt) in TOKEN_FIELDS and Words(_text_of(attempt), LEXICON).says(
        "below-least"
    )


def least_tokens_told(attempt: Attempt) -> int:
    """The number that a refused token limit is held to from below, 0 where none is told.

    What was sent lies below it, so a number above that is no upper bound; of several the smallest.
    """
    name = refused_field(attempt)
    sent = attempt.body.get(name)
    if name not in TOKEN_FIELDS or not isinstance(sent, int):
        return 0
    words = Words(_text_of(attempt), LEXICON)
    if words.says("too-long | context") and not words.says("below-least"):
        return 0
    told = (int(number) for number in _NUMBER.findall(fold(_text_of(attempt))))
    return min((number for number in told if number > sent), default=0)


_NUMBER = re.compile(r"(?<![\d.])\d{1,9}(?![\d]|\.\d)")


def wants_stream(attempt: Attempt) -> bool:
    """Whether the error says that the model only streams, to a request for a plain answer."""
    if attempt.error is None or attempt.body.get("stream") is True:
        return False
    return Words(_text_of(attempt), LEXICON).says("stream-only")


def _text_of(attempt: Attempt) -> str:
    error = attempt.error
    return bounded(f"{error.message} {error.code}") if error is not None else ""
