"""What catalogues list otherwise than before: models that are new, gone, repriced, or of another length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gatewayz.core import Model, Way

# Models by gateway, way and id; and whole catalogues by gateway and way.
Listed = Mapping[tuple[str, Way, str], Model]
Catalogues = Mapping[tuple[str, Way], Sequence[Model]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A model that is listed otherwise: another price or context window."""

    gateway: str
    way: Way
    model: str
    before: Model
    after: Model


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDrift:
    """A catalogue that lists other models than before: ids that are new, and that are gone."""

    gateway: str
    way: Way
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def listed_otherwise(before: Listed, after: Listed) -> Iterator[Drift]:
    """The models of both that have another price or context window."""
    for (gateway, way, name), new in after.items():
        old = before.get((gateway, way, name))
        if old is None:
            continue
        repriced = old.price != new.price and (old.price.known or new.price.known)
        if repriced or old.context_tokens != new.context_tokens:
            yield Drift(gateway=gateway, way=way, model=name, before=old, after=new)


def lists_otherwise(before: Catalogues, after: Catalogues) -> Iterator[ListDrift]:
    """The catalogues of both sides that name other models."""
    for (gateway, way), models in after.items():
        if (gateway, way) not in before:
            continue
        then = [model.id for model in before[gateway, way]]
        now = [model.id for model in models]
        new, gone = _without(now, then), _without(then, now)
        if new or gone:
            yield ListDrift(gateway=gateway, way=way, new=new, gone=gone)


def by_model(catalogues: Catalogues) -> dict[tuple[str, Way, str], Model]:
    """All models of some catalogues."""
    lanes = catalogues.items()
    return {(gateway, way, model.id): model for (gateway, way), models in lanes for model in models}


def _without(names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    known = set(others)
    return tuple(sorted({name for name in names if name not in known}))
