"""What a metric usually comes to."""

from gatewayz.core import Attempt, Timing
from gatewayz.measure import typical


def answer(ttft, *, streamed=True):
    timing = Timing(sent_s=0.0, first_token_s=ttft, last_content_s=ttft, total_s=ttft)
    return Attempt(streamed=streamed, timing=timing)


def test_the_median_is_over_what_could_be_measured():
    found = typical("ttft", [answer(0.3), answer(9.0, streamed=False), answer(0.1), answer(0.2)])

    assert (found.estimate.value, found.estimate.count) == (0.2, 3)
    assert found.reason == ""


def test_where_nothing_was_measured_each_reason_is_told_with_its_count():
    whole = typical("ttft", [answer(1.0, streamed=False)] * 2)
    mixed = typical("ttft", [*[answer(1.0, streamed=False)] * 2, answer(None)])

    assert (whole.estimate.value, whole.reason) == (None, "not streamed")
    assert mixed.reason == "not streamed (2), nothing was generated (1)"


def test_of_no_attempt_there_is_neither_a_value_nor_a_reason():
    found = typical("latency", [])

    assert (found.estimate.value, found.estimate.count, found.reason) == (None, 0, "")
