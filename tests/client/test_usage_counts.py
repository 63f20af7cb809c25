"""Counts that no question and answer can come to are not believed, and that is said."""

import pytest

from gatewayz.client.usage import counts_are_counts, read_usage
from gatewayz.core import Reply, ToolCall, Usage


@pytest.mark.parametrize("odd", [8e15, 8 * 10**15, 10**9, 10.7, 0.5, -1, float("nan"), True])
def test_what_is_no_count_of_tokens_is_unknown_and_told(odd):
    usage = {"prompt_tokens": 12, "completion_tokens": odd}

    assert read_usage(usage) == Usage(input_tokens=12)
    assert not counts_are_counts(usage)


@pytest.mark.parametrize("count", [0, 10_000_000, 12.0])
def test_a_whole_number_that_a_window_can_hold_is_a_count(count):
    assert read_usage({"completion_tokens": count}).output_tokens == count
    assert counts_are_counts({"completion_tokens": count})


def test_zeros_are_counts_of_an_answer_that_shows_nothing_only():
    zeros = Usage(input_tokens=0, output_tokens=0, total_tokens=0)

    assert Reply(usage=zeros).counted == zeros
    assert Reply(usage=zeros, text="Here is one.").counted is None
    assert Reply(usage=zeros, tool_calls=(ToolCall(name="look"),)).counted is None
    assert Reply(usage=Usage(output_tokens=3), text="one").counted == Usage(output_tokens=3)
