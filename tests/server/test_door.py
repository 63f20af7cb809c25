"""Who may come in, what the log says, and what happens when it is our own fault."""

import asyncio
import json
import re

import pytest

from gatewayz.core import Gateway
from gatewayz.server import create_app

OUR_KEY = "gw-our-own-key-of-this-test"


@pytest.fixture
def locked(start, acme):
    """A client of a backend that has a key of its own, not yet shown."""
    return start(acme, GATEWAYZ_API_KEY=OUR_KEY)


def test_the_right_key_comes_in(locked):
    bearer = {"Authorization": f"Bearer {OUR_KEY}"}

    assert locked.chat(headers=bearer).status == 200
    assert locked.chat(headers={"Authorization": f"bearer  {OUR_KEY} "}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": OUR_KEY},
        {"Authorization": f"Basic {OUR_KEY}"},
        {"Authorization": f"Bearer {OUR_KEY}x"},
        {"Authorization": f"Bearer {OUR_KEY[:-1]}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer \xff"},
    ],
)
def test_any_other_key_gets_the_same_401_everywhere(locked, provider, headers):
    answers = [
        locked.chat(headers=headers),
        locked.ask("GET", "/v1/models", headers=headers),
        locked.ask("GET", "/no/such/path", headers=headers),
    ]

    assert {answer.status for answer in answers} == {401}
    assert {answer.error["code"] for answer in answers} == {"invalid_api_key"}
    assert {answer.error["message"] for answer in answers} == {answers[0].error["message"]}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert provider.calls == []


def test_health_is_open_and_not_red_because_a_provider_is(start):
    dead = Gateway(name="dead", base_url="http://127.0.0.1:9/v1", key_required=False)
    client = start(dead, GATEWAYZ_API_KEY=OUR_KEY)

    answer = client.get("/health")

    assert (answer.status, answer.json["status"]) == (200, "ok")
    assert client.get("/health/ready").json["status"] == "ready", "who asks it may have no key"
    assert client.get("/health/gateways").status == 401


def test_without_a_key_other_machines_are_turned_away(settings_with):
    app = create_app(settings_with(), {})

    assert _status_for(app, client=("192.0.2.7", 1)) == 403
    assert _status_for(app, client=("::1", 1)) == 200
    assert _status_for(app, client=None) == 200, "a Unix socket is this machine's"


def test_with_a_key_other_machines_come_in(settings_with):
    app = create_app(settings_with(GATEWAYZ_API_KEY=OUR_KEY), {})
    bearer = [(b"authorization", f"Bearer {OUR_KEY}".encode())]

    assert _status_for(app, client=("192.0.2.7", 1), headers=bearer) == 200


def test_without_a_key_web_pages_of_other_hosts_are_turned_away(backend, provider):
    foreign = backend.chat(headers={"Origin": "https://evil.example"})
    own = backend.chat(headers={"Origin": "http://localhost:3000"})

    assert (foreign.status, own.status) == (403, 200)
    assert len(provider.chats()) == 1


def test_an_answer_carries_the_id_of_its_log_line(own_backend, logged):
    answer = own_backend.chat()

    (line,) = logged(1)
    assert line["id"] == answer.headers["x-request-id"]
    assert (line["method"], line["path"]) == ("POST", "/v1/chat/completions")
    assert (line["gateway"], line["model"], line["status"]) == ("acme", "one", "200")
    assert (line["kind"], line["key"]) == ("-", "-")


def test_the_clients_own_id_is_kept_when_it_is_sane(own_backend, logged):
    mine = own_backend.get("/health", **{"x-request-id": "mine-1.2:3_4"})
    odd = [
        own_backend.get("/health", **{"x-request-id": value}).headers["x-request-id"]
        for value in ("a b", "x" * 129, "\xe9", "")
    ]

    assert mine.headers["x-request-id"] == "mine-1.2:3_4"
    assert all(re.fullmatch(r"[0-9a-f]{16}", value) for value in odd)
    assert {line["id"] for line in logged(5)} == {"mine-1.2:3_4", *odd}


def test_a_key_in_the_wrong_place_is_not_kept(locked, logged):
    showing = {"Authorization": f"Bearer {OUR_KEY}"}
    locked.get(f"/{OUR_KEY}/x", **showing)
    locked.get(f"/v1/models/{OUR_KEY}", **{**showing, "x-request-id": f"id-{OUR_KEY}"})
    locked.chat(model=OUR_KEY, provider="acme", headers=showing)

    lines = logged(3)
    assert OUR_KEY not in repr(lines)
    assert [line["path"] for line in lines] == ["/***/x", "/v1/models/***", "/v1/chat/completions"]
    assert lines[2]["model"] == "***"
    assert re.fullmatch(r"[0-9a-f]{16}", lines[1]["id"])


