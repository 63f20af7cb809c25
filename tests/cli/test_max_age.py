"""`--max-age`: what passed a short time ago, asked in the same way, is not asked again."""

import json
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from gatewayz import simulator as simulation
from gatewayz.store import open_store

FORMATS = {"json": "r.json", "markdown": "r.md", "junit": "r.xml", "html": "r.html"}


@pytest.fixture(scope="module")
def shop():
    """A gateway one of whose models fails."""
    faults = [{"fault": "server-500-json", "model": "qwen/qwen3-32b"}]
    with simulation.running(seed=6, faults=faults) as running:
        yield running


def asked(running, since):
    return [entry.model for entry in running.log[since:] if entry.path.endswith("completions")]


def test_what_passed_is_not_asked_again_and_every_report_says_so(gatewayz, shop, tmp_path):
    test = ("test", "groq", "--retries", "0", "--store", "s.db")
    reports = [part for name, file in FORMATS.items() for part in ("--report", f"{name}={file}")]
    there = shop.variables()
    gatewayz(*test, **there)
    store = open_store(tmp_path / "s.db")
    first = store.run("last").id
    since = len(shop.log)
    done = gatewayz(*test, "--max-age", "6h", *reports, **there)
    again = asked(shop, since)
    kept = store.run("last")

    assert again == ["qwen/qwen3-32b"]  # what failed may have been mended
    assert done.returncode == 1
    assert "TOTAL: 2/3 models passed" in done.stdout
    told = f"2 of 3 not asked again: they passed in run {first}, whose word stands"
    assert told in " ".join(done.stdout.split())
    assert json.loads((tmp_path / "r.json").read_text())["summary"]["notes"] == [told]
    assert told in (tmp_path / "r.md").read_text().replace("\\", "")
    assert told in (tmp_path / "r.html").read_text()
    junit = ET.parse(tmp_path / "r.xml").getroot()
    assert junit.find(".//property").get("value") == told
    assert [v.taken_from for v in kept.verdicts if v.taken_from] == [first, first]
    # What was seen once is counted once.

    hour = {
        "since": kept.started_at - timedelta(hours=1),
        "until": kept.started_at + timedelta(hours=1),
    }
    total = store.summaries.total(**hour)
    assert (total.passed, total.failed) == (2, 2)
    store.close()


def test_what_was_asked_otherwise_is_asked_again(gatewayz, shop):
    test = ("test", "groq", "--models", "1", "--store", "s.db")
    gatewayz(*test, **shop.variables())
    for change in (("--message", "Say hello"), ("--max-tokens", "60")):
        since = len(shop.log)
        gatewayz(*test, "--max-age", "6h", *change, **shop.variables())

        assert len(asked(shop, since)) == 1


def test_one_that_failed_since_it_passed_is_asked_again(gatewayz, groq, shop):
    test = ("test", "groq", "--retries", "0", "--store", "s.db")
    with simulation.running(seed=6) as whole:
        # The same address for both: the gateway is the same, and has broken since.
        gatewayz(*test, **whole.variables())
    gatewayz(*test, **shop.variables())
    since = len(shop.log)
    gatewayz(*test, "--max-age", "6h", **shop.variables())

    assert asked(shop, since) == ["qwen/qwen3-32b"]
