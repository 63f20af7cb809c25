"""Pieces of a stream are read in their order, in turns that leave room for others."""

import pytest

from gatewayz.client.decoding import STEP
from gatewayz.client.record import Record
from gatewayz.client.stream_reading import StreamReading
from gatewayz.client.wire import WireError

DONE = b"data: [DONE]\n\n"


def event(word):
    return b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % word


def reading():
    record = Record(number=1, url="http://127.0.0.1/v1", body={}, streamed=True)
    return StreamReading(record, cap=1024 * 1024), record


def test_a_piece_is_read_when_it_is_taken():
    stream, record = reading()

    assert not stream.take(event(b"a"), 1.0)  # the limits change with the first event
    assert stream.take(event(b"b"), 2.0)
    assert not stream.take(DONE, 3.0)

    assert record.builder.build().text == "ab"
    assert record.builder.stamps == [1.0, 2.0]


def test_what_is_too_much_for_a_turn_waits_and_is_read_in_order():
    stream, record = reading()
    words = [b"%d," % number for number in range(3 * STEP // len(event(b"")))]
    whole = b"".join(map(event, words))

    stream.take(event(b"first,"), 1.0)
    assert not stream.take(whole, 2.0)
    assert record.builder.build().text == "first,"
    turns = 0
    while stream.waits:
        stream.read_waiting()
        turns += 1
    assert stream.take(event(b"last"), 2.0)

    assert turns == -(-len(whole) // STEP)
    assert record.builder.build().text == "first," + b"".join(words).decode() + "last"
    assert set(record.builder.stamps) == {1.0, 2.0}


def test_many_small_pieces_of_one_moment_are_no_more_than_a_turns_work():
    stream, record = reading()
    stream.take(event(b"x"), 1.0)

    taken = 0
    while stream.take(event(b"y"), 2.0):
        taken += 1

    assert taken == STEP // len(event(b"y"))
    assert stream.waits
    assert not stream.take(event(b"z"), 3.0)  # in its order
    while stream.waits:
        stream.read_waiting()
    assert record.builder.build().text == "x" + "y" * (taken + 1) + "z"
    assert stream.take(event(b"z"), 3.0)


@pytest.mark.parametrize("timer", ["first-event", "total"])
def test_a_piece_behind_the_limit_does_not_count_and_one_before_it_does(timer):
    stream, record = reading()
    stream.hold_to(5.0, timer)

    stream.take(event(b"in time"), 5.0)
    with pytest.raises(WireError) as late:
        stream.take(event(b"too late"), 5.1)

    assert late.value.fault.timer == timer
    assert record.builder.build().text == "in time"


def test_comments_do_not_begin_a_stream():
    stream, _ = reading()

    assert stream.take(b": wait\n\n", 1.0)
    assert not stream.has_begun
