"""The name under which one model is listed, whatever a gateway calls it.

`canonical` takes an id to the same parts as `names.py` does, and is stricter: two ids have one
canonical name only where nothing in them tells two models apart. It says what it left out of an id
and why, so that a reader can check it. Left out are the vendor in front, a date, what says that a
model is tuned for chat, a gateway's own route, plan or hardware. Kept apart are family, generation,
size, context, quantisation, base models, distilled ones, and every word that is not known to mean
nothing: behind a colon, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from gatewayz.core.families import WRITTEN, houses
from gatewayz.core.name_parts import (
    FILE,
    LONGEST,
    OTHER_COUNTS,
    SIZE,
    SNAPSHOT,
    VENDORS,
    Generation,
    billions_in,
    families_in,
    numbered,
    spelled,
)

# Why a piece is left out, as a reader is told.
VENDOR, ROUTE, PLAN, TIER = "vendor", "route", "plan", "tier"
TUNED, DATE, NUMBER, COUNT = "tuned", "date", "number", "count"
ALIAS, PRECISION = "alias", "precision"

_REASONS = {
    **dict.fromkeys(("instruct", "instruction", "it", "chat"), TUNED),
    **dict.fromkeys(
        ("turbo", "fast", "faster", "slow", "lite", "instant", "basic", "versatile", "tput",
         "reference"),
        TIER,
    ),
    **dict.fromkeys(("tee", "free", "batch"), PLAN),
    **dict.fromkeys(("latest", "hf"), ALIAS),
    **dict.fromkeys(("bf16", "fp16", "f16", "fp32", "f32"), PRECISION),
}  # fmt: skip
# What a router takes behind a colon and answers with the same model: how it chooses, and who answers
# (https://openrouter.ai/docs, "Model variants"; the providers that stood on
# https://huggingface.co/inference/models on 2026-11-27, and those of its client's documentation).
# OpenRouter's :extended and :online are other offers, and stay.
_ROUTES = frozenset(
    ("nitro", "floor", "exacto", "beta", "fastest", "cheapest", "preferred", "baseten", "cerebras",
     "cohere", "deepinfra", "featherless-ai", "fireworks-ai", "groq", "hf-inference", "hyperbolic",
     "nebius", "novita", "nscale", "ovhcloud", "publicai", "replicate", "sambanova", "scaleway",
     "together", "zai-org")
)  # fmt: skip
# A tier is one where the weights are known without it: by their size, or as the only ones.
_ONE_SIZE = frozenset({"deepseek", "kimi", "minimax"})
# gpt-4-turbo is no tier of gpt-4, gpt-5-chat not the gpt-5 that is tuned for chat.
_OWN_WORDS = {"gpt": frozenset({"chat", "instruct", "turbo"})}
# Whose makers write -Instruct, -it or -chat behind whatever is tuned, and nothing behind the base.
_MARKED = frozenset(
    ("llama", "gemma", "mixtral", "mistral", "qwen", "yi", "olmo", "falcon", "smollm", "internlm")
)
_SAYS_ITS_USE = re.compile(
    r"(?<![a-z])(?:instruct|instruction|it|chat|base|pt|guard|vl|think(?:ing)?|sft|dpo|embed\w*)"
    r"(?![a-z])"
)
# From this generation on their makers mark the base instead.
_BASE_IS_MARKED = {"qwen": 3, "smollm": 3}
# The hub's form of a model that its maker publishes in several, of tuned ones behind their mark.
_HUB_FORM = re.compile(r"-hf$")
# Who numbers one release only, so that the number says nothing more.
_ONE_RELEASE = {"mixtral": "0.1", "codestral": "0.1"}
# One size each, so that a number beside them says nothing more.
_PINNED = frozenset({"scout", "maverick", "nemo"})
_QUANTISED = re.compile(
    r"(?<![a-z0-9])(?:awq|gptq|gguf|ggml|mlx|exl2|bnb|quantized|fp[468]|f8|nvfp4|mxfp4|int[48]"
    r"|w[48]a(?:8|16)|[48]-?bit|q[2-8](?:-[0k](?:-[sml])?)?)(?![a-z0-9])"
)
# Of tokens, in thousands or in millions; 14m is a size where no billions are told.
_CONTEXT = re.compile(r"(?<![a-z0-9.])(?:[0-9]{1,4}k|[0-9]m)(?![a-z0-9])")
_MILLIONS = re.compile(r"(?<![a-z0-9.])[0-9]{2}m(?![a-z0-9])")
_DAY = re.compile(r"(?<![0-9.])(?<![0-9]-)(?:0[1-9]|1[0-2])-[0-3][0-9](?![0-9.]|-[0-9])")
_DATED = re.compile(r"20[0-9]{2}(?:-?[0-9]{2})+|[0-9]{2}-20[0-9]{2}|[0-2][0-9]-?[0-3][0-9]")
# How a family writes its generation, where not behind a plain dash.
_JOINTS = {"qwen": "", "o": "", "smollm": "", "deepseek": "-v", "kimi": "-k", "minimax": "-m"}
# Other words that mean no other line of a family.
_SAME_WORD = {"llama": "metallama", "mixtral": "mistral", "kimi": "moonshot"}
_BASE = frozenset({"base", "pt", "pretrained"})


@dataclass(frozen=True, slots=True)
class Canonical:
    """What an id comes to.

    `name` is for people ("llama-3.3-70b"), in the order in which the id has its words; `key` is
    equal for ids that mean one model, `root` for those of one family, generation and size, `line` for
    those that differ by nothing but their generation, which is `number` ("3.3"; "" where none is told).
    `left_out` holds pieces of the id, each with the reason, and
    `apart` what makes it another thing than the plain model ("fp8", "base"). `snapshot` is the date
    that was left out, "" where the id names none.
    """

    name: str
    key: tuple[str, ...]
    root: tuple[str, ...]
    line: tuple[str, ...] = ()
    number: str = ""
    left_out: tuple[tuple[str, str], ...] = ()
    apart: tuple[str, ...] = ()
    snapshot: str = ""


def canonical(model_id: str, *, asked: bool = False) -> Canonical:
    """The canonical name of an id as a catalogue lists it.

    `asked` says that a person wrote it, who means by meta-llama/llama-3.1-8b what is served under
    that name, and not only the base model. A name of no known family is spelled uniformly and
    compared as a whole; a file's name stays as it is.
    """
    return _canonical(model_id[:LONGEST], asked=asked)


@lru_cache(maxsize=65536)  # one gateway alone lists 22,000
def _canonical(model_id: str, *, asked: bool) -> Canonical:
    given = model_id.strip().lower()
    if FILE.search(given) or not given:
        return Canonical(given, (given,), (given,), (given,))
    note = _Notes()
    text, families = _bare(given, note)
    if _is_base(given, text, families, asked=asked):
        note.apart.append("base")
    written = [at.group() for one in families if (at := WRITTEN[one].search(text))]
    text = _without_dates(text, note)
    text, size = _without_counts(text, note)
    if len(families) == 1:
        found = _of_one_family(text, families[0], written[0], note, sized=bool(size))
    else:
        words = _without_vendor(_split(text), note, least=1)
        words = _kept(words, "", note, sized=bool(size), numbered=False)
        found = _Words(words, words)
    if size and not _PINNED.isdisjoint(found.telling):
        note.leave(size, COUNT)
        size = ""
    apart = tuple(dict.fromkeys(note.apart))
    name = "-".join(filter(None, [*found.written, size, *apart]))
    # Two people may call their own models alike; of a known family the name itself tells.
    owner = "" if families else note.owner
    known = (*sorted(families), found.number)
    root = (*known, size) if families else (owner + name,)
    telling = (*sorted(found.telling), size, *sorted(apart))
    return Canonical(
        name=owner + name or given,
        key=(owner, *known, *telling),
        root=root,
        line=(owner, *sorted(families), *telling),
        number=found.number,
        left_out=tuple(note.left_out),
        apart=apart,
        snapshot=note.snapshot,
    )


class _Notes:
    """What is found on the way: what was left out of an id and why, what sets it apart."""

    def __init__(self) -> None:
        self.left_out: list[tuple[str, str]] = []
        self.apart: list[str] = []
        self.snapshot = ""
        self.owner = ""

    def leave(self, piece: str, why: str) -> None:
        self.left_out.append((piece, why))


def _bare(given: str, note: _Notes) -> tuple[str, tuple[str, ...]]:
    """The name in one spelling, without what stands in front of it, and its families."""
    prefix, slash, last = given.rstrip("/").rpartition("/")
    text = spelled(_without_route(last, note))
    families = families_in(text)
    if slash and not families and (whole := families_in(spelled(given))):
        # deepseek/r1: the name leans on its vendor.
        return spelled(_without_route(given, _Notes())), whole
    if slash and not families and prefix[:1] != "@" and "/" not in prefix:
        note.owner = prefix + slash
    elif slash:
        note.leave(prefix + slash, VENDOR)
    return text, families


def _without_route(name: str, note: _Notes) -> str:
    """Without what stands behind a colon, where that is a router's way to the same model."""
    model, colon, route = name.rpartition(":")
    why = ROUTE if route in _ROUTES else _REASONS.get(route, "")
    if not model or why not in (ROUTE, PLAN):
        return name
    note.leave(colon + route, why)
    return model


