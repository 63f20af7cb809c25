"""A server without a key answers this machine's programs, and no web page that a browser shows on it."""

import pytest
from tests.server.raw_http import chat, post

from gatewayz.core import ConfigError
from gatewayz.server import this_machine
from gatewayz.server.callers import OverAsgi
from gatewayz.server.refusals import Refusal
from gatewayz.server.this_machine import ThisMachine

PLACES = ("/v1/models", "/v1/models/acme/one", "/models", "/metrics", "/health/gateways", "/docs",
          "/openapi.json", "/no/such/path")  # fmt: skip
OURS = [
    "localhost", "localhost:8000", "LocalHost.:80", "x.localhost:1", "127.0.0.1", "127.9.8.7:80",
    "[::1]", "[::1]:8000", "[::ffff:127.0.0.1]:8000",
]  # fmt: skip
FOREIGN = [
    "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example",
    "evil.example:localhost", "127.0.0.1:80@evil.example", "evil.example@localhost", "0.0.0.0",
    "192.168.1.5:8000", "[::ffff:192.168.1.5]", "[::2]:80", "[::1", "[::1]x", "[localhost]", "localhost:8o", "localhost/evil",
    "\xe9.localhost\xff@x", "x" * 200 + ".example", "y" * 5000 + ".localhost",
]  # fmt: skip


def admits(names=(), peer="127.0.0.1", **headers):
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": sent,
        "client": (peer, 1),
    }
    caller = OverAsgi(scope, None, None)
    try:
        ThisMachine(names)(caller, caller.named)
    except Refusal:
        return False
    return True


@pytest.fixture(autouse=True)
def _needs_a_loop(monkeypatch):
    monkeypatch.setattr("asyncio.current_task", lambda loop=None: None)


def test_a_page_whose_name_was_pointed_here_gets_nothing(backend, provider):
    """DNS rebinding: the browser asks this machine for what it takes to be the page's own site."""
    before = len(provider.calls)
    answers = [backend.get(path, host="evil.example:8000") for path in PLACES]
    answers.append(backend.chat(headers={"Host": "evil.example"}))

    assert {(one.status, one.error["code"]) for one in answers} == {(403, "host_not_allowed")}
    assert "GATEWAYZ_API_KEY" in answers[0].error["message"]
    assert len(provider.calls) == before
    assert backend.get("/v1/models", host="localhost:1").status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", "localhost"])
def test_a_page_elsewhere_cannot_send_what_needs_no_permission(backend, provider, origin):
    """A text/plain body goes out without the browser asking first; only its answer would be hidden."""
    answer = backend.chat(headers={"Origin": origin, "Content-Type": "text/plain"})

    assert (answer.status, answer.error["code"]) == (403, "origin_not_allowed")
    assert provider.chats() == []


PAGE = "http://localhost:5173"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/models", "/no/such/path"])
def test_a_browser_that_asks_for_a_page_of_this_machine_gets_its_permission(
    backend, provider, path
):
    asked = {"access-control-request-method": "POST",
             "access-control-request-headers": "authorization,content-type,x-stainless-os"}  # fmt: skip
    answer = backend.ask("OPTIONS", path, headers={"Origin": PAGE, **asked})

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    assert answer.headers["access-control-allow-headers"] == "*, authorization"
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers
    assert provider.chats() == []


