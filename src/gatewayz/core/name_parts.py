"""What the name of a model is made of: vendor, family, generation, size, variant, snapshot.

Vendors are put in front (`meta-llama/`, `accounts/x/models/`, `@slug/`, `models/`, `us.anthropic.`),
snapshots and variants behind (`-2024-08-06`, `-0613`, `-latest`, `:free`, `-fp8`, `-instruct`), and
the rest is spelled with dots, dashes, `p` or blanks. `names.py` says by this when two names may be
one model, `canonical.py` under which name they are listed together.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from gatewayz.core.families import FAMILIES, WRITTEN

LONGEST = 500

# What may stand behind a name without making it another model. `turbo`, `fast` and `lite` are
# here and not among the sizes: they are how a gateway calls its cheaper hardware.
VARIANTS = re.compile(
    r"(?<![a-z0-9])(?:instruct|instruction|it|chat|base|hf|free|nitro|floor|online|extended|beta|thinking|exacto"
    r"|preview|latest|exp|experimental|stable|turbo|fast|faster|slow|lite|tee|basic|versatile"
    r"|instant|tput|reference|awq|gptq|gguf|ggml|mlx|exl2|bnb|quantized|dynamic|marlin|pt|self"
    r"|[fb]p?f?(?:4|8|16|32)|nvfp4|mxfp4|int[48]|w[48]a(?:8|16)|[48]bit|q[2-8](?:-[0k](?:-[sml])?)?)"
    r"(?![a-z0-9])"
)
VENDORS = frozenset(
    ("meta", "openai", "google", "anthropic", "mistralai", "ai", "xai", "x", "cohere", "nvidia",
     "microsoft", "amazon", "moonshotai", "zai", "z", "org", "thudm", "unsloth", "models", "model")
)  # fmt: skip
# Words for a size, where no number of parameters is told.
SIZES = frozenset(
    ("mini", "nano", "micro", "small", "medium", "large", "lite", "flash", "air", "pro", "max",
     "plus", "ultra", "opus", "sonnet", "haiku", "nemo", "scout", "maverick", "lightning")
)  # fmt: skip
# Where "medium" is an effort and not a size: o3-mini-medium, gpt-5-medium.
_WITH_EFFORT = frozenset({"gpt", "o", "gpt-oss", "grok"})
# What may stand between a family's name and its generation: claude-sonnet-4, deepseek-coder-v2.
_BETWEEN = "|".join(
    sorted(
        {*SIZES, "instruct", "chat", "coder", "code", "math", "prover", "vl", "text", "guard",
         "prompt-guard", "open", "next", "embedding", "distill", "edge", "instant"}
    )
)  # fmt: skip
_GENERATION = re.compile(
    rf"(?:-?(?:{_BETWEEN})(?![a-z]))*-?([a-z]?)([0-9]{{1,2}})(?:([.-])([0-9]{{1,2}}))?([a-z]?)(?![a-z0-9])"
)
SIZE = re.compile(
    r"(?<![a-z0-9.])[er]?((?:[0-9]{1,2}x)?[0-9]{1,4}(?:\.[0-9]{1,3})?)([bm])(?![a-z0-9])"
)
OTHER_COUNTS = re.compile(r"(?<![a-z0-9.])(?:a[0-9.]{1,6}b|[0-9]{1,4}[ek]|[0-9]m)(?![a-z0-9])")
SNAPSHOT = re.compile(
    r"(?<![0-9.])(?:20[0-9]{2}-[0-9]{2}(?:-[0-9]{2})?|[0-9]{2}-20[0-9]{2}|[0-9]{4,}|0[0-9]{1,2})"
    r"(?![0-9.])"
)
# The 3_3 of Llama-3_3-Nemotron, but no 3_8b, no q4_0, and no 2024_08_06.
_POINT = re.compile(
    r"(?<![0-9q])(?<![0-9]_)([0-9]{1,2})_([0-9]{1,2})(?![0-9a-z])(?!_[0-9]+(?![0-9a-z]))"
)
FILE = re.compile(r"^[.~]?/|^[a-z]:\\|\.(?:gguf|ggml|bin|safetensors|pt|onnx)$")
# No generation is as high yet, and no number behind its dash is higher: what is, is a size without
# its letter. Of Aya the number is that of its languages.
_HIGHEST = 10


class Generation(NamedTuple):
    """3.1 of llama-3.1; `mark` is the letter that makes another line of it (r1, 4o, 3n)."""

    mark: str
    major: int
    minor: int | None


class Parts(NamedTuple):
    """What a name tells of its model."""

    families: tuple[str, ...]
    generation: Generation | None
    billions: float | None
    sizes: frozenset[str]
    words: tuple[str, ...]


@lru_cache(maxsize=4096)
def parts_of(name: str) -> Parts:
    name = name[:LONGEST].strip().lower()
    if FILE.search(name):
        return Parts((), None, None, frozenset(), ())
    last = spelled(name.rstrip("/").rpartition("/")[2])
    families = families_in(last)
    if not families and "/" in name:
        # deepseek/r1: the name leans on its vendor.
        whole = spelled(name)
        families = families_in(whole)
        last = whole if families else last
    bare = SNAPSHOT.sub("", last)
    size = SIZE.search(bare)
    told = [word for word in re.split("[-]+", bare) if word]
    sizes = SIZES & set(told)
    if set(families) & _WITH_EFFORT:
        sizes -= {"medium"}
    return Parts(
        families=families,
        generation=generation_in(bare, families),
        billions=billions_in(size) if size else None,
        sizes=sizes,
        words=_words(bare),
    )


def spelled(name: str) -> str:
    """One spelling: dashes between words, a dot only inside a number."""
    name = re.sub(r"^(?:[a-z]+\.)+(?=[a-z])|-v[0-9]+:[0-9]+$", "", name)
    name = re.sub(r"(?<=[0-9])p(?=[0-9])", ".", name)
    name = _POINT.sub(r"\1.\2", name)
    name = re.sub(r"[\s_:/@()\[\],+]+|(?<![0-9])\.|\.(?![0-9])", "-", name)
    return re.sub("-{2,}", "-", name).strip("-")


def families_in(text: str) -> tuple[str, ...]:
    found = [(at.start(), name) for name in FAMILIES if (at := WRITTEN[name].search(text))]
    return tuple(name for _, name in sorted(found))


def generation_in(bare: str, families: tuple[str, ...]) -> Generation | None:
    """The number right behind the name of the only family there is."""
    if len(families) != 1:
        return None
    at = WRITTEN[families[0]].search(bare)
    return numbered(without_counts(bare[at.end() :]), families[0]).generation if at else None


def without_counts(text: str) -> str:
    """The text without counts of parameters, experts and context."""
    return re.sub("-{2,}", "-", OTHER_COUNTS.sub("", SIZE.sub("", text)))


class Numbered(NamedTuple):
    """What stands behind a family's name, its number read.

    `lead` and `suffix` are the letters on both sides of the number (v in v3.2, o in 4o), `before`
    and `after` what stands there otherwise.
    """

    generation: Generation | None
    lead: str
    suffix: str
    before: str
    after: str


def numbered(rest: str, family: str) -> Numbered:
    """Reads the generation in what stands behind a family's name, without counts."""
    found = _GENERATION.match(rest)
    none = Numbered(None, "", "", rest, "")
    if found is None:
        return none
    lead, major, dot, minor, suffix = found.groups()
    if family == "gpt" and major == "35":  # a cloud that allows no dot in a name
        major, minor = "3", "5"
    elif int(major) >= _HIGHEST and family != "aya":
        return none  # qwen25 is 2.5, but qwen-32 one of 32 billion
    end = found.end()
    high = minor is not None and int(minor) > _HIGHEST and dot == "-"
    if high or (minor is not None and len(minor) > 1 and minor[0] == "0"):
        # A size without its letter, or a part of a date; grok-4.20 is written with a dot.
        minor, suffix, end = None, "", found.end(2)
    mark = "r" if lead == "r" else suffix if suffix in ("o", "n") else ""
    generation = Generation(mark, int(major), None if minor is None else int(minor))
    return Numbered(generation, lead, suffix, rest[: found.start(1)], rest[end:])


def billions_in(found: re.Match[str]) -> float | None:
    count, unit = found.groups()
    experts, _, each = count.rpartition("x")
    value = float(each) * (int(experts) if experts else 1)
    if unit == "m":  # 1m is a context window
        return value / 1000 if value >= 10 else None
    return value or None


def _words(bare: str) -> tuple[str, ...]:
    """What is left of a name without vendor, snapshot and variant, in no order."""
    plain = VARIANTS.sub("", bare.replace(".", "-"))
    plain = re.sub(r"(?<![a-z0-9])v(?=[0-9])", "", plain)
    plain = re.sub(r"(?<=[a-z]{3})(?=[0-9])", "-", plain)
    words = [word for word in plain.split("-") if word]
    return tuple(sorted(word for word in words if word not in VENDORS)) or tuple(sorted(words))
