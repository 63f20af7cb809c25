"""What catalogues list otherwise than before: models that are new, gone, repriced, or of another length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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

    @property
    def repriced(self) -> bool:
        """Whether it has another price, cached input aside."""
        old, new = self.before.price, self.after.price
        cached = new.cached_usd_per_mtok
        alike = replace(old, cached_usd_per_mtok=cached, is_most=new.is_most)
        return alike != new and (old.known or new.known)

    @property
    def cache_repriced(self) -> bool:
        """Whether cached input has another price than was told before; one told anew is no change."""
        old, new = self.before.price.cached_usd_per_mtok, self.after.price.cached_usd_per_mtok
        return None not in (old, new) and old != new

    @property
    def stretched(self) -> bool:
        """Whether it has another context window."""
        return self.before.context_tokens != self.after.context_tokens


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
        found = Drift(gateway=gateway, way=way, model=name, before=old, after=new)
        if found.repriced or found.cache_repriced or found.stretched:
            yield found


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
