"""Regular expressions that are compiled when they are first needed, for those of which many never are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# Which take about a millisecond.
_AT_A_STEP = 8


class LatePatterns(dict[str, re.Pattern[str]]):
    """Patterns by their names: those that were looked up by now, and any other as soon as it is."""

    def __init__(self, texts: Mapping[str, str], flags: int = 0) -> None:
        super().__init__()
        self._texts = texts
        self._flags = flags

    def __missing__(self, name: str) -> re.Pattern[str]:
        made = self[name] = re.compile(self._texts[name], self._flags)
        return made

    def prepare(self) -> Iterator[None]:
        """Compiles a few of those that are left at each step; empty when all are there."""
        left = [name for name in self._texts if name not in self]
        for at in range(0, len(left), _AT_A_STEP):
            for name in left[at : at + _AT_A_STEP]:
                self.__missing__(name)
            yield
