"""What bars, badges and /api/v1 say of a week is what its SLA says: one count, not two that must agree."""

import random
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from gatewayz.config import load_settings
from gatewayz.core import Culprit
from gatewayz.core.availability import Standing
from gatewayz.core.objectives import Maintenance, Sla, Window
from gatewayz.measure.sla import AVAILABILITY, assess, since
from gatewayz.server.pages.days import percent
from gatewayz.server.pages.documents import Slice, status_document
from gatewayz.server.pages.entrance import Viewer
from gatewayz.server.pages.figures import Figures
from gatewayz.server.pages.making import make_badge
from gatewayz.simulator import week as weeks
from gatewayz.store import open_store

START = datetime(2026, 10, 5, tzinfo=UTC)
END = START + timedelta(days=7)
ROLLING = Window(rolling_s=7 * 86400.0)
EACH = Sla(name="models", objectives=(AVAILABILITY,), window=ROLLING)
GATEWAYS = Sla(name="gateways", objectives=(AVAILABILITY,), window=ROLLING, per="gateway")
# Among the faults of these are a list that cannot be read, a missing key, announced maintenance,
# our own network and models that fail alone.
WITH_FAULTS = ("cerebras", "deepinfra", "groq", "together", "xai")
PLACES = (0, 41)
# It begins and ends within an hour, and was announced by nobody in the script.
ODD = Maintenance(
    targets=("groq/*",),
    start=START + timedelta(hours=31, minutes=1),
    end=START + timedelta(hours=34),
)


@pytest.fixture(scope="module")
def script():
    whole = weeks.read_script()
    return weeks.part_of(whole, WITH_FAULTS, PLACES)


@pytest.fixture(scope="module")
def runs(script):
    return list(weeks.week(script, START))


def filled(folder, runs, orders):
    """A store in which the runs are summed in parts, as they come."""
    store = open_store(folder / "week.db")
    for part in orders:
        store.add_runs([runs[number] for number in part])
        store.summaries.roll_up()
    return store


@pytest.fixture(scope="module")
def week(tmp_path_factory, runs):
    store = filled(tmp_path_factory.mktemp("week"), runs, [range(168)])
    yield store
    store.close()


def promised(store, maintenance):
    """What the SLA says of each model, and of each gateway."""
    results = list(store.results.within(since((EACH,), END), END))
    found = assess((EACH, GATEWAYS), results, at=END, maintenance=maintenance)
    return {one.target: one.tally for one in found}


def shown(store, maintenance):
    """What the bars are made of, by model."""
    uptime = store.summaries.uptime(until=END.date(), days=8, maintenance=maintenance)
    return {"/".join(name): added(days) for name, days in uptime.models.items()}


def added(days):
    told = [day for day in days if day is not None]
    reasons = {why for day in told for why in day.excluded}
    left_out = {why: sum(day.excluded.get(why, 0) for day in told) for why in reasons}
    return sum(day.good for day in told), sum(day.bad for day in told), left_out


def same(found, tallies):
    assert found == {
        target: (tally.good, tally.bad, dict(tally.excluded))
        for target, tally in tallies.items()
        if "/" in target
    }


