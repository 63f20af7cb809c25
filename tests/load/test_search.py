"""The search for the most load finds a knee wherever it lies."""

import pytest

from gatewayz.load import Search
from gatewayz.load.search import Finder


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
