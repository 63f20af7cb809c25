"""Streams pass as they come; what breaks them is told; who leaves takes the upstream along."""

import http.client
import json
import socket
import time

import pytest
from tests.waiting import until

from gatewayz.server import forwarding
from gatewayz.server.lines import MAX_HELD_BYTES, WholeLines


def test_a_stream_comes_back_byte_for_byte(backend, provider, wire):
    odd = b': ping\r\n\r\n\xef\xbb\xbfdata:{"a":1}\r\rdata: caf\xc3\xa9\n\nretry: 5\n\ndata: no end'
    provider.script = [
        wire.STREAM,
        *(wire.chunk(odd[i : i + 1]) for i in range(len(odd))),
        wire.LAST,
    ]

    answer = backend.chat(stream=True)

    assert (answer.status, answer.body) == (200, odd)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["transfer-encoding"] == "chunked"


def test_an_event_is_passed_on_before_the_next_one_comes(backend, provider, wire):
    provider.script = [
        wire.STREAM,
        wire.chunk(wire.event("one")),
        2.0,
        wire.chunk(b"x\n"),
        wire.LAST,
    ]
    body = {"model": "acme/one", "messages": [], "stream": True}

    connection, response = backend.send("POST", "/v1/chat/completions", body)
    with connection:
        first, started = response.read1(), time.monotonic()
        rest = response.read()

    assert (first, rest) == (wire.event("one"), b"x\n")
    assert time.monotonic() - started > 0.5


def test_a_line_without_its_end_is_not_kept_back_for_long(backend, provider, wire):
    provider.script = [
        wire.STREAM,
        wire.chunk(b"data: half"),
        5.0,
        wire.chunk(b" done\n\n"),
        wire.LAST,
    ]
    body = {"model": "acme/one", "messages": [], "stream": True}

    connection, response = backend.send("POST", "/v1/chat/completions", body)
    with connection:
        started = time.monotonic()
        first = response.read1()

    assert first == b"data: half"
    assert time.monotonic() - started < 4.0


@pytest.mark.parametrize("ending", ["close", "reset"])
def test_a_stream_cut_upstream_ends_with_an_error_event_and_no_end_mark(
    backend, provider, wire, ending
):
    whole, half = wire.event("one"), wire.event("two")[:20]
    provider.script = [wire.STREAM, wire.chunk(whole), wire.chunk(half), 0.05, ending]

    answer = backend.chat(stream=True)

    assert answer.status == 200
    assert answer.body.startswith(whole)
    assert answer.body.count(half) == 1, "the line that was cut is not passed on"
    assert b"[DONE]" not in answer.body
    last = answer.body.rstrip(b"\n").split(b"\n")[-1]
    error = json.loads(last.removeprefix(b"data: "))["error"]
    assert error["class"] == "network"
    assert error["kind"] == {"close": "incomplete-chunked-read", "reset": "reset-mid-body"}[ending]
    assert error["gateway"] == "acme"
    assert set(error) >= {"message", "type", "param", "code"}


def test_a_stream_that_falls_silent_ends_with_an_error_event(start, acme, provider, wire):
    provider.script = [wire.STREAM, wire.chunk(wire.event("one")), "watch"]
    client = start(acme, GATEWAYZ_TIMEOUT="0.5")

    answer = client.chat(stream=True)

    assert b'"kind": "stall-between-chunks"' in answer.body
    assert b"[DONE]" not in answer.body


def test_a_cut_before_the_first_event_has_a_status_of_its_own(backend, provider, wire):
    provider.script = [wire.STREAM, 0.4, "reset"]

    answer = backend.chat(stream=True)

    assert (answer.status, answer.error["kind"]) == (502, "reset-mid-body")


