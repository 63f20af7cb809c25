"""/metrics as Prometheus reads it, and what /health/gateways says of recent traffic and probes."""

from contextlib import closing
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gatewayz.core import Case, Gateway, Model, Observation, Outcome, Run, Verdict
from gatewayz.core.client_key import Allowance, new_key
from gatewayz.core.failures import failure
from gatewayz.server.traffic import RECENT_S, Traffic
from gatewayz.server.visits import Visit
from gatewayz.store import open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


LABELS = ("gateway", "endpoint", "status", "class", "direction", "le")


def samples(answer):
    """Each sample's value by its name and labels."""
    return {
        (
            sample.name,
            *(sample.labels[name] for name in LABELS if name in sample.labels),
        ): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


def test_each_request_is_counted_once_by_what_its_client_got(own_backend, provider, wire):
    usage = b',"usage":{"prompt_tokens":5,"completion_tokens":7}}'
    provider.script[:] = [wire.whole(wire.COMPLETION.rstrip()[:-1] + usage)]
    own_backend.chat()
    own_backend.chat()
    own_backend.chat(model="nowhere")
    provider.script[:] = [wire.whole(b"{}", "503 Service Unavailable")]
    own_backend.chat()
    own_backend.get("/no/such/path")

    answer = own_backend.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    found = samples(answer)
    path = "/v1/chat/completions"
    assert found["gatewayz_requests_total", "acme", path, "200", ""] == 2
    assert found["gatewayz_requests_total", "", path, "404", "not-found"] == 1
    assert found["gatewayz_requests_total", "", "", "404", "not-found"] == 1
    (refused,) = [
        v for k, v in found.items() if k[:4] == ("gatewayz_requests_total", "acme", path, "503")
    ]
    assert refused == 1
    assert found["gatewayz_tokens_total", "acme", "input"] == 10
    assert found["gatewayz_tokens_total", "acme", "output"] == 14
    assert found["gatewayz_request_seconds_count", "acme"] == 3
    assert found["gatewayz_request_seconds_bucket", "acme", "+Inf"] == 3
    assert 0 < found["gatewayz_request_seconds_sum", "acme"] < 30
    assert found["gatewayz_catalogue_models", "acme"] == 2
    assert found["gatewayz_requests_running",] == 0
    assert ("process_open_fds",) in found
    # Acme publishes no prices: what is not known is not told as nothing.
    assert ("gatewayz_cost_usd_total", "acme") not in found


def test_a_cost_that_the_provider_told_is_the_one_that_counts(own_backend, provider, wire):
    usage = b',"usage":{"prompt_tokens":5,"completion_tokens":7,"cost":0.25}}'
    provider.script[:] = [wire.whole(wire.COMPLETION.rstrip()[:-1] + usage)]
    own_backend.chat()

    assert samples(own_backend.get("/metrics"))["gatewayz_cost_usd_total", "acme"] == 0.25


@pytest.mark.parametrize("query", ["gateway=acme", "gateway=all", "limit=1", "gateway=mute"])
def test_a_list_that_is_kept_here_says_nothing_of_its_gateway(start, acme, new_provider, query):
    """Neither that it answers, nor that it does not: nobody was asked for anybody."""
    mute = Gateway(name="mute", base_url=new_provider().url, key_env="MUTE_API_KEY")
    client = start(acme, mute)
    for _ in range(3):
        client.get(f"/models?{query}")

    (seen,) = client.get("/health/gateways").json["data"]
    assert (seen["traffic"]["requests"], seen["traffic"]["success_rate"]) == (0, None)
    counted = [key for key in samples(client.get("/metrics")) if key[0].startswith("gatewayz_req")]
    assert {key[1:2] for key in counted} == {(), ("",)}


def test_what_a_client_writes_makes_no_new_series(own_backend):
    for number in range(30):
        own_backend.chat(model=f"acme/{number}")
        own_backend.get(f"/{number}")
        own_backend.get(f"/models?gateway={number}")

    found = samples(own_backend.get("/metrics"))

    assert len([key for key in found if key[0] == "gatewayz_requests_total"]) <= 3


def test_running_requests_are_counted_while_they_run(own_backend, provider, wire):
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), "watch"]
    connection, response = own_backend.send(
        "POST", "/v1/chat/completions", {"model": "acme/one", "messages": [], "stream": True}
    )
    response.read(5)

    assert samples(own_backend.get("/metrics"))["gatewayz_requests_running",] == 1
    connection.close()
    response.close()


