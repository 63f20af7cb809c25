"""Everything that is watched at one glance: each model as it is now, and its days, out of the store's sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from gatewayz.core import Outcome
from gatewayz.core.probe_results import ProbeResult
from gatewayz.core.summed import Uptime
from gatewayz.measure.sla import outcome_of
from gatewayz.reports._matrix import (
    DELIVERY,
    FAILS,
    SOMETIMES,
    UNKNOWN,
    WORKS,
    Mark,
    delivers,
    mark_of,
)
from gatewayz.server.pages.days import Days, Diary, together, whole
from gatewayz.store.newest import Newest


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelNow:
    """One model: how each probe came out last, and how its days were.

    `state` is whether it answers at all; `label` names what it fails by, "" where it does not.
    """

    gateway: str
    model: str
    state: Mark
    marks: Mapping[str, Mark] = field(default_factory=dict)
    label: str = ""
    at: datetime | None = None
    run_id: str = ""
    latency_s: float | None = None
    days: Sequence[Days] = ()

    @property
    def fails(self) -> bool:
        """Whether it does not answer."""
        return self.state is FAILS

    @property
    def is_unsteady(self) -> bool:
        """Whether it answers, and not always: of its features alone some failed."""
        return self.state is SOMETIMES

    @property
    def is_told(self) -> bool:
        """Whether it is known if it answers."""
        return self.state in (FAILS, SOMETIMES, WORKS)

    @property
    def is_in_the_dark(self) -> bool:
        """Whether it was asked, and nobody can tell."""
        return self.state is UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayNow:
    """One gateway with its models, those that fail first and then those that are unsteady.

    `whole` is how it is by its list, where that is not good and no model was asked lately; else None.
    `label` is what the list fails by, and `at` when that was found.
    """

    name: str
    models: tuple[ModelNow, ...]
    days: Sequence[Days]
    whole: Mark | None = None
    label: str = ""
    at: datetime | None = None

    @property
    def state(self) -> Mark:
        """How it is, by its models: it fails where most do not answer, and is unsteady where any is."""
        if self.whole is not None:
            return self.whole
        if not self.told:
            return UNKNOWN
        if self.failing * 2 > self.told:
            return FAILS
        return SOMETIMES if self.failing or self.unsteady else WORKS

    @property
    def asked_at(self) -> datetime | None:
        """When it, or any of its models, was asked last."""
        moments = [self.at, *(model.at for model in self.models)]
        return max((moment for moment in moments if moment is not None), default=None)

    @property
    def failing(self) -> int:
        """How many of its models do not answer."""
        return sum(model.fails for model in self.models)

    @property
    def unsteady(self) -> int:
        """How many of its models answer, and not always."""
        return sum(model.is_unsteady for model in self.models)

    @property
    def told(self) -> int:
        """Of how many it is known whether they answer."""
        return sum(model.is_told for model in self.models)

    @property
    def in_the_dark(self) -> int:
        """How many were asked, and nobody can tell whether they answer."""
        return sum(model.is_in_the_dark for model in self.models)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All gateways, the days that are told, the probes that were put, and when last."""

    days: tuple[date, ...]
    gateways: tuple[GatewayNow, ...]
    probes: tuple[str, ...]
    at: datetime | None = None

    @property
    def models(self) -> list[ModelNow]:
        """Every model of every gateway."""
        return [model for gateway in self.gateways for model in gateway.models]

    def last_days(self, count: int) -> Days:
        """The latest days of all gateways as one."""
        return whole(day for gateway in self.gateways for day in gateway.days[-count:])

    @property
    def known_days(self) -> str:
        """On how many days anything was asked, in words."""
        together = zip(*(gateway.days for gateway in self.gateways), strict=True)
        known = sum(any(tally.judged for tally in of_day) for of_day in together)
        return "1 day" if known == 1 else f"{known} days"


@dataclass(frozen=True, slots=True)
class _Standing:
    """What was found of a whole gateway, and how its models are by that."""

    found: ProbeResult
    mark: Mark


Sees = Callable[[str, str], bool]


def overview(
    uptime: Uptime,
    newest: Iterable[Newest],
    lists: Iterable[ProbeResult] = (),
    *,
    sees: Sees = lambda _gateway, _model: True,
) -> Overview:
    """What is known of every model; `sees` says of which the one who looks may know.

    `lists` is what was found of whole gateways that have not answered since.
    """
    standing = _standing(lists)
    asked: dict[tuple[str, str], list[Newest]] = {}
    for one in newest:
        asked.setdefault((one.gateway, one.model), []).append(one)
    names, diary = sorted({*asked, *uptime.models}), Diary()
    by_gateway: dict[str, list[ModelNow]] = {}
    for name in names:
        if sees(*name):
            days = diary.line(uptime.models.get(name, ()))
            model = _model(name, asked.get(name, ()), days, standing.get(name[0]))
            by_gateway.setdefault(name[0], []).append(model)
    found = [one for name in asked if sees(*name) for one in asked[name]]
    shown = {*by_gateway, *(name for name in standing if sees(name, ""))}
    gateways = tuple(
        _gateway(name, by_gateway.get(name, ()), len(uptime.days), standing.get(name))
        for name in sorted(shown)
    )
    return Overview(
        days=uptime.days,
        gateways=gateways,
        probes=_in_order({one.probe for one in found}),
        at=max(filter(None, (one.asked_at for one in gateways)), default=None),
    )


