"""Answers what nothing else answers, in a short sentence."""

from __future__ import annotations

from gatewayz.simulator.models._asked import Ability, Asked

_SENTENCES = (
    "Here is a short answer to your question.",
    "That works: everything you asked for is in this sentence.",
    "In short, yes, and the details depend on what you measure.",
    "A small model answers a small question with a small text.",
)


def _answer(asked: Asked) -> str:
    return asked.rng.choice(_SENTENCES)


ABILITY = Ability(1000, _answer)
