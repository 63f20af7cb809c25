"""What is flaky, and what is an incident that ended."""

import pytest

from gatewayz.core import Outcome
from gatewayz.measure.steadiness import is_flaky

LETTERS = {
    "P": Outcome.PASSED, "F": Outcome.FAILED, "u": Outcome.UNKNOWN, "s": Outcome.SKIPPED,
}  # fmt: skip


@pytest.mark.parametrize(
    ("runs", "flaky"),
    [
        ("", False),
        ("P", False),
        ("P P P", False),
        ("F F", False),
        ("P F", False),  # broke
        ("F P", False),  # healed
        ("P F F P", False),  # an incident
        ("P F P F", True),
        ("F P F", True),
        ("P PF P", True),  # both in one run
        ("FFP", True),
        ("P u F s F u P", False),  # what was not judged counts for nothing
        ("F u P u F", True),
    ],
)
def test_flaky_is_what_fails_again_and_again_with_passes_between(runs, flaky):
    assert is_flaky([LETTERS[letter] for letter in run] for run in runs.split()) is flaky
