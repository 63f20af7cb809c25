"""Marks between which models think, where a server leaves them in the answer."""

from __future__ import annotations

import re
from functools import lru_cache

# Thoughts begin at a text's beginning, or close near its end: so much of either is searched.
_WINDOW = 20_000
_WORDS = (
    r"(?:\w{1,20}:|\w{1,20}_)?(?:think(?:ing)?|thoughts?|reasoning|reflection|scratchpad|"
    r"inner_monologue|monologue|chain_of_thought|cot|ponder(?:ing)?)"
)
# <think>, </think>, <seed:think>, <think time="3">; [THINK]; ◁think▷; <|begin_of_thought|>.
OPENING = re.compile(
    rf"<(?=\w){_WORDS}(?:\s[^<>]{{0,80}})?>|\[(?:THINK|REASONING)\]|◁think▷"
    r"|<\|(?:(?:begin|start)_of_(?:thought|thinking|reasoning)|think(?:ing)?)\|>",
    re.IGNORECASE,
)
CLOSING = re.compile(
    rf"</(?=\w){_WORDS}\s{{0,5}}>|\[/(?:THINK|REASONING)\]|◁/think▷"
    r"|<\|(?:end_of_(?:thought|thinking|reasoning)|/think(?:ing)?)\|>",
    re.IGNORECASE,
)

# What such marks begin with.
_OPENERS, _CLOSERS = ("<", "[", "◁"), ("</", "[/", "◁/", "<|")


# Several checks read one answer; the last few are kept, for as long as they are judged.
@lru_cache(maxsize=8)
def without_thoughts(text: str) -> str:
    """The text without what stands between such marks; one that never closes goes to the end.

    Where a closing mark comes first the server has swallowed the opening one: the answer begins
    behind it.
    """
    at = 0
    opening, closing = _next(OPENING, text), _next(CLOSING, text)
    if closing is not None and (opening is None or closing.start() < opening.start()):
        at = closing.end()
        opening = _next(OPENING, text, at)
    kept: list[str] = []
    while opening is not None:
        kept.append(text[at : opening.start()])
        # Marks inside a thought belong to it, so the search goes on behind its end.
        closing = _next(CLOSING, text, opening.end())
        if closing is None:
            return "".join(kept)
        at = closing.end()
        opening = _next(OPENING, text, at)
    return "".join([*kept, text[at:]])


def thinks_aloud(text: str) -> bool:
    """Whether a text begins with a thought between such marks.

    Also where the opening one was swallowed, so that a closing one comes first.
    """
    begun = text.lstrip()
    if begun[:1] in _OPENERS and OPENING.match(begun):
        return True
    if not any(sign in text for sign in _CLOSERS):  # which costs less than to look for the whole
        return False
    opening, closing = _next(OPENING, text), _next(CLOSING, text)
    return closing is not None and (opening is None or closing.start() < opening.start())


def first_mark(text: str) -> str:
    """The first such mark in a text, "" when there is none."""
    found = [mark for mark in (_next(OPENING, text), _next(CLOSING, text)) if mark is not None]
    return min(found, key=lambda mark: mark.start())[0] if found else ""


def _next(pattern: re.Pattern[str], text: str, at: int = 0) -> re.Match[str] | None:
    """The first such mark from `at` on, in a long text near its beginning or its end."""
    if len(text) <= 2 * _WINDOW:
        return pattern.search(text, at)
    near = pattern.search(text, at, _WINDOW) if at < _WINDOW else None
    return near or pattern.search(text, max(at, len(text) - _WINDOW))
