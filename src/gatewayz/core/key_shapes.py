"""What looks like somebody's key, though nobody told us that it is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Prefixes by their length: a look back has to know how far.
_KINDS = ("sk|gw|pk|hf|fw|rk", "gsk|xai|cpk|csk|key|ghp", "xoxb", "nvapi")
_BACK = "|".join(f"(?<=(?<![A-Za-z0-9])({kind})[-_])" for kind in _KINDS)
# Hyphens are rarer than letters, so the search begins at them, and looks back.
_PREFIX = rf"[-_](?<=[kwfiypb].)(?:{_BACK})"
_PREFIXES = re.compile(_PREFIX)
_TOKENS = re.compile(rf"{_PREFIX}[A-Za-z0-9_\-.]{{16,}}")
# A key has a long run of letters and digits in it somewhere; hyphenated words have none.
_RUNS = re.compile(r"[A-Za-z0-9]{14,}")
_BEFORE_RUN = 46
_SHORTEST, _LONGEST = 16, 200

# By letters that stand in each, which most texts do not hold.
_OTHERS = {
    # Those that the backend gives to its clients. Of one its first ten characters may be shown.
    "gwz_": re.compile(r"()gwz_[A-Za-z0-9_\-]{7,}"),
    "AIza": re.compile(r"()AIza[A-Za-z0-9_\-]{30,60}"),
    "earer ": re.compile(r"(earer )(?<=[Bb]earer )[A-Za-z0-9_\-.=+/]{8,400}"),
}


def without_lookalikes(text: str, mask: str) -> str:
    """The text with `mask` in place of what has the shape of a key."""
    out, done = [], 0
    for start, end in _lookalikes(text):
        out += [text[done:start], mask]
        done = end
    if out:
        text = "".join([*out, text[done:]])
    for letters, shape in _OTHERS.items():
        if letters in text:
            text = shape.sub(rf"\g<1>{mask}", text)
    return text


def _lookalikes(text: str) -> Iterator[tuple[int, int]]:
    """Where keys with a prefix stand. A long token is walked once, from one run to the next."""
    done = 0
    for token in _TOKENS.finditer(text):
        for run in _RUNS.finditer(text, token.start() + 1, token.end()):
            if run.start() < done:
                continue
            low = max(done, token.start(), run.start() - _BEFORE_RUN)
            prefix = _PREFIXES.search(text, low, run.start())
            if prefix is None or token.end() - prefix.end() < _SHORTEST:
                continue
            done = min(token.end(), prefix.end() + _LONGEST)
            yield prefix.start(prefix.lastindex or 0), done
