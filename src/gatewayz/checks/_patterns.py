"""Patterns that a user wrote, put to texts that a provider wrote: neither may hang the run."""

from __future__ import annotations

_LONGEST_S = 1.0


def occurs_in(text: str, pattern: str) -> bool:
    """Whether the regular expression matches somewhere in the text.

    Raises: TimeoutError for one that takes over a second, as `(a+)+$` may.
    """
    import regex  # the standard library's cannot be stopped

    try:
        return regex.search(pattern, text, timeout=_LONGEST_S) is not None
    except TimeoutError:
        raise TimeoutError(
            f"the pattern /{pattern[:80]}/ takes over {_LONGEST_S:g} s on this answer; simplify it"
        ) from None
