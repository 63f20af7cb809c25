import tracemalloc
from itertools import pairwise

import pytest
from benchmarks.event_streams import CASES, ours, split
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.client.events import EventReader, EventTooLarge

CAP = 1024 * 1024


def read(*pieces, cap=CAP):
    reader = EventReader(cap)
    events = [event for piece in pieces for event in reader.feed(piece)]
    return [*events, *reader.finish()], reader


def data_of(*pieces):
    return [event.data for event in read(*pieces)[0]]


@st.composite
def stream_and_cuts(draw):
    line = st.sampled_from(
        [b"data: a", b"data:b", b"data:", b"data", b": comment", b"event: error", b"id: 1",
         b"retry: 5", b"", b"", b'{"stray":1}', "data: é東🦙\u2028x\u0085y".encode(),
         b"data: \xff\xfe", b"data:  two blanks", b"\xef\xbb\xbfdata: late mark"]
    )  # fmt: skip
    end = st.sampled_from([b"\n", b"\r\n", b"\r"])
    parts = draw(st.lists(st.tuples(line, end), max_size=30))
    blob = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + b"".join(a + b for a, b in parts)
    blob += draw(st.sampled_from([b"", b"data: unended"]))
    cuts = draw(st.lists(st.integers(0, len(blob)), max_size=40))
    return blob, sorted({0, *cuts, len(blob)})


@settings(max_examples=300, deadline=None)
@given(stream_and_cuts())
def test_any_split_of_the_bytes_gives_the_same_events(case):
    blob, cuts = case
    pieces = [blob[a:b] for a, b in pairwise(cuts)]

    whole, split = read(blob), read(*pieces)
    bytewise = read(*(blob[i : i + 1] for i in range(len(blob))))

    assert whole[0] == split[0] == bytewise[0]
    assert whole[1].comments == split[1].comments == bytewise[1].comments
    assert whole[1].stray == split[1].stray == bytewise[1].stray


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=20), st.integers(1, 300))
def test_noise_never_raises_anything_but_that_an_event_is_too_large(pieces, cap):
    try:
        read(*pieces, cap=cap)
    except EventTooLarge:
        assert sum(map(len, pieces)) > cap


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_all_three_line_ends_end_lines(end):
    assert data_of(end.join([b"data: a", b"", b"data: b", b"data: c", b"", b""])) == ["a", "b\nc"]


