"""Where a text holds a key in use: whole, cut at a border, or a longer run out of its middle.

The work does not grow with the number of keys: what is looked up is every fourth place of the
text, in one table of what may stand there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from gatewayz.core.escapes import MARKS, Unescaped
from gatewayz.core.key_forms import forms_of

Span = tuple[int, int]

# What of a key at a border is still worth hiding, and what of it anywhere.
SHORTEST_PART = 6
RUN = 12
# Local servers take words such as "lm-studio" for a key: no secrets, and words of answers and model ids.
SHORTEST_KEY = 16
# A text with more runs or more escapes than this holds nothing else that is worth a look: it goes.
MOST_RUNS = 1000
MOST_ESCAPES = 100_000
# In one of more cuts than this, all goes from the first that a part of a key stands at.
MOST_CUTS = 20_000
# Shorter ones may be words, of which twelve characters are no secret.
_SHORTEST_WITH_RUNS = 16
# Wherever a run begins, a block of this size begins at one of its first four places.
_BLOCK, _STRIDE = 8, 4
# Half of such a block begins at one of its first eight places. Most texts have none of these, which
# takes a seventh of the time to see.
_HALF, _WIDE_STRIDE = 4, 8
# An escape in an escape in an escape: a log of a page that quotes an address.
_DEEPEST = 3
# Where an excerpt, or whoever quotes a key without telling it, leaves something out.
_CUTS = re.compile(r"(?:[.…*•](?:(?<=…)…*+|(?<=\.)\.{2,}+|(?<=[*•])[*•]{2,}+))+")
# Where none of these stands there is no cut.
_IN_CUTS = ("...", "…", "**", "•")
# Keeps texts apart in which no form of a key holds it; no escape does.
_APART = "\n"
# Words, such as "authentication": out of the middle of a key they are words of any text.
_WORDS = re.compile(
    r"(?!.*[bcdfghjklmnpqrstvwxz]{5})[-_ ./:]?[A-Z]?[a-z]+(?:[-_ ./:][A-Z]?[a-z]+)*[-_ ./:]?"
)


class KnownKeys:
    """The keys in use, in all their forms."""

    def __init__(self) -> None:
        # Their forms are worked out when there is a text to look at.
        self._new: list[str] = []
        self._short: tuple[str, ...] = ()
        # By six characters of a form: the form, and where in it they end.
        self._parts: dict[str, list[tuple[str, int]]] = {}
        self._ends: set[str] = set()
        self._letters: set[str] = set()
        self._runs: set[str] = set()
        self._telling: set[str] = set()
        self._blocks: set[str] = set()
        self._packed_blocks: set[int] = set()
        self._packed_halves: set[int] = set()

    def add(self, secret: str) -> None:
        """One more key, of `SHORTEST_PART` characters or more."""
        self._new.append(secret)

    def may_hold(self, characters: str) -> bool:
        """Whether one of these characters is in some form of a key."""
        self._learn_new()
        return not self._letters.isdisjoint(characters)

    def _learn_new(self) -> None:
        while self._new:
            self._learn(self._new.pop())

    def _learn(self, secret: str) -> None:
        has_runs = len(secret) >= _SHORTEST_WITH_RUNS
        for form in sorted(f for f in forms_of(secret) if len(f) >= SHORTEST_PART):
            self._letters.update(form)
            for end in range(SHORTEST_PART, len(form) + 1):
                self._parts.setdefault(form[end - SHORTEST_PART : end], []).append((form, end))
            if has_runs and len(form) >= RUN:
                self._add_runs(form)
            elif form not in self._short:
                self._short += (form,)

    def _add_runs(self, form: str) -> None:
        self._ends |= {form[:RUN], form[-RUN:]}
        runs = _grams(form, RUN)
        self._runs |= runs
        self._telling |= {run for run in runs if not _WORDS.fullmatch(run)}
        blocks = _grams(form, _BLOCK)
        self._blocks |= blocks
        self._packed_blocks |= set(map(_number, blocks))
        self._packed_halves |= {_number(block[:_HALF]) for block in blocks}
        self._packed_halves |= {_number(block[_HALF:]) for block in blocks}

    def are_in_none_of(self, texts: Sequence[str], *, depth: int = _DEEPEST) -> bool:
        """Whether `spans_in` finds nothing in any of these; False may also mean that it has to tell."""
        if self.may_hold(_APART):
            return False
        joined = _APART.join(texts)
        if any(map(joined.__contains__, _IN_CUTS)):
            if any(map(self._at_cuts, texts)):
                return False
        elif self._begin_or_end(texts):
            return False
        if any(map(joined.__contains__, self._short)) or any(self._all_runs(joined)):
            return False
        if not depth or not any(map(joined.__contains__, MARKS)):
            return True
        read = [plain.text for plain in map(Unescaped, texts) if plain]
        return not read or self.are_in_none_of(read, depth=depth - 1)

    def _begin_or_end(self, texts: Iterable[str]) -> bool:
        """Whether one begins with the end of a key, or ends with the beginning of one."""
        bare = [text.strip(" ") for text in texts]
        ends = [text[:SHORTEST_PART] for text in bare] + [text[-SHORTEST_PART:] for text in bare]
        return not self._parts.keys().isdisjoint(ends)

    def spans_in(self, text: str, *, depth: int = _DEEPEST) -> list[Span]:
        """Where parts of keys begin and end, in order; none overlaps another."""
        self._learn_new()
        if not self._parts or len(text) < SHORTEST_PART:
            return []
        if len(text) > MOST_ESCAPES and sum(map(text.count, MARKS)) > MOST_ESCAPES:
            return [(0, len(text))]
        cuts = self._at_cuts(text)
        # What goes from its first cut on needs no further look.
        whole = len(cuts) == 1 and cuts[0][1] == len(text)
        head = text[: cuts[0][0] + RUN] if whole else text
        found = [*self._whole_ones(text), *self._all_runs(head), *cuts]
        plain = Unescaped(text) if depth and any(mark in text for mark in MARKS) else None
        if plain:
            found += plain.back(self.spans_in(plain.text, depth=depth - 1))
        return _apart(found)

    def _whole_ones(self, text: str) -> Iterator[Span]:
        """Keys so short that only the whole of them is one."""
        for form in self._short:
            at = text.find(form)
            while at >= 0:
                yield at, at + len(form)
                at = text.find(form, at + len(form))

    def _all_runs(self, text: str) -> Iterator[Span]:
        """Runs of a key's characters; those that are mere words only with an end of the key.

        Beyond `MOST_RUNS` of them the rest of the text is one.
        """
        checked = found = 0
        for block in self._block_places(text):
            if block < checked:
                continue
            # A run that holds the block begins at it, or up to three characters before.
            for at in range(max(block - _STRIDE + 1, checked), block + 1):
                if text[at : at + RUN] in self._runs:
                    checked = self._beyond_run(text, at)
                    if self._tells(text, at, checked):
                        found += 1
                        if found > MOST_RUNS:
                            yield at, len(text)
                            return
                        yield at, checked + RUN - 1
                    break
            else:
                checked = block + 1

    def _beyond_run(self, text: str, at: int) -> int:
        """The first place after one in a run where no run begins."""
        runs = self._runs
        while text[at + RUN : at + 2 * RUN] in runs:
            at += RUN
        while text[at : at + RUN] in runs:
            at += 1
        return at

    def _tells(self, text: str, first: int, beyond: int) -> bool:
        runs = (text[at : at + RUN] for at in range(first, beyond))
        return any(run in self._telling or run in self._ends for run in runs)

    def _block_places(self, text: str) -> Iterable[int]:
        if len(text) < RUN or self._packed_halves.isdisjoint(_packed_wide(text)):
            return ()
        if all(map(self._packed_blocks.isdisjoint, _packed(text))):
            return ()
        blocks = self._blocks
        last = len(text) - _BLOCK + 1
        return (at for at in range(0, last, _STRIDE) if text[at : at + _BLOCK] in blocks)

    def _at_cuts(self, text: str) -> list[Span]:
        """Beginnings of keys before a cut, ends of keys after one; a text's borders are cuts."""
        parts = self._parts.keys()
        if not any(mark in text for mark in _IN_CUTS) and not self._begin_or_end((text,)):
            return []
        every = _CUTS.split(text)
        pieces = [p.strip(" ") for p in every if len(p) >= SHORTEST_PART]
        tails = {p[-SHORTEST_PART:] for p in pieces}
        if parts.isdisjoint(tails) and parts.isdisjoint({p[:SHORTEST_PART] for p in pieces}):
            return []
        if len(every) > MOST_CUTS:
            first = next(p for p in pieces if {p[-SHORTEST_PART:], p[:SHORTEST_PART]} & parts)
            return [(text.find(first), len(text))]
        return [span for piece in _pieces(text) for span in self._at_borders(text, *piece)]

    def _at_borders(self, text: str, start: int, end: int) -> Iterator[Span]:
        ending = self._parts.get(text[max(start, end - SHORTEST_PART) : end], ())
        sizes = [size for form, size in ending if text.endswith(form[:size], start, end)]
        if sizes:
            yield end - max(sizes), end
        beginning = self._parts.get(text[start : min(end, start + SHORTEST_PART)], ())
        rests = (form[size - SHORTEST_PART :] for form, size in beginning)
        sizes = [len(rest) for rest in rests if text.startswith(rest, start, end)]
        if sizes:
            yield start, start + max(sizes)


