"""Why an answer ended, by whatever name: each server's word for it becomes the contract's."""

from __future__ import annotations

import re

KNOWN = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})

# Compared are the letters alone: content_filter, content-filter and ContentFilter are one word.
_NOT_LETTERS = re.compile(r"[^a-z]+")

# Ends that own up to a break: vLLM and SGLang "abort", Zhipu "network_error", DeepSeek
# "insufficient_system_resource". What came before them is a part of an answer.
_BROKEN = re.compile(
    r".*error|abort(?:ed)?|cancell?ed|failed|time(?:d)?out|insufficientsystemresources?"
)
# The concepts, in the order in which they are looked for: what was kept back, what ran out.
_CONCEPTS = (
    ("content_filter", re.compile(
        r"filter|safety|unsafe|blocked|blocklist|prohibit|sensitive|moderat|refus|recitation|guardrail|censor"
        r"|spii|(?:content|usage)polic"
    )),
    ("length", re.compile(
        r"length|truncat|max(?:imum)?(?:output|new|completion|generated)?tokens?"
        r"|(?<!rate)(?<!request)(?<!time)(?<!turn)(?<!call)(?<!calls)(?<!quota)limit|budget"
        r"|contextwindow"
    )),
    ("tool_calls", re.compile(r"(?:tool|function)(?:calls?|use)")),
    ("stop", re.compile(
        r"(?:eos|eot|stop)(?:token|sequence|word)?(?:id)?|endof(?:turn|text|sequence)|endturn"
        r"|complete|completed|done|finished"
    )),
)  # fmt: skip
# Words that speak of the thing itself; of the others a part of the word does.
_WHOLE = frozenset({"tool_calls", "stop"})


def plain(finish: str) -> str:
    """The contract's name for a finish reason; what is like none of its names stays as it is."""
    if finish in KNOWN:
        return finish
    letters = _NOT_LETTERS.sub("", finish.lower())
    for name, pattern in _CONCEPTS:
        if pattern.fullmatch(letters) if name in _WHOLE else pattern.search(letters):
            return name
    return finish


def owns_up(finish: str) -> bool:
    """Whether a finish reason says that the answer broke off."""
    return _BROKEN.fullmatch(_NOT_LETTERS.sub("", finish.lower())) is not None