def _is_base(given: str, text: str, families: tuple[str, ...], *, asked: bool) -> bool:
    """Whether a maker's own name lacks what its tuned models carry: meta-llama/Llama-3.1-70B.

    In the hub's form (Llama-2-7b-hf) it says so whoever writes it.
    """
    if len(families) != 1 or families[0] not in _MARKED or _SAYS_ITS_USE.search(text):
        return False
    family = families[0]
    found = WRITTEN[family].match(text)
    if found is None or not SIZE.search(text):
        return False
    makers = tuple(f"{house.lower()}/" for house in houses(family))
    if not _HUB_FORM.search(text) and (asked or not given.startswith(makers)):
        return False
    if family not in _BASE_IS_MARKED:
        return True
    number = re.match(r"-?([0-9])(?![0-9b])", text[found.end() :])
    return number is not None and int(number[1]) < _BASE_IS_MARKED[family]


def _without_dates(text: str, note: _Notes) -> str:
    for pattern in (_DAY, SNAPSHOT):
        for date in pattern.findall(text):
            dated = _DATED.fullmatch(date) is not None
            note.leave(date, DATE if dated else NUMBER)
            note.snapshot = note.snapshot or (date if dated else "")
        text = pattern.sub("", text)
    return text


def _without_counts(text: str, note: _Notes) -> tuple[str, str]:
    """The text without its counts, and the size as it is written: "70b", "8x7b", ""."""
    several = any(unit == "b" for _, unit in SIZE.findall(text))
    for pattern in (_QUANTISED, _CONTEXT, *((_MILLIONS,) if several else ())):
        note.apart += pattern.findall(text)
        text = pattern.sub("", text)
    found = SIZE.search(text)
    billions = billions_in(found) if found else None
    size = ""
    if found and billions:
        size = f"{found[1]}b" if "x" in found[1] else _written(billions)
    for count in OTHER_COUNTS.findall(text):
        note.leave(count, COUNT)
    # The r of command-r7b is the model's own.
    text = SIZE.sub(lambda one: "r" if one.group()[0] == "r" else "", text)
    text = OTHER_COUNTS.sub("", text)
    return re.sub("-{2,}", "-", text).strip("-"), size


