"""The clients that people use, before the backend: each operation and each error, as they show it."""

import email.utils
import shutil
import subprocess
import time

import pytest
from tests.clients.asks import BROKEN, COUNTED, ENGINE, GROQ, MODELS, RETRIED, WAIT_S, WAYS, WRONG
from tests.clients.conftest import not_here
from tests.clients.known import CLIENTS, LOOPBACK_ONLY, OPERATIONS

SERVED_BY = {place: model.partition("/")[0] for place, model in MODELS.items()}
PARIS = [{"name": "get_weather", "arguments": {"city": "Paris"}}]


def those_that_can(*operations):
    return [c for c in CLIENTS if not set(operations) & set(c.cannot)]


def named(one):
    return getattr(one, "name", None) or getattr(one, "id", None)


@pytest.fixture
def answers(client, report_of):
    return report_of(client)["answers"]


@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_it_is_the_version_that_is_locked(client, report_of):
    assert report_of(client)["version"] == client.locked_version


@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_it_prints_nothing_that_it_should_not(client, report_of):
    """An error that is not one of the client's own is printed with its traceback."""
    assert report_of(client)["stderr"] == ""


@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_what_it_cannot_do_is_told_with_a_reason_and_all_else_was_asked(client, answers):
    assert set(client.cannot) <= set(OPERATIONS)
    assert all(client.cannot.values())
    asked = {name.partition("-")[0] for name in answers}
    assert asked >= set(OPERATIONS) - set(client.cannot) - {"headers"}


@pytest.mark.parametrize("client", those_that_can("models"), ids=named)
def test_it_lists_every_model(answers, backends):
    listed = [model["id"] for model in backends.models]

    assert sorted(answers["models-all"]["ids"]) == sorted(listed)
    assert set(MODELS.values()) <= set(listed)


@pytest.mark.parametrize("place", MODELS)
@pytest.mark.parametrize("client", those_that_can("model"), ids=named)
def test_it_finds_one_model(answers, place):
    assert answers[f"model-{place}"] == {"id": MODELS[place]}


@pytest.mark.parametrize("place", MODELS)
@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_it_chats(client, answers, place):
    answer = answers[f"chat-{place}"]

    assert answer["text"] == "Test successful"
    assert answer["finish"] == "stop"
    assert answer["calls"] == []
    assert min(answer["usage"].values()) > 0
    served_by = None if "headers" in client.cannot else SERVED_BY[place]
    assert answer.get("served_by") == served_by


@pytest.mark.parametrize("place", MODELS)
@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_it_streams_with_usage(client, answers, place):
    answer = answers[f"stream-{place}"]

    assert answer["text"] == "Test successful"
    assert answer["pieces"] > 1
    assert answer["finish"] == "stop"
    assert answer["usage"] == _streamed_usage(client, place, answers[f"chat-{place}"]["usage"])


@pytest.mark.parametrize("place", MODELS)
@pytest.mark.parametrize("way", ["tool_call", "tool_call_streamed"])
@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_it_calls_a_tool(client, answers, way, place):
    answer, plain = answers[f"{way}-{place}"], answers[f"tool_call-{place}"]["usage"]

    assert answer["calls"] == PARIS
    assert not answer["text"]
    # Each has its own spelling of the word.
    assert answer["finish"] in {"tool_calls", "tool_call", "tool-calls"}
    streamed = way == "tool_call_streamed"
    assert answer["usage"] == (_streamed_usage(client, place, plain) if streamed else plain)


def _streamed_usage(client, place, plain):
    """What a stream counts to: the same as the plain answer."""
    twice = client.adds_up and MODELS[place] == GROQ
    return {name: count * (1 + twice) for name, count in plain.items()}


@pytest.mark.parametrize("place", MODELS)
@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_it_gets_json_of_a_schema(answers, place):
    value = answers[f"json_schema-{place}"]["value"]

    assert {name: type(of) for name, of in value.items()} == {"name": str, "age": int}


