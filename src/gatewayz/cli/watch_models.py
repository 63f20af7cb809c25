"""Which models are watched: what a gateway's list has, as far as the selection means it, and who left it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gatewayz.core import Model
from gatewayz.core.catalog_names import catalog_name
from gatewayz.core.watching import Place
from gatewayz.runner import Selection
from gatewayz.store import Store

# A model that has left its gateway's list is asked for this long yet, so that its end is seen.
_GONE_FOR = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class WatchedModels:
    """The models that are watched of each gateway, from one reading of its list to the next.

    `known` has the models of a gateway that the store knows as watched, and since when its list has left one
    out; None: it has not.
    """

    selection: Selection
    store: Store
    now: Callable[[], datetime]
    known: Callable[[Place], Mapping[str, datetime | None]] = lambda _place: {}
    _models: dict[Place, dict[str, Model]] = field(default_factory=dict)
    _left_at: dict[tuple[Place, str], datetime] = field(default_factory=dict)
    _means_none: set[Place] = field(default_factory=set)

    def __contains__(self, place: Place) -> bool:
        """Whether it is known which are watched there, be it none."""
        return place in self._models

    def of(self, place: Place) -> tuple[Model, ...]:
        """Those of a gateway; none while its list is not known."""
        return tuple(self._models.get(place, {}).values())

    @property
    def ids(self) -> Mapping[Place, frozenset[str]]:
        """The ids of those that are watched, by gateway."""
        return {place: frozenset(models) for place, models in self._models.items()}

    async def take(self, place: Place, listed: tuple[Model, ...]) -> str:
        """Takes over a list that was read; a warning where the selection means none of it, once.

        Without one it stays as it was; at first it is the last list that the store has, or what is named.
        Raises: StoreError.
        """
        if not listed and place in self._models:
            return ""
        models = listed or await asyncio.to_thread(self._kept, place)
        before = await self._before(place, {model.id for model in models})
        chosen = self._chosen(place, models, before)
        if chosen or listed:
            self._models[place] = chosen
        if chosen or not listed or place in self._means_none:
            return ""
        self._means_none.add(place)
        return (
            f"{place[0]}: of the {len(models)} models on its list the selection "
            f"({self.selection.told}) means none, so none of them is watched"
        )

    def _kept(self, place: Place) -> tuple[Model, ...]:
        kept = self.store.catalog(catalog_name(*place))
        return kept.models if kept is not None else ()

    async def _before(self, place: Place, listed: Set[str]) -> Mapping[str, Model]:
        """Those that were watched until now, in this process or the one before it."""
        if place in self._models:
            return self._models[place]
        known = self.known(place)
        for model, left_at in known.items():
            if left_at is not None:
                self._left_at.setdefault((place, model), left_at)
        gone = [name for name in known if name not in listed]
        last_asked = await asyncio.to_thread(self._last_asked, place, gone)
        return {name: Model(id=name) for name in known if name in listed} | last_asked

    def _last_asked(self, place: Place, names: Iterable[str]) -> dict[str, Model]:
        """Models as they were when they were last asked: what they offer and cost, no list says any more.

        Who was never asked, or so long ago that nothing is kept of it, is not among them.
        """
        gateway, way = place
        found = {}
        for name in names:
            for one in self.store.verdicts.of(gateway, name, way=way, limit=1):
                if (model := one.verdict.observation.case.model) is not None:
                    found[name] = model
        return found

    def _chosen(
        self, place: Place, models: tuple[Model, ...], before: Mapping[str, Model]
    ) -> dict[str, Model]:
        """Who is watched by a list: of a number of models first those that are listed and were watched
        `before`, then those that were and have left the list, then others.
        """
        listed = {model.id for model in models}
        for there in listed:
            self._left_at.pop((place, there), None)
        gone = (
            replace(model, listed=False)
            for name, model in before.items()
            if name not in listed and self._stays(place, model)
        )
        found = self.selection.choose((*models, *gone), keeping=before.keys())
        return {model.id: model for model in found}

    def _stays(self, place: Place, model: Model) -> bool:
        """Whether one that is off the list is watched on: as long as it is named, else for a day."""
        left_at = self._left_at.setdefault((place, model.id), self.now())
        return self.selection.names(model) or self.now() - left_at < _GONE_FOR
