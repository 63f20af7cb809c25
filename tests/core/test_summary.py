"""What counts as what."""

import pytest

from gatewayz.core import Counts, Outcome
from gatewayz.core.summary import Ended, tally


@pytest.mark.parametrize(
    ("ended", "counts"),
    [
        (Ended(outcome=Outcome.PASSED, number=3), Counts(passed=3)),
        (Ended(outcome=Outcome.PASSED, warned=True, number=3), Counts(passed=3, warned=3)),
        (Ended(outcome=Outcome.PASSED, retried=True), Counts(passed=1, retried=1)),
        (Ended(outcome=Outcome.FAILED, warned=True, retried=True), Counts(failed=1)),
        (Ended(outcome=Outcome.UNKNOWN), Counts(unknown=1)),
        (Ended(outcome=Outcome.SKIPPED, number=2), Counts(skipped=2)),
        (Ended(outcome=Outcome.PASSED, of_list=True, retried=True), Counts()),
        (Ended(outcome=Outcome.PASSED, of_list=True, warned=True), Counts(warned_lists=1)),
        (Ended(outcome=Outcome.FAILED, of_list=True, number=2), Counts(failed_lists=2)),
        (Ended(outcome=Outcome.UNKNOWN, of_list=True), Counts(unknown_lists=1)),
        (Ended(outcome=Outcome.SKIPPED, of_list=True), Counts(skipped_gateways=1)),
    ],
)
def test_a_case_counts_as_its_outcome_and_a_list_apart(ended, counts):
    assert tally([ended]) == counts


def test_a_gateway_that_is_skipped_on_both_ways_is_one():
    lists = [Ended(outcome=Outcome.SKIPPED, gateway=name, of_list=True) for name in "aab"]

    assert tally(lists).skipped_gateways == 2


@pytest.mark.parametrize(
    ("counts", "tag"),
    [
        (Counts(passed=1, failed_lists=1), "WARN"),
        (Counts(passed=1, unknown_lists=1), "WARN"),
        (Counts(passed=1, stopped=1), "WARN"),
        (Counts(passed=1, skipped_gateways=1, warned_lists=1), "OK"),
        (Counts(failed_lists=1), "FAIL"),
        (Counts(unknown_lists=1), "UNKNOWN"),
        (Counts(skipped_gateways=1), "SKIP"),
    ],
)
def test_a_list_that_is_missing_is_no_whole_success(counts, tag):
    assert (counts.tag, counts.rate) == (tag, 1.0 if counts.passed else None)
