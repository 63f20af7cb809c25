"""Exit codes, as docs/cli.md has them."""

import pytest

from gatewayz.cli.exits import MEANINGS, exit_code
from gatewayz.core import Counts


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        (Counts(passed=3), 0),
        (Counts(passed=3, warned=3), 0),
        (Counts(passed=3, skipped=2), 0),
        (Counts(passed=3, failed=1), 1),
        (Counts(failed=1), 1),
        (Counts(failed=1, unknown=2), 1),
        (Counts(passed=3, unknown=1), 3),
        (Counts(unknown=1), 3),
        (Counts(skipped=14), 3),
        (Counts(), 3),
        (Counts(passed=3, failed_lists=1), 1),
        (Counts(passed=3, unknown_lists=1), 3),
        (Counts(passed=3, skipped_gateways=1), 0),
    ],
)
def test_the_counts_decide(counts, code):
    assert exit_code(counts) == code


def test_a_signal_wins_over_the_counts_and_our_own_fault_over_a_failure():
    assert exit_code(Counts(failed=1), stopped_by=130) == 130
    assert exit_code(Counts(passed=1), stopped_by=143, own_fault=True) == 143
    assert exit_code(Counts(failed=1), own_fault=True) == 4


def test_every_code_has_a_meaning():
    assert list(MEANINGS) == [0, 1, 2, 3, 4, 130, 143]
