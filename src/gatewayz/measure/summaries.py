"""A run in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from gatewayz.core import (
    CATALOG_PROBE,
    Counts,
    Culprit,
    Difference,
    GatewaySummary,
    Outcome,
    SharedFailure,
    Summary,
    Verdict,
)
from gatewayz.core.pairs import BEHIND, in_view_of
from gatewayz.core.summary import Ended, tally
from gatewayz.measure.added import added_times
from gatewayz.measure.percentiles import percentiles
from gatewayz.measure.repeats import timing_findings
from gatewayz.measure.times import latency_s, ttft_s

_BACKEND = "the backend"
# The one that the backend asks for, which is not the provider's.
_ITS_KEY = "the backend's key"
_DIRECT_WAY = "the direct way, or a fault that came and went"
_NOT_PASSED_ON = "the direct way alone: the backend refuses it by itself"
_STOPPED = "stopped before anything was judged"
_THE_MODEL = "the model, which says something else each time"


def summarize(
    verdicts: Iterable[Verdict],
    *,
    elapsed_s: float | None = None,
    left: Mapping[tuple[str, str], int] | None = None,
) -> Summary:
    """Counts and speed per gateway and way, in all, and where the two ways differ.

    Gateways come in the order of their first verdict, a gateway's ways side by side, those without
    one last; speed is over passed cases only. `left` is what a stopped run did not come to: for each
    gateway and way that was still going on, how many planned cases are not judged, 0 where it was
    not planned yet.
    """
    all_verdicts, left = list(verdicts), left or {}
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in all_verdicts:
        case = verdict.observation.case
        groups.setdefault((case.gateway, case.way), []).append(verdict)
    for lane in left:
        groups.setdefault(lane, [])
    names = list(dict.fromkeys(name for name, _ in groups))
    ordered = sorted(groups, key=lambda key: (names.index(key[0]), key[1] != "direct"))
    return Summary(
        gateways=tuple(
            _of_gateway(name, way, groups[name, way], left.get((name, way)))
            for name, way in ordered
        ),
        total=replace(count(all_verdicts), stopped=sum(left.values())),
        differences=differences(all_verdicts),
        failing_both_ways=failing_both_ways(all_verdicts),
        added=added_times(all_verdicts),
        timing=timing_findings(all_verdicts),
        elapsed_s=elapsed_s,
        notes=tuple(_taken_over(all_verdicts)),
    )


def _taken_over(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Which earlier runs some verdicts are of, the most first."""
    runs = Counter(verdict.taken_from for verdict in verdicts if verdict.taken_from)
    asked = sum(verdict.observation.case.model is not None for verdict in verdicts)
    for run_id, number in runs.most_common():
        yield f"{number} of {asked} not asked again: they passed in run {run_id}, whose word stands"


def left_in(summary: Summary) -> dict[tuple[str, str], int]:
    """What the run of a summary was stopped before, as `summarize` takes it."""
    return {
        (line.gateway, line.way): line.counts.stopped
        for line in summary.gateways
        if line.counts.stopped or line.reason == _STOPPED
    }


def count(verdicts: Iterable[Verdict]) -> Counts:
    """How many verdicts came out how; see `Counts` for what is counted as what."""
    return tally(map(_ended, verdicts))


def _ended(verdict: Verdict) -> Ended:
    case = verdict.observation.case
    return Ended(
        outcome=verdict.outcome,
        gateway=case.gateway,
        of_list=case.model is None,
        warned=bool(verdict.warnings),
        retried=verdict.first_outcome not in (Outcome.PASSED, None),
    )


def is_a_list(verdict: Verdict) -> bool:
    """Whether this is about a model list that was read, and so about no model."""
    return verdict.observation.case.model is None and verdict.outcome is Outcome.PASSED


def differences(verdicts: Iterable[Verdict]) -> tuple[Difference, ...]:
    """Cases that ended differently direct and through the API, and whom each points at.

    What was not asked on one of the ways, or could not be judged there, is no difference.
    """
    all_verdicts = list(verdicts)
    cases = (verdict.observation.case for verdict in all_verdicts)
    listed = {(case.gateway, case.way) for case in cases if case.model is not None}
    found = []
    for (gateway, model, probe, _), ways in _pairs(all_verdicts).items():
        left_out = any(_says_nothing(verdict) for verdict in ways.values())
        if len(ways) == 2 and not left_out and _word(ways["direct"]) != _word(ways["api"]):
            found.append(
                Difference(
                    gateway=gateway,
                    model=model,
                    probe=probe,
                    direct=_word(ways["direct"]),
                    api=_word(ways["api"]),
                    points_at=_points_at(ways["direct"], ways["api"]),
                )
            )
        elif probe == CATALOG_PROBE and len(ways) == 1:
            found += _of_lists(gateway, ways, listed)
    return tuple(found)


def failing_both_ways(verdicts: Iterable[Verdict]) -> tuple[SharedFailure, ...]:
    """Failures that came direct and through the API alike, counted per gateway and name."""
    tallied: Counter[tuple[str, str, bool]] = Counter()
    for (gateway, model, *_), ways in _pairs(verdicts).items():
        failed = [v for v in ways.values() if v.outcome is Outcome.FAILED]
        # Two keys that are refused alike are still two keys.
        own_keys = any(map(_of_own_key, failed))
        if len(failed) == 2 and not own_keys and _word(failed[0]) == _word(failed[1]):
            tallied[gateway, _word(failed[0]), not model] += 1
    return tuple(
        SharedFailure(gateway=gateway, failure=failure, cases=cases, of_list=of_list)
        for (gateway, failure, of_list), cases in tallied.items()
    )