@pytest.mark.parametrize("place", MODELS)
@pytest.mark.parametrize("operation", COUNTED)
@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_a_key_with_a_token_limit_changes_nothing(answers, operation, place):
    counted, plain = answers[f"{operation}-counted-{place}"], answers[f"{operation}-{place}"]

    told = ("text", "finish", "calls", "usage")
    assert "error" not in counted, counted
    assert {name: counted[name] for name in told if name in plain} == {
        name: plain[name] for name in told if name in plain
    }


@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_every_providers_dialect_is_understood(client, answers, backends):
    providers = set(backends.everywhere) - {"local"}
    assert len(providers) == 14
    for name in providers:
        plain, streamed = answers[f"chat-at-{name}"], answers[f"stream-at-{name}"]
        assert plain["text"] == streamed["text"] == "Test successful", name
        assert min(plain["usage"].values()) > 0, name
        assert min(streamed["usage"].values()) > 0, name
        assert answers[f"tool_call_streamed-at-{name}"]["calls"] == PARIS, name


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrong", WRONG, ids=named)
@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_an_error_arrives_as_the_clients_own(client, answers, wrong, way):
    error = answers[f"{wrong.id}-{way}"]["error"]

    assert error["status"] == wrong.status, error
    expected = {client.errors[wrong.status]}
    if client.blurs and wrong.whose == "provider":
        expected.add(client.blurs)
    assert expected & set(error["is"]), error
    assert wrong.says in error["message"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrong", [w for w in WRONG if w.waits], ids=named)
@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_it_can_read_when_to_come_back(answers, wrong, way):
    told = answers[f"{wrong.id}-{way}"]["error"]["retry_after"]

    seconds = _seconds(told)
    assert (0 < seconds <= 60) if wrong.whose == "us" else (seconds == WAIT_S), told


def _seconds(retry_after):
    """Seconds, also out of a date, which the provider made some time ago."""
    if retry_after.replace(".", "", 1).isdigit():
        return float(retry_after)
    ahead = email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time()
    assert -150 < ahead < WAIT_S + 1
    return WAIT_S


@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_a_stream_that_breaks_is_an_error_and_no_end(client, answers, simulated):
    error = answers["broken"]["error"]

    assert client.broken in error["is"], error
    assert "The connection was reset in the middle of the answer" in error["message"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("client", CLIENTS, ids=named)
def test_what_fails_once_is_asked_again_by_the_client_itself(client, answers, simulated, way):
    """The provider fails the first request of a text, so one answer tells of two requests."""
    assert answers[f"retried-{way}"]["text"] == f"Asked by {client.name}, {way}"


@pytest.mark.parametrize("client", CLIENTS[:1], ids=named)
def test_the_faults_were_planted(answers, simulated):
    struck = {served.fault for served in simulated.log if served.fault}
    planted = {
        w.model.removeprefix("groq/fault/").partition(";")[0] for w in WRONG if "/fault/" in w.model
    }
    planted |= {model.removeprefix("groq/fault/").partition(";")[0] for model in (BROKEN, RETRIED)}

    assert struck == planted
    assert ENGINE not in {served.model for served in simulated.log}


@pytest.mark.parametrize(
    "call",
    [
        "net.connect(9, '192.0.2.1')",
        "net.connect({ host: '192.0.2.1', port: 9 })",
        "fetch('http://192.0.2.1:8080/')",
        "fetch('https://api.example.com/')",
    ],
)
def test_a_client_of_node_that_reaches_out_is_ended_and_told_of(call):
    if shutil.which("node") is None:
        not_here("Node.js is not installed")
    script = f"const net = require('node:net'); {call}; setTimeout(() => {{}}, 5000)"
    command = ["node", "--require", str(LOOPBACK_ONLY), "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 97
    assert "a test tried to reach" in done.stderr