def test_a_page_of_this_machine_may_read_answers_and_errors(backend, provider, wire):
    headers = {"Origin": PAGE}
    plain = [backend.chat(headers), backend.get("/v1/models", **headers)]
    wrong = [backend.chat(headers, model="nobody/has"), backend.get("/no/such/path", **headers)]
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), wire.LAST]
    streamed = backend.chat(headers, stream=True)

    for answer in (*plain, *wrong, streamed):
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-expose-headers"] == "*"
    assert [one.status for one in (*plain, *wrong, streamed)] == [200, 200, 404, 404, 200]


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_nobody_else_hears_a_word_of_permission(backend, start, acme, method):
    preflight = {"access-control-request-method": "POST"} if method == "OPTIONS" else {}
    of_another = backend.ask(
        method, "/v1/models", headers={"Origin": "http://evil.example", **preflight}
    )
    rebound = backend.ask(
        method, "/v1/models", headers={"Origin": PAGE, "Host": "evil.example", **preflight}
    )
    of_none = backend.ask(method, "/v1/models", headers=preflight)
    with_keys = start(acme, GATEWAYZ_API_KEY="gw-of-this-test").ask(
        method, "/v1/models", headers={"Origin": PAGE, **preflight}
    )

    answers = (of_another, rebound, of_none, with_keys)
    assert [one.status for one in answers] == [403, 403, 405 if preflight else 200, 401]
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_who_names_no_host_is_no_browser(backend, raw):
    """HTTP/1.1 asks for one, HTTP/1.0 does not."""
    asked = post(chat()).replace(b"Host: localhost\r\n", b"").replace(b"HTTP/1.1", b"HTTP/1.0")

    assert raw(backend.base, asked).rest().startswith(b"HTTP/1.1 200")


def test_names_in_the_settings_are_this_machine_too(start, acme):
    client = start(acme, GATEWAYZ_HOSTS="llm.lan, box")

    assert client.get("/v1/models", host="LLM.lan:8000").status == 200
    assert client.chat(headers={"Host": "box", "Origin": "http://llm.lan:3000"}).status == 200
    assert client.get("/v1/models", host="evil.lan").status == 403


def test_with_a_key_the_name_does_not_count(start, acme):
    client = start(acme, GATEWAYZ_API_KEY="gw-of-this-test")
    showing = {"Authorization": "Bearer gw-of-this-test"}

    assert client.get("/v1/models", host="gw.example", **showing).status == 200
    assert client.get("/v1/models", host="gw.example").status == 401
    assert client.get("/health", host="gw.example").status == 200


def test_a_name_is_looked_at_once(start, acme, monkeypatch):
    looked_at = []

    def counted(authority, look=this_machine.host_in):
        looked_at.append(authority)
        return look(authority)

    monkeypatch.setattr(this_machine, "host_in", counted)
    client = start(acme)
    for host in ("localhost:1", "evil.example", "localhost:1", "evil.example"):
        client.get("/v1/models", host=host)

    assert looked_at == [b"localhost:1", b"evil.example"]


@pytest.mark.parametrize("host", OURS)
def test_names_of_loopback_are_ours(only_serve, host):
    assert admits(host=host)
    assert admits(host=host, origin=f"http://{host}")


@pytest.mark.parametrize("host", FOREIGN)
def test_other_names_are_not(only_serve, host):
    assert not admits(host=host)
    assert not admits(host="localhost", origin=f"http://{host}")


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("llm.lan", "llm.lan:8000"),
        (" LLM.Lan. ", "llm.lan"),
        ("llm.lan:8000", "llm.lan"),
        ("llm.lan:8000", "LLM.lan.:9000"),
        ("my_box", "my_box"),
        ("192.168.1.5:8000", "192.168.1.5"),
        ("[fd00::1]", "[fd00::1]:8000"),
        ("[fd00::1]:8000", "[fd00::1]"),
        ("FD00:0:0::1", "[fd00::1]:8000"),
        ("fd00::1", "[FD00:0::1]"),
    ],
)
def test_a_name_counts_however_it_is_written(written, host):
    assert admits([written], host=host)
    assert not admits([written], host=f"x{host}")


@pytest.mark.parametrize(
    "written",
    ["*", "*.lan", "http://llm.lan", "llm.lan/v1", "llm.lan:8o", "me@llm.lan", "a b", "[llm.lan]",
     "[fd00::1", "", "-", ".lan", "m\xfcnchen.lan", "\u540d.lan", "a,b",
     "a..b", "a-.b", "10.0.0.300", "10.0.0", "llm.1"],
)  # fmt: skip
def test_what_no_request_can_ask_for_is_no_name(written):
    with pytest.raises(ConfigError, match="is no host's name; write"):
        ThisMachine([written])