def _pairs(
    verdicts: Iterable[Verdict],
) -> dict[tuple[str, str, str, int], dict[str, Verdict]]:
    """Each case's verdicts by the way they were come by."""
    pairs: dict[tuple[str, str, str, int], dict[str, Verdict]] = {}
    for verdict in verdicts:
        case = verdict.observation.case
        model = case.model.id if case.model else ""
        pairs.setdefault((case.gateway, model, case.probe, case.repeat), {})[case.way] = verdict
    return pairs


def _of_lists(
    gateway: str, ways: Mapping[str, Verdict], listed: Container[tuple[str, str]]
) -> list[Difference]:
    """The difference when a list failed on one way and gave models on the other.

    A list that can be read has no verdict of its own.
    """
    ((way, failed),) = ways.items()
    other = "api" if way == "direct" else "direct"
    if failed.outcome is not Outcome.FAILED or (gateway, other) not in listed:
        return []
    words = {way: _word(failed), other: Outcome.PASSED.value}
    return [
        Difference(
            gateway=gateway,
            model="",
            probe=CATALOG_PROBE,
            direct=words["direct"],
            api=words["api"],
            points_at=_of_a_list_alone(failed),
        )
    ]


def _of_gateway(
    name: str, way: str, verdicts: Sequence[Verdict], left: int | None
) -> GatewaySummary:
    """One line; `left` is None where a gateway had its turn to the end."""
    passed = [
        v.observation.last for v in verdicts if v.outcome is Outcome.PASSED and not is_a_list(v)
    ]
    attempts = [a for a in passed if a is not None]
    counts = replace(count(verdicts), stopped=left or 0)
    return GatewaySummary(
        gateway=name,
        way=way,
        counts=counts,
        latency_s=percentiles(s for a in attempts if (s := latency_s(a)) is not None),
        ttft_s=percentiles(s for a in attempts if (s := ttft_s(a)) is not None),
        reason="" if counts.judged else _not_judged(verdicts) or _stopped(left),
    )


def _not_judged(verdicts: Sequence[Verdict]) -> str:
    """Why nothing of a gateway was judged, as its verdicts have it."""
    for verdict in verdicts:
        if verdict.reason:
            return verdict.reason
        if verdict.outcome is Outcome.FAILED:  # of the cases none failed, so this is the list
            return f"its model list failed: {_word(verdict)}"
    return ""


def _stopped(left: int | None) -> str:
    return "" if left is None else _STOPPED


def _word(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.PASSED or verdict.failure is None:
        return verdict.outcome.value
    return verdict.failure.label


def _of_own_key(verdict: Verdict) -> bool:
    """Whether it is the backend itself, and none behind it, that refuses the key."""
    case, last, found = verdict.observation.case, verdict.observation.last, verdict.failure
    if case.way != "api" or found is None or found.culprit is not Culprit.KEY:
        return False
    return found.failure_class == "auth" and (
        last is None or not (last.error and last.error.gateway)
    )


def _refused_by_the_backend(verdict: Verdict) -> bool:
    """Whether a request that is wrong on purpose passed without the provider having seen it."""
    seen = verdict.observation
    last = next((a for a in reversed(seen.attempts) if a.step == 0), None)
    wrong = seen.request is not None and seen.request.must_refuse is not None
    return wrong and last is not None and last.error is not None and not last.error.gateway


def _says_nothing(verdict: Verdict) -> bool:
    """Whether a way was not asked, or what came of it could not be judged."""
    if verdict.outcome is Outcome.SKIPPED:
        return verdict.failure is None
    return verdict.outcome is Outcome.UNKNOWN


def _points_at(direct: Verdict, api: Verdict) -> str:
    if _of_own_key(api):
        return _ITS_KEY
    if direct.outcome is Outcome.PASSED:
        found = in_view_of(direct, api).failure
        return found.culprit.value if found is not None else _BACKEND
    if api.outcome is Outcome.PASSED:
        if _refused_by_the_backend(api):
            return _NOT_PASSED_ON
        return _named_by(direct) or _DIRECT_WAY
    if all(v.failure and v.failure.failure_class == "semantic" for v in (direct, api)):
        # Each way has a question of its own: the same weakness shows in other words.
        return _THE_MODEL
    return "the provider, and the backend tells it differently"


def _of_a_list_alone(failed: Verdict) -> str:
    """Whom a list points at that was read on the other way."""
    if failed.observation.case.way == "direct":
        return _named_by(failed) or _DIRECT_WAY
    return _ITS_KEY if _of_own_key(failed) else _named_by(failed) or _BACKEND


def _named_by(verdict: Verdict) -> str:
    """The side that a failure itself names where the way cannot be it: the account, a limit, a key.

    "" for a side that the way between may have put the failure on.
    """
    found = verdict.failure
    if found is None or found.culprit in (*BEHIND, Culprit.BACKEND):
        return ""
    return found.culprit.value