def shuffled(count):
    order = list(range(count))
    random.Random(7).shuffle(order)
    return order


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param([range(90), range(90, 168)], id="in two parts", marks=pytest.mark.slow),
        pytest.param([range(40, 168), range(40)], id="the first last"),
        pytest.param(
            [shuffled(168)[at : at + 24] for at in range(0, 168, 24)],
            id="in any order",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_however_runs_come_bars_count_as_promises_do(tmp_path, script, runs, orders):
    store = filled(tmp_path, runs, orders)
    for maintenance in ((), script.maintenance(START), (*script.maintenance(START), ODD)):
        same(shown(store, maintenance), promised(store, maintenance))
    store.close()


def test_each_model_counts_in_the_bars_as_in_its_promise(week, script):
    for maintenance in ((), script.maintenance(START), (*script.maintenance(START), ODD)):
        same(shown(week, maintenance), promised(week, maintenance))


def test_the_week_has_what_made_them_differ(week, script):
    tallies = promised(week, (*script.maintenance(START), ODD))
    reasons = {why for tally in tallies.values() for why in tally.excluded}

    assert {Standing.MAINTENANCE, Standing.NO_KEY, Standing.NETWORK} <= reasons
    # Three hours without a list are three bad results of each of its models.
    assert [tallies[f"together/{model}"].bad for model in script.models.values()] == [3, 3]


def test_badges_and_the_api_say_of_a_gateway_what_its_promise_says(tmp_path, week, script):
    settings = load_settings(environ={}, folder=tmp_path)
    announced = (*script.maintenance(START), ODD)
    figures = Figures(replace(settings, maintenance=announced), lambda: END - timedelta(minutes=1))
    viewer = Viewer()
    tallies = promised(week, figures.maintenance)

    told = status_document(figures.seen(week, viewer.allowance, viewer.sees), Slice(1000, 0), END)
    for one in told["gateways"]:
        tally = tallies[one["gateway"]]
        assert (one["up"]["7d"]["up"], one["up"]["7d"]["down"]) == (tally.good, tally.bad)
        badge = make_badge(figures, week, viewer, one["gateway"], "").decode()
        assert re.search(rf"{re.escape(percent(tally.share))} in [67] d", badge)
    for one in told["data"]:
        tally = tallies[f"{one['gateway']}/{one['model']}"]
        assert one["up"]["7d"]["rate"] == tally.share


@pytest.mark.parametrize("step_h", [1, 6, 24, 168])
def test_a_timeline_adds_up_to_what_the_promise_says(week, script, step_h):
    announced = (*script.maintenance(START), ODD)
    tallies = promised(week, announced)
    for target in ("groq/*", "together/*", "cerebras/llama-3.1-8b"):
        gateway, model = target.split("/")
        wanted = tallies[gateway if model == "*" else target]
        steps = week.summaries.availability(
            gateway, model, since=START, until=END, step_s=step_h * 3600, maintenance=announced
        )

        assert len(steps) == 168 // step_h
        assert added(steps) == (wanted.good, wanted.bad, dict(wanted.excluded))


def test_an_hour_of_the_timeline_is_what_was_asked_in_it(week):
    hours = week.summaries.availability("together", since=START, until=END)

    assert [hour for hour, tally in enumerate(hours) if tally.bad == 2] == [50, 51, 52]


def test_a_store_of_an_earlier_version_is_counted_as_it_is_brought_up(tmp_path, script, runs):
    filled(tmp_path, runs[:60], [range(60)]).close()
    at_version_13(tmp_path / "week.db")

    store = open_store(tmp_path / "week.db")
    told = shown(store, script.maintenance(START))
    tallies = promised(store, script.maintenance(START))
    store.close()

    assert told.pop("of-old/gone") == (5, 2, {Standing.UNKNOWN: 1, Standing.NETWORK: 1})
    same(told, tallies)
    assert tallies["together/llama-3.1-8b"].bad == 3


def at_version_13(file):
    """As a store was before, with a day in it of which only the sums are left."""
    day = (START - datetime(1970, 1, 1, tzinfo=UTC)).days
    row = {"day": day, "way": "direct", "gateway": "of-old",
           "models": '{"gone":[5,3,1,0,{"the gateway":2,"our network":1}]}'}  # fmt: skip
    with closing(sqlite3.connect(file)) as raw:
        for statement in (
            "DROP INDEX runs_in_order",
            "ALTER TABLE runs DROP COLUMN ordered_at",
            "DROP TABLE available_days",
            "DROP TABLE available_minutes",
            "DROP TABLE watch_spent_down",
            "ALTER TABLE watch_spent DROP COLUMN unpriced_calls",
            "ALTER TABLE run_holders DROP COLUMN began_at",
            "ALTER TABLE watch_tiers DROP COLUMN covers",
            "DROP TABLE watch_budgets",
            "CREATE TABLE model_days (day INTEGER, way TEXT, gateway TEXT, models TEXT, checksum BIGINT)",
            "UPDATE gatewayz_schema SET version = 13",
        ):
            raw.execute(statement)
        raw.execute("INSERT INTO model_days VALUES (:day, :way, :gateway, :models, 0)", row)
        raw.commit()


def judged_again(run, name, culprit):
    """A run as `rejudge --save` keeps it, in which every failure is somebody else's."""
    theirs = [
        replace(verdict, failure=replace(verdict.failure, culprit=culprit))
        if verdict.failure
        else verdict
        for verdict in run.verdicts
    ]
    settings = {**run.settings, "rejudged": run.id}
    return replace(run, id=name, settings=settings, verdicts=tuple(theirs))


def test_what_is_judged_again_counts_in_the_bars_as_it_was_judged_last(tmp_path, runs):
    store = filled(tmp_path, runs[:40], [range(40)])
    before = shown(store, ())["groq/llama-3.1-8b"]
    store.add_runs([judged_again(runs[31], "again", Culprit.NETWORK)])
    store.summaries.roll_up()

    after = shown(store, ())
    same(after, promised(store, ()))
    assert after["groq/llama-3.1-8b"][1] == before[1] - 1
    store.close()


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_in_whatever_order_a_run_and_its_judgements_come_the_last_one_counts(tmp_path, runs, order):
    outage = runs[31]
    three = [
        outage,
        judged_again(outage, "20261106-100000-aaaaaa", Culprit.NETWORK),
        judged_again(outage, "20261106-110000-aaaaaa", Culprit.KEY),
    ]
    store = filled(tmp_path, [*runs[:31], *runs[32:40], *three], [range(39)])
    for number in order:
        store.add_runs([three[number]])
        store.summaries.roll_up()
    bars, sla = shown(store, ()), promised(store, ())
    store.close()

    same(bars, sla)
    assert bars["groq/llama-3.1-8b"][2][Standing.KEY] == 1
    assert Standing.NETWORK not in bars["groq/llama-3.1-8b"][2]
