"""What a watch prints: a line for each change, and how all stands when asked."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click

from gatewayz.core.text import display_width, visible
from gatewayz.core.units import show_age, show_moment
from gatewayz.core.watching import Alarm, Condition, Level, State, StateChange
from gatewayz.reports._wrapping import width_of, wrapped
from gatewayz.store import Store
from gatewayz.watch import Told
from gatewayz.watch.blindness import told as blind_told
from gatewayz.watch.blindness import unasked
from gatewayz.watch.leading import told as holder_told
from gatewayz.watch.rollup import ANSWERS
from gatewayz.watch.words import change, iso, whose

SCHEMA = "gatewayz/watch/1"
EVENT_SCHEMA = "gatewayz/watch-event/1"
_MOST_CHANGES = 20
_MOST_ALARMS = 100


class Lines:
    """Prints what happens, as text or as one JSON object a line."""

    def __init__(self, *, verbose: bool = False, as_json: bool = False) -> None:
        self._verbose, self._as_json = verbose, as_json

    def __call__(self, told: Told) -> None:
        """One round."""
        if self._as_json:
            for one in told.changes:
                _echo(json.dumps({"schema": EVENT_SCHEMA, **change_as_json(one)}), whole=True)
            return
        clock = f"{told.at:%H:%M:%S} UTC"
        if self._verbose or not told.tier.reads_lists_only:
            _echo(f"{clock}  {told.tier.name}: {_counts(told)}")
        for one in told.changes if self._verbose else worth_a_line(told.changes):
            _echo(f"{clock}  {change(one)}")
        for notice in told.notices:
            _echo(f"{clock}  alert: {visible(notice.title)}")
        if told.seen.resting:
            _echo(
                f"{clock}  {told.seen.resting} rest: their gateway is down, and had its share of the"
                " day's cap"
            )
        if told.seen.left_out:
            _echo(f"{clock}  {told.seen.left_out} not asked: {visible(told.seen.why)}")


def folded(line: str) -> str:
    """A line as it fits a terminal; a file, or whoever reads a pipe, has it whole."""
    width = width_of(sys.stdout, os.environ)
    if not sys.stdout.isatty() or display_width(line) <= width:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    first, *rest = wrapped(line, "", break_words=True, width=width - len(indent) - 2)
    return "\n".join([f"{indent}{first}", *(f"{indent}  {more}" for more in rest)])


def _echo(line: str, *, whole: bool = False) -> None:
    click.echo(line if whole else folded(line))
    # Whoever follows a watch through a pipe is to see a line when it is there.
    sys.stdout.flush()


def _counts(told: Told) -> str:
    levels = Counter(seen.level for seen in told.seen.sightings)
    words = [f"{levels[level]} {level.value}" for level in Level if levels[level]]
    words += [f"{levels[None]} not judged"] if levels[None] else []
    spent = told.seen.spent
    today = f"; today {spent.calls} calls, {spent.cost}" if spent is not None else ""
    stopped = "" if told.seen.complete else " (stopped)"
    return f"{', '.join(words) or 'nothing asked'}{today}{stopped}"


def worth_a_line(changes: Sequence[StateChange]) -> list[StateChange]:
    """Gateways, and models whose gateway did not change in the same way; a question as its model."""
    whole = {(c.target.gateway, c.target.way, c.after) for c in changes if not c.target.model}
    return [
        one
        for one in changes
        if not one.target.probe
        and (not one.target.model or (one.target.gateway, one.target.way, one.after) not in whole)
    ]


def change_as_json(one: StateChange) -> dict[str, Any]:
    """A change for programs."""
    return {
        "at": iso(one.at),
        "since": iso(one.since),
        "gateway": one.target.gateway,
        "way": one.target.way,
        "model": one.target.model or None,
        "probe": one.target.probe or None,
        "before": one.before.value if one.before is not None else None,
        "after": one.after.value,
        "kind": one.kind or None,
        "reason": one.reason,
    }


def condition_as_json(one: Condition) -> dict[str, Any]:
    """How a target stands, for programs."""
    return {
        "gateway": one.target.gateway,
        "way": one.target.way,
        "model": one.target.model or None,
        "probe": one.target.probe or None,
        "state": one.state.value if one.state is not None else None,
        "since": iso(one.since) if one.since else None,
        "last_seen": iso(one.last_at) if one.last_at else None,
        "last_good": iso(one.last_good_at) if one.last_good_at else None,
        "kind": one.kind or None,
        "reason": one.reason,
        "not_asked_since": iso(one.unasked_since) if one.unasked_since else None,
    }


def alarm_as_json(one: Alarm) -> dict[str, Any]:
    """An alarm that is open, for programs."""
    return {
        "id": one.id,
        "gateway": one.gateway,
        "way": one.way,
        "state": one.state.value,
        "opened_at": iso(one.opened_at),
        "whole_gateway": one.whole,
        "models": list(one.models),
        "flapping": one.flapping,
    }


def as_json(store: Store, now: datetime) -> str:
    """All that is known of the watch, as one document."""
    lease = store.watch.leases.lease()
    spent = store.watch.spent(f"{now:%Y-%m-%d}")
    found = {
        "schema": SCHEMA,
        "at": iso(now),
        "leader": lease.holder.split(" ")[:2] if lease is not None and lease.holder else None,
        "last_beat": iso(lease.at) if lease is not None else None,
        "spent_today": {
            "calls": spent.calls,
            "tokens": spent.tokens,
            "usd": spent.known_usd,
            "unpriced_calls": spent.unpriced_calls,
        },
        "tiers": [{"tier": mark.tier, "last": iso(mark.at)} for mark in store.watch.marks()],
        "conditions": [condition_as_json(one) for one in store.watch.conditions()],
        "changes": [change_as_json(one) for one in store.watch.changes()],
        "alarms": [alarm_as_json(one) for one in store.watch.alarms(_MOST_ALARMS, open_only=True)],
        "alerts": [
            {"id": one.id, "kind": one.kind, "at": iso(one.at), "title": one.title, "channels": dict(to)}
            for one, to in store.watch.notices()
        ],
    }  # fmt: skip
    return json.dumps(found, indent=2, ensure_ascii=False)


def as_lines(store: Store, now: datetime) -> Iterable[str]:
    """How all stands, for people."""
    conditions = store.watch.conditions()
    if not conditions:
        yield "Nothing has been watched yet; start with: gatewayz watch"
        return
    lease = store.watch.leases.lease()
    if lease is not None:
        leads = f"led by {holder_told(lease.holder)}, " if lease.holder else "nobody watches now; "
        yield f"Watch: {leads}last sign {show_age(lease.at, now)} ago"
    blind = unasked(conditions)
    if blind:
        yield f"BLIND: {blind_told(blind, conditions, now)}"
    yield ""
    latest = max(store.watch.marks(), key=lambda mark: mark.at, default=None)
    for gateway in [one for one in conditions if one.target.is_gateway]:
        is_asked = latest is None or latest.is_of(gateway.target.place)
        yield from _gateway(gateway, conditions, now, is_asked=is_asked)
    alarms = store.watch.alarms(_MOST_ALARMS, open_only=True)
    if alarms:
        yield "\nOpen alarms"
        for alarm in alarms:
            yield f"  {_alarm(alarm)}"
    changes = worth_a_line(store.watch.changes(_MOST_CHANGES))
    if changes:
        yield "\nLatest changes"
        for one in changes:
            yield f"  {show_moment(one.at)}  {change(one)}"


def _alarm(one: Alarm) -> str:
    some = "" if one.whole or not one.models else f", {len(one.models)} of its models"
    quiet = (
        "; it goes up and down, and nothing is told of it until it has settled"
        if one.flapping
        else ""
    )
    began = show_moment(one.opened_at)
    return f"{whose(one)}{some}: {one.state.value} since {began}{quiet}"


def _gateway(
    gateway: Condition, conditions: Sequence[Condition], now: datetime, *, is_asked: bool
) -> Iterable[str]:
    of = gateway.target.place
    models = [
        one
        for one in conditions
        if one.target.place == of and one.target.model and not one.target.probe
    ]
    stale = _stale(one for one in conditions if one.target.place == of)
    up = sum(one.state is State.UP and one.target.model not in stale for one in models)
    off = f", {len(stale)} not asked (stale)" if stale else ""
    seen = [one.last_at for one in conditions if one.target.place == of and one.last_at is not None]
    if seen and not is_asked:
        off += f", not watched for {show_age(max(seen), now)}"
    word = "stale" if stale and gateway.state is State.UP else _state(gateway)
    yield f"{word:<9} {visible(gateway.target.told)}: {up} of {len(models)} models up{off}"
    if gateway.state is State.DOWN:
        yield f"          {_since(gateway, now)}"
        return
    for one in models:
        if one.target.model in stale:
            yield f"  {'stale':<9} {visible(one.target.model)}"
            since = stale[one.target.model]
            yield f"            {_state(one)} when last seen; not asked for {show_age(since, now)}"
        elif one.state is not State.UP:
            yield f"  {_state(one):<9} {visible(one.target.model)}"
            yield f"            {_since(one, now)}"


def _stale(conditions: Iterable[Condition]) -> dict[str, datetime]:
    """Models whose answers a cap keeps from being asked for, since when: how they stand nobody knows."""
    return {
        one.target.model: one.unasked_since
        for one in conditions
        if one.unasked_since is not None and one.target.probe in ANSWERS
    }


def _state(one: Condition) -> str:
    return one.state.value if one.state is not None else "new"


def _since(one: Condition, now: datetime) -> str:
    since = f"for {show_age(one.since, now)}" if one.since is not None else "not confirmed"
    return visible(f"{since}: {one.reason}" if one.reason else since)
