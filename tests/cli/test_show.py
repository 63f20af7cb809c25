"""`gatewayz show`: a stored run, printed as it was."""

import json
from dataclasses import replace

import pytest

from gatewayz import simulator as simulation
from gatewayz.core import RunStatus
from gatewayz.store import open_store


@pytest.fixture
def faulty():
    """Two gateways, one of whose models gives no answer."""
    rules = [{"fault": "server-500-json", "model": "qwen/qwen3-32b"}]
    with simulation.running(seed=6, faults=rules) as running:
        yield {k: v for k, v in running.variables().items() if k.startswith(("GROQ_", "XAI_"))}


def blocks(printed):
    """What a run printed, by gateway, since they end in any order; figures and failures included."""
    rule = "=" * 78
    return sorted(part.strip() for part in printed.split(rule) if part.strip())


def test_a_run_is_shown_as_it_was_printed_with_its_panels(gatewayz, faulty):
    asked = ("--probe", "chat,streaming", "--retries", "0")
    printed = gatewayz("test", "groq", *asked, "--verbose", **faulty)
    shown = gatewayz("show", "--verbose")

    title, _, rest = shown.stdout.partition("\n")
    assert printed.returncode == 1
    assert shown.returncode == 0
    assert title.startswith("Run 20")
    assert title.endswith("finished")
    assert "server-500-json" in rest
    assert blocks(rest) == blocks(printed.stdout)


def test_a_gateway_that_was_not_to_run_has_its_line_and_no_block(gatewayz, faulty):
    printed = gatewayz("test", "groq", "xai", "openrouter", "--models", "1", **faulty)
    shown = gatewayz("show")

    assert "[SKIP] openrouter" in shown.stdout
    assert blocks(shown.stdout.partition("\n")[2]) == blocks(printed.stdout)


def test_quiet_shows_the_summary_alone(gatewayz, faulty):
    gatewayz("test", "groq", "--models", "1", **faulty)
    shown = gatewayz("show", "-q").stdout

    assert "Testing Gateway" not in shown
    assert "TOTAL: " in shown


def test_json_and_reports_are_those_of_the_run(gatewayz, faulty, tmp_path):
    printed = gatewayz("test", "groq", "--format", "json", **faulty)
    kept = json.loads(printed.stdout)["id"]
    shown = gatewayz("show", kept[:-1], "--format", "json", "--report", "junit=run.xml")

    assert shown.stdout == printed.stdout
    assert (tmp_path / "run.xml").read_text().startswith("<?xml")


def test_a_report_that_cannot_be_written_is_told_before_anything_is_shown(gatewayz, faulty):
    gatewayz("test", "groq", "--models", "1", **faulty)
    shown = gatewayz("show", "--report", "junit=no/such/folder/run.xml")

    assert (shown.returncode, shown.stdout) == (2, "")


def test_a_run_that_was_killed_is_shown_with_what_was_kept(gatewayz, faulty, tmp_path):
    gatewayz("test", "groq", "--models", "2", "--store", "s.db", **faulty)
    store = open_store(tmp_path / "s.db")
    run = store.run("last")
    killed = replace(run, id="killed", status=RunStatus.RUNNING, finished_at=None, summary=None)
    store.begin_run(killed)
    store.record("killed", run.verdicts[:1])
    store.close()
    shown = gatewayz("show", "killed", "--store", "s.db")

    assert shown.returncode == 0
    assert "not finished" in shown.stdout.splitlines()[0]
    assert "1 of 2 kept" in shown.stdout
    assert "[1/2]" in shown.stdout


def test_a_run_that_is_not_there_is_told(gatewayz):
    shown = gatewayz("show", "nosuch")

    assert shown.returncode == 2
    assert "unknown run 'nosuch'" in shown.stderr
