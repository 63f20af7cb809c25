"""Pieces of a stream are read in their order, in turns that leave room for others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_many_pieces_at_once_are_read_in_their_order():
    stream, record = reading()
    stream.take(event(b"a"), 1.0)

    assert stream.take_many([(event(b"%d" % at), 2.0 + at) for at in range(5)])
    assert not stream.take_many([(event(b"x"), 8.0), (DONE, 9.0), (event(b"late"), 9.5)])
    while stream.waits:
        stream.read_waiting()

    assert record.builder.build().text == "a01234x"
    assert record.builder.stamps == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]
    assert record.last_piece == 9.5
    assert "sse-data-after-done" in record.builder.oddities


def test_of_many_pieces_those_behind_the_limit_do_not_count():
    stream, record = reading()
    stream.take(event(b"a"), 1.0)
    stream.hold_to(5.0, "total")

    with pytest.raises(WireError) as late:
        stream.take_many([(event(b"b"), 2.0), (event(b"c"), 5.0), (event(b"d"), 5.1)])

    assert late.value.fault.timer == "total"
    assert record.builder.build().text == "abc"


def test_many_pieces_that_are_not_alike_are_no_more_than_a_turns_work():
    stream, record = reading()
    stream.take(event(b"x"), 1.0)
    odd = [(event(b"%d" % at).replace(b"index", b"i%d" % at), 2.0) for at in range(3000)]

    assert not stream.take_many([(piece, 2.0 + at) for at, (piece, _) in enumerate(odd)])

    assert stream.waits
    assert record.builder.events < 3000
    while stream.waits:
        stream.read_waiting()
    assert record.builder.events == 3001


texts = st.sampled_from(["a", "", " b", "é", "\\n", '\\"', "\\ud83d", "[DONE]", "content", "ÿ"])
forms = st.sampled_from(
    [
        'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n',
        'data: {"choices":[{"index":0,"delta":{"reasoning":"%s"}}]}\n\n',
        'data:{"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n',
        'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\r\n\r\n',
        'data: {"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":"stop"}]}\n\n',
        'data: {"choices":[{"index":1,"delta":{"content":"%s"}}]}\n\n',
        'data: {"note":"%s"}\n\n',
        ": %s\n\n",
        "event: ping\ndata: %s\n\n",
    ]
)
runs = st.tuples(forms, st.lists(texts, min_size=1, max_size=6))
odd = st.sampled_from(
    [b"data: [DONE]\n\n", b"\n", b"data: ", b'data: {"choices":[{"index":0,"delta":{"content":"',
     b'data: {"choices":[{"index":0,"delta":{"content":"\xff"}}]}\n\n', b"\x00\n\n",
     b'data: {"choices":[{"index":0,"delta":{"content":"\x01"}}]}\n\n']
)  # fmt: skip
pieces = st.lists(
    st.one_of(runs.map(lambda run: [(run[0] % text).encode() for text in run[1]]), odd.map(lambda piece: [piece])),
    min_size=1, max_size=6,
).map(lambda found: [piece for run in found for piece in run])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(pieces, st.integers(1, 9), st.integers(1, 400))
def test_read_at_once_or_one_by_one_makes_no_difference(found, at_once, most_kept):
    stamped = [(piece, 2.0 + at) for at, piece in enumerate([event(b"first"), *found])]

    def read_by(take):
        stream, record = reading()
        record.most_kept = most_kept
        stream.take(event(b"begin"), 1.0)
        take(stream)
        stream.finish()
        stream.end()
        builder = record.builder
        moments = (builder.first_token, builder.first_answer, builder.last_content, builder.stamps)
        kept = (record.body_bytes, record.kept, record.tail, record.last_piece)
        return builder.build(), builder.error, moments, kept

    def one_by_one(stream):
        for piece, stamp in stamped:
            stream.read(piece, stamp)

    def many(stream):
        for at in range(0, len(stamped), at_once):
            stream.take_many(stamped[at : at + at_once])
            while stream.waits:
                stream.read_waiting()

    assert read_by(many) == read_by(one_by_one)
