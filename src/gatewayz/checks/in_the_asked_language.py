"""Is the answer in the language of the question?"""

import re
from functools import lru_cache
from operator import itemgetter

from gatewayz.checks._asked import known_answer, prompt_text, sample
from gatewayz.checks._scripts import scripts
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt
from gatewayz.core.think_marks import without_thoughts

_WINDOW = 4000
_ONE_SCRIPT, _OTHER_SCRIPTS = 0.9, 0.6
_LEAST_LETTERS = 4
_LEAST_WORDS, _LEAST_TELLING = 3, 2
_WORD = re.compile(r"[^\W\d_]+")
# Common words of a language that English does not have.
_TELLING = {
    language: frozenset(words.split())
    for language, words in {
        "German": "der die das ist und nicht ein eine einer einen mit auf für von ich zu im den dem"
        " wird sind auch es wie oder aber kann sie haben hier",
        "French": "le la les est et une des du dans pour que qui pas vous je il elle sur avec ce"
        " cette au aux votre nous sont ici voici ou mais",
        "Spanish": "el la los las es y una de del en para que no se con por su como está esto aquí"
        " respuesta son pero más yo",
        "Italian": "il lo la gli è e una di del della che non per con sono questo questa nel"
        " risposta ecco anche più come si",
        "Portuguese": "o os as é e uma de do da em para que não com por um seu isso aqui está mais"
        " como são resposta",
        "Dutch": "de het een en van is dat niet op te met voor zijn er aan ik hier wordt ook deze"
        " antwoord",
        "Polish": "jest nie się na w z do to że i jak oto dla czy odpowiedź są tego",
        "Turkish": "bir ve bu için ile de da ne değil çok olarak işte yanıt",
        "Vietnamese": "là và của một không có được cho trong này với các đây",
        "Indonesian": "yang dan di ini itu dengan untuk adalah tidak dari pada jawaban",
        "Swedish": "och är det en ett som på av för med inte den till här svaret",
        "Czech": "je a se na v že to jako pro není odpověď zde",
    }.items()
}
_ENGLISH = frozenset(
    ("the", "a", "an", "is", "are", "was", "of", "and", "to", "in", "on", "for", "with", "that",
     "this", "it", "you", "i", "not", "be", "as", "at", "by", "from", "your", "my", "here", "have",
     "has", "can", "will", "no", "do", "but", "or", "if")
)  # fmt: skip
_ONLY_ENGLISH = _ENGLISH - frozenset.union(*_TELLING.values())


@check
def in_the_asked_language(seen: Observation) -> Finding | None:
    """On a question of ours the answer is written as the question is; else a warning.

    Told by the script where the question has one script, and for an English question by the common
    words of other languages, with none of English beside them.
    """
    main = _one_script(sample(prompt_text(seen))) if known_answer(seen) else ""
    if not main:
        return None
    text = without_thoughts(sample(seen.reply.text))[:_WINDOW]
    if main != "Latin" or not text.isascii():
        found = scripts(text)
        others = sum(found.values()) - found[main]
        if others >= _LEAST_LETTERS and others >= _OTHER_SCRIPTS * sum(found.values()):
            return _finding(f"{main} letters", f"{found.most_common(1)[0][0]} letters", text)
    language = _language_of(text) if main == "Latin" else ""
    return _finding("English", language, text) if language else None


@lru_cache(maxsize=8)  # one question goes to many models
def _one_script(prompt: str) -> str:
    """The script that a question is in; "" for none or several."""
    asked_in = scripts(prompt)
    main, count = max(asked_in.items(), key=itemgetter(1), default=("", 0))
    return main if count >= _ONE_SCRIPT * sum(asked_in.values()) else ""


def _language_of(text: str) -> str:
    """The other language that a text is in, by at least two of its common words; "" if none."""
    words = set(_WORD.findall(text.casefold()))
    if len(words) < _LEAST_WORDS or words & _ONLY_ENGLISH:
        return ""
    hits = {name: len(words & telling) for name, telling in _TELLING.items()}
    best = max(hits, key=hits.__getitem__)
    return best if hits[best] >= _LEAST_TELLING else ""


def _finding(expected: str, saw: str, text: str) -> Finding:
    return Finding(
        kind="wrong-language",
        expected=f"an answer in {expected}",
        saw=f"{saw}: {excerpt(text.strip(), 80)}",
        warning=True,
    )
