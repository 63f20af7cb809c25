"""Do two equal questions with one seed get one answer?"""

from gatewayz.checks._asked import left_out
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def same_with_the_same_seed(seen: Observation) -> Finding | None:
    """The last two answers are alike; else a warning.

    Not asked when their fingerprints differ, for then another server was entitled to answer
    otherwise, nor of an answer that is nothing but thought.
    """
    if len(seen.replies) < 2:
        return None
    first, second = seen.replies[-2:]
    one, other = first.text.strip(), second.text.strip()
    if one == other or not (one and other):
        return None
    if first.fingerprint and second.fingerprint and first.fingerprint != second.fingerprint:
        return None
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    at = min(len(one), len(other)) if at is None else at
    return left_out(seen, "seed") or Finding(
        kind="seed-ignored",
        expected=repr(excerpt(one[at : at + 60], 60)),
        saw=f"{excerpt(other[at : at + 60], 60)!r} from character {at} on",
        warning=True,
    )
