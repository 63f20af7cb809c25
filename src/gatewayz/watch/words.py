"""What a notice says: a title that tells it all, a few lines, and the document of the webhook."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gatewayz.core.text import visible
from gatewayz.core.units import show_moment, show_seconds
from gatewayz.core.watching import UNWATCHED, Alarm, Notice, State, StateChange

if TYPE_CHECKING:
    from gatewayz.watch.affected import Affected

SCHEMA = "gatewayz/alert/1"
_MOST_MODELS = 10
_STATES: Mapping[State, str] = {
    State.DOWN: "down",
    State.DEGRADED: "degraded",
    State.UNKNOWN: "not to be watched",
    State.UP: "up",
}
_MARKS: Mapping[str, str] = {
    "worse": "WORSE",
    "reminder": "STILL",
    "recovered": "RECOVERED",
    UNWATCHED: "NOT WATCHED ANY MORE",
    "down": "DOWN",
    "degraded": "DEGRADED",
    "unknown": "UNKNOWN",
    "flapping": "FLAPPING",
}
# What each kind of notice is, for docs/watching.md.
KINDS: Mapping[str, str] = {
    "down": "a gateway, or models of it, do not answer any more",
    "unknown": "a gateway cannot be watched: its key is refused, or its account is empty",
    "degraded": "a gateway answers slowly or in part (only with `alert_on`)",
    "worse": "an alarm that was told of has grown: to more models, or to the whole gateway",
    "reminder": "it still goes on",
    "recovered": "all of it is well again",
    UNWATCHED: "what was in trouble is not watched any more, and nobody knows how it is: that ends its alarm, too",
    "flapping": "it goes down and up again and again; the next message is when it has settled",
    "blind": "the day's cap is used up: some or all questions are not asked until 00:00 UTC",
    "asking": "they are asked again",
    "budget": "an objective burns its error budget ([service levels](sla.md))",
    "budget-over": "it does not any more, or it is not promised any more",
    "test": "`gatewayz watch --test-alerts` asked for it",
}


def notice(kind: str, alarm: Alarm, found: Affected | None, at: datetime) -> Notice:
    """The message on a alarm, as it is after it; `found` is None when it is over."""
    is_unseen = kind == UNWATCHED
    after = State.UNKNOWN if is_unseen else State.UP
    subject = _subject(alarm, found)
    unseen = tuple(
        f"{one.model} ({one.probe})" if one.probe else one.model
        for one in alarm.unseen
        if one.model
    )
    if is_unseen and unseen:
        subject = _of_unseen(subject, unseen, len({one.model for one in alarm.unseen if one.model}))
    what = f"{_MARKS[kind]}: {subject}"
    lines: list[str] = []
    if found is None:
        over_at = alarm.closed_at or at
        what += f", after {show_seconds((over_at - alarm.opened_at).total_seconds())}"
        lines.append(
            f"Trouble since {show_moment(alarm.opened_at)}, "
            + ("and not seen to be over." if is_unseen else f"over since {show_moment(over_at)}.")
        )
        lines += _models(unseen)
        if is_unseen and alarm.well_at is not None:
            lines.append(f"All else of it is well since {show_moment(alarm.well_at)}.")
    else:
        lines.append(f"{_STATES[found.state].capitalize()} since {show_moment(found.since)}.")
        if found.reason:
            lines.append(f"Last seen: {visible(found.reason)}")
        lines += _models(found.models)
    if alarm.flapping:
        lines.append(
            "It goes down and up again and again; the next message is when it has settled."
        )
    return Notice(
        id=message_id(alarm.id, str(alarm.notices)),
        kind=kind,
        at=at,
        title=what,
        text="\n".join(lines),
        gateway=alarm.gateway,
        way=alarm.way,
        details={
            "state": (found.state if found else after).value,
            "since": iso(found.since if found else alarm.closed_at or at),
            "whole_gateway": found.whole if found else alarm.whole,
            "models": list(found.models if found else alarm.models),
            "models_watched": found.watched if found else None,
            "unseen": list(unseen),
            "reason": visible(found.reason) if found else "",
            "alarm": alarm.id,
            "opened_at": iso(alarm.opened_at),
            "closed_at": iso(alarm.closed_at) if alarm.closed_at else None,
        },
    )


def message_id(*parts: str) -> str:
    """The id of a message, of what it is about: letters and digits, whatever anybody is called.

    It goes into a header, and before a dot into what is signed. The same parts give the same id.
    """
    named = json.dumps(parts).encode()
    return f"msg_{hashlib.sha256(named).hexdigest()[:32]}"


def whose(alarm: Alarm) -> str:
    """The gateway that an alarm is about, and the way where it is not the direct one."""
    return visible(alarm.gateway) + ("" if alarm.way == "direct" else " through the API")


def _subject(alarm: Alarm, found: Affected | None) -> str:
    name = whose(alarm)
    if found is None or found.whole:
        count = f" ({found.watched} models)" if found is not None and found.watched > 1 else ""
        return name + count
    if len(found.models) == 1:
        return f"{name}/{visible(found.models[0])}"
    return f"{len(found.models)} of {found.watched} models of {name}"


def _of_unseen(gateway: str, unseen: tuple[str, ...], models: int) -> str:
    if len(unseen) == 1:
        return f"{gateway}/{visible(unseen[0])}"
    return (
        f"{models} models of {gateway}" if models > 1 else f"{len(unseen)} questions of {gateway}"
    )


def _models(models: tuple[str, ...]) -> list[str]:
    lines = [f"- {visible(model)}" for model in models[:_MOST_MODELS]]
    more = len(models) - _MOST_MODELS
    return [*lines, f"and {more} more"] if more > 0 else lines


def document(told: Notice) -> dict[str, Any]:
    """The webhook's JSON document: see docs/watching.md."""
    return {
        "schema": SCHEMA,
        "id": told.id,
        "kind": told.kind,
        "at": iso(told.at),
        "title": told.title,
        "text": told.text,
        "gateway": told.gateway,
        "way": told.way,
        **told.details,
    }


def change(told: StateChange) -> str:
    """A change on one line: "groq/llama (chat): up -> down since 10:05, HTTP 503 ...".

    It names who changed, from what to what, and why.
    """
    before = told.before.value if told.before is not None else "new"
    after = "recovered" if told.recovered else told.after.value
    why = f": {told.reason}" if told.reason and not told.recovered else ""
    return visible(f"{told.target.told}: {before} -> {after}{why}")


def iso(at: datetime) -> str:
    """A moment for programs."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
