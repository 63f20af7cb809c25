"""Whether two names mean the same model, after the many ways of writing one name.

The rules know the families of models by name (`families.py`) and what else a name is made of
(`name_parts.py`); of any other name they say that they do not know.
"""

from __future__ import annotations

import re

from gatewayz.core.families import akin
from gatewayz.core.name_parts import FILE, LONGEST, Generation, Parts, parts_of, spelled

# Of these the plain name is another, larger model: gpt-4o and gpt-4o-mini.
_LESSER = frozenset({"mini", "nano", "micro", "air"})
# Above this ratio two counts of parameters are two sizes: 8b and 8.03b are one.
_ROUNDING = 1.25


def same_model(a: str, b: str) -> bool | None:
    """Whether two names mean one model: True, False, or None where the names do not tell.

    False only for different families, or for one family in clearly different sizes or generations
    (llama-3.1-8b and llama-3.3-70b, gpt-4o and gpt-4o-mini). A bare generation (`gpt-5`) may
    stand for its newest minor one.
    """
    if a.strip().lower() == b.strip().lower():
        return True if a.strip() else None
    left, right = parts_of(a), parts_of(b)
    if left.families and right.families and _differ(left, right):
        return False
    if left.words and left.words == right.words:
        return True
    return None


def family(name: str) -> str:
    """The family a name belongs to ("gpt", "llama"); "" when the name does not tell.

    Of a distilled or tuned model it is the one named first.
    """
    found = parts_of(name).families
    return found[0] if found else ""


def kin(a: str, b: str) -> bool:
    """Whether two names are of one family, or of two of which one's models are made of the other's.

    Where such names differ, one may still be an alias of the other.
    """
    return akin(family(a), family(b))


def distilled(a: str, b: str) -> bool:
    """Whether one of two names is that of a small model taught by the other's.

    deepseek-r1 is no deepseek-r1-distill-qwen-7b. With a size in both, the size tells.
    """
    left, right = sorted((parts_of(a), parts_of(b)), key=lambda parts: len(parts.families))
    taught = len(right.families) > 1 and "distill" in right.words
    return taught and left.families == right.families[:1] and left.billions is None


def changed_name(a: str, b: str) -> bool:
    """Whether one answer that says `a` and then `b` names two models.

    Here the same server speaks twice. So two names of no known family count too, when both say
    something and have not a word in common. The other name of a tune may be that of what it was
    made of.
    """
    same = same_model(a, b)
    if same is not None:
        return not same and (family(a) == family(b) or not kin(a, b))
    left, right = parts_of(a), parts_of(b)
    if left.families or right.families or not (_telling(a) and _telling(b)):
        return False
    return not set(left.words) & set(right.words)


def _telling(name: str) -> bool:
    """Whether a name of no known family says anything: no stand-in, no hash, no file."""
    if FILE.search(name.lower()):
        return False
    words = spelled(name[:LONGEST].lower().rpartition("/")[2]).split("-")
    return any(
        _WORD.fullmatch(word) and word not in _STAND_INS and not _HEX.fullmatch(word)
        for word in words
    )


_STAND_INS = frozenset(
    ("default", "model", "models", "auto", "router", "unknown", "none", "null", "gateway",
     "deployment", "custom", "main")
)  # fmt: skip
_WORD = re.compile("[a-z]{3,}")
_HEX = re.compile("[a-f]{4,}")


def _differ(left: Parts, right: Parts) -> bool:
    """Whether two names of known families mean two models for certain."""
    if not set(left.families) & set(right.families):
        return True
    if left.families != right.families:
        return False
    if len(left.families) == 1 and _generations_differ(left.generation, right.generation):
        return True
    if left.billions and right.billions:
        small, large = sorted((left.billions, right.billions))
        return large / small > _ROUNDING
    if left.billions or right.billions:
        return bool(left.sizes and right.sizes and left.sizes != right.sizes)
    if left.sizes and right.sizes:
        return left.sizes != right.sizes
    return bool((left.sizes | right.sizes) & _LESSER)


def _generations_differ(left: Generation | None, right: Generation | None) -> bool:
    if left is None or right is None:
        return False
    if (left.mark, left.major) != (right.mark, right.major):
        return True
    return None not in (left.minor, right.minor) and left.minor != right.minor
