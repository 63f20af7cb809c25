"""Runs whose process was killed: ended in the store, and gone on with."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatewayz.core.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from gatewayz.client import Listing
    from gatewayz.config import Settings
    from gatewayz.core import Model, Run, Way
    from gatewayz.runner import Lane, Listings, RollCall
    from gatewayz.store import Store

# What decides which questions a run puts, and how it counts their answers.
_OF_THE_RUN = (
    "models", "exclude", "probes", "message", "max_tokens", "max_prompt_tokens", "temperature",
    "retries", "retry_budget_s", "repeat", "fail_fast", "seed", "via", "timeout_s",
    "connect_timeout_s", "max_age_s",
)  # fmt: skip
# What all parts of a run keep to together. The command line may give others, and a run that had none
# keeps to those that are set now.
_CAPS = ("max_cost_usd", "max_tokens_total", "max_calls")


def end_abandoned(store: Store, now: datetime | None = None) -> tuple[str, ...]:
    """Ends the runs whose process is gone, as if they had been cancelled then; their ids.

    Where the store may not be written, nothing is done.
    """
    from gatewayz.core.units import utc_now

    ended = []
    with contextlib.suppress(StoreError):
        for run_id in store.holding.abandoned(now or utc_now()):
            store.finish_run(_ended(store, run_id))
            ended.append(run_id)
    return tuple(ended)


def _ended(store: Store, run_id: str) -> Run:
    """A run as it stood when its process was killed."""
    from gatewayz.core import RunStatus, Summary
    from gatewayz.measure import summarize

    run = store.run(run_id)
    plan = tuple(dict.fromkeys((*run.plan, *store.holding.plan_of(run_id))))
    ends = (one.ended_at for verdict in run.verdicts for one in verdict.observation.attempts)
    finished_at = max([run.started_at, *filter(None, ends)])
    judged = {verdict.observation.case.name for verdict in run.verdicts}
    left: Counter[tuple[str, str]] = Counter(
        (c.gateway, c.way) for c in plan if c.model and c.name not in judged
    )
    part = store.holding.part_of(run_id)
    before = part.before or Summary()
    # Between two parts nobody asked anything; one that was killed at once has no attempt of its own.
    took_s = (finished_at - (part.began_at or run.started_at)).total_seconds()
    elapsed_s = (before.elapsed_s or 0.0) + max(0.0, took_s)
    summary = summarize(run.verdicts, elapsed_s=elapsed_s, left=left)
    return replace(
        run,
        plan=plan,
        status=RunStatus.CANCELLED,
        finished_at=finished_at,
        summary=replace(summary, spend=before.spend),
    )


def interrupted(store: Store, name: str) -> Run:
    """The run that is to be gone on with.

    Raises: UnknownName; ConfigError when it came to its end, or goes on in another process.
    """
    from gatewayz.core import RunStatus

    run = store.run(name)
    if run.status is RunStatus.FINISHED:
        raise ConfigError(f"run {run.id} came to its end; there is nothing to go on with")
    if run.status is RunStatus.RUNNING:
        raise ConfigError(f"run {run.id} goes on in another process; wait for its end")
    if "rejudged" in run.settings:
        raise ConfigError(f"run {run.id} judged another one again; there is nothing to ask")
    return run


def settings_of(run: Run, settings: Settings) -> Settings:
    """The settings with all that decides what a run asks, and may spend, as that run had it."""
    from gatewayz.core.access import section_for

    ways: list[Way] = [w for w in ("direct", "api") if run.settings.get(section_for(w))]
    if not ways:
        raise ConfigError(f"run {run.id} does not say whom it asked; it cannot be gone on with")
    names = {name: None for way in ways for name in run.settings[section_for(way)]}
    known = {one.name: one for one in fields(settings)}
    kept = {name: run.settings[name] for name in _OF_THE_RUN if name in run.settings}
    for name in _CAPS:
        if run.settings.get(name) is not None and not settings.origin(name).startswith("--"):
            kept[name] = run.settings[name]
    return replace(
        settings,
        gateways=tuple(names),
        mode="both" if len(ways) == 2 else ways[0],
        **{name: _as(value, known[name].default) for name, value in kept.items()},
    )


def _as(value: Any, default: Any) -> Any:
    """A JSON value as the setting has it."""
    return tuple(value) if isinstance(default, tuple) else value


def order_of(run: Run, order: RollCall, store: Store) -> tuple[RollCall, Listings]:
    """The order that goes on with a run, and the model lists that it has read already.

    Raises: ConfigError when a gateway is now at another address or cannot be asked what is left, or
    a probe is there no more or has another text.
    """
    from gatewayz.cli.freshness import OWN_PROBES
    from gatewayz.core.access import section_for
    from gatewayz.core.catalog_names import catalog_name
    from gatewayz.core.text import visible

    for lane in order.lanes:
        now = _address(order.settings, section_for(lane.way), lane.name)
        then = _address(run.settings, section_for(lane.way), lane.name)
        if now != then:
            raise ConfigError(
                f"run {run.id} asked {lane.name} at {visible(then)}, which is {visible(now)} now; "
                f"{'name that backend with --api-url, or ' if lane.way == 'api' else ''}begin a new run"
            )
    asked = {probe.name for probe in order.probes}
    for case in run.plan:
        if case.model is not None and case.probe not in asked:
            raise ConfigError(
                f"run {run.id} asks the probe {visible(case.probe)}, which is there no more; "
                "begin a new run"
            )
    now_written = order.settings[OWN_PROBES]
    for file, then_written in run.settings.get(OWN_PROBES, {}).items():
        if now_written.get(file) != then_written:
            raise ConfigError(
                f"run {run.id} asks the probe in {visible(file)}, whose text is another now; "
                "begin a new run"
            )
    told = {**run.settings, **{name: order.settings[name] for name in _CAPS}}
    order = replace(
        order, lanes=_lanes(run, order), resumed=run, settings=told, environment=run.environment
    )
    offered = store.catalogues.of(run.id)
    listings = {
        (one.name, one.way): _listing(store, offered, catalog_name(one.name, one.way))
        for one in order.lanes
    }
    return order, {lane: found for lane, found in listings.items() if found is not None}


def _lanes(run: Run, order: RollCall) -> tuple[Lane, ...]:
    """The lanes that a run goes on with: skipped are those alone that it skipped itself.

    Raises: ConfigError where one cannot be asked now that has questions left, or a list to be read:
    skipped, they would be lost, as the run would come to its end without them.
    """
    from gatewayz.core import CATALOG_PROBE, Case, Outcome
    from gatewayz.core.text import visible

    judged = {verdict.observation.case.name: verdict.outcome for verdict in run.verdicts}
    lanes, kept_out = [], []
    for lane in order.lanes:
        listed = Case(gateway=lane.name, probe=CATALOG_PROBE, way=lane.way).name
        asked = (one for one in run.plan if (one.gateway, one.way) == (lane.name, lane.way))
        planned = [case.name for case in asked if case.model is not None]
        settled = judged.get(listed, Outcome.PASSED) is not Outcome.PASSED
        if planned:
            settled = judged.keys() >= set(planned)
        if lane.skip and not settled:
            kept_out.append(f"{lane.name} ({visible(lane.skip)})")
        lanes.append(lane if judged.get(listed) is Outcome.SKIPPED else replace(lane, skip=""))
    if kept_out:
        left = f"run {run.id} has questions left for {', '.join(kept_out)}"
        raise ConfigError(f"{left}; nothing was asked: mend that first")
    return tuple(lanes)


def _address(settings: Mapping[str, Any], section: str, gateway: str) -> str:
    entry = settings.get(section, {}).get(gateway, {})
    return str(entry.get("base_url", ""))


def _listing(
    store: Store, offered: Mapping[str, tuple[Model, ...]], catalog: str
) -> Listing | None:
    """A model list that a run has read; None where it is to be read.

    A run's own is kept in the order of the ids, and by the list's own order models are chosen. Where
    the newest is another by now, that order is lost, and nothing was planned by it yet that would be.
    """
    from gatewayz.client import Listing

    own, newest = offered.get(catalog), store.catalog(catalog)
    if own is None or newest is None:
        return None
    if tuple(sorted(newest.models, key=lambda model: model.id)) != own:
        return None
    return Listing(models=newest.models, listed=len(newest.models))
