"""Did every character arrive whole?"""

from gatewayz.checks._asked import prompt_text
from gatewayz.core import Finding, Observation, check

_MARK = "\ufffd"


@check
def no_replacement_chars(seen: Observation) -> Finding | None:
    """The answer holds no U+FFFD that the question does not hold; else a failing Finding.

    At the very end of an answer that the token limit cut off it is half a character, and healthy.
    """
    reply = seen.reply
    if _MARK in prompt_text(seen):
        return None
    calls = [call.arguments for call in reply.tool_calls]
    for text in (reply.text, *reply.others, *calls):
        whole = text.rstrip(_MARK) if reply.finish_reason == "length" or reply.cut else text
        if count := whole.count(_MARK):
            saw = f"{count} replacement marks, the first at character {whole.find(_MARK)}"
            return Finding(kind="replacement-chars", expected="whole characters", saw=saw)
    return None
