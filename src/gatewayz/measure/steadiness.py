"""Whether what a question was answered with over several runs is steady."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby

from gatewayz.core import Outcome

_JUDGED = frozenset({Outcome.PASSED, Outcome.FAILED})


def is_flaky(runs: Iterable[Collection[Outcome]]) -> bool:
    """Whether a question has both outcomes without having changed for good.

    Shape: the outcomes of its repeats in each run, in the order of the runs; what could not be judged
    counts for nothing. Flaky is one that both passed and failed in one run, or failed at two times or
    more with passes between: one that failed, for however long, and recovered is not.
    Source: docs/history.md, "Flaky".
    """
    states: list[Outcome] = []
    for outcomes in runs:
        judged = _JUDGED & set(outcomes)
        if len(judged) > 1:
            return True
        states += judged
    stretches = [state for state, _ in groupby(states)]
    return Outcome.PASSED in stretches[1:-1]  # failures before it and after it