def test_one_byte_order_mark_is_stripped_and_only_at_the_start():
    assert data_of(b"\xef", b"\xbb", b"\xbfdata: a\n\n") == ["a"]
    assert data_of(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n") == []
    assert data_of(b"\xef\xbbdata: a\n\ndata: b\n\n") == ["b"]


def test_a_crlf_cut_in_two_is_one_line_end():
    assert data_of(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == ["a\nb"]


def test_line_separators_of_unicode_are_text():
    assert data_of("data: a\u2028b\u0085c\n\n".encode()) == ["a\u2028b\u0085c"]


def test_a_character_cut_by_a_packet_border_is_whole_again():
    blob = "data: 🦙東\n\n".encode()

    for cut in range(len(blob)):
        assert data_of(blob[:cut], blob[cut:]) == ["🦙東"]


def test_comments_and_heartbeats_are_no_events():
    events, reader = read(b": ping\n\n:\n\ndata:\n\ndata: \n\nid: 7\n\nretry: 1\n\ndata: x\n\n")

    assert [event.data for event in events] == ["x"]
    assert reader.comments == 2


def test_an_event_has_its_name_and_the_next_one_does_not():
    events, _ = read(b"event: error\ndata: a\n\ndata: b\n\n")

    assert [(event.name, event.data) for event in events] == [("error", "a"), ("", "b")]


def test_a_last_event_without_its_blank_line_is_still_read():
    assert data_of(b"data: a\n\ndata: [DONE]") == ["a", "[DONE]"]


def test_bare_json_lines_are_kept_as_stray_and_bounded():
    _, reader = read(b'{"error":"boom"}\n' * 1000)

    assert reader.stray[0] == '{"error":"boom"}'
    assert len(reader.stray) <= 16


@pytest.mark.parametrize(
    "blob", [b"data: " + b"x" * 3000, b"data: x\n" * 1200, b": " + b"y" * 3000, b"z" * 3000]
)
def test_what_passes_the_cap_is_refused_in_any_split(blob):
    with pytest.raises(EventTooLarge):
        read(blob, cap=2048)
    with pytest.raises(EventTooLarge):
        read(*(blob[i : i + 7] for i in range(0, len(blob), 7)), cap=2048)


@pytest.mark.parametrize("size", [10_000, 7, 1])
@pytest.mark.parametrize("case", CASES)
def test_the_rules_of_whatwg_are_kept(case, size):
    data, expected = CASES[case]

    assert ours(split(data, size)) == expected


def test_an_event_below_the_cap_passes_and_its_size_is_told():
    events, reader = read(b"data: " + b"x" * 1000 + b"\n\n", cap=2048)

    assert len(events[0].data) == 1000
    assert reader.largest == 1000


def test_memory_does_not_grow_with_the_stream():
    reader = EventReader(CAP)
    piece = b'data: {"choices":[]}\n\n: ping\n\nstray\n' * 100
    # The reader's own lines alone: threads that other tests of this process left behind allocate, too.
    of_the_reader = [tracemalloc.Filter(True, EventReader.feed.__code__.co_filename)]

    def held():
        traces = tracemalloc.take_snapshot().filter_traces(of_the_reader).traces
        return sum(trace.size for trace in traces)

    tracemalloc.start()
    try:
        for _ in range(200):
            for _event in reader.feed(piece):
                pass
        early = held()
        for _ in range(1000):
            for _event in reader.feed(piece):
                pass
        late = held()
    finally:
        tracemalloc.stop()

    assert late - early < 64 * 1024


def test_one_byte_packets_of_a_large_event_take_linear_time():
    # Quadratic reading of 300,000 one-byte pieces would pass the suite's time limit by far.
    blob = b"data: " + b"x" * 300_000 + b"\n\n"

    assert len(data_of(*(blob[i : i + 1] for i in range(len(blob))))[0]) == 300_000


UNREAD = st.sampled_from(
    [b"id: 7\n", b"id\n", b"retry: 10\n", b"x\n", b'{"a":1}\n', b": c\n", b"dat: a\n"]
)
EVENTS = st.sampled_from(
    [b"data: 1\n", b"data\n", b"event: a\n", b"data: 2\n\n", b"event\n\n", b"\n"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(UNREAD | EVENTS, max_size=60), st.sampled_from([b"", b"y\n", b"id: 6\n"]))
def test_lines_that_nobody_reads_change_no_event(lines, many):
    # After many of such lines, what comes is rid of them before it is read.
    before = [many] * 16
    read = [line for line in lines if line in (b"", b"\n") or line.startswith((b"data", b"event"))]
    reader, plain = EventReader(1000), EventReader(1000)
    assert not [*reader.feed(b"".join(before))]
    found = [*reader.feed(b"".join(lines)), *reader.finish()]
    expected = [
        *plain.feed(b"".join(line for line in read if line != b"dat: a\n")),
        *plain.finish(),
    ]

    assert found == expected
    assert reader.comments == lines.count(b": c\n")
    strays = [line for line in lines if line in (b"x\n", b'{"a":1}\n', b"dat: a\n")]
    assert len(reader.stray) == min(16, before.count(b"y\n") + len(strays))


@pytest.mark.parametrize("ids", [3, 16, 40])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_bare_line_is_kept_however_many_events_were_numbered(ids, size):
    stream = b"".join(b"id: %d\ndata: a\n\n" % n for n in range(ids)) + b'{"error": 1}\n\n'
    stream += b"id: 1\n\n" * 20 + b"other\n\n"
    reader = EventReader(1000)
    for at in range(0, len(stream), size):
        list(reader.feed(stream[at : at + size]))

    assert reader.stray == ['{"error": 1}', "other"]


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=60), st.integers(1, 200))
def test_many_events_without_data_change_no_other(lines, size):
    idle = b"event: a\n\ndata\nevent\n\ndata\ndata\n\n" * 20
    stream = idle.join(
        [b"".join(lines[:30]) + b"\n\n", b"".join(lines[30:]) + b"\n\n", b"\ndata: end\n\n"]
    )
    plain = stream.replace(idle, b"\n\n")
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]

    assert read(stream)[0] == read(plain)[0] == read(*pieces)[0]