def _grams(form: str, size: int) -> set[str]:
    return {form[at : at + size] for at in range(len(form) - size + 1)}


def _bytes(text: str) -> bytes:
    """One byte for each character, whatever it is."""
    return text.encode("latin-1", "replace")


def _number(block: str) -> int:
    return int.from_bytes(_bytes(block), sys.byteorder)


def _packed_wide(text: str) -> memoryview:
    """Half a block of the text at every eighth place, as numbers."""
    data = _bytes(text)
    return memoryview(data + bytes(-len(data) % _WIDE_STRIDE)).cast("I")[:: _WIDE_STRIDE // _HALF]


def _packed(text: str) -> Iterator[memoryview]:
    """Every block of the text at a fourth place, as a number."""
    data = _bytes(text)
    for start in range(0, _BLOCK, _STRIDE):
        size = max(0, len(data) - start) // _BLOCK * _BLOCK
        yield memoryview(data[start : start + size]).cast("Q")


def _pieces(text: str) -> Iterator[Span]:
    """What stands between cuts, without the blanks around it."""
    start = 0
    for cut in [*_CUTS.finditer(text), None]:
        end = cut.start() if cut else len(text)
        piece = text[start:end]
        yield end - len(piece.lstrip(" ")), start + len(piece.rstrip(" "))
        start = cut.end() if cut else end


def _apart(spans: list[Span]) -> list[Span]:
    """In order, and those that overlap made one."""
    apart: list[Span] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart
