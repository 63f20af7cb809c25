"""A webhook and Apprise, each against a real receiver on loopback."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gatewayz.client import Network
from gatewayz.core import ConfigError
from gatewayz.core.availability import Alert
from gatewayz.core.watching import Notice
from gatewayz.watch import services
from gatewayz.watch.promises import Promises
from gatewayz.watch.services import Service, masked
from gatewayz.watch.webhook import Webhook, signature

SECRET = "a-secret-of-the-webhook"


@contextmanager
def receiver(status=200, headers=()):
    """A server that takes posts; yields its address and what it was posted."""
    taken = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, dict(self.headers), body))
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def notice(watching):
    return Notice(
        id="20260301T120000-groq-direct.1", kind="down", at=watching.noon,
        title="DOWN: groq (3 models)", text="Down since noon – ärgerlich.", gateway="groq",
        details={"state": "down", "models": ["a", "b"], "alarm": "20260301T120000-groq-direct"},
    )  # fmt: skip


def webhook(address, watching, secret=""):
    return Webhook(f"http://{address}/hook/T0KEN", secret, Network(), lambda: watching.noon)


def test_a_webhook_posts_one_json_document(watching, notice):
    with receiver(204) as (address, taken):
        assert asyncio.run(webhook(address, watching).send(notice)) == ""

    ((path, headers, body),) = taken
    assert path == "/hook/T0KEN"
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == notice.id
    assert "webhook-signature" not in headers
    assert json.loads(body) == {
        "schema": "gatewayz/alert/1", "id": notice.id, "kind": "down", "at": "2026-03-01T12:00:00Z",
        "title": notice.title, "text": notice.text, "gateway": "groq", "way": "direct",
        "state": "down", "models": ["a", "b"], "alarm": "20260301T120000-groq-direct",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["gold", "Verfügbarkeit", "日本", "a\nb", "1.5s"])
def test_a_message_arrives_whatever_a_promise_is_called(watching, name):
    alert = Alert(
        sla=name, objective="p95 < 1.5 s", target="groq/a", severity="page",
        started_at=watching.noon,
    )  # fmt: skip
    (notice,) = Promises().look([alert], watching.noon).notices
    with receiver() as (address, taken):
        assert asyncio.run(webhook(address, watching, SECRET).send(notice)) == ""

    ((_, headers, body),) = taken
    assert headers["webhook-id"] == json.loads(body)["id"]
    assert re.fullmatch(r"msg_[0-9a-f]{32}", headers["webhook-id"])


def test_each_message_of_an_alarm_has_an_id_of_its_own_without_dots(watching):
    playing = watching.playing({"groq/a chat": "gbbbbgg"}).play(7)

    ids = [notice.id for notice in playing.notices]
    assert [notice.kind for notice in playing.notices] == ["down", "recovered"]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"msg_[0-9a-f]{32}", one) for one in ids)


def test_a_receiver_can_check_the_signature(watching, notice):
    with receiver() as (address, taken):
        asyncio.run(webhook(address, watching, SECRET).send(notice))

    ((_, headers, body),) = taken
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(expected).decode()}"
    assert int(headers["webhook-timestamp"]) == int(watching.noon.timestamp())


def test_the_signature_is_that_of_standard_webhooks():
    # The example of the specification's reference libraries.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    found = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_refusal_is_a_fault(watching, notice, status):
    with receiver(status) as (address, _):
        assert asyncio.run(webhook(address, watching).send(notice)) == f"HTTP {status}"


def test_a_redirect_is_a_fault_and_is_not_followed(watching, notice):
    with receiver() as (other, elsewhere):
        with receiver(307, [("Location", f"http://{other}/")]) as (address, _):
            assert asyncio.run(webhook(address, watching).send(notice)) == "HTTP 307"
        assert elsewhere == []


def test_nobody_there_is_a_fault_without_the_address(watching, notice):
    with receiver() as (address, _):
        pass
    said = asyncio.run(webhook(address, watching, SECRET).send(notice))

    assert said
    assert "T0KEN" not in said


def test_no_channel_shows_more_than_its_host_or_service(watching):
    hook = webhook("hooks.example", watching, SECRET)
    service = Service("slack://TokenA/TokenB/TokenC/#chan", 1)
    shown = f"{hook.name} {hook!r} {service.name} {service!r}"

    assert not any(word in shown for word in ("T0KEN", SECRET, "Token", "chan"))
    assert hook.name == "webhook hooks.example"
    assert service.name == "alert 1 slack://***"
    assert masked("no-url-at-all-but-a-token") == "***"


needs_apprise = pytest.mark.skipif(
    not services.is_there(), reason="no Apprise (the extra `alerts`)"
)


@needs_apprise
def test_apprise_delivers_by_url(notice):
    with receiver() as (address, taken):
        assert asyncio.run(Service(f"json://{address}/in", 1).send(notice)) == ""

    ((path, _, body),) = taken
    assert path == "/in"
    told = json.loads(body)
    assert (told["title"], told["message"], told["type"]) == (notice.title, notice.text, "failure")


@needs_apprise
def test_what_apprise_cannot_deliver_is_a_fault_without_the_url(notice):
    with receiver(500) as (address, _):
        said = asyncio.run(Service(f"json://T0KEN:T0KEN@{address}/in", 1).send(notice))
    assert said == "the service did not take it"


@needs_apprise
def test_apprise_follows_nobody_to_another_host(notice):
    with receiver() as (other, elsewhere):
        with receiver(307, [("Location", f"http://{other}/")]) as (address, _):
            assert asyncio.run(Service(f"json://{address}", 1).send(notice)) != ""
        assert elsewhere == []


def test_apprise_is_imported_only_where_it_is_wanted(monkeypatch):
    import sys

    assert "apprise" not in sys.modules
    monkeypatch.setattr(services, "is_there", lambda: False)
    with pytest.raises(ConfigError, match=r"pip install 'gatewayz\[alerts\]'"):
        services.require()
