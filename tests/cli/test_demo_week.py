"""The week of the demo: a watch's alerts come at the scripted hours and at no others."""

import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from gatewayz.cli.demo_week import _on_another_core, _write_settings, _write_week
from gatewayz.cli.week_played import Played, with_promises
from gatewayz.config import load_settings
from gatewayz.core.watching import State
from gatewayz.measure.results import probe_result
from gatewayz.measure.sla import assess
from gatewayz.server.pages.documents import run_document
from gatewayz.simulator.week import part_of, read_script, week
from gatewayz.store import open_store

START = datetime(2026, 10, 5, tzinfo=UTC)
# Places of the list of models that meet every incident of the script.
FEW = (0, 3, 10, 21, 41)

# Worked out by hand from week.toml: two of three bad rounds make an alarm, two good ones end it.
SCRIPTED = [
    (31, "down", "DOWN: groq (5 models)"),
    (37, "recovered", "RECOVERED: groq, after 6h00m"),
    (51, "down", "DOWN: together (5 models)"),
    (54, "recovered", "RECOVERED: together, after 3h00m"),
    (71, "down", "DOWN: 2 of 5 models of novita"),
    (79, "reminder", "STILL: 2 of 5 models of novita"),
    (83, "recovered", "RECOVERED: novita, after 12h00m"),
    (127, "down", "DOWN: cerebras (5 models)"),
    (129, "recovered", "RECOVERED: cerebras, after 2h00m"),
    (132, "down", "DOWN: chutes/command-r-plus-104b"),
    (140, "reminder", "STILL: chutes/command-r-plus-104b"),
    (142, "recovered", "RECOVERED: chutes, after 11h00m"),
    (165, "down", "DOWN: nebius/llama-3.2-1b"),
]


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    script = read_script()
    folder = tmp_path_factory.mktemp("week")
    config = _write_settings(folder, script, START)
    settings = load_settings(environ={"GATEWAYZ_CONFIG": str(config)}, folder=folder)
    runs = list(week(part_of(script, script.gateways, FEW), START))
    results = [probe_result(one, run.id, run.started_at) for run in runs for one in run.verdicts]
    end = START + timedelta(hours=script.hours)
    promised = assess(settings.slas, results, at=end, maintenance=settings.maintenance)
    played = Played(settings)
    for run in runs:
        played.take(run)
    return with_promises(played.record(), promised)


def test_alerts_come_at_the_scripted_hours_and_at_no_others(record):
    told = [
        (int((one.at - START) / timedelta(hours=1)), one.kind, one.title)
        for one in record.notices
    ]  # fmt: skip

    assert told == SCRIPTED


def test_one_alarm_is_open_at_the_end(record):
    assert [alarm.gateway for alarm in record.alarms if alarm.closed_at is None] == ["nebius"]
    assert {c.target.gateway for c in record.conditions if c.state is State.DOWN} == {"nebius"}


def test_our_own_line_our_key_and_announced_work_change_no_state(record):
    # xai had no key for a day; nothing could be reached for two hours; openrouter limited us.
    quiet = {"xai", "featherless", "google", "huggingface", "portkey"}

    assert not quiet & {change.target.gateway for change in record.changes}
    limited = [
        c for c in record.changes if c.target.gateway == "openrouter" and c.after is State.DOWN
    ]
    assert limited == []


def test_the_week_is_written_as_it_is_and_threads_are_left_as_they_were(tmp_path):
    script = part_of(read_script(), ("groq", "xai"), FEW)
    before = sys.getswitchinterval()
    config = _write_settings(tmp_path, script, START)
    with (
        closing(open_store(tmp_path / "week.db")) as store,
        _on_another_core(script, START, config) as beside,
    ):
        count = _write_week(store, script, START, beside)
        lines = store.runs(script.hours)
        kept = [store.run(line.id) for line in reversed(lines)]
        newest = store.past.under_way.current(START)

    made = list(week(script, START))
    assert count == sum(len(run.verdicts) for run in made)
    assert [(run.id, run.verdicts) for run in kept] == [(run.id, run.verdicts) for run in made]
    # No plan is kept, and each run says all the same that it came to its end.
    assert all(line.planned == line.recorded == len(FEW) * 2 for line in lines[:24])
    assert newest.planned == newest.recorded == len(FEW) * 2
    assert run_document(kept[-1])["planned"] == len(FEW) * 2
    assert sys.getswitchinterval() == before


def test_the_program_beside_ends_with_the_one_that_started_it(tmp_path):
    """Killed, that one can end nothing; its pipe ends all the same."""
    config = _write_settings(tmp_path, part_of(read_script(), ("groq",), (0,)), START)
    words = [START.isoformat(), "groq", "0", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", "gatewayz.cli.week_beside", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "GATEWAYZ_CONFIG": str(config)},
    ) as program:
        try:
            assert program.stdout.read(1)  # it is at work, and waits then for rows that never come
            program.stdin.close()
            assert program.wait(timeout=10) == 1
        finally:
            program.kill()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_whole_week_is_made_and_told(gatewayz, tmp_path):
    done = gatewayz("demo", "--week", timeout=280)
    shown = gatewayz("watch", "--show", "--config", "demo-reports/week.toml")

    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "DOWN: groq (50 models)" in done.stdout
    assert "116,277 probes in" in done.stdout
    assert "gatewayz serve --config demo-reports/week.toml" in done.stdout
    assert shown.returncode == 1
    assert "degraded  nebius: 48 of 50 models up" in shown.stdout
