"""Everything that is watched, and how it stands: takes sightings, tells confirmed changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from gatewayz.core.case import Way
from gatewayz.core.objectives import Confirmation
from gatewayz.core.watching import (
    LISTED,
    LISTS,
    UNWATCHED,
    Condition,
    Place,
    Sighting,
    State,
    StateChange,
    Target,
)
from gatewayz.watch.machine import in_doubt, missed_since, moved
from gatewayz.watch.rollup import (
    ANSWERS,
    Rolled,
    answering,
    began,
    gateway_state,
    model_state,
)

_WITNESSES = 3
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
# Whether what is seen of a gateway or model ("" for none) at a moment is not to count: maintenance.
Excused = Callable[[str, str, datetime], bool]


class Watched:
    """The conditions of all targets; pure but for what it remembers."""

    def __init__(
        self,
        conditions: Iterable[Condition] = (),
        *,
        rule: Confirmation | None = None,
        excused: Excused = lambda _gateway, _model, _at: False,
    ) -> None:
        self._rule = rule or Confirmation()
        self._excused = excused
        # gateway and way -> model ("" for itself) -> probe ("" for the whole) -> condition
        self._places: dict[Place, dict[str, dict[str, Condition]]] = {}
        self._touched: dict[Target, None] = {}
        for condition in conditions:
            self._put(condition)
        self._touched.clear()

    def take(self, sightings: Iterable[Sighting], at: datetime) -> tuple[StateChange, ...]:
        """Adds what was seen in one cycle; the changes that it confirms, gateways first.

        A target in a maintenance window is seen and not counted.
        """
        changes: list[StateChange] = []
        earlier: dict[Target, Condition] = {}
        models: dict[tuple[Place, str], None] = {}
        for seen in sightings:
            target = seen.target
            if self._excused(target.gateway, target.model, seen.at):
                seen = replace(seen, level=None)
            before = self.condition(target)
            after = moved(before, seen, self._rule)
            self._put(after)
            earlier.setdefault(target, before)
            changes += _changed(before, after, at)
            models[target.place, target.model] = None
        places = dict.fromkeys(place for place, _ in models)
        changes += [
            change
            for place, model in models
            if model
            for change in self._roll_model(place, model, earlier, at)
        ]
        changes += [change for place in places for change in self._roll_gateway(place, earlier, at)]
        return _in_order(changes)

    def forget(
        self, targets: Iterable[Target], at: datetime
    ) -> tuple[tuple[Target, ...], tuple[StateChange, ...]]:
        """Drops targets that are watched no more, and what followed from them alone; what changes by that.

        Of what was off nobody knows any more how it is. Its gateway is not told as well again for it.
        """
        gone: list[Condition] = []
        for target in targets:
            models = self._places.get(target.place, {})
            probes = models.get(target.model, {})
            condition = probes.pop(target.probe, None)
            if condition is None:
                continue
            gone.append(condition)
            if target.model and probes.keys() <= {"", *LISTS}:
                gone += probes.values()
                del models[target.model]
        for one in gone:
            self._touched.pop(one.target, None)
        changes = [one.let_go(at) for one in gone]
        for place, model in dict.fromkeys((one.target.place, one.target.model) for one in gone):
            if model and model in self._places[place]:
                changes += map(_by_forgetting, self._roll_model(place, model, {}, at))
        for gateway, way in dict.fromkeys(one.target.place for one in gone):
            whole = self.condition(Target(gateway=gateway, way=way))
            changes += map(_by_forgetting, self._roll_gateway(whole.target.place, {}, at))
            if self.condition(whole.target).state is None:
                changes.append(whole.let_go(at))
        return tuple(one.target for one in gone), _in_order(filter(None, changes))

    def condition(self, target: Target) -> Condition:
        """How a target stands; one without a state when nothing is known of it."""
        models = self._places.get(target.place, {})
        return models.get(target.model, {}).get(target.probe) or Condition(target=target)

    def asks(self, target: Target) -> bool:
        """Whether a question is watched; of a whole model, whether any is but whether it is listed."""
        probes = self._places.get(target.place, {}).get(target.model, {})
        return target.probe in probes if target.probe else not probes.keys() <= {"", *LISTS}

    def all(self) -> tuple[Condition, ...]:
        """Every condition, gateway by gateway."""
        return tuple(
            condition
            for models in self._places.values()
            for probes in models.values()
            for condition in probes.values()
        )

    def touched(self) -> tuple[Condition, ...]:
        """The conditions that are other than when this was last asked."""
        found = tuple(self.condition(target) for target in self._touched)
        self._touched.clear()
        return found

    def gateways(self) -> tuple[Condition, ...]:
        """How each gateway stands as a whole."""
        return tuple(models[""][""] for models in self._places.values() if "" in models.get("", {}))

    def down(self) -> frozenset[str]:
        """The gateways that are down as a whole, by every way that is watched."""
        states: dict[str, set[State | None]] = {}
        for one in self.gateways():
            states.setdefault(one.target.gateway, set()).add(one.state)
        return frozenset(name for name, found in states.items() if found == {State.DOWN})

    def models(self, gateway: str, way: Way) -> tuple[Condition, ...]:
        """How each model of a gateway stands as a whole."""
        models = self._places.get((gateway, way), {})
        return tuple(probes[""] for name, probes in models.items() if name and "" in probes)

    def listed_until(self, place: Place) -> dict[str, datetime | None]:
        """The models of a gateway, each with since when its list has left it out; None where it has not.

        Of one whose list was never looked at nobody knows when it left, so that was long ago.
        """
        models = self._places.get(place, {})
        found: dict[str, datetime | None] = {}
        for name in filter(None, models):
            on_list = models[name].get(LISTED)
            found[name] = _LONG_AGO if on_list is None else missed_since(on_list)
        return found

    def under(self, gateway: str, way: Way, model: str = "") -> tuple[Condition, ...]:
        """How each question to a model stands; of model "" how the readings of the gateway's list do."""
        probes = self._places.get((gateway, way), {}).get(model, {})
        return tuple(one for name, one in probes.items() if name)

    def is_excused(self, gateway: str, way: Way, models: Iterable[str], at: datetime) -> bool:
        """Whether nothing that is seen of these models at a moment counts; without any: of all of the gateway."""
        if self._excused(gateway, "", at):
            return True
        named = tuple(models) or tuple(filter(None, self._places.get((gateway, way), {})))
        return bool(named) and all(self._excused(gateway, model, at) for model in named)

    def witnesses(self, gateway: str, way: Way) -> tuple[Target, ...]:
        """A few questions whose answers tell whether a gateway answers, whatever its list does."""
        models = self._places.get((gateway, way), {})
        asked = (
            next((probes[name].target for name in ANSWERS if name in probes), None)
            for model, probes in models.items()
            if model
        )
        return tuple(islice((target for target in asked if target is not None), _WITNESSES))

    def in_doubt(self) -> tuple[Target, ...]:
        """The targets that another look soon would settle."""
        return tuple(
            one.target
            for models in self._places.values()
            for probes in models.values()
            for name, one in probes.items()
            if name and (in_doubt(one) or (one.is_off and _fell_with_it(one, answering(probes))))
        )

    def _put(self, condition: Condition) -> None:
        target = condition.target
        models = self._places.setdefault(target.place, {})
        models.setdefault(target.model, {})[target.probe] = condition
        self._touched[target] = None

    def _roll_model(
        self, place: Place, model: str, earlier: dict[Target, Condition], at: datetime
    ) -> list[StateChange]:
        return self._roll(place, model, self.under(*place, model), _of_model, earlier, at)

    def _roll_gateway(
        self, place: Place, earlier: dict[Target, Condition], at: datetime
    ) -> list[StateChange]:
        own = self._places[place].get("", {})
        # It takes as many good answers to end a state as anywhere; one keeps it from being reached.
        is_down = "" in own and own[""].state is State.DOWN
        state_of = partial(
            _of_gateway, tellers=self._tellers(place), answers=self._rule.good if is_down else 1
        )
        under = (*self.under(*place), *self.models(*place))
        return self._roll(place, "", under, state_of, earlier, at)

    def _tellers(self, place: Place) -> tuple[Condition, ...]:
        """Of each model the question that tells whether it answers."""
        models = (answering(probes) for name, probes in self._places[place].items() if name)
        return tuple(found for found in models if found is not None)

    def _roll(
        self,
        place: Place,
        model: str,
        under: Iterable[Condition],
        state_of: Callable[[Mapping[Target, Condition]], Rolled],
        earlier: dict[Target, Condition],
        at: datetime,
    ) -> list[StateChange]:
        """Sets what follows for a whole from what stands `under` it; its reason is that of what decides it.

        `earlier` is how stood what was seen in this cycle; the whole is added to it.
        """
        gateway, way = place
        under_it = {one.target: one for one in under}
        state, decider = state_of(under_it)
        before = self.condition(Target(gateway=gateway, way=way, model=model))
        if before.state is None and state is None:
            return []
        since = before.since
        if decider is not None and state is not before.state:
            since = began(earlier, under_it, state_of) or at
        good = [one.last_good_at for one in under_it.values() if one.last_good_at is not None]
        after = Condition(
            target=before.target,
            state=state,
            since=since,
            last_at=at,
            last_good_at=max(good, default=None),
            recent=decider.recent if decider and model else (),
            recent_at=decider.recent_at if decider and model else (),
            kind=decider.kind if decider else "",
            reason=decider.reason if decider else "",
            run_id=decider.run_id if decider else "",
        )
        self._put(after)
        earlier[before.target] = before
        return _changed(before, after, at)


