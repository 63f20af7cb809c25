"""Tells a story of some length, another one each time unless a seed is given."""

from __future__ import annotations

import re
from random import Random

from gatewayz.simulator.models._asked import Ability, Asked

_STORY = re.compile(r"\b(?:story|tale|essay|poem|paragraphs?)\b", re.IGNORECASE)
_WORDS = re.compile(r"\b(\d{1,5})\s+words?\b", re.IGNORECASE)
_SENTENCES, _WORDS_EACH = 9, 13
_WHO = ("a lighthouse keeper", "an old baker", "a young sailor", "the mayor's cat", "a clockmaker",
        "two sisters", "a travelling painter", "the last postman")  # fmt: skip
_WHERE = ("by the harbour", "behind the mill", "under the long bridge", "in the empty market",
          "at the edge of the wood", "on the night train", "above the river")  # fmt: skip
_DID = ("found a small brass key", "heard someone sing", "lost an umbrella", "counted the stars",
        "wrote a letter to nobody", "waited for the rain to stop", "mended a broken kite",
        "shared bread with a stranger", "drew a map from memory")  # fmt: skip
_THEN = ("Nobody saw it.", "The wind turned.", "It was enough.", "That changed the evening.",
         "And the bells rang twice.", "The dog knew first.")  # fmt: skip


def _answer(asked: Asked) -> str | None:
    if not _STORY.search(asked.text):
        return None
    size = _WORDS.search(asked.text)
    sentences = min(2000, max(1, int(size.group(1)) // _WORDS_EACH)) if size else _SENTENCES
    return " ".join(_sentence(asked.rng, n) for n in range(sentences))


def _sentence(rng: Random, number: int) -> str:
    who, where, did = rng.choice(_WHO), rng.choice(_WHERE), rng.choice(_DID)
    opening = "Once" if number == 0 else rng.choice(("Later", "One day", "Before dawn", "In May"))
    return f"{opening}, {who} {did} {where}. {rng.choice(_THEN)}"


ABILITY = Ability(110, _answer)
