"""Knows the capitals of some countries."""

from __future__ import annotations

import re

from gatewayz.simulator.models._asked import Ability, Asked

_QUESTION = re.compile(r"\bcapital(?: city)? of ([A-Z][\w ]{2,30})")
_CAPITALS = {
    "France": "Paris", "Germany": "Berlin", "Italy": "Rome", "Spain": "Madrid", "Peru": "Lima",
    "Japan": "Tokyo", "Norway": "Oslo", "Portugal": "Lisbon", "Kenya": "Nairobi",
    "Canada": "Ottawa", "Australia": "Canberra", "Egypt": "Cairo", "Austria": "Vienna",
}  # fmt: skip


def _answer(asked: Asked) -> str | None:
    question = _QUESTION.search(asked.text)
    country = question.group(1).strip() if question else ""
    capital = _CAPITALS.get(country)
    return f"The capital of {country} is {capital}." if capital else None


ABILITY = Ability(120, _answer)
