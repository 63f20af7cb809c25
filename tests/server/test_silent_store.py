"""A store that says nothing, or takes nothing, holds up nothing but what it is asked for."""

import threading
import time
from contextlib import closing

import pytest
from tests.waiting import until

from gatewayz.config import made_key_secret
from gatewayz.core import Allowance
from gatewayz.core.client_key import new_key
from gatewayz.core.errors import StoreError
from gatewayz.core.units import utc_now
from gatewayz.server import keeper
from gatewayz.server.pages import shelf
from gatewayz.server.routes import metrics
from gatewayz.store import open_store
from gatewayz.store.kept_requests import KeptRequests

# Far longer than anything here is waited for.
LONG_S = 30.0


@pytest.fixture
def hang():
    """Says nothing until the test is over."""
    over = threading.Event()

    def says_nothing(*_):
        over.wait(2 * LONG_S)
        raise StoreError("the test is over")

    yield says_nothing
    over.set()


@pytest.fixture
def there(settings_with, kept_at):
    """The settings of a server with a store, in which nothing is yet."""
    open_store(kept_at).close()
    return settings_with(ACME_API_KEY="acme-secret-key-0123456789", GATEWAYZ_STORE=kept_at)


def test_a_key_is_revoked_while_no_record_is_taken(start, acme, there, hang, monkeypatch):
    """As where another program holds the table of requests, and that alone."""
    monkeypatch.setattr(keeper, "KEYS_EVERY_S", 0.05)
    monkeypatch.setattr(keeper, "WRITE_EVERY_S", 0.05)
    monkeypatch.setattr(keeper, "SILENT_S", 1.0)
    value, key = new_key("ci", made_key_secret(there), created_at=utc_now(), allowance=Allowance())
    asked = threading.Event()

    def takes_nothing(_requests, _records):
        asked.set()
        hang()

    with closing(open_store(there.store)) as store:
        store.keys.add(key)
        monkeypatch.setattr(KeptRequests, "record", takes_nothing)
        client = start(acme, settings=there, headers={"Authorization": f"Bearer {value}"})
        assert client.chat().status == 200
        assert asked.wait(LONG_S)
        assert client.get("/health/gateways").json["data"][0]["traffic"]["requests"] == 1

        store.keys.revoke("ci", utc_now())

    until(lambda: client.chat().status == 401)


def test_who_asks_for_gateways_waits_a_moment_and_the_log_says_why(
    start, acme, there, hang, monkeypatch, capfd
):
    monkeypatch.setattr(keeper, "KEYS_EVERY_S", 0.05)
    monkeypatch.setattr(keeper, "WRITE_EVERY_S", 0.05)
    monkeypatch.setattr(keeper, "SILENT_S", 0.5)
    monkeypatch.setattr(keeper, "PATIENCE_S", 0.1)
    client = start(acme, settings=there)
    monkeypatch.setattr(keeper, "open_parts", hang)
    assert client.chat().status == 200

    began = time.monotonic()
    seen = [client.get("/health/gateways").json["data"][0] for _ in range(3)]
    took_s = time.monotonic() - began

    assert took_s < LONG_S / 2
    assert [(one["traffic"]["requests"], one["probes"]) for one in seen] == [(1, None)] * 3
    said = ""

    def is_said():
        nonlocal said
        said += capfd.readouterr().err
        return said.count("the store has not answered for 0.5 seconds") >= 3

    until(is_said)
    for what in ("requests are not recorded", "past runs cannot be read", "the keys of clients"):
        assert said.count(f"gatewayz: {what}") == 1


def test_metrics_go_without_what_a_store_does_not_tell(start, acme, there, hang, monkeypatch):
    monkeypatch.setattr(metrics, "PATIENCE_S", 0.1)
    monkeypatch.setattr(shelf, "PATIENCE_S", 0.1)
    monkeypatch.setattr(shelf, "open_store", hang)
    client = start(acme, settings=there)
    client.chat()

    began = time.monotonic()
    answer = client.get("/metrics")
    took_s = time.monotonic() - began

    assert took_s < LONG_S / 2
    assert b"gatewayz_requests_total{" in answer.body
    assert b"gatewayz_model_up" not in answer.body
