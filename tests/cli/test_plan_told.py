"""What a plan says of its time, and where it sends those who have nothing stored."""

import json
import re
from pathlib import Path

import pytest
from tests.hurried import run

from gatewayz.cli.bills import least_seconds
from gatewayz.core import Limits, Model, Price
from gatewayz.core.units import utc_now
from gatewayz.runner.pacing import Pace, seconds_to_start
from gatewayz.store import open_store

MONEY = Path(__file__).resolve().parents[2] / "docs/money.md"


@pytest.mark.parametrize(("calls", "seconds"), [(0, 0.0), (1, 1.0), (4, 1.0), (5, 2.0), (8, 2.0)])
def test_no_call_is_over_before_an_answer_s_time(calls, seconds):
    assert least_seconds(calls, Limits(concurrency=4)) == seconds


@pytest.mark.parametrize("calls", [1, 5, 6, 7, 19, 60])
@pytest.mark.parametrize("limits", [Limits(4, 20), Limits(1, 7), Limits(8, 600), Limits(2, 1)])
def test_a_plan_s_time_is_that_of_the_pace_at_which_calls_start(calls, limits):
    async def starts():
        pace = Pace(limits, spread_s=0.0)
        for _ in range(calls):
            await pace.turn()

    _, took_s = run(starts())

    assert took_s == pytest.approx(seconds_to_start(calls, limits), abs=0.001)
    assert least_seconds(calls, limits) >= seconds_to_start(calls, limits) + 1


@pytest.mark.parametrize(
    ("way", "named"), [((), "gatewayz models"), (("--api",), "gatewayz models --api")]
)
def test_the_command_that_reads_a_list_is_named_with_its_way(gatewayz, way, named):
    done = gatewayz("plan", "groq", *way, GROQ_API_KEY="k" * 20, GATEWAYZ_API_KEY="gw_" + "k" * 20)

    assert done.returncode == 2
    assert done.stderr.rstrip().endswith(f"read one first: {named}")


def test_a_fee_for_each_request_is_in_the_plan_for_each_call(gatewayz, tmp_path):
    def planned(price):
        store = open_store(tmp_path / "kept.db")
        store.save_catalog("groq", (Model(id="m", price=price, listed=True),), utc_now())
        store.close()
        done = gatewayz(
            "plan", "groq", "--probe", "chat", "--retries", 0, "--format", "json",
            "--store", tmp_path / "kept.db", GROQ_API_KEY="k" * 20,
        )  # fmt: skip
        return json.loads(done.stdout)["bills"][0]

    free, fee = planned(Price(0.0, 0.0)), planned(Price(0.0, 0.0, request_usd=0.01))

    assert (free["usd_once"], free["usd"]) == (0, 0)
    assert fee["usd_once"] == pytest.approx(0.01 * fee["calls"])
    assert fee["usd"] == pytest.approx(0.01 * fee["most_calls"])


def test_money_that_nobody_knows_is_null_and_not_nothing(gatewayz, tmp_path):
    def bills(*models, names=("groq",)):
        store = open_store(tmp_path / "kept.db")
        store.save_catalog("groq", models, utc_now())
        store.close()
        done = gatewayz(
            "plan", *names, "--probe", "chat", "--format", "json",
            "--store", tmp_path / "kept.db", GROQ_API_KEY="k" * 20, XAI_API_KEY="k" * 20,
        )  # fmt: skip
        return json.loads(done.stdout)["bills"]

    unpriced, priced = (
        Model(id="nobodys", listed=True),
        Model(id="m", price=Price(1, 1), listed=True),
    )
    (unknown,) = bills(unpriced)
    (partly,) = bills(unpriced, priced)
    (nothing,) = bills()
    unread = bills(priced, names=("groq", "xai"))[1]

    assert unknown["calls"] > 0
    assert (unknown["usd_once"], unknown["usd"]) == (None, None)
    assert 0 < partly["usd_once"] < partly["usd"]
    assert (nothing["calls"], nothing["usd_once"], nothing["usd"]) == (0, 0, 0)
    assert unread["read_at"] is None
    assert {unread[key] for key in ("calls", "most_calls", "input_tokens", "output_tokens",
                                    "usd_once", "usd", "seconds")} == {None}  # fmt: skip


def test_the_page_on_money_names_every_key_of_a_plan_and_no_other(gatewayz, tmp_path):
    store = open_store(tmp_path / "kept.db")
    store.save_catalog("groq", (Model(id="m", listed=True),), utc_now())
    store.close()
    done = gatewayz(
        "plan", "groq", "--probe", "chat", "--format", "json", "--store", tmp_path / "kept.db",
        GROQ_API_KEY="k" * 20,
    )  # fmt: skip
    plan = json.loads(done.stdout)
    page = MONEY.read_text(encoding="utf-8").partition("## The plan")[2].partition("\n## ")[0]
    (told,) = re.findall(r"prints an object whose `(\w+)` has one object for each", page)
    keys = [
        name
        for row in re.findall(r"^\| (`.*?) \|", page, re.M)
        for name in re.findall(r"`(\w+)`", row)
    ]

    assert list(plan) == ["schema", told]
    assert set(keys) == set(plan[told][0])
