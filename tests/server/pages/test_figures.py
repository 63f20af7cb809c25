"""What pages read of a store."""

import threading
import time
from contextlib import closing
from datetime import timedelta

import pytest
from tests.watched import fill

from gatewayz.config import load_settings
from gatewayz.core import Gateway
from gatewayz.core.units import utc_now
from gatewayz.server import running
from gatewayz.server.pages import lobby
from gatewayz.server.pages.figures import Figures
from gatewayz.store import open_store


def test_runs_that_nobody_has_summed_are_shown_a_moment_later(store_file, tmp_path):
    fill(store_file, summed=False)
    figures = Figures(load_settings(environ={}, folder=tmp_path), utc_now)

    with closing(open_store(store_file)) as store:
        before = store.summaries.uptime().models
        figures.promises(store)
        uptime, *_ = figures.everything(store)

    assert before == {}
    assert {gateway for gateway, _ in uptime.models} == {"groq", "xai"}


@pytest.fixture
def promised(store_file, tmp_path):
    """A function that starts a backend with a promise over the store of which results were removed."""

    def start(removed):
        (tmp_path / "gatewayz.toml").write_text(
            '[[sla]]\nname = "chat"\nmodels = ["groq/*"]\navailability = 90\nwindow = "7d"\n'
        )
        fill(store_file)
        with closing(open_store(store_file)) as store:
            if removed:
                store.copies.prune(utc_now() - timedelta(hours=12))
        environ = {
            "ACME_API_KEY": "k",
            "XDG_DATA_HOME": str(tmp_path),
            "GATEWAYZ_STORE": store_file,
        }
        gateway = Gateway(name="acme", base_url="http://127.0.0.1:1/v1", key_env="ACME_API_KEY")
        return running(load_settings(environ=environ, folder=tmp_path), {"acme": gateway})

    return start


@pytest.mark.parametrize("removed", [True, False])
def test_promises_say_that_results_of_their_window_were_removed(promised, client_at, removed):
    with promised(removed) as base:
        client = client_at(base)
        sla = client.get("/api/v1/sla").json["data"]
        deadline = time.monotonic() + 20
        while "Promises kept" not in (page := client.get("/status").body.decode()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        detail = client.get("/status/gateways/groq").body.decode()

    assert {one["state"] for one in sla} == {"kept"}
    assert {one["removed_before"] is not None for one in sla} == {removed}
    assert ("of 3, none broken, as far as it is known: results before 20" in page) is removed
    for text in (page, detail):
        assert ("were removed: of the time before, only what was left there" in text) is removed


def test_figures_are_read_as_a_server_without_keys_starts(promised, monkeypatch):
    read = threading.Event()
    everything = Figures.everything

    def noted(self, store):
        found = everything(self, store)
        read.set()
        return found

    monkeypatch.setattr(Figures, "everything", noted)
    with promised(removed=False):
        assert read.wait(30), "nobody has looked, and need not"


def test_promises_over_many_results_begin_behind_the_page(promised, client_at, monkeypatch):
    begun = threading.Event()
    promises = Figures.promises

    def noted(self, store):
        begun.set()
        return promises(self, store)

    monkeypatch.setattr(Figures, "promises", noted)
    monkeypatch.setattr(lobby, "_FEW", 10)
    monkeypatch.setattr(lobby, "_PATIENCE_S", 5.0)
    with promised(removed=False) as base:
        client = client_at(base)
        page = client.get("/status").body.decode()
        before = begun.is_set()

        assert "Being worked out; reload in a moment." in page
        assert not before
        assert begun.wait(30)
        deadline = time.monotonic() + 30
        while "Promises kept" not in client.get("/status").body.decode():
            assert time.monotonic() < deadline
            time.sleep(0.1)
