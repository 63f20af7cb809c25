"""The search for the most load finds a knee wherever it lies."""

import pytest

from gatewayz.load import Search
from gatewayz.load.objectives import judge_objective, read_objectives, unsure_words
from gatewayz.load.search import LOOKS, Finder, at_worst, step_at
from gatewayz.load.shapes import Bounds, arrivals_of, most_requests, stage_at

# An objective that is met by the median, and not by all of the interval around it.
NEAR = (*read_objectives("latency_p50=500ms", "--slo"), [n / 100 for n in range(100)])


def searched(knee, *, low=1.0, high=64.0, unit="concurrency", unknown_at=None):
    finder = Finder(Search(low=low, high=high), unit)
    while (level := finder.next_level()) is not None:
        finder.told(level, None if level == unknown_at else level <= knee)
        assert len(finder.tried) < 40
    return finder


@pytest.mark.parametrize("knee", range(1, 64))
def test_the_most_at_once_is_found_to_within_a_tenth(knee):
    found = searched(knee)

    assert found.met <= knee < found.missed
    assert found.missed - found.met <= max(1, 0.1 * found.met)


@pytest.mark.parametrize("knee", [1.05, 3.3, 17.7, 60.0])
def test_the_most_a_second_is_found_to_within_a_tenth(knee):
    found = searched(knee, unit="rate")

    assert found.met <= knee < found.missed
    assert found.missed - found.met <= 0.1 * found.met + 0.001


def test_few_steps_are_tried():
    assert len(searched(45).tried) <= 11


def test_what_bears_all_is_told_as_the_most_that_was_tried():
    found = searched(1000, high=20)

    assert (found.met, found.missed) == (20, None)
    assert "the most that was to be tried" in found.found("t").words


def test_what_bears_nothing_is_told():
    found = searched(0)

    assert found.tried == [1]
    assert found.found("t").level is None
    assert "not even 1 at once" in found.found("t").words


def test_a_step_that_says_nothing_ends_the_search():
    told = searched(40, unknown_at=8).found("t", "ttft_p95: too few")

    assert told.level == 4
    assert told.words.startswith("at least 4 at once; the search ended there: ttft_p95: too few")


def test_why_a_level_was_too_much_is_told():
    finder = Finder(Search(low=1, high=2), "rate")
    finder.told(1, True)
    finder.told(1.05, False, "answers took longer and longer")

    assert finder.found("t").words == "1/s; 1.05/s was too much: answers took longer and longer"


def test_what_is_not_sure_of_a_level_stands_by_that_level():
    finder = Finder(Search(low=4, high=64), "concurrency")
    unsure = unsure_words([judge_objective(*NEAR, failed=0)])
    finder.told(4, True, unsure=unsure)
    finder.told(8, False)
    at_four = "4 at once, but the interval of latency_p50=500ms reaches beyond it"

    assert finder.found("t").words == f"{at_four}; 8 at once missed an objective"
    finder.told(6, True)
    assert finder.found("t").words == "6 at once; 8 at once missed an objective"
    finder.told(7, True, unsure=unsure)
    assert finder.found("t", "stopped").words == (
        f"at least {at_four.replace('4', '7', 1)}; the search ended there: stopped"
    )


def test_what_is_sure_or_missed_has_no_proviso():
    (near,), values = NEAR[:1], NEAR[1]
    sure, missed = read_objectives("latency_p50=2s,latency_p50=100ms", "--slo")

    assert unsure_words([judge_objective(one, values, failed=0) for one in (sure, missed)]) == ""
    told = [judge_objective(one, values, failed=0) for one in (near, sure, near)]
    assert unsure_words(told).count("latency_p50=500ms") == 2


def opening(**bounds):
    return stage_at(0, 1, "rate", Bounds(**bounds))


def test_an_open_step_lasts_as_long_as_a_queue_takes_to_show():
    first = opening(duration_s=10, requests=35)

    assert step_at(first, 50, 1).duration_s == 10
    assert step_at(first, 1, 1).duration_s == 35  # else there were too few
    assert step_at(first, 50, 1, seen_s=4).duration_s == 20  # answers take long
    assert step_at(first, 50, 1, seen_s=400).duration_s == 30  # but it has an end
    assert step_at(opening(duration_s=90, requests=35), 50, 1, seen_s=4).duration_s == 90


@pytest.mark.parametrize("level", [0.7, 3, 20])
def test_arrivals_by_chance_are_enough_all_the_same(level):
    first = stage_at(0, 1, "rate", Bounds(duration_s=1, requests=35), poisson=True)
    step = step_at(first, level, 0)

    assert all(len(list(arrivals_of(step, seed))) >= 35 for seed in range(200))


def test_a_closed_step_has_requests_for_all_that_are_to_be_at_once():
    first = stage_at(0, 1, "concurrency", Bounds(duration_s=60, requests=6))

    assert step_at(first, 64, 1).requests == 192
    assert step_at(first, 1, 1).requests == 6


@pytest.mark.parametrize("unit", ["concurrency", "rate"])
@pytest.mark.parametrize("poisson", [False, True])
def test_no_search_comes_to_more_than_was_said_before(unit, poisson):
    first = stage_at(0, 1, unit, Bounds(duration_s=10, requests=30), poisson=poisson)
    search = Search(low=1, high=50)
    steps, requests, _ = at_worst(search, first)
    looks = LOOKS if unit == "rate" else (1,)  # each level as often as it may be
    came_to = []
    for knee in [*range(60), 1.3, 7.7, 33.3]:
        finder, sent = Finder(search, unit), 0
        while (level := finder.next_level()) is not None:
            for look in looks:
                sent += most_requests(step_at(first, level, 0, 100, look))
            finder.told(level, level <= knee)
        came_to.append((len(finder.tried) * len(looks), sent))

    assert max(tried for tried, _ in came_to) <= steps <= 12 * len(looks)
    assert max(sent for _, sent in came_to) <= requests
    assert requests < 1.5 * max(sent for _, sent in came_to)