@pytest.mark.parametrize("size", [66_000, 100_000, 300_000, 3_000_000])
@pytest.mark.parametrize("chunked", [True, False])
def test_however_much_comes_at_once_no_byte_is_lost(backend, provider, wire, size, chunked):
    first = wire.event("".join(f"{number:07} " for number in range(size // 8)))
    said = first + wire.event("then") + b"data: [DONE]\n\n"
    body = wire.chunk(said) + wire.LAST if chunked else said
    head = wire.STREAM if chunked else wire.head(
        "200 OK", "text/event-stream", Content_Length=len(said))  # fmt: skip
    provider.script = [head, 0.05, body]

    assert backend.chat(stream=True).body == said


def test_headers_do_not_wait_for_the_first_event_for_ever(backend, provider, wire):
    provider.script = [wire.STREAM, 3.5, wire.chunk(wire.event("late")), wire.LAST]
    body = {"model": "acme/one", "messages": [], "stream": True}

    started = time.monotonic()
    connection, response = backend.send("POST", "/v1/chat/completions", body)
    with connection:
        headers_after = time.monotonic() - started
        text = response.read()

    assert (response.status, text) == (200, wire.event("late"))
    assert headers_after < 3.0


def test_a_slow_plain_answer_that_breaks_is_broken_off_and_not_ended(backend, provider, wire):
    provider.script = [wire.head(Content_Length=100), b'{"id":', 1.3, b'"x"', 0.05, "close"]
    body = {"model": "acme/one", "messages": []}

    connection, response = backend.send("POST", "/v1/chat/completions", body)
    with connection, pytest.raises(Exception, match="IncompleteRead"):
        response.read()

    assert response.status == 200


def test_a_document_given_to_a_stream_asker_is_passed_on(backend, provider, wire):
    answer = backend.chat(stream=True)

    assert (answer.status, answer.body) == (200, wire.COMPLETION)


def test_a_good_stream_with_a_wrong_type_still_streams(backend, provider, wire):
    head = wire.head(content_type="application/json", Transfer_Encoding="chunked")
    provider.script = [head, wire.chunk(wire.event("one")), wire.chunk(b"data: ha"), 0.1, "reset"]

    answer = backend.chat(stream=True)

    assert answer.body.startswith(wire.event("one"))
    assert b'"kind": "reset-mid-body"' in answer.body


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("window", ["headers", "first event", "middle"])
def test_a_client_that_leaves_takes_the_upstream_along_within_a_second(
    backend, provider, wire, window, stream
):
    so_far = {
        "headers": [],
        "first event": [wire.STREAM],
        "middle": [wire.STREAM, wire.chunk(wire.event("one"))],
    }[window]
    provider.script = [*so_far, "watch"]

    _assert_let_go_within_a_second(backend, provider, messages=[], stream=stream)


def test_the_leaving_of_a_client_is_heard_behind_a_large_body_too(backend, provider):
    """Behind one, uvicorn reads on only when it is asked for more."""
    provider.script = ["watch"]
    said = [{"role": "user", "content": "x" * 300_000}]

    _assert_let_go_within_a_second(backend, provider, messages=said)


def _assert_let_go_within_a_second(backend, provider, **asked):
    """In the best of three: a machine under load takes its time elsewhere, too."""
    taken = []
    while len(taken) < 3 and not any(one < 1.0 for one in taken):
        connection = backend.connect()
        body = json.dumps({"model": "acme/one", **asked})
        connection.request("POST", "/v1/chat/completions", body)
        until(lambda: len(provider.chats()) > len(taken))
        time.sleep(0.2)
        connection.sock.shutdown(socket.SHUT_RDWR)
        connection.close()
        left = time.monotonic()
        until(lambda: provider.chats()[-1].left_at)
        taken.append(provider.chats()[-1].left_at - left)

    assert min(taken) < 1.0, taken


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_whole_lines_loses_and_changes_nothing(size):
    text = b"data: a\n\n: c\r\ndata: b\r\rdata: " + b"z" * 50 + b"\nend"
    lines = WholeLines()

    out = [lines.feed(text[i : i + size], 0.0) for i in range(0, len(text), size)]

    assert b"".join(out) + lines.rest() == text


def test_whole_lines_keeps_no_line_back_that_has_no_end():
    lines = WholeLines()

    assert lines.feed(b"z" * MAX_HELD_BYTES, 0.0) == b""
    assert len(lines.feed(b"z", 0.0)) == MAX_HELD_BYTES + 1


def test_a_plain_answer_may_be_as_large_as_a_batch_of_embeddings(backend, provider, wire):
    numbers = b"-0.0123456789," * (45 * 1024 * 1024 // 14)
    body = b'{"data":[' + numbers + b"0]}"
    provider.script = [wire.whole(body)]

    answer = backend.ask("POST", "/v1/embeddings", {"model": "acme/one", "input": "hi"})

    assert answer.status == 200
    assert answer.body == body


def test_an_answer_without_end_is_cut_off_and_does_not_end_like_a_success(
    backend, provider, wire, monkeypatch
):
    monkeypatch.setattr(forwarding, "MAX_ANSWER_BYTES", 3_000_000)
    provider.script = [wire.STREAM, *[wire.chunk(wire.event("a" * 1000))] * 4000, "watch"]
    streamed = backend.chat(stream=True)
    provider.script = [
        wire.head(Transfer_Encoding="chunked"),
        wire.chunk(b"x" * 4_000_000),
        "watch",
    ]
    with pytest.raises(http.client.IncompleteRead) as broken:
        backend.chat()

    assert b'"error"' in streamed.body[-1000:]
    assert b"[DONE]" not in streamed.body
    assert 2_500_000 < len(streamed.body) < 3_100_000
    assert 2_500_000 < len(broken.value.partial) <= 3_000_000