def test_the_log_names_a_key_by_fingerprint_only(locked, logged, settings_with):
    locked.chat(headers={"Authorization": f"Bearer {OUR_KEY}"})

    (line,) = logged(1)
    key = settings_with(GATEWAYZ_API_KEY=OUR_KEY).keys.named("GATEWAYZ_API_KEY")
    assert line["key"] == key.fingerprint


def test_one_request_is_one_line_whatever_the_client_sends(own_backend, logged):
    own_backend.chat(model='acme/a\r\n2026 request id=forged "\x1b[31m\u2028')
    own_backend.get("/x%0d%0aforged%1b%5b31m")

    chat, other = sorted(logged(2), key=lambda line: line["status"])
    assert "\x1b" not in chat["model"] + other["path"]
    assert "\u2028" not in chat["model"]
    assert [chat["status"], other["status"]] == ["200", "404"]


def test_a_failure_is_logged_with_its_kind(own_backend, provider, logged):
    provider.script = ["reset"]

    own_backend.chat()

    (line,) = logged(1)
    assert (line["status"], line["kind"]) == ("502", "reset-before-response")
    assert line["gateway"] == "acme"


def test_a_bug_of_ours_is_a_500_without_a_traceback(settings_with, acme, capfd):
    class Broken:
        async def open(self, request, timeouts):
            raise ZeroDivisionError("a secret thought")

        async def aclose(self):
            pass

    app = create_app(settings_with(ACME_API_KEY="k" * 20), {"acme": acme}, Broken())
    body = json.dumps({"model": "acme/one", "messages": []}).encode()

    status, answer = _call(app, "POST", "/v1/chat/completions", body)
    _, recent = _call(app, "GET", "/health/gateways", b"")
    _, counted = _call(app, "GET", "/metrics", b"")

    log = capfd.readouterr().err
    assert (status, json.loads(answer)["error"]["type"]) == (500, "internal_error")
    assert b"secret thought" not in answer
    assert b"Traceback" not in answer
    (line,) = [line for line in log.splitlines() if "ZeroDivisionError" in line]
    assert "test_door.py" in line
    (of_acme,) = json.loads(recent)["data"]
    told = of_acme["traffic"]
    assert (told["requests"], told["failures"]) == (0, {})  # none of the gateway's
    assert b'class="internal",endpoint="/v1/chat/completions",gateway=""' in counted
    assert b'gateway="acme"' not in counted


def _status_for(app, *, client, headers=()):
    return _call(app, "GET", "/v1/models", b"", client=client, headers=headers)[0]


def _call(app, method, path, body, *, client=("127.0.0.1", 1), headers=()):
    """One request handed to the app directly, as from any peer."""
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": [(b"host", b"localhost"), *headers], "client": client, "scheme": "http",
        "server": ("127.0.0.1", 80), "http_version": "1.1", "root_path": "",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
    }  # fmt: skip
    sent = []

    async def exchange():
        given = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            if given:
                return given.pop()
            await asyncio.sleep(5)
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        await app(scope, receive, send)

    asyncio.run(exchange())
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent)


@pytest.mark.parametrize(
    ("field", "others", "own"),
    [
        ("X-Forwarded-For", "127.0.0.1, 192.0.2.7", "127.0.0.1"),
        ("X-Real-IP", "192.0.2.7", "::1"),
        (
            "Forwarded",
            "proto=http;For=192.0.2.7:80",
            'by=203.0.113.9;for="[::1]:4711", for=127.0.0.1',
        ),
        ("Forwarded", "for=127.0.0.1, for=unknown", "proto=http"),
    ],
)
def test_without_a_key_what_a_proxy_hands_on_for_others_is_turned_away(
    backend, provider, field, others, own
):
    foreign, ours = (backend.chat(headers={field: value}) for value in (others, own))

    assert (foreign.status, ours.status) == (403, 200)
    assert len(provider.chats()) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_another_method_than_a_path_takes_is_told_which_it_takes(backend, method):
    chat = backend.ask(method, "/v1/chat/completions")
    health = backend.ask("DELETE", "/health")

    assert (chat.status, chat.headers["allow"]) == (405, "POST")
    assert (health.status, health.error["code"]) == (405, "method_not_allowed")
