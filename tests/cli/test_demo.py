"""`gatewayz demo`: everything at once, on this machine."""

import json
import os
import time
from pathlib import Path

from gatewayz import engine, simulator
from gatewayz.cli.demo import _unlimited
from gatewayz.cli.lanes import choose, lanes
from gatewayz.config import load_settings
from gatewayz.gateways import known_gateways
from gatewayz.store import open_store


def children_mentioning(folder):
    """Command lines of processes that still have to do with the demo."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(folder):
                found.append((entry / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def test_it_goes_both_ways_writes_the_reports_and_leaves_nothing_behind(gatewayz, tmp_path):
    began = time.monotonic()
    done = gatewayz("demo", GROQ_API_KEY="the-user's-own-key-is-not-used")

    assert time.monotonic() - began < 45
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / "demo-reports"
    assert sorted(path.suffix for path in folder.glob("report.*")) == [
        ".html",
        ".json",
        ".md",
        ".xml",
    ]
    assert str(folder) in done.stdout
    assert "Try next" in done.stdout
    document = json.loads((folder / "report.json").read_text())
    ways = {(r["gateway"], r["way"]) for r in document["results"] if r["outcome"] == "passed"}
    assert {way for _, way in ways} == {"direct", "api"}
    assert len({gateway for gateway, _ in ways}) >= 14
    assert "own-key" not in done.stdout + (folder / "report.json").read_text()
    assert children_mentioning(tmp_path) == []


def test_the_planted_faults_are_found_both_ways_and_named(gatewayz, tmp_path):
    done = gatewayz("demo", "--reports", "here")

    assert "[FAIL] fireworks     :  0/ 3 passed (  0.0%)" in done.stdout
    assert "[WARN] featherless   :  1/ 3 passed ( 33.3%)" in done.stdout
    assert "[WARN] portkey (api) :  2/ 3 passed ( 66.7%)" in done.stdout
    assert "just those were found" in done.stdout
    document = json.loads((tmp_path / "here" / "report.json").read_text())
    failed = [r for r in document["results"] if r["outcome"] == "failed"]
    assert sorted((r["gateway"], r["way"], r["failure"]["kind"]) for r in failed) == sorted(
        (gateway, way, kind)
        for way in ("direct", "api")
        for gateway, kinds in {
            "fireworks": ["billing-no-credit"] * 3,
            "featherless": ["permission-gated-model", "empty-content"],
            "portkey": ["server-error-in-200"],
        }.items()
        for kind in kinds
    )


def test_more_questions_wait_for_no_providers_limit_and_find_just_what_was_planted(
    gatewayz, tmp_path
):
    probes = "streaming,usage,vision,made_up_model,malformed_body"
    done = gatewayz("demo", "-q", "--reports", "here", "--probe", probes)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "just those were found" in done.stdout
    assert "vision: asked of models that do not offer it" in done.stdout
    assert "Testing Gateway" not in done.stdout
    store = open_store(tmp_path / "here" / "demo.db")
    seen = [verdict.observation for verdict in store.run("last").verdicts]
    store.close()
    tries = [attempt for one in seen if one.case.gateway == "chutes" for attempt in one.attempts]
    asked = [attempt.started_at for attempt in tries]
    assert len(asked) > 20
    # At the 60 a minute that the real one allows it would be longer than this.
    assert (max(asked) - min(asked)).total_seconds() < 12


def test_only_at_the_simulator_a_providers_limit_is_lifted(tmp_path):
    with simulator.running() as pretending:
        environ = pretending.variables()
        (tmp_path / "gatewayz.toml").write_text(_unlimited(environ, pretending.url))
        settings = load_settings(environ=environ, folder=tmp_path, flags={"mode": "both"})
        found = lanes(choose(settings), settings)
        kept = _unlimited({}, pretending.url)

    of_chutes = [lane.gateway.limits for lane in found if lane.name == "chutes"]
    assert [limits.requests_per_minute for limits in of_chutes] == [None, None]
    assert known_gateways({})["chutes"].limits.requests_per_minute
    assert kept == ""


def test_the_engine_answers_each_way_with_text_and_usage(gatewayz, tmp_path):
    if engine.available():
        assert "going on without it" in gatewayz("demo").stdout
        return
    gatewayz("demo", "--reports", "here")

    document = json.loads((tmp_path / "here" / "report.json").read_text())
    real = [r for r in document["results"] if r["gateway"] == "local"]
    assert {r["way"] for r in real} == {"direct", "api"}
    assert all(r["text"] == "Test successful" for r in real)
    assert all(r["usage"]["output_tokens"] > 0 for r in real)


def test_a_folder_that_cannot_be_made_is_told(gatewayz, tmp_path):
    (tmp_path / "file").write_text("")
    done = gatewayz("demo", "--reports", "file/in-it")

    assert done.returncode == 2
    assert "--reports file/in-it" in done.stderr
