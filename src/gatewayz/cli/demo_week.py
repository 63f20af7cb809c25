"""`gatewayz demo --week`: a week of hourly probes on a fast-forward clock, then the pages over it."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from gatewayz.config import Settings, load_settings
from gatewayz.core.errors import StoreError
from gatewayz.core.units import utc_now

if TYPE_CHECKING:
    from gatewayz.cli.week_beside import Pieces
    from gatewayz.core.availability import SlaReport
    from gatewayz.core.watching import WatchRecord
    from gatewayz.simulator.week import Script
    from gatewayz.store import Store

_STORE, _TOML = "week.db", "week.toml"
# Of this part of the gateways the rows are made on the other core, which has the watch and the sums as well.
_BESIDE = 2 / 14
_SWITCH_S = 0.0002
# The pages are shown for this long when nobody ends them.
_SHOWN_S = 3600.0

_PROMISES = """
[[sla]]
name = "each gateway"
per = "gateway"
window = "7d"
availability = 99.5
ttft = { p95 = "2s" }
"""


def week_here(folder: Path, *, serve: bool, browser: bool) -> int:
    """Makes the week in a folder, tells what happened, and shows it; the exit code."""
    from gatewayz.cli.sla_report import sla_report
    from gatewayz.cli.week_played import with_promises
    from gatewayz.simulator.week import read_script
    from gatewayz.store import open_store

    began = time.monotonic()
    gc.disable()  # there is next to nothing to collect, and looking for it takes a fifth of the time
    now = utc_now()
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=7)
    script = read_script()
    config = _write_settings(folder, script, start)
    settings = load_settings(environ=_environment(GATEWAYZ_CONFIG=str(config)), folder=folder)
    said = (
        f"A week of hourly probes of {len(script.gateways)} gateways x {len(script.models)} models, "
        f"from {start:%Y-%m-%d %H:%M} UTC on. {len(script.events)} things go wrong by a script, and a "
        "maintenance is announced. Nothing is sent."
    )
    _say(said)
    with (
        contextlib.closing(open_store(settings.store)) as store,
        _on_another_core(script, start, config) as beside,
    ):
        count = _write_week(store, script, start, beside)
        end = start + timedelta(hours=script.hours)
        # It asks for results only, so the other core may still be at its sums.
        report = sla_report(store, settings.slas, at=end, maintenance=settings.maintenance)
        record = with_promises(beside.record(), report.assessments)
        _keep(store, record)
        _tell(record, report, start)
    gc.enable()
    took = time.monotonic() - began
    size = sum(file.stat().st_size for file in folder.glob(f"{_STORE}*")) / 1e6
    _say(f"{count:,} probes in {took:.1f} s. The store: {_shown(folder / _STORE)} ({size:,.0f} MB)")
    _next_steps(config)
    if serve or browser:
        _show(settings, browser=browser)
    return 0


def _write_settings(folder: Path, script: Script, start: datetime) -> Path:
    """A gatewayz.toml of its own, whose store is empty again."""
    for old in folder.glob(f"{_STORE}*"):
        old.unlink()
    lines = [f"store = {json.dumps(str(folder / _STORE))}", _PROMISES]
    for one in script.maintenance(start):
        lines += [
            "[[maintenance]]",
            "models = " + json.dumps(list(one.targets)),
            f"start = {one.start:%Y-%m-%dT%H:%M:%SZ}",
            f"end = {one.end:%Y-%m-%dT%H:%M:%SZ}",
            f"reason = {json.dumps(one.reason)}",
        ]
    path = folder / _TOML
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def _environment(**more: str) -> dict[str, str]:
    """Nothing of the user's but what a process needs."""
    kept = ("HOME", "PATH", "PYTHONPATH", "LANG", "LC_ALL", "TERM", "COLUMNS")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, **more}