def _standing(lists: Iterable[ProbeResult]) -> Mapping[str, _Standing]:
    """By gateway what stands for its models: not a list of which none was chosen."""
    marks = ((one, _standing_for_models(one)) for one in lists)
    return {one.gateway: _Standing(one, mark) for one, mark in marks if mark is not None}


def _gateway(
    name: str, models: Sequence[ModelNow], days: int, standing: _Standing | None
) -> GatewayNow:
    """A gateway by its models; by its list where none of them was asked lately, or ever."""
    by_list = standing if all(model.at is None for model in models) else None
    return GatewayNow(
        name=name,
        models=tuple(sorted(models, key=_worst_first)),
        days=together((model.days for model in models), days),
        whole=by_list.mark if by_list else None,
        label=by_list.found.label if by_list else "",
        at=by_list.found.at if by_list else None,
    )


def _worst_first(model: ModelNow) -> int:
    return 0 if model.fails else 1 if model.is_unsteady else 2


def _in_order(probes: set[str]) -> tuple[str, ...]:
    """The plain questions first, then the features by their names."""
    return (*(name for name in DELIVERY if name in probes), *sorted(probes - set(DELIVERY)))


def _model(
    name: tuple[str, str],
    asked: Sequence[Newest],
    days: Sequence[Days],
    standing: _Standing | None,
) -> ModelNow:
    newest = max(asked, key=lambda one: one.at, default=None)
    if standing is not None and newest is not None and standing.found.at > newest.at:
        return ModelNow(
            gateway=name[0],
            model=name[1],
            state=standing.mark,
            marks={one.probe: standing.mark for one in asked},
            label=standing.found.label,
            at=standing.found.at,
            run_id=standing.found.run_id,
            latency_s=_latency(asked),
            days=days,
        )
    told = _telling(asked)
    outcomes = {one.probe: list(one.outcomes) for one in told}
    state = delivers(outcomes)
    if told and state.tag == "":  # no plain question was among them
        state = _by_features(told)
    return ModelNow(
        gateway=name[0],
        model=name[1],
        state=state,
        marks={one.probe: mark_of(one.outcomes) for one in asked},
        label=_label(told, state),
        at=newest.at if newest else None,
        run_id=newest.run_id if newest else "",
        latency_s=_latency(asked),
        days=days,
    )


def _telling(asked: Sequence[Newest]) -> Sequence[Newest]:
    """The questions that tell whether a model answers: the plain ones of the latest run that put any.

    An older pass never outweighs a newer failure. Where none was put, all questions tell.
    """
    plain = [one for one in asked if one.probe in DELIVERY]
    offered = [one for one in plain if set(one.outcomes) != {Outcome.SKIPPED}] or plain
    if not offered:
        return asked
    last = max(offered, key=lambda one: one.at).run_id
    return [one for one in offered if one.run_id == last]


def _by_features(asked: Sequence[Newest]) -> Mark:
    """Whether a model answers, by its features: what one fails by itself never makes the model down."""
    state = mark_of([outcome for one in asked for outcome in one.outcomes])
    failed = [one for one in asked if Outcome.FAILED in one.outcomes]
    return SOMETIMES if state is FAILS and all(one.by_feature for one in failed) else state


def _standing_for_models(found: ProbeResult) -> Mark | None:
    """What is found of a whole gateway says of its models, counted as their own results are.

    None where it says nothing of them: such is a list of which none was chosen.
    """
    if found.outcome is Outcome.SKIPPED and not (found.label or found.reason.startswith("no key")):
        return None
    return FAILS if outcome_of(found) is Outcome.FAILED else UNKNOWN


def _label(asked: Iterable[Newest], state: Mark) -> str:
    """What a model fails by, of its plain questions first."""
    if state is WORKS:
        return ""
    labels = sorted((one.probe not in ("chat", "streaming"), one.label) for one in asked if one.label)  # fmt: skip
    return labels[0][1] if labels else ""


def _latency(asked: Iterable[Newest]) -> float | None:
    """How long the latest plain answer took that says so, streamed or not."""
    timed = [
        (one.at, one.latency_s)
        for one in asked
        if one.probe in DELIVERY and one.latency_s is not None
    ]
    return max(timed)[1] if timed else None
