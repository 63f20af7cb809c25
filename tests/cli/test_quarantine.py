"""What is in quarantine runs and is shown, and changes no exit code while its time lasts."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from gatewayz import simulator as simulation
from gatewayz.cli import run_command
from gatewayz.cli.group import PROGRAM
from gatewayz.config.quarantined import end_of
from gatewayz.core import Case, ConfigError, Model
from gatewayz.core.quarantine import Quarantine, Quarantined

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def entry(gateway="groq", model="*", probe="*", until=NOW + timedelta(days=1)):
    return Quarantined(gateway=gateway, model=model, probe=probe, reason="flaky", until=until)


@pytest.mark.parametrize(
    ("what", "covered"),
    [
        (entry(), True),
        (entry("GRO*", "QWEN/*", "ch?t"), True),
        (entry("together"), False),
        (entry(model="llama*"), False),
        (entry(probe="streaming"), False),
    ],
)
def test_globs_say_what_is_meant_case_aside(what, covered):
    case = Case(gateway="groq", probe="chat", model=Model(id="qwen/qwen3-32b"))

    assert (Quarantine((what,), NOW).of(case) == what) is covered


def test_its_time_ends():
    over = Quarantine((entry(until=NOW),), NOW)

    assert over.of(Case(gateway="groq", probe="chat")) is None
    assert over.expired == (entry(until=NOW),)


def test_a_day_is_meant_to_its_end():
    assert end_of(date(2026, 12, 31), "here") == datetime(2027, 1, 1, tzinfo=UTC)
    assert end_of("2026-12-31", "here") == datetime(2027, 1, 1, tzinfo=UTC)
    assert end_of("2026-12-31T10:00:00+02:00", "here") == datetime(2026, 12, 31, 8, tzinfo=UTC)
    with pytest.raises(ConfigError, match="here: write a day such as"):
        end_of("soon", "here")


@pytest.fixture(scope="module")
def broken():
    """One model of groq fails."""
    faults = [{"fault": "server-500-json", "model": "qwen/qwen3-32b"}]
    with simulation.running(seed=6, faults=faults) as running:
        yield {name: v for name, v in running.variables().items() if name.startswith("GROQ_")}


def test_a_known_failure_is_shown_and_fails_no_job(gatewayz, broken, tmp_path):
    test = ("test", "groq", "--retries", "0", "--report", "junit=r.xml", "--report", "json=r.json")
    added = gatewayz("quarantine", "add", "groq/qwen/*", "--reason", "known, see 123")
    listed = gatewayz("quarantine", "list")
    within = gatewayz(*test, **broken)
    report = json.loads((tmp_path / "r.json").read_text())
    junit = ET.parse(tmp_path / "r.xml").getroot()
    gone = gatewayz("quarantine", "remove", "groq/qwen/*")
    after = gatewayz(*test, **broken)

    assert [one.returncode for one in (added, within, gone, after)] == [0, 0, 0, 1]
    assert "groq/qwen/*  until 20" in listed.stdout
    assert "known, see 123" in listed.stdout
    assert "TOTAL: 2/3 models passed" in within.stdout  # it counts as what it is
    told = " ".join(within.stdout.split())
    assert "groq/qwen/* (known, see 123); 1 case fails or is unknown, which changes no exit" in told
    assert len(report["summary"]["notes"]) == 1
    assert (junit.get("failures"), junit.get("skipped")) == ("0", "1")
    assert "in quarantine until" in junit.find(".//skipped").get("message")
    assert max(map(len, within.stdout.splitlines())) <= 80


def test_a_run_of_which_all_is_in_quarantine_passes_and_says_so(gatewayz, broken):
    gatewayz("quarantine", "add", "groq/qwen/*", "--reason", "known, see 123")
    test = ("test", "groq", "--models", "qwen/*", "--retries", "0")
    done = gatewayz(*test, **broken)

    assert done.returncode == 0
    assert "All that was judged is in quarantine" in done.stderr
    assert "SKIP" not in done.stderr


def test_one_whose_time_is_over_is_told_and_counts(gatewayz, broken, tmp_path):
    (tmp_path / "gatewayz.toml").write_text(
        '[[quarantine]]\ngateway = "groq"\nmodel = "qwen/*"\nreason = "was known"\n'
        "until = 2026-01-31\n"
    )
    done = gatewayz("test", "groq", "--retries", "0", **broken)
    listed = json.loads(gatewayz("quarantine", "list", "--format", "json").stdout)

    assert done.returncode == 1
    told = " ".join(done.stdout.split())
    assert "the quarantine of groq/qwen/* ended 2026-02-01 00:00 UTC (was known); 1 case" in told
    assert [one["gateway"] for one in listed["expired"]] == ["groq"]
    assert listed["active"] == []


def test_what_broke_in_quarantine_fails_no_comparison(gatewayz, broken, groq):
    gatewayz("test", "groq", **groq)
    gatewayz("test", "groq", "--retries", "0", **broken)
    before = gatewayz("compare", "--against", "last-good")
    gatewayz("quarantine", "add", "groq/qwen/*", "--reason", "known")
    within = gatewayz("compare", "--against", "last-good")

    assert (before.returncode, within.returncode) == (1, 0)
    assert "quarantine" not in before.stdout
    told = " ".join(within.stdout.split())
    assert "server-500-json" in told
    assert re.search(r"; in quarantine until 20\d\d-\d\d-\d\d: known TOTAL", told)
    assert "unchanged, 1 broke (1 in quarantine) SPEED" in told
    document = json.loads(gatewayz("compare", "--against", "last-good", "--format", "json").stdout)
    assert document["in_quarantine"] == 1
    assert document["changes"][0]["quarantine"]["reason"] == "known"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "groq"), "--reason"),
        (("add", "groq", "--reason", "x", "--until", "soon"), "write a day such as"),
        (("add", "groq", "--reason", "x", "--until", "2020-01-01"), "over already"),
        (("remove", "groq/none"), "groq/none"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(tmp_path, capsys, arguments, told):
    place = ("--store", str(tmp_path / "s.db"))
    code = run_command(lambda: PROGRAM, ("quarantine", *arguments, *place), name="gatewayz")
    said = capsys.readouterr().err

    assert code == 2
    assert told in said
    assert "Traceback" not in said
