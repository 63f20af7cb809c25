"""`max_ttft` and `max_latency` of a user's probe: what is late by our own doing is nobody's failure."""

import pytest

from gatewayz.core import Attempt, Case, Observation, Timing
from gatewayz.probes._expectations import EXPECTATIONS


def finding(expectation, limit, **timing):
    attempt = Attempt(status=200, streamed=True, timing=Timing(**timing))
    case = Case(gateway="g", probe="own")
    return EXPECTATIONS[expectation](limit)(Observation(case=case, attempts=(attempt,)))


def stream(first_s, end_s, **more):
    return {
        "sent_s": 0.0, "first_token_s": first_s, "last_content_s": end_s, "last_byte_s": end_s,
        "total_s": end_s, "chunks_s": (first_s, end_s), "chunk_count": 2, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("expectation", "limit"), [("max_ttft", "250ms"), ("max_latency", "900ms")]
)
def test_late_by_what_may_be_our_own_doing_is_a_warning_that_says_so(expectation, limit):
    late = finding(expectation, limit, **stream(0.4, 1.0, held_up_s=0.3))
    late_by_itself = finding(expectation, limit, **stream(0.4, 1.0))

    assert late.warning
    assert "our own event loop was held up for 300 ms" in late.saw
    assert late.failure_class == "performance"
    assert not late_by_itself.warning


def test_what_came_in_time_although_we_were_late_came_in_time():
    assert finding("max_ttft", "500ms", **stream(0.4, 1.0, held_up_s=0.3)) is None


def test_a_stamp_of_the_kernel_that_is_surely_right_counts():
    told = finding("max_ttft", "250ms", **stream(0.4, 1.0, held_up_s=0.3, stamped_by="kernel"))

    assert told is not None
    assert not told.warning


def test_the_time_counts_from_the_request_being_sent_as_the_metric_does():
    connecting = stream(0.6, 1.2) | {"sent_s": 0.4, "connect_s": 0.4}

    assert finding("max_ttft", "250ms", **connecting) is None
    assert finding("max_latency", "850ms", **connecting) is None
    assert finding("max_ttft", "150ms", **connecting).saw == "0.20s"


def test_the_usage_that_comes_after_the_answer_is_not_waited_for():
    slow_end = stream(0.1, 0.5) | {"last_byte_s": 2.0, "total_s": 2.0}

    assert finding("max_latency", "600ms", **slow_end) is None
