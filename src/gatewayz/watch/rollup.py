"""From questions to models, from models to gateways: whose state follows from what stands under it.

A feature that fails never makes a model down, and a list that fails never a gateway that answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from gatewayz.core.watching import REACHABLE, SEVERITY, Condition, Level, State, Target

# The questions whose failure means that a model does not answer, the first that was asked decides.
ANSWERS = ("chat", "streaming")
# Who asks one model only cannot tell it from its gateway, unless the gateway itself is silent.
_ENOUGH_MODELS = 2

Rolled = tuple[State | None, Condition | None]


def model_state(probes: Mapping[str, Condition]) -> Rolled:
    """A model's state, and the condition that decides it, from those of its questions by name."""
    deciding = answering(probes)
    if deciding is not None and is_silent(deciding):
        return deciding.state, deciding
    off = worst_of(probes.values())
    if off is not None:
        return State.DEGRADED, off
    return (State.UP, deciding) if deciding is not None else (None, None)


def answering(probes: Mapping[str, Condition]) -> Condition | None:
    """The question that tells whether a model answers at all; None while nothing is known of any."""
    known = (probes[name] for name in ANSWERS if name in probes)
    return next((one for one in known if one.state is not None), None)


def gateway_state(
    lists: Mapping[str, Condition],
    models: Iterable[Condition],
    *,
    tellers: Iterable[Condition] = (),
    answers: int = 1,
) -> Rolled:
    """A gateway's state, and what decides it: from its list's conditions and those of its models.

    It is down when all its models are, or when its host does not answer and no model has since, so
    many times (`answers`) in a row; `tellers` are the questions that tell whether they do.
    """
    known = [found for found in models if found.state is not None]
    reachable = lists.get(REACHABLE)
    silent = reachable is not None and reachable.state is State.DOWN
    if _all_are(State.DOWN, known) and (len(known) >= _ENOUGH_MODELS or silent):
        return State.DOWN, known[0]
    if reachable is not None and silent and not _answered_since(tellers, reachable.since, answers):
        return State.DOWN, reachable
    blind = known or ([reachable] if reachable is not None else [])
    if _all_are(State.UNKNOWN, blind):
        return State.UNKNOWN, blind[0]
    off = worst_of((*known, *lists.values()))
    if off is not None:
        return State.DEGRADED, off
    first = next(iter(known), reachable)
    return (State.UP, first) if first is not None and first.state is State.UP else (None, None)


def _all_are(state: State, found: Sequence[Condition]) -> bool:
    return bool(found) and all(one.state is state for one in found)


def _answered_since(tellers: Iterable[Condition], since: datetime | None, times: int) -> bool:
    return since is not None and any(_answers(found, since) >= times for found in tellers)


def _answers(found: Condition, since: datetime) -> int:
    """How many of its last sightings in a row were answers, after a moment.

    Who is not known to be silent has answered once at least, whatever its very last sighting was.
    """
    if not is_silent(found) and found.last_good_at is not None and found.last_good_at > since:
        return max(1, _in_a_row(found, since))
    return _in_a_row(found, since)


def _in_a_row(found: Condition, since: datetime) -> int:
    count = 0
    for level, at in zip(reversed(found.recent), reversed(found.recent_at), strict=True):
        if at <= since or level not in (Level.GOOD, Level.POOR):
            break
        count += 1
    return count


def worst_of(conditions: Iterable[Condition]) -> Condition | None:
    """The worst of those that are not up, of equals the one that began first; None where all are up."""
    off = [one for one in conditions if one.is_off]
    off.sort(key=lambda one: (one.since is None, one.since))
    return max(off, key=lambda one: SEVERITY[one.state or State.UP], default=None)


def is_silent(answers: Condition) -> bool:
    """Whether the question that tells it says that its model does not answer, or that nobody can tell."""
    return answers.state in (State.DOWN, State.UNKNOWN)


def began(
    before: Mapping[Target, Condition],
    under: Mapping[Target, Condition],
    state_of: Callable[[Mapping[Target, Condition]], Rolled],
) -> datetime | None:
    """The moment of that change under a whole which brought it to the state that it has now.

    `before` is how those that have changed stood, `under` how all stand. None where no change of theirs did.
    """
    playing = {target: before.get(target, one) for target, one in under.items()}
    state, _ = state_of(playing)
    moment = None
    changed = [one for one in under.values() if one.state is not playing[one.target].state]
    for one in sorted(changed, key=lambda one: (one.since is None, one.since)):
        playing[one.target] = one
        after, _ = state_of(playing)
        if after is not state:
            state, moment = after, one.since
    return moment
