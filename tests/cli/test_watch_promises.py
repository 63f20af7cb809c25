"""What gatewayz.toml promises, as a watch looks at it."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime

import pytest

from gatewayz.cli.watch_promises import burning_of
from gatewayz.config import load_settings
from gatewayz.core.availability import Alert
from gatewayz.core.watching import WatchRecord
from gatewayz.store import open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BURNT = ("fast", "latency p95 <= 2.00s", "groq/llama")
PROMISE = {"name": '"fast"', "latency": '{ p95 = "2s" }'}


@pytest.fixture
def look(tmp_path):
    """What is told at noon of an alert that was on, by the promise with these keys; None: by none."""

    def looked(promise, burnt=BURNT):
        lines = ["[[sla]]", *(f"{key} = {value}" for key, value in (promise or {}).items())]
        (tmp_path / "gatewayz.toml").write_text("\n".join(lines if promise else []) + "\n")
        settings = load_settings(folder=tmp_path, environ={"HOME": str(tmp_path)})
        sla, objective, target = burnt
        alert = Alert(
            sla=sla, objective=objective, target=target, severity="page", started_at=NOON
        )  # fmt: skip
        with closing(open_store(tmp_path / "w.db")) as store:
            lease = store.watch.leases.take("me", store.watch.leases.lease(), NOON)
            store.watch.keep(lease, WatchRecord(budgets=(alert,)))
            found = asyncio.run(burning_of(settings, store)(NOON, frozenset()))
        return [one.title for one in found.notices]

    return looked


@pytest.mark.parametrize(
    "changed",
    [
        {"name": '"quick"'},
        {"latency": '{ p95 = "60s" }'},
        {"latency": '{ p99 = "2s" }'},
        {"models": '["xai/*", "groq/other"]'},
        {"per": '"gateway"'},
        {"per": '"all"'},
        None,
    ],
)
def test_a_burn_whose_promise_was_changed_is_over_and_told_so(look, changed):
    promise = PROMISE | changed if changed is not None else None

    assert look(promise) == ["NOT PROMISED ANY MORE: groq/llama (fast, latency p95 <= 2.00s)"]


@pytest.mark.parametrize(
    ("same", "target"),
    [
        ({}, "groq/llama"),
        ({"models": '["xai", "GROQ/ll*"]'}, "groq/llama"),
        ({"window": '"1d"'}, "groq/llama"),
        ({"per": '"gateway"'}, "groq"),
        ({"per": '"gateway"', "models": '["xai/*", "groq/llama"]'}, "groq"),
        ({"per": '"gateway"', "models": '["g*a"]'}, "gwa"),
        ({"per": '"gateway"', "models": '["g*ma/x"]'}, "groq"),
        ({"per": '"all"'}, "all"),
    ],
)
def test_one_that_is_promised_still_and_has_no_results_is_forgotten_without_a_word(
    look, same, target
):
    assert look(PROMISE | same, (*BURNT[:2], target)) == []


def test_a_gateway_that_no_promise_means_any_more_is_told_of(look):
    promise = PROMISE | {"per": '"gateway"', "models": '["xai/*", "together"]'}

    assert len(look(promise, (*BURNT[:2], "groq"))) == 1


def test_without_promises_or_burns_nothing_is_looked_at(tmp_path):
    settings = load_settings(folder=tmp_path, environ={"HOME": str(tmp_path)})
    with closing(open_store(tmp_path / "w.db")) as store:
        assert burning_of(settings, store) is None