def _fell_with_it(question: Condition, answers: Condition | None) -> bool:
    """Whether one that is off was last put before its model began to answer again: it may be well by now."""
    if answers is None or answers.is_off or question.target.probe in LISTS:
        return False
    began_at, last_at = answers.since, question.last_at
    return began_at is not None and last_at is not None and last_at < began_at


def _of_model(questions: Mapping[Target, Condition]) -> Rolled:
    return model_state({target.probe: one for target, one in questions.items()})


def _of_gateway(
    under: Mapping[Target, Condition], tellers: Sequence[Condition], answers: int
) -> Rolled:
    lists = {target.probe: one for target, one in under.items() if not target.model}
    return gateway_state(
        lists, (o for t, o in under.items() if t.model), tellers=tellers, answers=answers
    )


def _by_forgetting(change: StateChange) -> StateChange:
    """A change that came only of what is not watched any more: nobody has seen that anything is well."""
    if not change.recovered:
        return change
    return replace(change, kind=UNWATCHED, reason="what was off is not watched any more")


def _in_order(changes: Iterable[StateChange]) -> tuple[StateChange, ...]:
    """Gateway by gateway, each before its models, and a model before its questions."""
    return tuple(
        sorted(
            changes,
            key=lambda one: (
                one.target.gateway,
                one.target.way,
                one.target.model,
                one.target.probe,
            ),
        )
    )


def _changed(before: Condition, after: Condition, at: datetime) -> list[StateChange]:
    """The change between two conditions; that something is up when first seen is none."""
    if after.state is None or after.state is before.state:
        return []
    if before.state is None and after.state.value == "up":
        return []
    return [
        StateChange(
            target=after.target,
            at=at,
            since=after.since or at,
            before=before.state,
            after=after.state,
            kind=after.kind,
            reason=after.reason,
            run_id=after.run_id,
        )
    ]