def _write_week(store: Store, script: Script, start: datetime, beside: Pieces) -> int:
    """Writes every hour's run; how many verdicts there were. Raises: StoreError."""
    from gatewayz.cli import week_beside
    from gatewayz.simulator.week import part_of

    count = hours = 0
    here = part_of(script, script.gateways[: -_beside(script)], tuple(script.models))
    # The next hours are made while the store takes these.
    with _handed_on_quickly(), ThreadPoolExecutor(1, thread_name_prefix="store") as thread:
        writing: Future[None] | None = None
        for own in week_beside.made(here, start):
            rows = list(map(week_beside.together, own, beside.rows()))
            if writing is not None:
                writing.result()
            writing = thread.submit(store.add_rows, rows)
            count += sum(len(run.verdicts) for run in rows)
            hours += len(rows)
            _progress(f"  hour {hours} of {script.hours}")
        if writing is not None:
            writing.result()
    _progress("")
    return count


def _beside(script: Script) -> int:
    """Of so many gateways, the last of a script, the rows are made on the other core."""
    return max(1, round(len(script.gateways) * _BESIDE))


@contextlib.contextmanager
def _handed_on_quickly() -> Iterator[None]:
    """A thread that needs the interpreter waits but shortly for one that is busy.

    SQLite's driver lets go of it for each statement, and would wait 5 ms for it each time.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _progress(line: str) -> None:
    if sys.stdout.isatty():
        click.echo(f"\r{line:<30}" if line else "\r" + " " * 30 + "\r", nl=False)


@contextlib.contextmanager
def _on_another_core(script: Script, start: datetime, config: Path) -> Iterator[Pieces]:
    """The watch of the week, a part of its rows, and its sums; these are made when this has ended.

    Raises: StoreError where something of it could not be made.
    """
    from gatewayz.cli.week_beside import Pieces

    gateways, places = ",".join(script.gateways), ",".join(map(str, script.models))
    words = [start.isoformat(), gateways, places, str(_beside(script))]
    with subprocess.Popen(  # noqa: S603 -- ourselves
        [sys.executable, "-m", "gatewayz.cli.week_beside", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(GATEWAYZ_CONFIG=str(config)),
    ) as program:
        try:
            yield Pieces(cast("BinaryIO", program.stdout))
            if program.wait():
                raise StoreError("the week could not be summed up; what is above says why")
        finally:
            program.kill()


def _keep(store: Store, record: WatchRecord) -> None:
    from gatewayz.watch import this_process

    leases = store.watch.leases
    lease = leases.take(this_process(), leases.lease(), utc_now())
    if lease is None:
        raise StoreError(f"another watch writes to {store.where}")
    store.watch.keep(lease, record)
    leases.release(lease, utc_now())


def _tell(record: WatchRecord, report: SlaReport, start: datetime) -> None:
    """What happened, whom it would have woken, and how the promises stand."""
    from gatewayz.reports._wrapping import width_of, wrapped
    from gatewayz.reports.sla._lines import sla_lines

    width = width_of(sys.stdout, os.environ)
    click.echo(f"\nAlerts that a watch would have sent ({len(record.notices)}):")
    for notice in record.notices:
        hour = int((notice.at - start) / timedelta(hours=1))
        line = f"{notice.at:%a %H:%M} UTC  hour {hour:>3}  {notice.title}"
        click.echo("\n".join(wrapped(line, "  ", width=width)))
    click.echo("\nService levels (gatewayz sla):\n")
    click.echo("\n".join(sla_lines(report, width=width)))


def _next_steps(config: Path) -> None:
    shown = _shown(config)
    click.echo(
        f"""
Look at it:
  gatewayz serve --config {shown}
                 and then http://127.0.0.1:8000/status
  gatewayz sla --config {shown}
  gatewayz watch --show --config {shown}"""
    )


def _shown(path: Path) -> str:
    """A path from here on, where it lies here."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _say(line: str) -> None:
    from gatewayz.reports._wrapping import width_of, wrapped

    click.echo("\n".join(wrapped(line, "", width=width_of(sys.stdout, os.environ))))


def _show(settings: Settings, *, browser: bool) -> None:
    """The backend with its pages, on a free port, until Ctrl-C or for an hour."""
    from gatewayz.server import serve

    def ready(url: str) -> None:
        page = f"{url}/status"
        click.echo(f"\nThe dashboard: {page} (Ctrl-C ends it; else it ends in an hour)")
        if browser:
            import webbrowser

            webbrowser.open(page)

    ends = threading.Timer(_SHOWN_S, os.kill, (os.getpid(), signal.SIGTERM))
    ends.daemon = True
    ends.start()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            serve(settings, port=0, ready=ready)
    finally:
        ends.cancel()
