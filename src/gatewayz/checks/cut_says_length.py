"""Does an answer that the token limit cut off say so?"""

import re

from gatewayz.checks._asked import token_limit, usual_tokens
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

# What comes as close to the limit may have been cut by it, by a server that counts marks of its own.
_SHARE = 0.8


@check
def cut_says_length(seen: Observation) -> Finding | None:
    """An answer that used up its limit before it came to its end has finish `length`; else it fails.

    Known only by the usage: what got to the end (the oracle's `last`, and `second` on the way) may
    say `stop`. What ended by itself well before either leaves the question open, which is a warning,
    and so does what comes close to the limit without the oracle's `first`.
    """
    asked, reply, limit = seen.asked, seen.reply, token_limit(seen)
    oracle = asked.oracle if asked is not None else {}
    last = oracle.get("last")
    if not isinstance(last, str) or limit is None or not reply.text.strip():
        return None
    if reply.finish_reason == "length":
        return _of_another_count(oracle.get("first"), reply.text)
    if reply.finish_reason != "stop":
        return None
    tokens = reply.usage.output_tokens if reply.usage is not None else None
    if _holds(last, reply.text) and _holds(oracle.get("second", last), reply.text):
        return None
    if (usual_tokens(reply.text) if tokens is None else tokens) < _SHARE * limit:
        return Finding(
            kind="answer-differs",
            expected=f"counting up to {last}, or to the limit",
            saw=repr(excerpt(reply.text.strip(), 120)),
            warning=True,
        )
    if tokens is None or tokens < limit:
        return _of_another_count(oracle.get("first"), reply.text)
    saw = f"finish_reason 'stop' after {tokens} of {limit} tokens"
    return Finding(expected=f"finish_reason 'length' for a count that stops before {last}", saw=saw)


def _of_another_count(first: object, text: str) -> Finding | None:
    """What is said of a text that may be cut off, and is not of the count that was asked for."""
    if not isinstance(first, str) or _holds(first, text):
        return None
    return Finding(
        kind="answer-differs",
        expected=f"counting from {first} on",
        saw=repr(excerpt(text.strip(), 120)),
        warning=True,
    )


def _holds(number: str, text: str) -> bool:
    return re.search(rf"(?<!\d){re.escape(number)}(?!\d)", text) is not None
