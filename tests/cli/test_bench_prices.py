"""A load run tells who says what it costs and how old that is; under a cap on money it asks anew."""

import json
from dataclasses import fields
from datetime import timedelta

import pytest

from gatewayz.cli.bench_prices import Priced, notes_on
from gatewayz.core import Model, Price
from gatewayz.core.units import utc_now
from gatewayz.money import Quote
from gatewayz.simulator import running
from gatewayz.store import open_store

MODEL = "openai/gpt-oss-120b"
LAST_MONTH = utc_now() - timedelta(days=30)


@pytest.fixture
def bench(gatewayz, tmp_path):
    """Runs bench where a list of last month is stored, with a price of next to nothing."""
    kept = tmp_path / "kept.db"
    store = open_store(kept)
    model = Model(id=MODEL, price=Price(0.001, 0.001), listed=True)
    store.save_catalog("openrouter", (model,), LAST_MONTH)
    store.close()

    def run(*arguments, target=f"openrouter/{MODEL}"):
        with running(seed=3, latency_s=0.005, gap_s=0.0005) as simulator:
            there = {**simulator.variables(), "LOCAL_BASE_URL": f"{simulator.url}/local/v1"}
            done = gatewayz(
                "bench", target, "-n", 2, "--warm-up", 0, "--max-tokens", 5, "--store", kept,
                *arguments, **there,
            )  # fmt: skip
            return " ".join(done.stdout.split()), done

    return run


def test_a_stored_price_is_told_with_its_age_in_the_announcement_and_the_report(bench):
    _, done = bench("--format", "json")
    result = json.loads(done.stdout)
    price = result["settings"]["prices"][f"openrouter/{MODEL}"]

    assert "by its own catalogue, read 30 days ago" in " ".join(done.stderr.split())
    assert any("read 30 days ago" in note for note in result["notes"])
    assert (price["source"], price["read_at"]) == ("catalogue", LAST_MONTH.isoformat())
    assert price["input_usd_per_mtok"] == 0.001


def test_a_cap_on_money_is_kept_to_by_what_the_gateway_asks_for_now(bench):
    told, _ = bench("--max-cost", "5")

    assert "$0.001 in" not in told
    assert "by its own catalogue, read less than a minute ago" in told


def test_without_any_list_the_command_that_reads_it_is_named(bench):
    told, _ = bench(target="local/tiny")

    assert "local/tiny: the price is unknown; gatewayz models local reads its catalogue" in told


def test_a_fee_and_what_is_not_known_are_told():
    fee = Quote(Price(1.0, 2.0, request_usd=0.01), "gatewayz.toml")
    odd = Quote(Price(1.0, 2.0, unreckoned="web_search is charged as well"), "catalogue")

    assert notes_on([Priced(target="a/b", quote=fee), Priced(target="c/d", quote=odd)]) == (
        "Price of a/b: $1 in, $2 out per million tokens, $0.0100 a request, by gatewayz.toml",
        "Price of c/d: the price is unknown (web_search is charged as well)",
    )


def test_what_cached_input_costs_is_told_beside_the_two_sides():
    cached = Quote(Price(1.0, 2.0, cached_usd_per_mtok=0.1), "gatewayz.toml")

    assert notes_on([Priced(target="a/b", quote=cached)]) == (
        "Price of a/b: $1 in, $2 out, $0.10 cached in per million tokens, by gatewayz.toml",
    )


def test_a_price_that_is_the_dearest_of_several_is_told_as_such():
    tiers = Quote(Price(1.0, 2.0, request_usd=0.01, is_most=True), "gatewayz.toml")

    (told,) = notes_on([Priced(target="a/b", quote=tiers)])
    assert told == (
        "Price of a/b: $1 in, $2 out per million tokens (the dearest of several prices), "
        "$0.0100 a request, by gatewayz.toml"
    )


def test_the_result_s_settings_hold_all_that_is_charged():
    charged = Price(1.0, 2.0, 0.01, 0.02, 3.0, 4.0, 0.5)
    shown = Priced(target="a/b", quote=Quote(charged, "gatewayz.toml")).shown()

    assert Price(**{one.name: shown[one.name] for one in fields(Price)}) == charged
