"""`gatewayz rejudge`: today's rules over a stored run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.cli.rejudging import Rejudged
    from gatewayz.config import Settings
    from gatewayz.core import Case, Failure, Probe, Quirks, Run, Verdict
    from gatewayz.store import Store


@click.command(
    "rejudge",
    cls=SectionedCommand,
    short_help="Judge a stored run again by today's rules, without a call.",
)
@click.argument("run", default="last", metavar="[RUN]")
@option(
    options.OUTPUT, "--save", is_flag=True, help="Keep the result as a run that names this one."
)
@options.format_option
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(run: str, save: bool, **parameters: Any) -> None:
    """Judge a stored run again by today's rules, and show what changes. Nothing is sent.

    RUN is an id, the beginning of one, or "last". What was kept of each answer is read anew; where
    that was cut, or a probe is not there any more, the stored verdict stands.
    """
    from gatewayz.cli.rejudging import rejudged
    from gatewayz.store import open_store

    settings = options.load(parameters)
    store = open_store(settings.store)
    try:
        stored = store.run(run)
        found = rejudged(stored, _probes_of(stored), _quirks_of(stored, settings))
        saved = _saved(store, stored, found) if save else ""
    finally:
        store.close()
    if parameters["format"] == "json":
        _print_json(stored, found, saved)
    else:
        _print(stored, found, saved)


def _probes_of(run: Run) -> Callable[[str], Probe | None]:
    """Today's probes by name: the built-in ones, and the user's whose files are still there."""
    from pathlib import Path

    from gatewayz.core.errors import GatewayzError
    from gatewayz.probes import PROBES
    from gatewayz.probes._presets import chosen_probes

    known = {name: PROBES[name] for name in PROBES}
    words = run.settings.get("probes")
    for word in words if isinstance(words, list | tuple) else ():
        try:
            found = chosen_probes([str(word)], Path.cwd())
        except GatewayzError:
            continue  # it is gone, or cannot be read any more: its cases say so
        known |= {probe.name: probe for probe in found}
    return known.get


def _quirks_of(run: Run, settings: Settings) -> Callable[[Case], Quirks]:
    """The dialect of a case's gateway on its way, as the gateway is known today."""
    from gatewayz.cli.lanes import known_gateways
    from gatewayz.core.access import access_in
    from gatewayz.core.gateway import Quirks
    from gatewayz.gateways import through_api, through_portkey
    from gatewayz.gateways.portkey import GATEWAY as PORTKEY

    known = known_gateways()

    def find(case: Case) -> Quirks:
        gateway = known.get(case.gateway)
        if gateway is None:
            return Quirks(names_failures=case.way == "api")
        if case.way == "api":
            return through_api(gateway, "http://localhost").quirks
        by_portkey = access_in(run, case).key_env in PORTKEY.key_envs
        if by_portkey and gateway.portkey_slug:
            return through_portkey(gateway, settings.environ).quirks
        return settings.configured(gateway).quirks

    return find


def _saved(store: Store, stored: Run, found: Rejudged) -> str:
    """Keeps the result as a run of its own; its id."""
    from dataclasses import replace
    from uuid import uuid4

    import gatewayz
    from gatewayz.core import Summary
    from gatewayz.core.units import utc_now
    from gatewayz.measure import left_in, summarize

    before = stored.summary or Summary()
    again = replace(
        stored,
        id=f"{utc_now():%Y%m%d-%H%M%S}-{uuid4().hex[:6]}",
        settings={**stored.settings, "rejudged": stored.id},
        environment={**stored.environment, "gatewayz": gatewayz.__version__},
        verdicts=found.verdicts,
        summary=replace(
            summarize(found.verdicts, elapsed_s=before.elapsed_s, left=left_in(before)),
            spend=before.spend,
        ),
    )
    store.begin_run(again)
    store.record(again.id, again.verdicts)
    store.finish_run(again)
    return again.id


def _print(stored: Run, found: Rejudged, saved: str) -> None:
    from gatewayz.core.text import visible

    click.echo(f"Run {visible(stored.id)} by today's rules; nothing was sent.")
    for change in found.changed:
        click.echo(f"\n{visible(_place(change.before))}")
        click.echo(f"  was: {visible(_words(change.before, change.after))}")
        click.echo(f"  now: {visible(_words(change.after, change.before))}")
    if found.kept:
        click.echo("\nNot judged again, so that the stored verdict stands:")
        for kept in found.kept:
            click.echo(f"  {visible(_place(kept.verdict))}: {visible(kept.reason)}")
    click.echo(
        f"\nTOTAL: {found.unchanged} unchanged, {len(found.changed)} changed, "
        f"{len(found.kept)} not re-judgeable"
    )
    if saved:
        click.echo(f"kept as run {saved}")


def _print_json(stored: Run, found: Rejudged, saved: str) -> None:
    from gatewayz.cli import documents

    changed = [
        {**_case(c.before), "before": _verdict(c.before), "after": _verdict(c.after)}
        for c in found.changed
    ]
    document = documents.document(
        "rejudged/1",
        run=stored.id,
        unchanged=found.unchanged,
        changed=changed,
        not_rejudgeable=[{**_case(k.verdict), "reason": k.reason} for k in found.kept],
        saved=saved or None,
    )
    documents.echo(document)


def _case(verdict: Verdict) -> Mapping[str, Any]:
    case = verdict.observation.case
    return {
        "id": case.id,
        "gateway": case.gateway,
        "way": case.way,
        "model": case.model.id if case.model is not None else None,
        "probe": case.probe,
        "repeat": case.repeat,
    }


def _verdict(verdict: Verdict) -> Mapping[str, Any]:
    found = verdict.failure
    return {
        "outcome": verdict.outcome,
        "first_outcome": verdict.first_outcome,
        "kind": found.kind if found is not None else None,
        "class": found.failure_class if found is not None else None,
        "culprit": found.culprit if found is not None else None,
        "also": [each.label for each in verdict.also],
        "warnings": [finding.kind or finding.failure_class for finding in verdict.warnings],
    }


def _place(verdict: Verdict) -> str:
    case = verdict.observation.case
    return f"{case.id} (api)" if case.way == "api" else case.id


def _words(verdict: Verdict, other: Verdict) -> str:
    """An outcome with its name, whose side it lies on, its warnings, and what else it differs in."""
    found = verdict.failure
    told = f"{verdict.outcome}: {_name(found)}" if found else str(verdict.outcome)
    odd = dict.fromkeys(finding.kind or finding.failure_class for finding in verdict.warnings)
    if odd:
        told += f"; warning: {', '.join(odd)}"
    besides, others = (list(map(_name, v.also)) for v in (verdict, other))
    if besides != others:
        told += f"; also: {' and '.join(besides) or 'nothing'}"
    if verdict.first_outcome != other.first_outcome:
        told += f"; first try: {verdict.first_outcome or 'none'}"
    return told


def _name(found: Failure) -> str:
    """A failure's name and whose side it lies on."""
    return f"{found.label}, {found.culprit}"
