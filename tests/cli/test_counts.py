"""One run has one count, wherever it is read: printout, Markdown, JSON, history."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from gatewayz import simulator as simulation
from gatewayz.core.text import display_width
from gatewayz.store import open_store


@pytest.fixture
def mixed():
    """nebius lists nothing, groq's answers lack their usage, the others are sound."""
    rules = [
        {"gateway": "nebius", "fault": "models-empty", "path": "models"},
        {"gateway": "groq", "fault": "usage-missing", "path": "chat"},
    ]
    with simulation.running(seed=3, faults=rules) as pretending:
        yield pretending.variables()


def wanted(variables, *prefixes):
    return {name: value for name, value in variables.items() if name.startswith(prefixes)}


def test_every_place_counts_alike_and_a_model_list_is_no_model(gatewayz, mixed, tmp_path):
    there = wanted(mixed, "NEBIUS_", "GROQ_", "CEREBRAS_")
    reports = ("--report", "markdown=run.md", "--report", "json=run.json")
    done = gatewayz(
        "test", "nebius", "groq", "cerebras", "xai", "--models", "2", "-q", *reports, **there
    )
    past = gatewayz("history")
    kept = json.loads(gatewayz("history", "--format", "json").stdout)["runs"][0]["counts"]
    total = json.loads((tmp_path / "run.json").read_text())["summary"]["total"]
    page = (tmp_path / "run.md").read_text()

    beside = ("2 with a warning", "1 model list failed", "1 gateway skipped")
    assert done.returncode == 1
    assert "TOTAL: 4/4 models passed (100.0%), 2 with a warning, 1 model list failed,\n" in (
        done.stdout
    )
    assert re.search(r"\[OK\] groq +:  2/ 2 passed \(100\.0%\), 2 with a warning\n", done.stdout)
    assert "[FAIL] nebius        : its model list failed: models-empty\n" in done.stdout
    assert "## Roll call: 4/4 passed (100.0%)" in page
    assert "| nebius | ❌ FAIL | 0/0 | n/a | n/a | its model list failed: models-empty |" in page
    assert "4 passed, 0 failed" in past.stdout
    for words in beside:
        assert all(words in " ".join(text.split()) for text in (done.stdout, page, past.stdout))
    counted = {"passed": 4, "failed": 0, "skipped": 0, "warned": 2, "failed_lists": 1}
    assert {name: total[name] for name in counted} == counted
    assert {name: kept[name] for name in counted} == counted
    assert total["skipped_gateways"] == kept["skipped_gateways"] == 1
    assert (total["rate"], total["tag"]) == (1.0, "WARN")


def test_the_store_counts_a_run_that_was_never_finished_by_the_same_rules(
    gatewayz, mixed, tmp_path
):
    there = wanted(mixed, "NEBIUS_", "GROQ_")
    gatewayz("test", "nebius", "groq", "xai", "--models", "2", "--store", "s.db", **there)
    store = open_store(str(tmp_path / "s.db"))
    run = store.run("last")
    store.begin_run(replace(run, id="killed", summary=None, finished_at=None))
    store.record("killed", run.verdicts)
    killed, finished = store.runs()
    store.close()

    assert killed.id == "killed"
    assert killed.counts == finished.counts
    assert killed.counts.failed_lists == killed.counts.skipped_gateways == 1


def test_both_ways_count_lists_apart_from_tests(started, gatewayz, mixed):
    there = wanted(mixed, "NEBIUS_", "GROQ_")
    child = started("serve", "--port", "0", **there)
    line = ""
    while "http://" not in line:
        line = child.stderr.readline()
    backend = re.search(r"http://[\w.:]+", line)[0]
    done = gatewayz(
        "test", "nebius", "groq", "--both", "--models", "1", GATEWAYZ_API_URL=backend, **there
    )

    words = " ".join(done.stdout.split())
    assert "TOTAL: 2/2 tests passed (100.0%), 2 with a warning, 2 model lists failed" in words
    assert "nebius: models-empty (the model list)" in words


def test_the_way_by_portkey_is_told_where_a_gateway_is_called_up(gatewayz, there, tmp_path):
    del there["NOVITA_API_KEY"]
    done = gatewayz("test", "novita", "groq", "--report", "markdown=run.md", **there)
    quiet = gatewayz("test", "novita", "-q", **there)
    settings = gatewayz("config", **there)

    assert "Testing Gateway: NOVITA, by way of Portkey\n" in done.stdout
    assert "Testing Gateway: GROQ\n" in done.stdout
    assert "| novita, by way of Portkey | ✅ OK |" in (tmp_path / "run.md").read_text()
    assert re.search(r"\[OK\] novita +:  2/ 2 passed \(100\.0%\), by way of Portkey", quiet.stdout)
    assert len(re.findall(r"by way of Portkey", settings.stdout)) == 1


def test_a_load_by_way_of_portkey_says_so_in_its_table_and_its_reports(gatewayz, there, tmp_path):
    del there["NOVITA_API_KEY"]
    listed = json.loads(gatewayz("models", "novita", "groq", "--format", "json", **there).stdout)
    named = [f"{name}/{listed['gateways'][name][0]['id']}" for name in ("novita", "groq")]
    done = gatewayz(
        "bench", *named, "-n", "2", "-c", "1", "--warm-up", "0",
        "--report", "csv=load.csv", "--report", "html=load.html", **there,
    )  # fmt: skip
    words = " ".join(done.stdout.split())
    rows = list(csv.DictReader((tmp_path / "load.csv").read_text().splitlines()))

    assert f"Load on {named[0]} by way of Portkey, {named[1]}: " in words
    assert f"{named[0]}, 1 at once, by way of Portkey 2 sent" in words
    assert f"{named[1]}, 1 at once 2 sent" in words
    assert {(row["gateway"], row["via"]) for row in rows} == {("novita", "Portkey"), ("groq", "")}
    assert (tmp_path / "load.html").read_text().count("by way of Portkey") == 1


def test_the_readme_tells_of_the_way_by_portkey():
    page = " ".join((Path(__file__).parents[2] / "README.md").read_text().split())

    assert "A gateway without a key is skipped" in page
    assert "by way of Portkey" in page


def test_many_numbers_keep_to_the_terminal_with_no_line_over_80_columns(gatewayz, mixed):
    done = gatewayz("test", "--models", "1", "-q", **mixed)
    past = gatewayz("history")

    lines = [*done.stdout.splitlines(), *past.stdout.splitlines()]
    assert max(map(display_width, lines)) <= 80
