"""What a text speaks of, whatever its wording: words become concepts, and concepts are looked for.

A `Lexicon` names concepts and the phrases that stand for each, in many languages. `Words` is one
text read with it: `says("model absent")` asks whether the two concepts stand near each other. Each
concept is searched once, by a pattern without open repeats, over a bounded text, so that reading
takes the same short time whatever the text holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice

# Of a long text the beginning is read, and the end.
HEAD_CHARS, TAIL_CHARS = 600, 200

# So far apart two concepts may stand and still belong together (characters between them).
REACH = 60

# So many places of one concept are looked at.
_PLACES = 12

_ACCENTS = re.compile("[\u0300-\u036f]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BLANKS = re.compile(r"[\s_]+")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"'})

# Where a word begins and ends: letters that go on with it are Latin, Greek or Cyrillic ones. Scripts
# without blanks between words do not join on to it. Long ranges of letters would be compiled letter by
# letter, which took five times as long as all the rest.
_JOINED = r"(?=\w)[\x00-\u052f]"
_BEGIN, _END = rf"(?<!{_JOINED})", rf"(?!{_JOINED})"


def fold(text: str) -> str:
    """The text in lower case, without accents; `snake_case` and `CamelCase` are several words."""
    text = unicodedata.normalize("NFKD", text)
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", text))
    text = _BLANKS.sub(" ", text.translate(_QUOTES)).casefold()
    return text.replace("can't", "cannot").replace("n't", " not")


def bounded(text: str) -> str:
    """The beginning and the end of a text, which is all that is read of it."""
    if len(text) <= HEAD_CHARS + TAIL_CHARS:
        return text
    return f"{text[:HEAD_CHARS]} … {text[-TAIL_CHARS:]}"


class Lexicon:
    """Concepts by name, each a list of phrases with " | " or a line's end between them.

    A phrase is a small regular expression, matched from the beginning of a word on; with `~` in
    front it may begin inside of one. A blank in it stands for a blank or a hyphen. Scripts without
    blanks between words need neither. Open repeats (`*`, `+`) are left out of phrases, so that
    reading takes linear time.
    """

    def __init__(self, concepts: Mapping[str, str]) -> None:
        self.concepts = concepts
        self._patterns: dict[str, re.Pattern[str]] = {}

    def places(self, concept: str, text: str) -> list[tuple[int, int]]:
        """Where a concept stands in a folded text: beginnings and ends, of the first dozen."""
        pattern = self._patterns.get(concept)  # most runs meet few of them
        matches = islice((pattern or self._compiled(concept)).finditer(text), _PLACES)
        return [match.span() for match in matches]

    def prepare(self) -> Iterator[None]:
        """Compiles what is not yet compiled, a concept at each step: for those who time others."""
        for concept in self.concepts:
            if concept not in self._patterns:
                self._compiled(concept)
                yield

    def _compiled(self, concept: str) -> re.Pattern[str]:
        pattern = self._patterns[concept] = _compiled(self.concepts[concept])
        return pattern


def _compiled(phrases: str) -> re.Pattern[str]:
    parts = [part.strip() for line in phrases.splitlines() for part in line.split(" | ")]
    whole: list[str] = []
    inside: list[str] = []
    for part in filter(None, parts):
        pattern = fold(part.removeprefix("~")).replace(" ", "[ -]").replace(r"\b", _END)
        begins_a_word = not part.startswith("~") and pattern[:1] < "\u2e80"
        (whole if begins_a_word else inside).append(pattern)
    groups = [f"{_BEGIN}(?:{'|'.join(whole)})"] if whole else []
    return re.compile("|".join(groups + inside))


class Words:
    """One text, read with a lexicon."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        # Bounded once more: a ligature may come apart into many letters.
        self.text = bounded(fold(_CAMEL.sub(" ", bounded(text))))
        self._lexicon = lexicon
        self._places: dict[str, list[tuple[int, int]]] = {}

    def says(self, expression: str) -> bool:
        """Whether the text says one of the alternatives of an expression.

        "model absent | model retired": of one alternative all concepts must stand within `REACH`
        of the first. "!parameter" means that this concept must stand nowhere in the text.
        """
        return any(self._holds(alternative) for alternative in _parsed(expression))

    def _holds(self, alternative: tuple[tuple[str, ...], tuple[str, ...]]) -> bool:
        wanted, unwanted = alternative
        first, *others = wanted
        anchors = self._at(first)
        if not anchors or any(self._at(name) for name in unwanted):
            return False
        return any(all(self._near(place, name) for name in others) for place in anchors)

    def _near(self, place: tuple[int, int], name: str) -> bool:
        begin, end = place
        return any(begin - e <= REACH and b - end <= REACH for b, e in self._at(name))

    def _at(self, name: str) -> list[tuple[int, int]]:
        if name not in self._places:
            self._places[name] = self._lexicon.places(name, self.text)
        return self._places[name]


@cache
def _parsed(expression: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    alternatives = []
    for alternative in expression.split("|"):
        names = alternative.split()
        wanted = tuple(name for name in names if not name.startswith("!"))
        alternatives.append((wanted, tuple(name[1:] for name in names if name.startswith("!"))))
    return tuple(alternatives)
