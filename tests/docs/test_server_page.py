"""The page of the server tells the bounds that the code holds to."""

from pathlib import Path

from gatewayz.server.amounts import MOST_FIELDS, MOST_MESSAGES, MOST_SLOW_NUMBERS, MOST_VALUES
from gatewayz.server.app import MOST_RUNNING

PAGE = (Path(__file__).parents[2] / "docs" / "server.md").read_text(encoding="utf-8")


def test_the_cap_on_requests_is_the_one_that_is_set():
    assert f"Beyond {MOST_RUNNING:,} requests at a time, for each worker" in PAGE
    assert f"The cap on requests at a time is {MOST_RUNNING:,} for each worker" in PAGE


def test_the_parts_that_a_body_may_have_are_as_told():
    for most, of in (
        (MOST_FIELDS, "fields"),
        (MOST_MESSAGES, "messages"),
        (MOST_VALUES, "values"),
        (MOST_SLOW_NUMBERS, "numbers of 200 digits"),
    ):
        assert f"{most:,} {of}" in PAGE