def test_ready_until_it_is_told_to_stop(own_backend):
    assert own_backend.get("/health/ready").json["status"] == "ready"


@pytest.fixture
def probed(tmp_path):
    """A store whose last run found one of three models of acme to fail."""
    place = str(tmp_path / "kept.db")

    def verdict(model, outcome, way="direct"):
        case = Case(gateway="acme", probe="chat", model=model and Model(id=model), way=way)
        why = failure("overloaded", "busy") if outcome is Outcome.FAILED else None
        return Verdict(observation=Observation(case=case), outcome=outcome, failure=why)

    with closing(open_store(place)) as store:
        for run_id, outcomes in (
            ("older", [Outcome.FAILED] * 3),
            ("newer", [Outcome.PASSED, Outcome.PASSED, Outcome.FAILED]),
        ):
            store.begin_run(Run(id=run_id, started_at=NOON))
            store.record(run_id, [verdict(f"m{n}", one) for n, one in enumerate(outcomes)])
        store.begin_run(Run(id="api", started_at=NOON))
        store.record("api", [verdict("m0", Outcome.FAILED, "api"), verdict(None, Outcome.PASSED)])
    return place


def test_of_each_gateway_it_tells_traffic_and_probes(start, acme, provider, wire, probed):
    quiet = Gateway(name="quiet", base_url=provider.url, key_required=False)
    client = start(acme, quiet, GATEWAYZ_STORE=probed)
    client.chat()
    client.ask("POST", "/v1/chat/completions", {"model": "acme/one"})
    provider.script[:] = [wire.whole(b"{}", "500 Oh")]
    client.chat()

    answer = client.get("/health/gateways").json

    by_name = {one["gateway"]: one for one in answer["data"]}
    traffic = by_name["acme"]["traffic"]
    assert (traffic["requests"], traffic["failed"], traffic["success_rate"]) == (2, 1, 0.5)
    assert traffic["failures"] == {"server-error": 1}
    assert traffic["median_s"] > 0
    assert by_name["acme"]["probes"] == {
        "run": "newer", "at": NOON.isoformat(), "passed": 2, "failed": 1, "unknown": 0, "skipped": 0,
    }  # fmt: skip
    # A rate over nothing is none.
    assert by_name["quiet"]["traffic"]["success_rate"] is None
    assert by_name["quiet"]["probes"] is None


@pytest.mark.parametrize(
    ("models", "probes"),
    [
        (("acme/m0",), (1, 0)),
        (("acme/m2", "*1"), (1, 1)),
        (("acme/m4",), None),
        (("acme/*",), (2, 1)),
    ],
)
def test_a_key_for_some_models_of_a_gateway_is_told_what_was_found_of_those(
    start, acme, settings_with, probed, models, probes
):
    settings = settings_with(GATEWAYZ_STORE=probed, GATEWAYZ_KEY_SECRET="s" * 40, ACME_API_KEY="k")
    key, kept = new_key("ann", b"s" * 40, created_at=NOON, allowance=Allowance(models=models))
    with closing(open_store(probed)) as store:
        store.keys.add(kept)
    client = start(acme, settings=settings, headers={"authorization": f"Bearer {key}"})

    (seen,) = client.get("/health/gateways").json["data"]

    found = seen["probes"]
    assert (found and (found["passed"], found["failed"])) == probes
    # Requests of others, to whichever of its models, are no affair of a key for some.
    assert (seen["traffic"] is not None) is (models == ("acme/*",))


def test_minutes_that_are_over_are_forgotten():
    now = [0.0]
    traffic = Traffic(clock=lambda: now[0])
    visit = Visit("id", "POST", "/", gateway="acme", attempts=1, status=200)
    traffic.note(visit)

    assert traffic.last_minutes("acme").requests == 1
    now[0] += RECENT_S + 1
    assert traffic.last_minutes("acme").requests == 0
    assert traffic.by_gateway["acme"].ended.total() == 1
    assert traffic.last_minutes("nobody").success_rate is None


def test_what_was_cut_off_as_the_server_stopped_is_no_failure_of_a_gateway():
    traffic = Traffic()
    visit = Visit("id", "POST", "/", gateway="acme", attempts=1, status=200)
    visit.stopped()
    traffic.note(visit)

    assert traffic.last_minutes("acme").requests == 0
    assert traffic.by_gateway[""].ended == {("", 200, "stopping"): 1}