def _written(billions: float) -> str:
    """8.03 billion is sold as 8b, and half a billion as 0.5b or as 500m."""
    if billions < 1:
        return f"{round(billions * 1000)}m"
    return f"{billions:.0f}b" if abs(billions - round(billions)) < 0.1 else f"{billions:g}b"


class _Words(NamedTuple):
    """The words of a name as it is written, and what tells it from its family's others."""

    written: list[str]
    telling: list[str]
    number: str = ""


def _of_one_family(text: str, family: str, word: str, note: _Notes, *, sized: bool) -> _Words:
    """The words of a name in its own order, its family and generation among them.

    `word` is how the name writes its family, which may be known by the size that stood behind it.
    """
    found = WRITTEN[family].search(text) or re.search(rf"(?<![a-z]){re.escape(word)}", text)
    start, end = found.span() if found else (0, 0)
    front = _without_vendor(_split(text[:start]), note, least=0)
    seen = numbered(text[end:], family)
    number = "" if seen.generation is None else _number(seen.generation) + seen.suffix
    if number and number == _ONE_RELEASE.get(family):
        note.leave(f"{seen.lead}{number}", NUMBER)
        number = ""
    front, between, behind = (
        _kept(words, family, note, sized=sized, numbered=bool(number))
        for words in (front, _split(seen.before), _split(seen.after))
    )
    letter = "" if seen.lead == "v" else seen.lead
    joint = f"-{letter}" if letter else "-v" if number[:2] == "0." else _JOINTS.get(family, "-")
    generation = f"{joint}{number}" if number else ""
    own = _own_word(word, family)
    called = own or family
    named = [called, *between, generation.strip("-")] if between else [f"{called}{generation}"]
    return _Words(
        telling=[*filter(None, [own]), *front, *between, *behind],
        number=generation.strip("-"),
        written=[*front, *named, *behind],
    )


def _own_word(word: str, family: str) -> str:
    """The word of a name that is more than its family's: chatgpt, codegemma; else ""."""
    plain = word.replace("-", "")
    same = (family.replace("-", ""), _SAME_WORD.get(family))
    return "" if plain in same else plain


def _number(generation: Generation) -> str:
    minor = generation.minor
    return f"{generation.major}" if minor is None else f"{generation.major}.{minor}"


def _without_vendor(words: list[str], note: _Notes, *, least: int) -> list[str]:
    """Without the vendor in the name itself, of which `least` words are to stay: zai-glm-4.7."""
    while len(words) > least and words[0] in VENDORS:
        note.leave(words[0], VENDOR)
        words = words[1:]
    return words


def _split(text: str) -> list[str]:
    """The words of a text; a number that sticks to a word stands by itself."""
    apart = re.sub(r"(?<=[a-z]{3})(?=[0-9])", "-", text)
    return [word for word in apart.split("-") if word.strip(".")]


def _kept(words: list[str], family: str, note: _Notes, *, sized: bool, numbered: bool) -> list[str]:
    """The words that tell a model; of the others it is noted why they do not.

    `sized` and `numbered` say that the name tells a size, and a generation.
    """
    kept = []
    for word in words:
        why = "" if word in _OWN_WORDS.get(family, ()) else _REASONS.get(word, "")
        tier = why == TIER and not (sized or family in _ONE_SIZE)
        if tier or (word == "chat" and not (sized or numbered)):
            why = ""
        if word in _BASE:
            note.apart.append("base")
        elif why:
            note.leave(word, why)
        else:
            kept.append(word)
    return kept
