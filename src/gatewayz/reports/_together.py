"""What is said alike of several models, or of several probes of a model, said once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Alike:
    """The same words about one probe or several of one model or several, of one gateway and way."""

    gateway: str
    way: str
    models: tuple[str, ...]
    probes: tuple[str, ...]
    words: str


def said_once(told: Iterable[tuple[str, str, str, str, str]]) -> Iterator[Alike]:
    """Gateway, way, model, probe and words of each question; those that go together as one."""
    of_model: dict[tuple[str, str, str, str], list[str]] = {}
    for gateway, way, model, probe, words in told:
        of_model.setdefault((gateway, way, words, model), []).append(probe)
    alike: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = {}
    for (gateway, way, words, model), probes in of_model.items():
        alike.setdefault((gateway, way, words, tuple(probes)), []).append(model)
    for (gateway, way, words, asked), models in alike.items():
        yield Alike(gateway, way, tuple(models), asked, words)


def some(names: Sequence[str]) -> str:
    """The names, or the first of many with how many more there are."""
    if len(names) <= _MOST_NAMES + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
