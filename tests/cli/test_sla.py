"""`gatewayz sla`: what is told, written, and by which exit code, out of a stored week."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from gatewayz.cli import run_command
from gatewayz.cli.group import PROGRAM
from gatewayz.core.codec import from_json
from gatewayz.core.objectives import Maintenance, Weekly
from gatewayz.simulator import week
from gatewayz.store import open_store

START = datetime(2026, 10, 5, tzinfo=UTC)
AT = "2026-10-12T00:00Z"
PROMISES = """
[[sla]]
name = "chat"
probes = "streaming"
availability = 99
ttft = { p95 = "1.5s" }
window = "7d"

[[maintenance]]
models = "cerebras/*"
start = 2026-10-10T00:00:00Z
end = 2026-10-10T06:00:00Z
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A week of three gateways and three models."""
    place = tmp_path_factory.mktemp("week") / "week.db"
    script = week.part_of(week.read_script(), ("cerebras", "groq", "xai"), (0, 1, 2))
    store = open_store(place)
    store.add_runs(list(week.week(script, START)))
    store.close()
    return place


@dataclass
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def sla(kept, tmp_path, monkeypatch, capsys):
    """Runs the command in a folder of its own; `promises` is the file of settings there."""
    monkeypatch.chdir(tmp_path)
    for name in ("GATEWAYZ_STORE", "GATEWAYZ_CONFIG", "GATEWAYZ_REPORT"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments, promises=PROMISES, store=kept):
        (tmp_path / "gatewayz.toml").write_text(promises)
        given = ["sla", "--store", str(store), *arguments]
        code = run_command(lambda: PROGRAM, given, name="gatewayz")
        return Done(code, *capsys.readouterr())

    return run


def only(name, promises=PROMISES):
    return promises.replace('name = "chat"', f'name = "chat"\nmodels = "{name}/*"')


def test_the_worst_come_first_and_each_line_fits(sla):
    done = sla("--at", AT)

    assert done.code == 1
    assert all(len(line) <= 80 for line in done.out.splitlines())
    assert "availability of 99 %: 6 broken, 3 kept" in done.out
    # The first objective's table: groq's outage of six hours, before cerebras' two.
    broken = [line.split()[1] for line in done.out.splitlines() if line.startswith("    broken")]
    assert [name.split("/")[0] for name in broken[:6]] == ["groq"] * 3 + ["cerebras"] * 3
    assert "groq, 3 models: overloaded (the gateway)" in done.out
    assert "not counted: no key 72, maintenance 18, our network 18" in done.out


def test_a_promise_that_is_kept_ends_with_0_and_one_of_which_nothing_is_known_with_3(sla):
    kept = sla("--at", AT, promises=only("xai"))
    unknown = sla("--at", AT, promises=only("together"))
    before = sla("--at", "2025-01-01T00:00Z")

    assert (kept.code, "Every promise was kept." in kept.out) == (0, True)
    assert (unknown.code, before.code) == (3, 3)
    assert "no result of these is in the store" in unknown.out


@pytest.mark.parametrize(
    ("arguments", "promises", "told"),
    [
        ((), "models = 3\n", "nothing is promised in gatewayz.toml; write [[sla]]"),
        (("--month", "october"), PROMISES, "write it as 2026-10"),
        (("--at", "noon"), PROMISES, "is no moment"),
        (
            ("--at", "9999-12-31T23:59Z"),
            PROMISES,
            "--at 9999-12-31T23:59Z is in no year of 1970 to 9998",
        ),
        (("--at", "0001-01-01T00:00+02:00"), PROMISES, "is in no year of 1970 to 9998"),
        (("--month", "0001-01"), PROMISES, "is no month of 1970 to 9998"),
        (("groqq/*", "--at", AT), PROMISES, "groq"),
        (("--promise", "chatt"), PROMISES, "chat"),
        (("--report", "pdf=x.pdf"), PROMISES, "pdf"),
        (("--report", "html=nowhere/x.html"), PROMISES, "there is no folder"),
    ],
)
def test_wrong_use_is_told_with_its_remedy_and_exit_code_2(sla, arguments, promises, told):
    done = sla(*arguments, promises=promises)

    assert done.code == 2
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_month_is_looked_at_whole_in_its_own_time_zone_whatever_the_window(sla):
    found = json.loads(sla("--month", "2026-10", "--at", "2026-12-01", "--format", "json").out)

    assert found["schema"] == "gatewayz/sla/1"
    assert {(o["span"]["start"], o["span"]["end"]) for o in found["objectives"]} == {
        ("2026-10-01T00:00:00.000000Z", "2026-11-01T00:00:00.000000Z")
    }
    # The week is all there is of the month: the same results as in its own window.
    groq = next(o for o in found["objectives"] if o["target"] == "groq/llama-3.1-8b")
    assert (groq["tally"]["bad"], groq["counted"], groq["state"]) == (6, 166, "broken")
    assert groq["share"] == 160 / 166
    assert found["month"] == "2026-10"


def test_weekly_maintenance_is_told_as_json_and_read_back(sla, tmp_path):
    weekly = PROMISES + '\n[[maintenance]]\nmodels = "groq/*"\nweekly = "sunday"\n'
    weekly += 'start = "02:00"\nend = "04:30"\n'
    done = sla("--at", AT, "--format", "json", "--report", "json=sla.json", promises=weekly)

    announced = json.loads(done.out)["maintenance"]
    assert announced == json.loads((tmp_path / "sla.json").read_text())["maintenance"]
    assert announced[1]["weekly"] == {
        "weekday": 6, "start": "02:00:00", "end": "04:30:00", "time_zone": "UTC",
    }  # fmt: skip
    assert from_json(Maintenance, announced[1]).weekly == Weekly(
        weekday=6, start=time(2), end=time(4, 30)
    )


def test_targets_can_be_chosen_by_a_glob(sla):
    done = sla("groq/*8b", "--at", AT, "--format", "json")

    assert {o["target"] for o in json.loads(done.out)["objectives"]} == {"groq/llama-3.1-8b"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_report_that_cannot_be_written_speaks_of_no_run(sla):
    done = sla("--at", AT, "--report", "json=/dev/full")

    assert done.code == 4
    assert "an older report there is as it was" in done.err
    assert "the run itself" not in done.err


def test_the_reports_say_the_same_in_each_format(sla, tmp_path):
    reports = [("html", "r.html"), ("markdown", "r.md"), ("csv", "r.csv"), ("json", "r.json")]
    done = sla("--at", AT, *(w for name, file in reports for w in ("--report", f"{name}={file}")))

    assert done.code == 1
    document = json.loads((tmp_path / "r.json").read_text())
    rows = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text())))
    page = (tmp_path / "r.html").read_text()
    text = (tmp_path / "r.md").read_text()
    assert len(rows) == len(document["objectives"]) == 18
    for row, one in zip(rows, document["objectives"], strict=True):
        assert (row["target"], row["state"]) == (one["target"], one["state"])
        assert float(row["share"]) == one["share"]
        assert int(row["not_counted_no_key"]) == one["tally"]["excluded"].get("no key", 0)
    for told in (page, text):
        assert "6 broken, 12 kept of 18 objectives" in told
        assert "96.385 %" in told
        assert (
            "cerebras/*, 2026-10-10 00:00 to 2026-10-10 06:00 UTC" in told or "cerebras/\\*" in told
        )
