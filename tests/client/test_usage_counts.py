"""Counts that no question and answer can come to are not believed, and that is said."""

import pytest

from gatewayz.client.usage import counts_are_counts, read_usage
from gatewayz.core import Reply, ToolCall, Usage


@pytest.mark.parametrize("odd", [8e15, 8 * 10**15, 10**9, 10.7, 0.5, -1, float("nan"), True])
def test_what_is_no_count_of_tokens_is_unknown_and_told(odd):
    usage = {"prompt_tokens": 12, "completion_tokens": odd}

    assert read_usage(usage) == Usage(input_tokens=12)
    assert not counts_are_counts(usage)


def test_of_two_names_the_one_that_is_null_says_nothing():
    usage = {
        "prompt_tokens": None,
        "input_tokens": 11,
        "completion_tokens": None,
        "output_tokens": 4,
    }

    assert read_usage(usage) == Usage(input_tokens=11, output_tokens=4)
    assert counts_are_counts(usage)


@pytest.mark.parametrize("count", [0, 10_000_000, 12.0])
def test_a_whole_number_that_a_window_can_hold_is_a_count(count):
    assert read_usage({"completion_tokens": count}).output_tokens == count
    assert counts_are_counts({"completion_tokens": count})


@pytest.mark.parametrize(
    "more",
    [
        {"prompt_tokens_details": {"cached_tokens": 9}, "completion_tokens_details": {"reasoning_tokens": 4}},
        {"input_tokens_details": {"cached_tokens": 9}, "output_tokens_details": {"reasoning_tokens": 4}},
        {"cached_tokens": 9, "reasoning_tokens": 4},
        {"cached_tokens": None, "input_tokens_details": {"cached_tokens": 9}, "reasoning_tokens": 4},
    ],
    ids=["chat", "responses", "beside the others", "null"],
)  # fmt: skip
def test_cached_and_reasoning_tokens_are_read_wherever_they_are_told(more):
    usage = {"input_tokens": 20, "output_tokens": 5, **more}

    assert read_usage(usage) == Usage(
        input_tokens=20, output_tokens=5, cached_tokens=9, reasoning_tokens=4
    )
    assert counts_are_counts(usage)


@pytest.mark.parametrize("group", ["prompt_tokens_details", "input_tokens_details"])
def test_a_count_in_any_group_of_details_has_to_be_one(group):
    assert not counts_are_counts({"cached_tokens": 1, group: {"cached_tokens": "many"}})


def test_zeros_are_counts_of_an_answer_that_shows_nothing_only():
    zeros = Usage(input_tokens=0, output_tokens=0, total_tokens=0)

    assert Reply(usage=zeros).counted == zeros
    assert Reply(usage=zeros, text="Here is one.").counted is None
    assert Reply(usage=zeros, tool_calls=(ToolCall(name="look"),)).counted is None
    assert Reply(usage=Usage(output_tokens=3), text="one").counted == Usage(output_tokens=3)
