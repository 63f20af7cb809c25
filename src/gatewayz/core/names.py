"""Whether two names mean the same model, after the many ways of writing one name.

Vendors are put in front (`meta-llama/`, `accounts/x/models/`, `@slug/`, `models/`, `us.anthropic.`),
snapshots and variants behind (`-2024-08-06`, `-0613`, `-latest`, `:free`, `-fp8`, `-instruct`), and
the rest is spelled with dots, dashes, `p` or blanks. The rules know the families of models by name
(`families.py`); of any other name they say that they do not know.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from gatewayz.core.families import FAMILIES, akin

_LONGEST = 500

# What may stand behind a name without making it another model. `turbo`, `fast` and `lite` are
# here and not among the sizes: they are how a gateway calls its cheaper hardware.
_VARIANTS = re.compile(
    r"(?<![a-z0-9])(?:instruct|instruction|it|chat|base|hf|free|nitro|floor|online|extended|beta|thinking|exacto"
    r"|preview|latest|exp|experimental|stable|turbo|fast|faster|slow|lite|tee|basic|versatile"
    r"|instant|tput|reference|awq|gptq|gguf|ggml|mlx|exl2|bnb|quantized|dynamic|marlin|pt|self"
    r"|[fb]p?f?(?:4|8|16|32)|nvfp4|mxfp4|int[48]|w[48]a(?:8|16)|[48]bit|q[2-8](?:-[0k](?:-[sml])?)?)"
    r"(?![a-z0-9])"
)
_VENDORS = frozenset(
    ("meta", "openai", "google", "anthropic", "mistralai", "ai", "xai", "x", "cohere", "nvidia",
     "microsoft", "amazon", "moonshotai", "zai", "z", "org", "thudm", "unsloth", "models", "model")
)  # fmt: skip
# Words for a size, where no number of parameters is told.
_SIZES = frozenset(
    ("mini", "nano", "micro", "small", "medium", "large", "lite", "flash", "air", "pro", "max",
     "plus", "ultra", "opus", "sonnet", "haiku", "nemo", "scout", "maverick", "lightning")
)  # fmt: skip
# Of these the plain name is another, larger model: gpt-4o and gpt-4o-mini.
_LESSER = frozenset({"mini", "nano", "micro", "air"})
# Where "medium" is an effort and not a size: o3-mini-medium, gpt-5-medium.
_WITH_EFFORT = frozenset({"gpt", "o", "gpt-oss", "grok"})
# What may stand between a family's name and its generation: claude-sonnet-4, deepseek-coder-v2.
_BETWEEN = "|".join(
    sorted(
        {*_SIZES, "instruct", "chat", "coder", "code", "math", "prover", "vl", "text", "guard",
         "prompt-guard", "open", "next", "embedding", "distill", "edge", "instant"}
    )
)  # fmt: skip
_GENERATION = re.compile(
    rf"(?:-?(?:{_BETWEEN})(?![a-z]))*-?([a-z]?)([0-9]{{1,2}})(?:[.-]([0-9]{{1,2}}))?([a-z]?)(?![a-z0-9])"
)
_SIZE = re.compile(
    r"(?<![a-z0-9.])[er]?((?:[0-9]{1,2}x)?[0-9]{1,4}(?:\.[0-9]{1,3})?)([bm])(?![a-z0-9])"
)
_OTHER_COUNTS = re.compile(r"(?<![a-z0-9.])(?:a[0-9.]{1,6}b|[0-9]{1,4}[ek]|[0-9]m)(?![a-z0-9])")
_SNAPSHOT = re.compile(
    r"(?<![0-9.])(?:20[0-9]{2}-[0-9]{2}(?:-[0-9]{2})?|[0-9]{2}-20[0-9]{2}|[0-9]{4,}|0[0-9]{1,2})"
    r"(?![0-9.])"
)
_FILE = re.compile(r"^[.~]?/|^[a-z]:\\|\.(?:gguf|ggml|bin|safetensors|pt|onnx)$")
# No generation is as high yet, and no number behind its dot is higher: what is, is a size without its
# letter. Of Aya the number is that of its languages.
_HIGHEST = 10
# Above this ratio two counts of parameters are two sizes: 8b and 8.03b are one.
_ROUNDING = 1.25


class _Generation(NamedTuple):
    """3.1 of llama-3.1; `mark` is the letter that makes another line of it (r1, 4o, 3n)."""

    mark: str
    major: int
    minor: int | None


class _Parts(NamedTuple):
    """What a name tells of its model."""

    families: tuple[str, ...]
    generation: _Generation | None
    billions: float | None
    sizes: frozenset[str]
    words: tuple[str, ...]


def same_model(a: str, b: str) -> bool | None:
    """Whether two names mean one model: True, False, or None where the names do not tell.

    False only for different families, or for one family in clearly different sizes or generations
    (llama-3.1-8b and llama-3.3-70b, gpt-4o and gpt-4o-mini). A bare generation (`gpt-5`) may
    stand for its newest minor one.
    """
    if a.strip().lower() == b.strip().lower():
        return True if a.strip() else None
    left, right = _parts(a), _parts(b)
    if left.families and right.families and _differ(left, right):
        return False
    if left.words and left.words == right.words:
        return True
    return None


def family(name: str) -> str:
    """The family a name belongs to ("gpt", "llama"); "" when the name does not tell.

    Of a distilled or tuned model it is the one named first.
    """
    found = _parts(name).families
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
    left, right = sorted((_parts(a), _parts(b)), key=lambda parts: len(parts.families))
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
    left, right = _parts(a), _parts(b)
    if left.families or right.families or not (_telling(a) and _telling(b)):
        return False
    return not set(left.words) & set(right.words)


def _telling(name: str) -> bool:
    """Whether a name of no known family says anything: no stand-in, no hash, no file."""
    if _FILE.search(name.lower()):
        return False
    words = _spelled(name[:_LONGEST].lower().rpartition("/")[2]).split("-")
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


def _differ(left: _Parts, right: _Parts) -> bool:
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


def _generations_differ(left: _Generation | None, right: _Generation | None) -> bool:
    if left is None or right is None:
        return False
    if (left.mark, left.major) != (right.mark, right.major):
        return True
    return None not in (left.minor, right.minor) and left.minor != right.minor


@lru_cache(maxsize=4096)
def _parts(name: str) -> _Parts:
    name = name[:_LONGEST].strip().lower()
    if _FILE.search(name):
        return _Parts((), None, None, frozenset(), ())
    last = _spelled(name.rstrip("/").rpartition("/")[2])
    families = _families_in(last)
    if not families and "/" in name:
        # deepseek/r1: the name leans on its vendor.
        whole = _spelled(name)
        families = _families_in(whole)
        last = whole if families else last
    bare = _SNAPSHOT.sub("", last)
    size = _SIZE.search(bare)
    told = [word for word in re.split("[-]+", bare) if word]
    sizes = _SIZES & set(told)
    if set(families) & _WITH_EFFORT:
        sizes -= {"medium"}
    return _Parts(
        families=families,
        generation=_generation(bare, families),
        billions=_billions(size) if size else None,
        sizes=sizes,
        words=_words(bare),
    )


def _spelled(name: str) -> str:
    """One spelling: dashes between words, a dot only inside a number."""
    name = re.sub(r"^(?:[a-z]+\.)+(?=[a-z])|-v[0-9]+:[0-9]+$", "", name)
    name = re.sub(r"(?<=[0-9])p(?=[0-9])", ".", name)
    name = re.sub(r"[\s_:/@()\[\],+]+|(?<![0-9])\.|\.(?![0-9])", "-", name)
    return re.sub("-{2,}", "-", name).strip("-")


def _families_in(text: str) -> tuple[str, ...]:
    found = [(at.start(), name) for name, pattern in FAMILIES if (at := pattern.search(text))]
    return tuple(name for _, name in sorted(found))


def _generation(bare: str, families: tuple[str, ...]) -> _Generation | None:
    """The number right behind the name of the only family there is."""
    if len(families) != 1:
        return None
    start = next(at.end() for name, p in FAMILIES if name == families[0] and (at := p.search(bare)))
    rest = re.sub("-{2,}", "-", _OTHER_COUNTS.sub("", _SIZE.sub("", bare[start:])))
    found = _GENERATION.match(rest)
    if found is None:
        return None
    mark, major, minor, suffix = found.groups()
    if families[0] == "gpt" and major == "35":  # a cloud that allows no dot in a name
        major, minor = "3", "5"
    elif int(major) >= _HIGHEST and families[0] != "aya":
        return None  # qwen25 is 2.5, but qwen-32 one of 32 billion
    if minor is not None and (int(minor) > _HIGHEST or (len(minor) > 1 and minor[0] == "0")):
        minor = None  # a size without its letter, or a part of a date
    mark = "r" if mark == "r" else suffix if suffix in ("o", "n") else ""
    return _Generation(mark, int(major), None if minor is None else int(minor))


def _billions(found: re.Match[str]) -> float | None:
    count, unit = found.groups()
    experts, _, each = count.rpartition("x")
    value = float(each) * (int(experts) if experts else 1)
    if unit == "m":  # 1m is a context window
        return value / 1000 if value >= 10 else None
    return value or None


def _words(bare: str) -> tuple[str, ...]:
    """What is left of a name without vendor, snapshot and variant, in no order."""
    plain = _VARIANTS.sub("", bare.replace(".", "-"))
    plain = re.sub(r"(?<![a-z0-9])v(?=[0-9])", "", plain)
    plain = re.sub(r"(?<=[a-z]{3})(?=[0-9])", "-", plain)
    words = [word for word in plain.split("-") if word]
    return tuple(sorted(word for word in words if word not in _VENDORS)) or tuple(sorted(words))
