"""Does an answer that the token limit cut off say so?"""

import re

from gatewayz.checks._asked import token_limit
from gatewayz.core import Finding, Observation, check


@check
def cut_says_length(seen: Observation) -> Finding | None:
    """An answer that used up its limit before it came to its end has finish `length`; else it fails.

    Known only by the usage: what ended earlier, or got to the end (the oracle's `last`), may say
    `stop`.
    """
    asked, reply, limit = seen.asked, seen.reply, token_limit(seen)
    last = asked.oracle.get("last") if asked is not None else None
    if not isinstance(last, str) or limit is None or reply.finish_reason != "stop":
        return None
    got_there = re.search(rf"(?<!\d){re.escape(last)}(?!\d)", reply.text)
    tokens = reply.usage.output_tokens if reply.usage is not None else None
    if got_there or tokens is None or tokens < limit:
        return None
    saw = f"finish_reason 'stop' after {tokens} of {limit} tokens"
    return Finding(expected=f"finish_reason 'length' for a count that stops before {last}", saw=saw)
