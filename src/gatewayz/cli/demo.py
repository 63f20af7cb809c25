"""`gatewayz demo`: the main job, with no keys and no network."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.simulator import Simulator

_REPORTS = {
    "json": "report.json",
    "junit": "report.xml",
    "markdown": "report.md",
    "html": "report.html",
}
_FOLDER = "demo-reports"


@click.command(
    "demo", cls=SectionedCommand, short_help="See it all work, with no keys and no network."
)
@option("Options", "--reports", "folder", metavar="FOLDER", help=f"Where reports go. [./{_FOLDER}]")
@option(
    "Options",
    "--probe",
    metavar="NAME,...",
    help="Questions to put, such as standard or full. [chat]",
)
@option("Options", "--quiet", "-q", is_flag=True, help="Only the summary.")
@option("Options", "--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
@option(
    "A week", "--week", is_flag=True, help="A week of hourly probes, its alerts and service levels."
)
@option("A week", "--open", "browser", is_flag=True, help="Show its dashboard in the browser.")
@option("A week", "--no-serve", is_flag=True, help="Show no dashboard; a terminal gets one.")
def command(
    folder: str | None,
    probe: str | None,
    quiet: bool,
    no_color: bool,
    *,
    week: bool,
    browser: bool,
    no_serve: bool,
) -> int:
    """See it all work, with no keys and no network.

    Starts a real inference engine with a tiny model, a simulator of the fourteen gateways and the
    backend, all on this machine, and calls the roll directly and through the API. Three of the
    pretend gateways have faults; the exit code is 0 when those and no others were found, what a
    model does not offer and what the tiny one is too small for aside. `--probe full` puts over
    2,000 questions in about a minute.
    """
    if week:
        from gatewayz.cli.demo_week import week_here

        serve = sys.stdout.isatty() and not no_serve
        return week_here(_report_folder(folder), serve=serve, browser=browser and not no_serve)
    from gatewayz.cli.session import Printing, roll_call_here
    from gatewayz.config import load_settings

    reports = _report_folder(folder)
    with _everything(reports) as (environ, simulator):
        click.echo(f"Backend:          {environ['GATEWAYZ_API_URL']}\n")
        settings = load_settings(
            environ=environ,
            # Nothing of the user's: no .env, no gatewayz.toml, no store.
            folder=Path(environ["HOME"]),
            flags={
                "mode": "both",
                "store": str(reports / "demo.db"),
                "reports": [f"{name}={reports / file}" for name, file in _REPORTS.items()],
                "probes": probe,
            },
        )
        code = roll_call_here(settings, printing=Printing(quiet=quiet, no_color=no_color))
        code = _as_planted(settings.store, simulator, code)
    click.echo(
        f"""
Every process of the demo has ended. The reports are in
{reports}

Try next:
  GROQ_API_KEY=... gatewayz test groq         a gateway of your own choice
  gatewayz probe http://127.0.0.1:8080 -m M   any OpenAI-compatible server
  gatewayz config                             what is set, and from where
  gatewayz serve                              the backend; gatewayz test --api
  gatewayz demo --week                        a week of it, and its dashboard"""
    )
    return code


def _as_planted(store_url: str, simulator: Simulator, code: int) -> int:
    """0 when just the planted faults were found, on both ways; else the roll call's own code."""
    from gatewayz.cli.exits import FAILED, OK, UNJUDGED
    from gatewayz.cli.planted import Comparison
    from gatewayz.core.text import visible
    from gatewayz.store import open_store

    if code not in (OK, FAILED, UNJUDGED):
        return code
    store = open_store(store_url)
    try:
        found = Comparison(store.run("last").verdicts, simulator)
    finally:
        store.close()
    click.echo("\n" + "\n".join(visible(line) for line in found.lines()))
    return OK if found.as_planted else code or FAILED


def _report_folder(named: str | None) -> Path:
    """Where the reports go: the folder named, one here, or a temporary one where that cannot be."""
    import tempfile

    from gatewayz.core.errors import ConfigError

    folder = Path(named or _FOLDER).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        if named:
            raise ConfigError(f"--reports {named}: {error.strerror}") from None
        return Path(tempfile.mkdtemp(prefix=f"gatewayz-{_FOLDER}-"))


@contextlib.contextmanager
def _everything(reports: Path) -> Iterator[tuple[dict[str, str], Simulator]]:
    """Engine, simulator and backend: the environment that points at them, and the simulator."""
    import os
    import secrets
    import tempfile

    from gatewayz import engine, server, simulator
    from gatewayz.cli.planted import PLANTED
    from gatewayz.config import load_settings
    from gatewayz.config.files import TOML_NAME

    with contextlib.ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="gatewayz-demo-"))
        environ = {"HOME": home, "PATH": os.environ.get("PATH", "")}
        missing = engine.available()
        if missing:
            click.echo(f"Inference engine: not here: {missing}; going on without it")
        else:
            environ["LOCAL_BASE_URL"] = stack.enter_context(engine.running())
            click.echo(f"Inference engine: {environ['LOCAL_BASE_URL']} (gateway 'local')")
        faults = [plant.rule for plant in PLANTED]
        pretending = stack.enter_context(simulator.running(latency_s=0.05, faults=faults))
        environ |= pretending.variables()
        (Path(home) / TOML_NAME).write_text(_unlimited(environ, pretending.url), encoding="utf-8")
        click.echo(f"Simulator:        {pretending.url} (the fourteen gateways)")
        environ["GATEWAYZ_API_KEY"] = secrets.token_urlsafe(24)
        settings = load_settings(environ=environ, folder=home)
        url = stack.enter_context(server.running(settings))
        # The backend logs each request to standard error, which here is the demo's own.
        log = stack.enter_context((reports / "backend.log").open("w", encoding="utf-8"))
        stack.enter_context(contextlib.redirect_stderr(_Sorted(sys.stderr, log)))
        yield {**environ, "GATEWAYZ_API_URL": url}, pretending


def _unlimited(environ: Mapping[str, str], simulator_url: str) -> str:
    """A gatewayz.toml without the providers' limits per minute, which the simulator does not have."""
    from gatewayz.gateways import known_gateways

    limited = [
        name
        for name, gateway in known_gateways(environ).items()
        if gateway.limits.requests_per_minute and gateway.base_url.startswith(f"{simulator_url}/")
    ]
    return "".join(f'[gateways.{name}]\nrequests_per_minute = "none"\n' for name in limited)


class _Sorted(io.TextIOBase):
    """Standard error for two: what the backend's thread writes goes into its log."""

    def __init__(self, ours: TextIO, log: TextIO) -> None:
        self._ours, self._log = ours, log

    def write(self, text: str) -> int:
        """Writes to whom the calling thread belongs."""
        its = threading.current_thread().name == "gatewayz-server"
        return (self._log if its else self._ours).write(text)

    def flush(self) -> None:
        """Flushes the one on the terminal; the log can wait."""
        self._ours.flush()
