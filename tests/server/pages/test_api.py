"""The same figures for programs."""

import json
import os
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from tests.outline import Outline
from tests.watched import fill, keep, run_of, verdict

from gatewayz.core import Case, Observation, Outcome, RunStatus
from gatewayz.core.units import utc_now
from gatewayz.store import open_store

LISTS = ("status", "incidents", "sla", "timeline", "runs", "runs/last/results")


@pytest.mark.parametrize("path", LISTS)
def test_lists_come_page_by_page(shown, path):
    whole = shown.get(f"/api/v1/{path}").json
    part = shown.get(f"/api/v1/{path}?limit=1&offset=1").json

    assert part["limit"] == 1
    assert part["data"] == whole["data"][1:2]
    if len(whole["data"]) > 2:
        assert part["next_offset"] == 2


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=99999", "offset=-1", "limit=%C2%B2"]
)
def test_a_page_is_bounded(shown, query):
    answer = shown.get(f"/api/v1/status?{query}")

    assert answer.status == 400
    assert answer.error["param"] == query.partition("=")[0]


def test_the_status_tells_each_model(shown):
    document = shown.get("/api/v1/status").json
    states = {(one["gateway"], one["model"]): one for one in document["data"]}

    failing = states["xai", "qwen/qwen3-32b"]
    assert (document["total"], document["failing"]) == (6, 1)
    assert (failing["state"], failing["fails_by"]) == ("fails", "server-500-json")
    assert failing["up"]["90d"] == {"rate": 0.5, "up": 4, "down": 4, "judged": 8}
    assert states["groq", "qwen/qwen3-32b"]["probes"] == {"chat": "works", "streaming": "works"}


def test_a_timeline_has_every_step_and_its_times(shown):
    document = shown.get("/api/v1/timeline?gateway=groq&step_h=24&probe=streaming").json
    filled = [step for step in document["data"] if step["passed"]]

    assert document["total"] == 8
    assert sum(step["passed"] for step in filled) == 3 * 4
    assert filled[0]["times"]["ttft"]["p50"] == pytest.approx(0.2, rel=0.01)
    assert filled[0]["rate"] == 1


@pytest.mark.parametrize(
    "query", ["since=x", "since=2026-02-30", "since=2026-01-02&until=2026-01-01",
              "since=2001-01-01&step_h=1", "way=up", "step_h=0"]
)  # fmt: skip
def test_a_timeline_that_cannot_be_told_is_refused(shown, query):
    assert shown.get(f"/api/v1/timeline?{query}").status == 400


def test_a_run_is_told_in_numbers_and_its_results_apart(shown):
    run = shown.get("/api/v1/runs/last").json
    failed = shown.get(f"/api/v1/runs/{run['id']}/results?outcome=failed").json

    assert run["schema"] == "gatewayz/api/run/1"
    assert (run["recorded"], "results" in run) == (12, False)
    assert failed["total"] == 2
    assert {one["failure"]["kind"] for one in failed["data"]} == {"server-500-json"}
    assert shown.get("/api/v1/runs/nothing").status == 404
    assert shown.get("/api/v1/runs/last/results?outcome=odd").status == 400


def test_incidents_last_until_it_answers_again(shown):
    (one,) = shown.get("/api/v1/incidents").json["data"]

    assert (one["gateway"], one["models"], one["end"]) == ("xai", ["qwen/qwen3-32b"], None)
    assert one["kinds"] == {"server-500-json": 4}
    assert one["culprits"] == {"the gateway": 4}
    assert one["promises"] == []


def test_an_incident_of_several_promises_is_listed_once_with_their_names(
    start, acme, filled, tmp_path
):
    toml = '[[sla]]\nname = "{}"\navailability = 99.0\nwindow = "{}"\n'
    (tmp_path / "gatewayz.toml").write_text(toml.format("gold", "30d") + toml.format("iron", "14d"))
    client = start(acme, GATEWAYZ_STORE=filled)

    (one,) = client.get("/api/v1/incidents").json["data"]
    assert (one["models"], one["promises"]) == (["qwen/qwen3-32b"], ["gold", "iron"])
    for path in ("/status", "/status/models/xai/qwen/qwen3-32b"):
        page = client.get(path).body.decode()
        assert (page.count(">going on<"), "gold, iron" in page) == (1, True)


def test_promises_are_told_with_their_state(start, acme, filled, tmp_path):
    (tmp_path / "gatewayz.toml").write_text('[[sla]]\nname = "gold"\navailability = 99.0\n')
    client = start(acme, GATEWAYZ_STORE=filled)
    document = client.get("/api/v1/sla").json

    by_target = {one["target"]: one for one in document["data"]}
    assert by_target["xai/qwen/qwen3-32b"]["state"] == "broken"
    assert by_target["groq/qwen/qwen3-32b"]["share"] == 1
    page = client.get("/status").body
    assert b"Promises kept" in page


def test_a_promise_without_any_result_is_told_and_nothing_is_called_good(
    start, acme, filled, tmp_path
):
    toml = '[[sla]]\nname = "gold"\nmodels = ["{}"]\navailability = 99.0\n'
    written = toml.format("groq/*") + toml.format("nobody/*").replace("gold", "far")
    (tmp_path / "gatewayz.toml").write_text(written)
    client = start(acme, GATEWAYZ_STORE=filled)
    document, page = client.get("/api/v1/sla").json, client.get("/status").body.decode()

    assert document["without_result"] == ["far"]
    assert {one["state"] for one in document["data"]} == {"kept"}
    assert "none broken; 1 without a result" in page


