"""Patterns that a user wrote, put to texts that a provider wrote: neither may hang the run."""

from __future__ import annotations

import time

_LONGEST_S = 1.0


class Patience:
    """How much longer the patterns of one question may take together, in seconds."""

    def __init__(self) -> None:
        self.left_s = _LONGEST_S


def occurs_in(text: str, pattern: str, patience: Patience | None = None) -> bool:
    """Whether the regular expression matches somewhere in the text.

    Raises: TimeoutError for one that takes over a second, as `(a+)+$` may; with others that
    share its `patience`, if there is one.
    """
    import regex  # the standard library's cannot be stopped

    patience = patience or Patience()
    began = time.monotonic()
    try:
        if patience.left_s <= 0:
            raise TimeoutError
        return regex.search(pattern, text, timeout=patience.left_s) is not None
    except TimeoutError:
        raise TimeoutError(
            f"the pattern /{pattern[:80]}/ takes over {_LONGEST_S:g} s on this answer; simplify it"
        ) from None
    finally:
        patience.left_s -= time.monotonic() - began
