"""Whether two load runs asked the same and were under the same load, so that they can be set against each other.

Pure: results in, what differs out. docs/history.md, "Load runs", says each rule in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from gatewayz.core.access import access_kept
from gatewayz.core.kinds import KINDS
from gatewayz.core.load import LoadLine, LoadResult, LoadUnit

# With so many times its level a closed load is held for most of its time; `bench` sends as many itself.
HELD = 3
# Counts of requests are alike where they differ by no more than this share of the larger one.
ALIKE = 0.1
# The settings that decide what is asked, and how long an answer may be.
OF_THE_QUESTION = (
    "prompt",
    "prompt_digest",
    "as_written",
    "max_tokens",
    "temperature",
    "no_stream",
)
# Those that hold a load back, by what it counts.
OF_THE_LOAD: Mapping[LoadUnit, tuple[str, ...]] = {
    "concurrency": ("ignore_limits",),
    "rate": ("in_flight",),
}

# What a request is called that was ended by our time limit.
_OUT_OF_TIME = {
    "timeout",
    *(kind.name for kind in KINDS.values() if kind.failure_class == "timeout"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """A setting that decides what is asked, or how, and is another in the second run; values as JSON."""

    setting: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedOtherwise:
    """One target under a load that is called the same in both runs and is another, and what differs."""

    target: str
    title: str
    differs: tuple[Otherwise, ...]


def asked_otherwise(before: LoadResult, after: LoadResult) -> tuple[Otherwise, ...]:
    """The settings by which the two asked different questions; empty where they asked the same.

    What one of them does not tell (an older version kept fewer) is taken for the same.
    """
    return tuple(
        Otherwise(setting=name, before=before.settings[name], after=after.settings[name])
        for name in OF_THE_QUESTION
        if name in before.settings
        and name in after.settings
        and _differ(before.settings, after.settings, name)
    )


def _differ(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> bool:
    """Whether a setting makes another question of it."""
    if name != "prompt":
        return bool(before[name] != after[name])
    if "prompt_digest" in before and "prompt_digest" in after:
        return False  # what the files say decides, not what they are called
    return bool(_called(before[name]) != _called(after[name]))


def _called(prompt: Any) -> Any:
    """A size, or a file of prompts by its name, wherever it lies."""
    if not isinstance(prompt, str):
        return prompt
    # A size is a word alone; a file that is called so has its folder before it.
    is_size = prompt.isalpha() and prompt.islower()
    return prompt if is_size else ("file", PurePath(prompt).name)


def loaded_otherwise(before: LoadResult, after: LoadResult) -> tuple[LoadedOtherwise, ...]:
    """What has one title in both runs and was under another load in the second, in its order."""
    return tuple(
        LoadedOtherwise(target=other.target, title=other.title, differs=differs)
        for one, other in _called_the_same(before, after)
        if (differs := _differs(before, one, after, other))
    )


def comparable(before: LoadResult, after: LoadResult) -> Iterator[tuple[LoadLine, LoadLine]]:
    """The lines of both runs that were under one load, in the second's order; none where the two asked
    different questions.
    """
    for one, other in _called_the_same(before, after):
        if not _differs(before, one, after, other):
            yield one, other


def _called_the_same(before: LoadResult, after: LoadResult) -> Iterator[tuple[LoadLine, LoadLine]]:
    """The lines of both runs with the same target and title; none where other questions were asked."""
    if asked_otherwise(before, after):
        return
    known = {_named(before, line): line for line in before.lines}
    for line in after.lines:
        if (name := _named(after, line)) in known:
            yield known[name], line


def _named(result: LoadResult, line: LoadLine) -> tuple[str, ...]:
    """What a line goes by: whom it is about, by which way, and its title."""
    target = next((one for one in result.targets if one.name == line.target), None)
    if target is None:
        return (line.target, line.title)
    return (target.gateway, target.model_id, target.way, line.title)


def _differs(
    before: LoadResult, one: LoadLine, after: LoadResult, other: LoadLine
) -> tuple[Otherwise, ...]:
    """By what two lines were under different loads; what one run does not tell is the same."""
    was, now = _load_of(before, one), _load_of(after, other)
    told = (
        Otherwise(setting=name, before=was[name], after=now[name])
        for name in was
        if name in now and was[name] != now[name]
    )
    return (
        *told,
        *_other_place(before, one, after, other),
        *_other_limit(before, one, after, other),
    )


def _other_place(
    before: LoadResult, one: LoadLine, after: LoadResult, other: LoadLine
) -> Iterator[Otherwise]:
    """Another URL at the same host, by which endpoints without a name are called."""
    was, now = (
        {access.base_url for target in result.targets if target.name == line.target
         if (access := access_kept(result.settings, target.gateway, target.way)).base_url_env == "URL"}
        for result, line in ((before, one), (after, other))
    )  # fmt: skip
    if was and now and was != now:
        yield Otherwise(setting="base_url", before=min(was), after=min(now))


def _other_limit(
    before: LoadResult, one: LoadLine, after: LoadResult, other: LoadLine
) -> Iterator[Otherwise]:
    """The time limit of an answer, where it is another and the shorter one ended some: under the longer
    one these might have passed, late. What even the longer one ended, the shorter would have as well.
    """
    was, now = (result.settings.get("timeout_s") for result in (before, after))
    if was is None or now is None or was == now:
        return
    shorter = (before, one) if was < now else (after, other)
    if any(_OUT_OF_TIME.intersection(line.failed) for line in _makes_up_the_load(*shorter)):
        yield Otherwise(setting="timeout_s", before=was, after=now)


def _makes_up_the_load(result: LoadResult, line: LoadLine) -> Sequence[LoadLine]:
    """The lines whose requests, by when they end, are part of the load that a line was under."""
    if result.shape.kind == "ramp":
        return result.lines
    if result.shape.unit == "rate":
        return (line,)
    return [each for each in result.lines if each.stage == line.stage]


def _load_of(result: LoadResult, line: LoadLine) -> dict[str, Any]:
    """What decides which load a line was under, as JSON values."""
    unit, stages = result.shape.unit, result.shape.stages
    stage = next((one for one in stages if one.index == line.stage), None)
    together = [one for one in result.lines if one.stage == line.stage]
    load: dict[str, Any] = {"unit": unit}
    # What the steps before left under way is part of the load of a ramp's step.
    is_ramp = result.shape.kind == "ramp"
    if stage is not None:
        load |= {"level": stage.level, "arrivals": stage.arrivals}
    load["ramp"] = [stages[0].level, stages[-1].level] if is_ramp and stages else None
    if unit == "rate":
        # Each has its turn, and with it the same part of the starts, whoever the others are.
        load["targets"] = len(together)
    else:
        # Who answers slowly keeps more of the places than who is quick.
        others = (one.target for one in together if one.sent and one.target != line.target)
        load["shared_with"] = sorted(others)
        if (limits := result.settings.get("held_to")) is not None:
            names = {one.target for one in together}
            gateways = {one.gateway for one in result.targets if one.name in names}
            load["held_to"] = {name: limits[name] for name in sorted(gateways & limits.keys())}
    return load | {
        name: result.settings[name] for name in OF_THE_LOAD[unit] if name in result.settings
    }


def went_otherwise(
    before: LoadResult, one: LoadLine, after: LoadResult, other: LoadLine
) -> tuple[Otherwise, ...]:
    """By what two closed loads that were set alike went different ways, so that times differ by that.

    In an open load each has its starts whatever becomes of the others, and in a ramp the steps before
    are under way, too.
    """
    if after.shape.unit != "concurrency" or after.shape.kind == "ramp":
        return ()
    return (
        *_bounded_otherwise(before, one, after, other),
        *_left_places(before, one, after, other),
    )


def _bounded_otherwise(
    before: LoadResult, one: LoadLine, after: LoadResult, other: LoadLine
) -> Iterator[Otherwise]:
    """That one of the two had too few requests to hold its level, and the other had others."""
    was, now = _too_few_by(before, one), _too_few_by(after, other)
    few = [each for each in (was, now) if each is not None]
    if len(few) == 1 or (few and not _alike(*few, by_turns=1)):
        yield Otherwise(setting="requests", before=was, after=now)


def _too_few_by(result: LoadResult, line: LoadLine) -> int | None:
    """The requests that bounded a closed load where they are too few to hold its level, else None.

    Of such a load a good part is its beginning and its end, with fewer under way. What counts is what
    bounded it, not how many it came to: a load bounded by time has few because its answers are slow.
    """
    stage = next((each for each in result.shape.stages if each.index == line.stage), None)
    if stage is None:
        return None
    together = _makes_up_the_load(result, line)
    sent = sum(each.sent for each in together)
    last = max(each.stage for each in result.lines if each.sent or each is line)
    most = None if stage.requests is None else stage.requests * len(together)
    if result.stopped_why and stage.index == last:
        most = sent
    return most if most is not None and most < HELD * stage.level else None


def _left_places(
    before: LoadResult, one: LoadLine, after: LoadResult, other: LoadLine
) -> Iterator[Otherwise]:
    """That a target was stopped on the way in one of the two, and left its places to the others.

    Targets take turns, so one that got clearly fewer requests than another was asked no more.
    """
    was, now = (
        {each.target: each.sent for each in _makes_up_the_load(*side) if each.sent}
        for side in ((before, one), (after, other))
    )
    turns, turns_now = max(was.values(), default=0), max(now.values(), default=0)
    # Each process may end amid a turn.
    amid = 1 + max(side.self_check.processes for side in (before, after))
    for name in sorted(was.keys() & now.keys()):
        # As if both had had as many turns.
        if not _alike(
            was[name] * turns_now, now[name] * turns, by_turns=amid * max(turns, turns_now)
        ):
            yield Otherwise(
                setting="turns", before=[name, was[name], turns], after=[name, now[name], turns_now]
            )


def _alike(one: float, other: float, *, by_turns: float) -> bool:
    """Whether two counts differ by no more than chance brings into a run."""
    return math.isclose(one, other, rel_tol=ALIKE, abs_tol=by_turns)
