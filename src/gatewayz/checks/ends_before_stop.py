"""Does the answer end before the stop text?"""

import re

from gatewayz.checks._asked import left_out, sample
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def ends_before_stop(seen: Observation) -> Finding | None:
    """The reply goes on past none of the stop texts it was sent; else it fails.

    An answer that ends with the stop text itself is a warning, and so is one that did not get as
    far as just before it (the oracle's `last`), since then nothing was there to be stopped.
    """
    asked, text = seen.asked, seen.reply.text
    for stop in asked.stop if asked is not None else ():
        at = text.find(stop)
        if at >= 0 and text[at + len(stop) :].strip(" \t\r\n.,;"):
            saw = f"{stop!r} at character {at} of {len(text)}"
            return left_out(seen, "stop") or Finding(
                kind="stop-ignored", expected=f"text before {stop!r}", saw=saw
            )
        if at >= 0:
            expected = f"text before {stop!r}"
            return Finding(expected=expected, saw=f"{stop!r} at the end of it", warning=True)
    last = asked.oracle.get("last") if asked is not None else None
    if isinstance(last, str) and not re.search(rf"(?<!\d){re.escape(last)}(?!\d)", sample(text)):
        return Finding(
            kind="answer-differs",
            expected=f"counting up to {last}",
            saw=repr(excerpt(text.strip(), 120)),
            warning=True,
        )
    return None
