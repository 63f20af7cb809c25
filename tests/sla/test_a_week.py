"""A week of scripted incidents, as the engine has it and as a sheet of plain arithmetic has it."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.sla import answer_sheet as sheet

from gatewayz.core.objectives import Objective, Sla, Window
from gatewayz.measure.results import probe_result
from gatewayz.measure.sla import alerts, assess, since
from gatewayz.simulator import week as weeks
from gatewayz.store import open_store

START = datetime(2026, 10, 5, tzinfo=UTC)
END = START + timedelta(days=7)
AVAILABLE = Objective(name="availability", kind="availability", share=sheet.PROMISED)
QUICK = Objective(name="ttft p95", kind="ttft", share=sheet.TTFT_SHARE, limit=sheet.TTFT_LIMIT_S)
ROLLING = Window(rolling_s=7 * 86400.0)
EACH = Sla(name="each model", objectives=(AVAILABLE, QUICK), window=ROLLING)
TOGETHER = Sla(name="each gateway", objectives=(AVAILABLE,), per="gateway", window=ROLLING)
# Places of the list of models that meet every incident of the script.
FEW = (0, 3, 10, 21, 41)
# gateway, places, objective, the hour of the second bad probe, the hour of the second good one after it
SCRIPTED = (
    ("groq", range(50), "availability", 31, 37),
    ("together", range(50), "availability", 51, 54),
    ("novita", range(10), "availability", 71, 83),
    ("fireworks", range(20, 32), "ttft p95", 91, 103),
    ("cerebras", range(50), "availability", 127, 129),
    ("chutes", range(40, 44), "availability", 132, 142),
    ("nebius", range(2, 4), "availability", 165, None),
)


class Week:
    """A week's results out of a store, with the script that they were made of."""

    def __init__(self, folder, script):
        self.script = script
        self.file = folder / "week.db"
        self.store = open_store(self.file)
        for run in weeks.week(script, START):
            self.store.add_runs([run])
        window = since((EACH,), END), END
        self.results = list(self.store.results.within(*window))
        self.told = {"at": END, "maintenance": script.maintenance(START)}
        found = assess((EACH, TOGETHER), self.results, **self.told)
        self.found = {(one.sla, one.target, one.objective.name): one for one in found}

    def of(self, gateway, place, objective):
        return self.found["each model", f"{gateway}/{self.script.models[place]}", objective]


def hour(moment):
    """The hour of the week that a moment lies in; None for none."""
    return None if moment is None else int((moment - START) / timedelta(hours=1))


def pairs(week):
    return [(gateway, place) for gateway in week.script.gateways for place in week.script.models]


@pytest.fixture(scope="module")
def facts():
    return sheet.read(weeks.SCRIPT)


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    script = weeks.read_script()
    few = weeks.part_of(script, script.gateways, FEW)
    week = Week(tmp_path_factory.mktemp("part"), few)
    yield week
    week.store.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    week = Week(tmp_path_factory.mktemp("whole"), weeks.read_script())
    yield week
    week.store.close()


@pytest.fixture(
    params=["part", pytest.param("whole", marks=[pytest.mark.slow, pytest.mark.timeout(300)])]
)
def a_week(request):
    return request.getfixturevalue(request.param)


def test_every_result_counts_as_the_sheet_counts_it(a_week, facts):
    for gateway, place in pairs(a_week):
        for which, objective in enumerate(("availability", "ttft p95")):
            tally = a_week.of(gateway, place, objective).tally
            counted = {"good": tally.good, "bad": tally.bad}
            counted |= {standing.value: count for standing, count in tally.excluded.items()}
            counted = {word: count for word, count in counted.items() if count}

            expected = sheet.counts(sheet.week_of(facts, gateway, place, which))
            assert counted == expected, (gateway, place, objective)


def test_shares_intervals_budgets_and_states_are_those_of_the_sheet(a_week, facts):
    for gateway, place in pairs(a_week):
        for which, objective, promised in ((0, AVAILABLE, 0.99), (1, QUICK, 0.95)):
            one = a_week.of(gateway, place, objective.name)
            week = sheet.week_of(facts, gateway, place, which)
            good, bad = week.count("good"), week.count("bad")

            assert one.tally.share == good / (good + bad)
            assert (one.low, one.high) == pytest.approx(sheet.wilson(good, good + bad), abs=1e-12)
            assert one.budget.allowed == pytest.approx((1 - promised) * (good + bad))
            assert one.budget.spent == bad
            assert one.state == ("kept" if good / (good + bad) >= promised else "broken")


