"""Which results are about whom: each model's own, and what is known of its gateway as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from heapq import merge
from operator import itemgetter

from gatewayz.core import Way
from gatewayz.core.globs import is_meant_by
from gatewayz.core.objectives import Per, Sla
from gatewayz.core.probe_results import ProbeResult

# So long after it was last asked a model still counts as one of its gateway's.
KNOWN_FOR = timedelta(days=7)

_Model = tuple[str, str]  # gateway and id
_by_moment = itemgetter(0)


class Filed:
    """Results by way, gateway and model, each in the order in which they were asked."""

    def __init__(self, results: Iterable[ProbeResult]) -> None:
        own: dict[tuple[Way, str, str], list[ProbeResult]] = defaultdict(list)
        for result in results:
            own[result.way, result.gateway, result.model].append(result)
        for of_model in own.values():
            of_model.sort(key=_by_moment)
        self._own = own

    def streams(self, sla: Sla) -> Iterator[tuple[_Model, list[ProbeResult]]]:
        """Each model that is meant, with its results and those of its gateway that stand for them."""
        names = sorted(
            (gateway, model) for way, gateway, model in self._own if way == sla.way and model
        )
        whole: dict[str, list[ProbeResult]] = {}
        for gateway, model in names:
            if not is_meant(sla.targets, gateway, model):
                continue
            if gateway not in whole:
                whole[gateway] = self._of_whole_gateway(sla.way, gateway)
            own = self._own[sla.way, gateway, model]
            yield (gateway, model), _with(model, own, whole[gateway])

    def _of_whole_gateway(self, way: Way, gateway: str) -> list[ProbeResult]:
        """What was found of a gateway in runs that asked none of its models."""
        of_lists = self._own.get((way, gateway, ""), [])
        if not of_lists:
            return []
        asked = {
            result.run_id
            for (one_way, name, model), found in self._own.items()
            if one_way == way and name == gateway and model
            for result in found
        }
        return [result for result in of_lists if result.run_id not in asked]


def _with(model: str, own: list[ProbeResult], whole: list[ProbeResult]) -> list[ProbeResult]:
    """A model's results with those that stand for it, from its first one on, as long as it is known.

    What was found of the whole gateway stands for each question of the model's latest run before.
    """
    if not whole:
        return own
    found: list[ProbeResult] = []
    questions: list[tuple[str, int]] = []
    run_id: str | None = None
    seen = None
    for result in merge(own, whole, key=_by_moment):
        if result.model:
            if result.run_id != run_id:
                run_id, questions = result.run_id, []
            questions.append((result.probe, result.repeat))
            found.append(result)
            seen = result.at
        elif seen is not None and result.at - seen <= KNOWN_FOR:
            found += [
                result._replace(model=model, probe=probe, repeat=repeat)
                for probe, repeat in questions
            ]
    return found


def is_meant(globs: Iterable[str], gateway: str, model: str) -> bool:
    """Whether one of the globs over GATEWAY/MODEL means this model, case aside.

    A glob without a slash is one over gateways.
    """
    name = f"{gateway}/{model}"
    return any(is_meant_by(glob, name if "/" in glob else gateway) for glob in globs)


def target_of(per: Per, gateway: str, model: str) -> str:
    """The name of the target that a model belongs to."""
    return {"model": f"{gateway}/{model}", "gateway": gateway, "all": "all"}[per]


def is_promised(slas: Iterable[Sla], name: str, objective: str, target: str) -> bool:
    """Whether the promise of a name has this objective, and one for this target."""
    return any(
        sla.name == name
        and any(one.name == objective for one in sla.objectives)
        and _may_be_target(sla, target)
        for sla in slas
    )


def _may_be_target(sla: Sla, target: str) -> bool:
    gateway, slash, model = target.partition("/")
    if sla.per == "all":
        return target == "all"
    if sla.per == "model":
        return bool(slash) and is_meant(sla.targets, gateway, model)
    # Some model of the gateway may be meant; a star reaches over the slash.
    globs = (glob.partition("/") for glob in sla.targets)
    return not slash and any(
        is_meant([first], gateway, "") or (over and "*" in first) for first, over, _ in globs
    )
