"""The README's estimate is the plan's own, at prices that are really typical."""

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import pytest

from gatewayz.cli.preset_costs import MODELS, TYPICAL, bill_of, rows
from gatewayz.core import Gateway, Model
from gatewayz.money import package_prices

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def installed():
    try:
        return version("genai-prices")
    except PackageNotFoundError:
        return ""


def test_a_quick_roll_call_of_a_thousand_models_costs_cents():
    bill = bill_of("quick")

    assert bill.calls == 2
    assert bill.unpriced == ()
    assert 0 < bill.usd_once * MODELS < 1
    (row,) = (cells for cells in rows() if cells[0] == "`quick`")
    assert f"| {' | '.join(row)} |" in README


def test_what_the_test_message_really_takes_makes_three_cents():
    told = re.search(r"some\s+(\d+) tokens in and (\d+) out", README)
    usd = bill_of("quick").calls * MODELS * TYPICAL.usd(int(told[1]), int(told[2]))

    assert round(usd * 100) == 3
    assert "makes `quick` three cents" in " ".join(README.split())


@pytest.mark.skipif(installed() != "0.2.3", reason="the medians are those of genai-prices 0.2.3")
def test_the_typical_prices_are_the_medians_that_the_readme_names():
    from genai_prices.data_snapshot import get_snapshot

    look_up = package_prices()
    (sold,) = (p.models for p in get_snapshot().providers if p.id == "openrouter")
    quotes = [look_up(Gateway(name="openrouter"), Model(id=model.id)) for model in sold]
    prices = [quote.price for quote in quotes if quote is not None]

    assert median(p.input_usd_per_mtok for p in prices) == TYPICAL.input_usd_per_mtok
    assert median(p.output_usd_per_mtok for p in prices) == TYPICAL.output_usd_per_mtok
    assert "$0.50 per million tokens in, $1.40 out" in " ".join(README.split())
