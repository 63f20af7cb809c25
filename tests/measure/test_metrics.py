"""Each definition, from the bytes as they came to the number, on a clock that is handed in."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.measure.watched import DONE, chunk, role, stop, text, thought, usage, used, watched

from gatewayz.core import Attempt, Timing
from gatewayz.measure import METRICS, Measured, gaps, measure, output_tokens, schedule_delay


def value(attempt, name):
    """A metric that is measurable, fit for a comparison of decimals."""
    found = METRICS[name].of(attempt)
    assert found.reason == ""
    return pytest.approx(found.value, abs=1e-6)


def reason(attempt, name):
    found = METRICS[name].of(attempt)
    assert found.value is None
    return found.reason


def test_a_plain_stream_gives_every_number_that_its_bytes_hold():
    plain = watched(
        (0.5, role()),
        (1.0, text("One")),
        (1.2, text(" two")),
        (1.3, text(" three")),
        (1.9, text(" four")),
        (2.0, stop() + usage(4) + DONE),
    )

    assert value(plain, "first_byte") == 0.5
    assert value(plain, "ttft") == 1.0
    assert value(plain, "ttfa") == 1.0
    assert value(plain, "latency") == 1.9
    assert value(plain, "itl") == 0.9 / 3
    assert gaps(plain) == pytest.approx((0.2, 0.1, 0.6), abs=1e-6)
    assert value(plain, "icl") == 0.2
    assert value(plain, "longest_stall") == 0.6
    assert value(plain, "decode_rate") == 3 / 0.9
    assert value(plain, "e2e_rate") == 4 / 1.9


def test_what_comes_before_the_request_is_sent_is_connect_and_tls_and_no_wait():
    fresh = watched((0.1, text("a")), (0.2, text("b") + stop() + DONE), connect=0.05, tls=0.2)

    assert value(fresh, "connect") == 0.05
    assert value(fresh, "tls") == 0.15
    assert value(fresh, "ttft") == 0.1


def test_a_reused_connection_has_no_connect_and_one_without_tls_no_tls():
    again = watched((0.1, text("a") + stop() + DONE))
    plain = watched((0.1, text("a") + stop() + DONE), connect=0.05)

    assert (reason(again, "connect"), reason(again, "tls")) == ("connection reused",) * 2
    assert reason(plain, "tls") == "no TLS"


def test_heartbeats_roles_and_empty_chunks_are_no_token():
    slow = watched(
        (0.1, ": ping\n\n"),
        (0.2, "event: ping\ndata: {}\n\n"),
        (0.3, role()),
        (0.4, text("")),
        (0.5, chunk({"content": None})),
        (0.6, chunk({})),
        (2.0, text("At last")),
        (2.5, text(".") + stop() + DONE),
    )

    assert value(slow, "first_byte") == 0.1
    assert value(slow, "ttft") == 2.0
    assert gaps(slow) == pytest.approx((0.5,), abs=1e-6)


def test_the_first_token_may_be_a_thought_and_the_first_answer_is_none():
    thinking = watched(
        (0.4, role()),
        (0.5, thought("Hm")),
        (0.6, thought(", so")),
        (1.5, text("Yes")),
        (1.6, text(".") + stop() + usage(4, thinking=2) + DONE),
    )

    assert value(thinking, "ttft") == 0.5
    assert value(thinking, "ttfa") == 1.5
    assert value(thinking, "itl") == 1.1 / 3  # reasoning is in the tokens and in the window


@pytest.mark.parametrize("first", ["<think>", "\n[THINK]", "Hm"])
def test_a_thought_that_stands_in_the_content_is_no_first_answer(first):
    aloud = watched(
        (0.5, text(first)),
        (0.6, text(" so</think>" if "[" not in first else " so[/THINK]")),
        (1.5, text("Yes")),
        (1.6, text(".") + stop() + usage(9) + DONE),
    )

    assert value(aloud, "ttft") == 0.5
    assert reason(aloud, "ttfa") == "thinking stands in the content"


@pytest.mark.parametrize("said", ["2 < 3 is true", "Use <b>bold</b>.", "A <think> tag opens it."])
def test_marks_of_no_thought_leave_the_first_answer_where_it_was(said):
    assert value(watched((0.5, text(said)), (0.6, text(".") + stop() + DONE)), "ttfa") == 0.5


def test_thoughts_alone_are_a_first_token_and_no_answer():
    only = watched((0.5, thought("Hm")), (0.6, thought("...") + chunk({}, finish="length") + DONE))

    assert value(only, "ttft") == 0.5
    assert reason(only, "ttfa") == "no answer came"


def test_thoughts_that_are_kept_hidden_are_in_no_window():
    # 300 tokens of thought, none of which is shown, then five that are.
    hidden = watched(
        (9.0, text("One")),
        *((9.0 + 0.1 * n, text(f" {n}")) for n in range(1, 5)),
        (9.5, stop() + usage(305, thinking=300) + DONE),
    )

    assert value(hidden, "itl") == 0.4 / 4
    assert value(hidden, "decode_rate") == 4 / 0.4
    assert value(hidden, "e2e_rate") == 305 / 9.4  # they took their time, and are paid for


def test_tokens_that_no_chunk_shows_and_no_count_tells_of_leave_the_pace_open():
    untold = watched((9.0, text("No")), (9.1, text(".") + stop() + usage(305) + DONE))

    assert reason(untold, "itl") == "usage counts tokens that no chunk shows"
    assert value(untold, "e2e_rate") == 305 / 9.1


def test_a_provider_that_counts_thoughts_beside_the_output_is_read_by_its_total():
    beside = watched(
        (0.5, thought("Hm")),
        (0.6, thought(" so")),
        (0.7, text("Yes") + stop()),
        (0.8, usage(1, thinking=2, total=7 + 1 + 2) + DONE),
    )

    assert output_tokens(beside) == Measured(3.0, counted_by="usage")
    assert value(beside, "itl") == 0.2 / 2


def test_many_tokens_in_a_chunk_are_counted_by_usage_and_the_first_ones_left_out():
    # Four tokens a chunk, told by a count that grows: ai-dynamo/aiperf#1279.
    bundled = watched(
        *(
            (1.0 + 0.1 * n, text(" a b c d", usage=used(4 * (n + 1))))
            for n in range(5)
        ),
        (1.5, stop() + DONE),
    )  # fmt: skip

    found = METRICS["itl"].of(bundled)
    assert found.value == pytest.approx(0.4 / 16, abs=1e-6)
    assert (found.estimated, found.counted_by) == ("", "usage")


def test_what_the_first_chunk_holds_is_estimated_by_its_share_of_the_text_and_marked():
    # Without a growing count: 20 tokens, the first chunk with 40 % of the letters.
    bundled = watched(
        (1.0, text("abcdefgh" * 4)),
        *((1.0 + 0.1 * n, text("abcdefgh")) for n in range(1, 7)),
        (1.7, stop() + usage(20) + DONE),
    )

    found = METRICS["itl"].of(bundled)
    assert found.value == pytest.approx(0.6 / (20 - 8), abs=1e-6)
    assert found.estimated == "tokens of the first chunk by its share of the text"


def test_a_first_chunk_of_thoughts_has_its_share_of_thoughts_and_answer():
    bundled = watched(
        (1.0, thought("abcdefgh" * 4)),
        *((1.0 + 0.1 * n, text("abcdefgh")) for n in range(1, 7)),
        (1.7, stop() + usage(20) + DONE),
    )

    assert METRICS["itl"].of(bundled).value == pytest.approx(0.6 / (20 - 8), abs=1e-6)


@pytest.mark.parametrize("tokens", [1, 2])
def test_chunks_that_come_with_the_first_one_took_none_of_the_time_after_it(tokens):
    """Fifty of them in one read, and then one each 10 ms: the pace is that of the others."""
    burst = text(" word" * tokens) * 50
    others = [(1.0 + 0.01 * n, text(" word" * tokens)) for n in range(1, 51)]
    seen = watched((1.0, burst), *others, (2.0, stop() + usage(100 * tokens) + DONE))

    found = METRICS["itl"].of(seen)
    assert found.value == pytest.approx(0.5 / (50 * tokens), abs=1e-6)
    assert value(seen, "decode_rate") == pytest.approx(100 * tokens)
    assert bool(found.estimated) is (tokens > 1)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (
            1,
            50,
            "tokens of the chunks that came in one read with the first by their share of the text",
        ),
        (
            20,
            31,
            "tokens of the chunks that came in one read with the first by their share of the text",
        ),
        (50, 1, "tokens of the first chunk by its share of the text"),
    ],
)
def test_chunks_of_one_read_unlike_the_later_ones_are_taken_off_by_their_text(first, second, told):
    burst = text(" word" * first) + text(" word" * second)
    others = [(1.0 + 0.01 * n, text(" word")) for n in range(1, 51)]
    seen = watched((1.0, burst), *others, (2.0, stop() + usage(101) + DONE))

    found = METRICS["itl"].of(seen)
    assert found.value == pytest.approx(0.01, abs=1e-6)
    assert value(seen, "decode_rate") == pytest.approx(100)
    assert found.estimated == told


def test_chunks_of_less_than_a_token_that_came_in_one_read_are_taken_off_by_their_text():
    """Two chunks a token: ten chunks in one read, then one each 20 ms, so a token each 40 ms."""
    burst = text("word") * 10
    others = [(1.0 + 0.02 * n, text("word")) for n in range(1, 31)]
    seen = watched((1.0, burst), *others, (2.0, stop() + usage(20) + DONE))

    assert METRICS["itl"].of(seen).value == pytest.approx(0.04, rel=0.02)
    assert value(seen, "decode_rate") == pytest.approx(25, rel=0.02)


def test_what_came_in_one_read_with_the_first_chunk_is_not_guessed_where_nobody_kept_its_share():
    burst = text(" word") + text(" word" * 50)
    others = [(1.0 + 0.01 * n, text(" word")) for n in range(1, 51)]
    seen = watched((1.0, burst), *others, (2.0, stop() + usage(101) + DONE))
    older = replace(seen, reply=replace(seen.reply, first_read_share=None))

    assert reason(older, "itl").startswith("chunks came in one read with the first")


def test_the_end_token_that_no_chunk_shows_does_not_make_a_long_answer_an_estimate():
    long = watched(
        *((1.0 + 0.01 * n, text(" word")) for n in range(100)),
        (2.0, stop() + usage(101) + DONE),
    )

    found = METRICS["itl"].of(long)
    assert found.value == pytest.approx(0.99 / 100, abs=1e-6)
    assert found.estimated == ""


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.just(1), st.just(1), st.integers(1, 6)), min_size=2, max_size=60),
    st.integers(0, 1),
    st.booleans(),
)
@example(split=[3, 1, 1, 1, 1, 1, 1], unseen=0, counted_along=False)
@example(split=[2, *[1] * 60], unseen=1, counted_along=False)
def test_however_tokens_fall_into_chunks_an_unmarked_pace_is_right(split, unseen, counted_along):
    """`unseen` end marks beyond the tokens of the chunks; counts that grow, or one at the end."""
    pieces, total = [], 0
    for number, tokens in enumerate(split):
        total += tokens
        along = used(total) if counted_along else None
        pieces.append((1.0 + 0.1 * number, text("word " * tokens, usage=along)))
    pieces.append((90.0, stop() + usage(total + unseen) + DONE))

    found = METRICS["itl"].of(watched(*pieces))

    after_first = total + unseen - split[0]
    if not found.estimated:
        assert found.value == pytest.approx(0.1 * (len(split) - 1) / after_first, rel=0.0201)
    if counted_along or (split == [1] * len(split) and not unseen):
        assert not found.estimated


def test_a_count_of_the_whole_in_every_chunk_is_not_what_the_first_one_carried():
    constant = watched(
        *((1.0 + 0.1 * n, text(f" {n}", usage=used(5))) for n in range(5)), (1.5, stop() + DONE)
    )

    assert value(constant, "itl") == 0.1


def test_thoughts_that_are_shown_as_a_summary_give_no_pace_however_long_the_answer():
    def seen(thinking):
        return watched(
            (1.0, thought("think think")),
            (1.1, text("a long answer that has many more bytes ")),
            (1.3, text("than it has tokens, and than were thought") + stop()),
            (1.3, usage(55, thinking=thinking) + DONE),
        )

    told = "usage counts more reasoning tokens than the reasoning shown has bytes: it was cut down"
    assert reason(seen(40), "itl") == told
    assert reason(seen(40), "decode_rate") == told
    assert value(seen(40), "e2e_rate") == 55 / 1.3
    assert METRICS["itl"].of(seen(4)).value > 0  # so short that all of it was shown


def test_a_count_that_grows_and_holds_hidden_thoughts_says_how_many_are_shown():
    hidden = watched(
        *(
            (9.0 + 0.1 * n, text(" a b c d", usage=used(100 + 4 * (n + 1), thinking=100)))
            for n in range(5)
        ),
        (9.5, stop() + DONE),
    )  # fmt: skip

    found = METRICS["itl"].of(hidden)
    assert found.value == pytest.approx(0.4 / 16, abs=1e-6)
    assert found.estimated == ""


def test_one_chunk_that_carries_the_lot_has_a_first_token_and_no_pace():
    lot = watched((1.0, text("All of it at once") + stop() + usage(5) + DONE))

    assert value(lot, "ttft") == value(lot, "latency") == 1.0
    for name in ("itl", "icl", "longest_stall", "decode_rate"):
        assert reason(lot, name) == "one chunk carries the whole answer"
    assert value(lot, "e2e_rate") == 5.0


def test_chunks_that_came_in_one_piece_have_no_gaps_that_anybody_saw_and_no_pace():
    burst = watched((1.0, text("One") + text(" two") + text(" three") + stop() + usage(3) + DONE))

    assert gaps(burst) == ()
    for name in ("itl", "decode_rate", "icl", "longest_stall"):
        assert reason(burst, name) == "all chunks came at once"


def test_chunks_that_came_together_within_a_longer_stream_have_a_gap_of_nothing():
    pairs = watched((1.0, text("One") + text(" two")), (1.2, text(" three") + stop() + DONE))

    assert gaps(pairs) == pytest.approx((0.0, 0.2))
    assert value(pairs, "longest_stall") == 0.2


def test_without_usage_there_is_no_token_speed_and_chunks_are_called_chunks():
    untold = watched((1.0, text("a")), (1.1, text("b")), (1.2, text("c") + stop() + DONE))

    for name in ("itl", "decode_rate", "e2e_rate"):
        assert reason(untold, name) == "usage is missing"
    assert output_tokens(untold) == Measured(3.0, counted_by="chunks")
    assert value(untold, "icl") == 0.1


@pytest.mark.parametrize("bad", [{"completion_tokens": 0}, {"completion_tokens": -3}, {}])
def test_a_usage_without_a_sane_count_is_as_good_as_none(bad):
    odd = watched((1.0, text("a")), (1.1, text("b") + stop() + chunk(usage=bad) + DONE))

    assert reason(odd, "itl") == "usage is missing"


def test_the_usage_chunk_and_the_end_mark_are_not_waited_for():
    late = watched(
        (1.0, text("a")), (1.1, text("b")), (1.2, stop()), (4.0, usage(2)), (5.0, DONE)
    )  # fmt: skip

    assert value(late, "latency") == 1.1
    assert value(late, "itl") == 0.1


@pytest.mark.parametrize("reset", [True, False])
def test_a_cut_stream_has_a_first_token_and_no_latency(reset):
    cut = watched((1.0, text("On")), (1.2, text("ce upon")), reset=reset)

    assert value(cut, "ttft") == 1.0
    assert value(cut, "longest_stall") == 0.2
    for name in ("latency", "itl", "decode_rate", "e2e_rate"):
        assert reason(cut, name) == "the answer was cut"


def test_a_stream_that_was_reset_before_a_byte_has_nothing():
    dead = watched(reset=True)

    assert reason(dead, "first_byte") == reason(dead, "latency") == "nothing came back"
    assert reason(dead, "ttft") == "nothing was generated"


def test_an_error_inside_a_stream_is_no_answer_with_a_latency():
    failed = watched(
        (1.0, text("One")), (1.5, 'data: {"error": {"message": "overloaded"}}\n\n' + DONE)
    )

    assert value(failed, "ttft") == 1.0
    assert reason(failed, "latency") == "an error came in place of an answer"


def test_a_stream_of_roles_and_ends_generated_nothing():
    empty = watched((0.5, role()), (0.6, stop() + DONE))

    assert reason(empty, "ttft") == "nothing was generated"
    assert reason(empty, "icl") == reason(empty, "longest_stall") == "nothing was generated"


def test_a_call_of_a_tool_is_an_answer_and_its_fragments_are_chunks():
    def call(**function):
        return chunk({"tool_calls": [{"index": 0, "function": function}]})

    calling = watched(
        (0.5, role()),
        (1.0, chunk({"tool_calls": [
            {"index": 0, "id": "c1", "type": "function", "function": {"name": "add", "arguments": ""}}
        ]})),
        (1.2, call(arguments='{"a":')),
        (1.4, call(arguments=" 1}")),
        (1.5, chunk({}, finish="tool_calls") + usage(12) + DONE),
    )  # fmt: skip

    assert value(calling, "ttft") == value(calling, "ttfa") == 1.0
    assert value(calling, "latency") == 1.4
    # A call's markers are tokens, too, and no letters show them: nothing to estimate by.
    assert reason(calling, "itl") == (
        "12 tokens in 3 chunks, and how many in the first is not told"
    )  # fmt: skip


def test_words_before_a_call_weigh_nothing_against_the_calls_own_tokens():
    call = {"index": 0, "id": "c1", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
    both = watched(
        (1.0, text("Let me add these two numbers.")),
        (1.5, chunk({"tool_calls": [call]})),
        (1.6, chunk({}, finish="tool_calls") + usage(40) + DONE),
    )

    assert reason(both, "itl") == "40 tokens in 2 chunks, and how many in the first is not told"


def test_answers_side_by_side_share_one_count_of_tokens():
    both = watched(
        (1.0, text("a") + text("x", index=1)),
        (1.1, text("b") + text("y", index=1)),
        (1.2, chunk({}, finish="stop") + chunk({}, finish="stop", index=1) + usage(4) + DONE),
    )

    assert reason(both, "itl") == "usage counts 2 answers together"


def test_a_whole_document_in_place_of_a_stream_is_no_stream():
    whole = watched(
        (1.0, '{"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi'),
        (1.5, ' you"}, "finish_reason": "stop"}], "usage": {"completion_tokens": 3}}'),
    )

    for name in ("ttft", "ttfa", "itl", "icl", "longest_stall", "decode_rate"):
        assert reason(whole, name) == "not streamed"
    assert value(whole, "latency") == 1.5
    assert value(whole, "e2e_rate") == 3 / 1.5


def test_an_answer_that_was_not_asked_for_in_a_stream_has_latency_alone():
    times = Timing(sent_s=0.2, first_byte_s=0.9, last_byte_s=1.2, total_s=1.3)
    plain = Attempt(status=200, timing=times)

    assert value(plain, "first_byte") == 0.7
    assert value(plain, "latency") == 1.0
    for name in ("ttft", "ttfa", "itl", "icl", "longest_stall", "decode_rate"):
        assert reason(plain, name) == "not streamed"


def test_more_chunks_than_are_stamped_leave_the_longest_stall_open():
    many = Attempt(streamed=True, timing=Timing(chunks_s=(1.0, 1.1, 1.3), chunk_count=20_001))

    assert reason(many, "longest_stall") == "more chunks came than are stamped"


def test_arrivals_that_go_backwards_are_no_gaps():
    odd = Attempt(streamed=True, timing=Timing(chunks_s=(1.0, 0.5, 2.0), chunk_count=3))

    assert reason(odd, "icl") == "chunks arrived before their predecessors"
    assert reason(odd, "longest_stall") == "chunks arrived before their predecessors"


def test_an_event_that_comes_in_two_pieces_has_the_moment_of_its_end():
    event = text("Hello")

    split = watched((1.0, event[:20]), (1.3, event[20:] + stop() + DONE))

    assert value(split, "first_byte") == 1.0
    assert value(split, "ttft") == 1.3


def test_a_request_that_was_sent_late_says_by_how_much_and_never_less_than_nothing():
    assert schedule_delay(2.0, 2.5) == Measured(0.5)
    assert schedule_delay(2.0, 1.999) == Measured(0.0)
    assert reason(Attempt(), "schedule_delay") == "no send time was intended"


def test_nothing_is_measured_of_a_request_that_was_never_sent():
    found = measure(Attempt())

    assert list(found) == list(METRICS)
    assert all(one.value is None and one.reason for one in found.values())


def test_a_value_without_a_reason_to_be_missing_cannot_be_made():
    with pytest.raises(ValueError, match="reason"):
        Measured(None)
    with pytest.raises(ValueError, match="reason"):
        Measured(1.0, "not streamed")


def test_the_latency_of_reasoning_models_begins_with_the_thought_and_ends_with_the_answer():
    # The known trap: a first token on `content` alone makes the thinking part of the wait.
    slow = watched(
        *((1.0 + n, thought(f" step {n}")) for n in range(10)),
        (11.0, text("42") + stop() + usage(31, thinking=30) + DONE),
    )

    assert value(slow, "ttft") == 1.0
    assert value(slow, "ttfa") == 11.0
    assert value(slow, "latency") == 11.0