def test_a_promises_limit_is_said_once(start, acme, filled, tmp_path):
    (tmp_path / "gatewayz.toml").write_text('[[sla]]\nttft = { p95 = "2s" }\n')
    document = start(acme, GATEWAYZ_STORE=filled).get("/api/v1/sla").json

    assert {one["objective"] for one in document["data"]} == {"ttft p95 <= 2.00s"}


def test_history_is_that_of_the_command(shown):
    document = shown.get("/api/v1/history?gateway=xai&model=qwen*").json

    assert document["schema"] == "gatewayz/history/1"
    assert len(document["runs"]) == 4
    assert shown.get("/api/v1/history").status == 400
    assert shown.get("/api/v1/history?gateway=nobody").status == 404


def test_the_past_of_a_model_is_asked_for_by_its_name_whatever_signs_are_in_it(
    start, acme, store_file
):
    fill(store_file, gateways=("groq",), models=("chat[beta]", "chat"), hours=(2,))
    client = start(acme, GATEWAYZ_STORE=store_file)
    for path in ("history", "timeline"):
        answer = client.get(f"/api/v1/{path}?gateway=groq&model=chat%5Bbeta%5D")

        assert answer.status == 200
        assert "chat[beta]" in answer.body.decode()


def test_a_run_never_has_more_results_than_were_planned(start, acme, filled):
    now = utc_now()
    found = [verdict("groq", "m", "chat", now)]
    unkeyed = replace(
        found[0],
        observation=Observation(case=Case(gateway="xai", probe="models")),
        outcome=Outcome.SKIPPED,
    )
    run = run_of(now, [*found, unkeyed])
    store = open_store(filled)
    keep(store, replace(run, plan=run.plan[:1]))
    store.close()
    client = start(acme, GATEWAYZ_STORE=filled)
    document = client.get("/api/v1/live").json
    page = Outline(client.get("/status/live").body.decode())

    assert (document["run"]["planned"], document["run"]["recorded"]) == (1, 1)
    assert document["run"]["skipped"] == 0
    lists = {one["gateway"]: one["list"] for one in document["gateways"]}
    assert lists == {"groq": None, "xai": "skipped"}
    assert "1 of 1 planned" in " ".join(page.words)


def test_who_watches_a_run_is_told_what_is_new(start, acme, filled):
    client, now = start(acme, GATEWAYZ_STORE=filled), utc_now()
    found = [verdict("groq", f"m{n}", "chat", now) for n in range(4)]
    begun = run_of(now, found, status=RunStatus.RUNNING)
    store = open_store(filled)
    keep(store, run_of(now, found[:1], status=RunStatus.RUNNING))
    connection, response = client.send("GET", "/api/v1/live", headers={"accept": "text/event-stream"})  # fmt: skip
    with connection:
        first = _event(response)
        store.record(begun.id, found[1:])
        second = _event(response)
    store.close()

    assert response.getheader("content-type").startswith("text/event-stream")
    assert (first["run"]["id"], first["run"]["running"]) == (begun.id, True)
    assert [one["run"]["recorded"] for one in (first, second)] == [1, 4]
    assert second["latest"][0]["model"] == "m3"
    moments = (first["run"]["started_at"], second["latest"][0]["at"])
    assert all(moment.endswith("Z") for moment in moments)


def test_a_run_that_goes_on_is_watched_however_long_ago_its_last_answer_came(
    start, acme, store_file
):
    begun, since = (utc_now() - timedelta(hours=ago) for ago in (3, 1))
    run = run_of(begun, [verdict("groq", "m", "chat", begun)], status=RunStatus.RUNNING)
    with closing(open_store(store_file)) as store:
        store.holding.begin(replace(run, verdicts=()), begun)
        store.record(run.id, run.verdicts)
        keep(store, run_of(since, [verdict("groq", "m", "chat", since)]))
    client = start(acme, GATEWAYZ_STORE=store_file)

    document = client.get("/api/v1/live").json["run"]
    page = client.get("/status/live").body.decode()

    assert (document["id"], document["running"]) == (run.id, True)
    assert f'data-running="yes" hidden="">{run.id}<' in page


def test_a_run_whose_process_was_killed_is_not_running_from_then_on(start, acme, store_file):
    begins = (
        "import sys; from gatewayz.core import Run; from gatewayz.core.units import utc_now;"
        "from gatewayz.store import open_store; now = utc_now();"
        "open_store(sys.argv[1]).holding.begin(Run(id='killed', started_at=now, plan=()), now)"
    )
    from_src = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    child = [sys.executable, "-c", begins, store_file]
    subprocess.run(child, env=from_src, check=True, timeout=60)
    client = start(acme, GATEWAYZ_STORE=store_file)

    document = client.get("/api/v1/live").json["run"]
    page = client.get("/status/live").body.decode()

    told = document["id"], document["status"], document["running"]
    assert told == ("killed", "running", False)
    assert "its process is gone" in page


def _event(response):
    while not (line := response.readline()).startswith(b"data: "):
        assert line, "the stream ended"
    return json.loads(line.removeprefix(b"data: "))


def test_documents_are_as_the_docs_say(shown):
    docs = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    blocks = re.findall(r"```json\n(\{\n  \"\$schema\".*?)```", docs, re.DOTALL)
    schemas = {one["title"]: one for one in map(json.loads, blocks)}

    for path in (*LISTS, "runs/last", "live"):
        document = shown.get(f"/api/v1/{path}").json
        jsonschema.validate(document, schemas[document["schema"]])