def test_incidents_begin_and_end_when_the_sheet_has_them(a_week, facts):
    for gateway, place in pairs(a_week):
        for which, objective in enumerate(("availability", "ttft p95")):
            one = a_week.of(gateway, place, objective)
            found = [
                tuple(map(hour, (i.start, i.end, i.confirmed_at, i.end_confirmed_at)))
                for i in one.incidents
            ]

            expected = sheet.incidents(sheet.week_of(facts, gateway, place, which))
            assert found == expected, (gateway, place, objective)
            spent = sum((168 if end is None else end) - start for start, end, *_ in expected)
            # Each question is put some seconds after the hour.
            assert one.down_s == pytest.approx(spent * 3600, abs=60)


def test_alerts_are_those_of_the_sheet_and_no_others(a_week, facts):
    models = {name: place for place, name in a_week.script.models.items()}
    found = {
        (one.target.split("/")[0], models[one.target.split("/")[1]], one.objective,
         hour(one.started_at), hour(one.ended_at), one.severity)
        for one in alerts((EACH,), a_week.results, **a_week.told)
    }  # fmt: skip

    expected = {
        (gateway, place, objective, *told)
        for gateway, place in pairs(a_week)
        for which, objective, promised in ((0, "availability", 0.99), (1, "ttft p95", 0.95))
        for told in sheet.alerts(sheet.week_of(facts, gateway, place, which), promised)
    }
    assert found == expected


def test_alerts_come_at_the_scripted_times_and_no_others(a_week):
    models = {name: place for place, name in a_week.script.models.items()}
    found = {
        (one.target.split("/")[0], models[one.target.split("/")[1]], one.objective,
         hour(one.started_at), hour(one.ended_at))
        for one in alerts((EACH,), a_week.results, **a_week.told)
    }  # fmt: skip

    expected = {
        (gateway, place, objective, begins, ends)
        for gateway, places, objective, begins, ends in SCRIPTED
        for place in places
        if place in a_week.script.models
    }
    assert found == expected


def test_at_any_moment_the_alerts_so_far_are_those_of_the_whole_week_up_to_then(part):
    later = alerts((EACH,), part.results, **part.told)
    for at_hour in (31, 32, 36, 38, 128):
        # In the middle of an hour all of its questions are put.
        moment = START + timedelta(hours=at_hour, minutes=30)
        so_far = [one for one in part.results if one.at < moment]
        found = alerts((EACH,), so_far, at=moment, maintenance=part.told["maintenance"])

        expected = [one for one in later if one.started_at < moment]
        assert {(one.target, one.started_at) for one in found} == {
            (one.target, one.started_at) for one in expected
        }
        on = {one.target for one in found if one.ended_at is None}
        assert on == {o.target for o in expected if o.ended_at is None or o.ended_at > moment}


def test_a_gateways_models_together_are_the_sum_of_the_sheets(a_week, facts):
    for gateway in a_week.script.gateways:
        tally = a_week.found["each gateway", gateway, "availability"].tally
        every = [sheet.week_of(facts, gateway, place, 0) for place in a_week.script.models]

        assert tally.good == sum(week.count("good") for week in every)
        assert tally.bad == sum(week.count("bad") for week in every)


def test_the_percentile_is_that_of_the_stored_answers(part):
    raw = sheet.connect(part.file)
    for gateway, place in (("fireworks", 21), ("groq", 0), ("xai", 41)):
        one = part.of(gateway, place, "ttft p95")
        values = sheet.first_tokens(raw, gateway, part.script.models[place])
        if gateway == "groq":  # all in which it answered count
            assert len(values) == one.quantile.count

        assert one.quantile.value == pytest.approx(sheet.percentile(values, 0.95), abs=1e-12)
    raw.close()


def test_the_same_seed_makes_the_same_week_and_a_part_of_it_alike():
    script = weeks.part_of(weeks.read_script(), ("groq", "xai"), (0, 3))
    one = list(weeks.week(script, START))
    smaller = weeks.part_of(script, ("xai",), (3,))

    assert one == list(weeks.week(script, START))
    assert one != list(weeks.week(script, START, seed=1))
    of_xai = [
        verdict
        for run in one
        for verdict in run.verdicts
        if verdict.observation.case.gateway == "xai"
        and (
            verdict.observation.case.model is None
            or verdict.observation.case.model.id == "llama-3.2-1b"
        )
    ]
    assert [
        v.observation.last.timing
        for run in weeks.week(smaller, START)
        for v in run.verdicts
        if v.observation.last
    ] == [v.observation.last.timing for v in of_xai if v.observation.last]


def test_results_of_live_verdicts_are_those_that_the_store_gives(part):
    run = next(weeks.week(part.script, START))
    live = [probe_result(verdict, run.id, run.started_at) for verdict in run.verdicts]

    assert sorted(live) == sorted(one for one in part.results if one.run_id == run.id)
