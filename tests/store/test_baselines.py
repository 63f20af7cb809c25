"""What a run is set against, on each database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayz.core import CATALOG_PROBE, Case, ConfigError, Outcome, RunStatus

LETTERS = {"P": Outcome.PASSED, "F": Outcome.FAILED, "u": Outcome.UNKNOWN}


@pytest.fixture
def days(store, make):
    """Stores a run a day, each given as {"gateway/model": "PFP"}; gives the last of them."""

    def of_list(name, letter):
        one = make.verdict("x", LETTERS[letter], gateway=name)
        case = Case(gateway=name, probe=CATALOG_PROBE)
        return replace(one, observation=replace(one.observation, case=case))

    def keep(*runs, **settings):
        for asked in runs:
            number = len(store.runs(limit=1000)) + 1
            started = make.noon + timedelta(days=number)
            run = replace(make.run(f"run-{number}"), started_at=started, settings=settings)
            store.begin_run(replace(run, status=RunStatus.FINISHED))
            for name, letters in asked.items():
                gateway, _, model = name.partition("/")
                verdicts = [
                    make.verdict(model, LETTERS[letter], gateway=gateway) if model
                    else of_list(gateway, letter)
                    for letter in letters
                ]  # fmt: skip
                store.record(run.id, verdicts)
        return store.run("last")

    return keep


def told(runs):
    """Each run's verdicts as text, the way `days` takes them."""
    found = {}
    for run in runs:
        asked = found.setdefault(run.id, {})
        for verdict in run.verdicts:
            case = verdict.observation.case
            name = f"{case.gateway}/{case.model.id}" if case.model else case.gateway
            asked[name] = asked.get(name, "") + verdict.outcome.value[0].upper()
    return found


def test_the_last_good_run_of_each_question_is_its_own(store, days):
    last = days({"groq/a": "P", "groq/b": "PP"}, {"groq/a": "P", "groq/b": "F"},
                {"groq/a": "F", "groq/b": "FPF"}, {"groq/a": "F", "groq/b": "FF"},
                {"groq/a": "F", "groq/b": "F"})  # fmt: skip

    assert told(store.baselines.last_good(last)) == {
        "run-3": {"groq/b": "FPF"},
        "run-2": {"groq/a": "P"},
    }


def test_a_question_that_never_passed_is_taken_from_the_latest_run_that_judged_it(store, days):
    last = days({"groq/a": "F"}, {"groq/a": "F"}, {"groq/a": "u"}, {"groq/a": "P"})

    assert told(store.baselines.last_good(last)) == {"run-2": {"groq/a": "F"}}


def test_what_the_run_before_asked_and_this_one_did_not_is_looked_for_too(store, days):
    last = days({"groq/old": "P", "groq/a": "P"}, {"groq/a": "P", "groq/gone": "P"},
                {"xai/z": "P"}, {"groq/a": "P"})  # fmt: skip

    assert told(store.baselines.last_good(last)) == {"run-2": {"groq/a": "P", "groq/gone": "P"}}


def test_a_list_that_failed_is_set_against_the_latest_run_with_models(store, days):
    last = days({"groq/a": "P", "groq/b": "F"}, {"groq": "F"}, {"xai/z": "P"}, {"groq": "F"})

    assert told(store.baselines.last_good(last)) == {"run-1": {"groq/a": "P", "groq/b": "F"}}


def test_it_is_looked_back_over_so_many_runs_and_no_more(store, days):
    last = days({"groq/a": "P"}, *[{"groq/a": "F"}] * 3)

    assert told(store.baselines.last_good(last, most=2)) == {"run-3": {"groq/a": "F"}}


def test_the_runs_of_a_time_are_those_begun_in_it_the_oldest_first(store, days):
    last = days(*[{"groq/a": "P"}] * 5)

    week = store.baselines.within(last, 2 * 86400)

    assert [run.id for run in week] == ["run-3", "run-4"]


def test_an_older_run_has_its_own_past(store, days):
    days({"groq/a": "P"}, {"groq/a": "F"}, {"groq/a": "P"})

    assert told(store.baselines.last_good(store.run("run-2"))) == {"run-1": {"groq/a": "P"}}


def test_runs_that_only_judged_again_are_no_baseline(store, days):
    days({"groq/a": "P"}, {"groq/a": "F"})
    days({"groq/a": "P"}, rejudged="run-2")

    assert store.baselines.newest() == "run-2"
    last = days({"groq/a": "F"})
    assert told(store.baselines.last_good(last)) == {"run-1": {"groq/a": "P"}}


def test_the_rounds_of_a_watch_are_no_baseline_and_not_the_newest_run(store, days):
    days({"groq/a": "P", "groq/b": "P"}, {"groq/a": "P", "groq/b": "F"})
    last = days({"groq/a": "F"}, {"groq/a": "F"}, watch="chat")

    newest = store.run(store.baselines.newest())

    assert newest.id == "run-2"
    assert told(store.baselines.last_good(newest)) == {"run-1": {"groq/a": "P", "groq/b": "P"}}
    assert told(store.baselines.last_good(last, most=2)) == {
        "run-2": {"groq/a": "P"},
        "run-1": {"groq/b": "P"},
    }
    assert [run.id for run in store.baselines.within(last, 9 * 86400)] == ["run-1", "run-2"]


def test_an_empty_store_has_nothing_to_compare(store):
    with pytest.raises(ConfigError, match="gatewayz test"):
        store.baselines.newest()
