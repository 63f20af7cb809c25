"""What our own event loop may have falsified is not measured; what it cannot have, is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatewayz.core import Attempt, Case, Model, Observation, Outcome, Timing, Verdict
from gatewayz.core.attempt import Reply, Usage
from gatewayz.measure import METRICS, gaps
from gatewayz.measure.added import added_times
from gatewayz.measure.questions import Became
from gatewayz.measure.repeats import timing_findings
from gatewayz.measure.typical import typical

WHY = "our own event loop was held up for 130 ms"
OF_GAPS = {"icl", "longest_stall"}
OF_PACE = {"itl", "decode_rate"}
START, SECOND = datetime(2026, 1, 1, tzinfo=UTC), timedelta(seconds=1)
APART = (0.10, 0.12, 0.14, 0.16, 0.18)
TOGETHER = (0.10, 0.12, 0.18, 0.18, 0.18)  # three were read at once, by the stamp of the last


def stream(chunks=APART, *, held_up_s=0.13, by="kernel", end_s=0.21, started_at=None, **more):
    """A stream of a token a chunk, its moments in seconds since it was sent."""
    timing = Timing(
        connect_s=0.002, sent_s=0.0, first_byte_s=chunks[0], first_token_s=chunks[0],
        first_answer_s=chunks[0], last_content_s=chunks[-1], last_byte_s=end_s, total_s=end_s,
        chunks_s=chunks, chunk_count=len(chunks), held_up_s=held_up_s, stamped_by=by,
    )  # fmt: skip
    usage = Usage(input_tokens=3, output_tokens=len(chunks), total_tokens=3 + len(chunks))
    reply = Reply(
        text="word " * len(chunks), finish_reason="stop", choices=1, content_kind="text",
        done_marker=True, usage=usage,
    )  # fmt: skip
    timing = replace(timing, **more)
    return Attempt(status=200, streamed=True, reply=reply, timing=timing, started_at=started_at)


def untold(attempt):
    """The metrics that are missing because of our loop."""
    names = {name for name, metric in METRICS.items() if metric.of(attempt).reason == WHY}
    assert (gaps(attempt) == ()) == bool(names & OF_GAPS)
    return names


def test_stamps_of_ours_say_nothing_of_what_came_while_the_loop_was_held_up():
    assert untold(stream(by="process")) == {
        "first_byte", "ttft", "ttfa", "latency", "e2e_rate", *OF_GAPS, *OF_PACE,
    }  # fmt: skip


def test_a_wait_that_is_shorter_than_any_such_stop_is_not_its_doing():
    soon = stream((0.02, *APART), by="process")

    assert not untold(soon) & {"connect", "first_byte", "ttft", "ttfa"}
    assert untold(soon) >= {"latency", *OF_GAPS}


def test_a_connection_may_have_been_held_up_whoever_stamps_the_bytes():
    assert "connect" in untold(stream(connect_s=0.14))


def test_the_kernels_stamps_hold_where_each_chunk_has_its_own():
    assert untold(stream()) == {"first_byte"}


def test_of_chunks_that_were_read_together_only_the_gaps_are_lost():
    # What followed the first token came later, and so did the end: both moments are certain.
    assert untold(stream(TOGETHER)) == {"first_byte", *OF_GAPS}


def test_a_first_token_that_was_read_with_the_next_may_have_come_sooner():
    assert {"ttft", "ttfa", *OF_PACE} <= untold(stream((0.14, 0.14, 0.16, 0.18)))


def test_a_last_chunk_that_was_read_with_the_end_may_have_come_sooner():
    found = untold(stream(end_s=APART[-1]))

    assert {"latency", "icl", "longest_stall"} <= found
    assert "ttft" not in found


def test_the_kernels_stamp_of_a_whole_answers_end_is_right():
    whole = Attempt(
        status=200,
        reply=Reply(text="a word", finish_reason="stop", choices=1, content_kind="text"),
        timing=Timing(
            sent_s=0.0, first_byte_s=0.2, last_byte_s=0.2, total_s=0.3, held_up_s=0.13,
            stamped_by="kernel",
        ),
    )  # fmt: skip

    assert METRICS["latency"].of(whole).value == 0.2
    ours = replace(whole, timing=replace(whole.timing, stamped_by="process"))
    assert METRICS["latency"].of(ours).reason == WHY


@pytest.mark.parametrize(
    ("held_up_s", "end_s", "told"), [(0.049, 0.21, True), (0.051, 0.21, False), (0.13, 1.4, True)]
)
def test_it_has_to_be_long_and_a_good_part_of_the_whole(held_up_s, end_s, told):
    attempt = stream(TOGETHER, held_up_s=held_up_s, end_s=end_s, by="process")

    assert (METRICS["longest_stall"].of(attempt).value is not None) == told


def verdict(attempt, *, way="direct", repeat=1):
    case = Case(gateway="g", model=Model(id="m"), probe="streaming", way=way, repeat=repeat)
    seen = Observation(case=case, attempts=(attempt,))
    return Verdict(observation=seen, outcome=Outcome.PASSED)


def test_comparisons_of_runs_leave_it_out():
    became = Became()
    became.add(verdict(stream(TOGETHER)))
    became.add(verdict(stream(by="process")))
    became.add(verdict(stream(held_up_s=0.0)))

    assert {name: len(values) for name, values in became.times.items()} == {
        "ttft": 2,
        "decode_rate": 2,
    }


def test_what_the_backend_adds_leaves_it_out_and_says_of_how_many_pairs():
    pairs = [
        verdict(stream(connect_s=None, by=by, held_up_s=late_s), way=way, repeat=repeat)
        for repeat, by, late_s in ((1, "process", 0.0), (2, "process", 0.13), (3, "kernel", 0.13))
        for way in ("direct", "api")
    ]

    (added,) = added_times(pairs)

    assert added.ttft.pairs == 2
    assert added.latency.pairs == 2
    assert added.held_up == 1


def test_over_many_it_is_one_reason_however_long_each_was():
    late = [stream(by="process", held_up_s=seconds) for seconds in (0.06, 0.13)]

    found = typical("ttft", late)

    assert found.estimate.value is None
    assert found.reason == "our own event loop was held up for more than 50 ms"


def test_one_that_is_left_out_does_not_turn_a_stream_into_a_whole_answer():
    quick = [stream(started_at=START + n * SECOND, held_up_s=0.0) for n in range(6)]
    slow = stream((2.1, 2.2), end_s=2.3, held_up_s=0.0, started_at=START + 7 * SECOND)
    late = stream(by="process", started_at=START + 8 * SECOND)

    (found,) = timing_findings(map(verdict, [*quick, slow, late]))

    assert (found.kind, found.measure, found.samples) == ("ttft-spike", "first token", 7)
