"""A stream whose provider sends no headers: comments, one status, and errors as events after it."""

import asyncio
import json
import time
from types import SimpleNamespace

import pytest

from gatewayz.core import Calls, Gateway
from gatewayz.server import callers, early_head
from gatewayz.server.exchange import Exchange
from gatewayz.server.visits import Visit

COMMENT = b": waiting for the provider\n\n"


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(early_head, "COMMENT_EVERY_S", 0.2)
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (30.0, 0.05))


def error_in(body):
    last = body.rstrip().rpartition(b"data: ")[2]
    return json.loads(last)["error"]


def test_comments_come_before_the_provider_s_headers_and_the_stream_after_them(
    start, acme, provider, wire
):
    events = wire.event("ab")
    provider.script[:] = [1.0, wire.STREAM, wire.chunk(events), wire.LAST]
    began = time.monotonic()
    answer = start(acme).chat(stream=True)
    took_s = time.monotonic() - began

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream"
    assert 2 <= answer.body.count(COMMENT) <= 1 + took_s / 0.2
    who = b": x-gatewayz-gateway: acme\n: x-gatewayz-model: one\n: x-gatewayz-attempts: 1\n\n"
    assert answer.body.replace(COMMENT, b"") == who + events


def test_a_stream_that_comes_whole_and_late_is_passed_on_after_the_comments(
    start, acme, provider, wire
):
    events = wire.event("ab") + b"data: [DONE]\n\n"
    provider.script[:] = [
        0.5, wire.whole(events, "200 OK", **{"Content-Type": "text/event-stream"})
    ]  # fmt: skip
    answer = start(acme).chat(stream=True)

    assert answer.body.startswith(COMMENT)
    assert answer.body.endswith(b": x-gatewayz-model: one\n: x-gatewayz-attempts: 1\n\n" + events)


def test_a_late_error_is_an_event_with_its_class_and_no_end_mark(
    start, acme, provider, wire, logged
):
    body = b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}'
    provider.script[:] = [0.5, wire.whole(body, "429 Too Many Requests")]
    answer = start(acme).chat(stream=True)
    (line,) = logged(1)

    assert answer.status == 200
    assert answer.body.startswith(COMMENT)
    assert error_in(answer.body)["message"] == "slow down"
    assert error_in(answer.body)["class"] == "rate-limit"
    assert b"[DONE]" not in answer.body
    assert (line["status"], line["gateway"]) == ("200", "acme")
    assert line["kind"] == error_in(answer.body)["kind"]


def test_comments_do_not_stretch_the_limit_until_headers(start, acme, provider):
    provider.script[:] = ["watch"]
    began = time.monotonic()
    answer = start(acme, GATEWAYZ_TIMEOUT="1").chat(stream=True)

    assert time.monotonic() - began < 9  # the provider would keep silent for ten
    assert answer.body.startswith(COMMENT)
    assert error_in(answer.body)["class"] == "timeout"


def test_a_late_answer_that_is_no_stream_is_told_as_an_error(start, acme, provider, wire):
    provider.script[:] = [0.5, wire.whole(wire.COMPLETION)]
    answer = start(acme).chat(stream=True)

    assert error_in(answer.body)["kind"] == "stream-answered-with-json"


def test_after_comments_another_may_still_be_asked(start, acme, new_provider, provider, wire):
    other = new_provider()
    events = wire.event("ab")
    other.script = [0.3, wire.STREAM, wire.chunk(events), wire.LAST]
    provider.script[:] = [0.5, wire.whole(b"{}", "503 Busy")]
    zeta = Gateway(name="zeta", base_url=other.url, key_required=False)
    answer = start(acme, zeta).chat(stream=True, fallbacks=["zeta/two"])

    who = b": x-gatewayz-gateway: zeta\n: x-gatewayz-model: two\n: x-gatewayz-attempts: 2\n\n"
    assert answer.body.startswith(COMMENT)
    assert answer.body.replace(COMMENT, b"") == who + events
    assert "x-gatewayz-attempts" not in answer.headers


def mine(**functions):
    functions = {"request": lambda *_a, **_o: {"choices": []}, **functions}
    calls = Calls(list_models=lambda: ["two"], **functions)
    return Gateway(name="mine", key_required=False, calls=calls)


CHUNKS = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in "ab"]
AS_EVENTS = b"".join(
    b"data: %b\n\n" % one
    for one in (*(json.dumps(c, separators=(",", ":")).encode() for c in CHUNKS), b"[DONE]")
)


def slowly(first_s, next_s):
    """A function whose chunks take so long."""

    def stream(*_a, **_o):
        for pause_s, chunk in zip((first_s, next_s), CHUNKS, strict=True):
            time.sleep(pause_s)
            yield chunk

    return stream


def test_comments_come_before_a_function_s_first_chunk_and_none_after_it(start):
    answer = start(mine(stream=slowly(0.7, 0.7))).chat(model="mine/two", stream=True)

    who = b": x-gatewayz-gateway: mine\n: x-gatewayz-model: two\n: x-gatewayz-attempts: 1\n\n"
    comments, _, stream = answer.body.partition(who)
    assert set(comments.split(COMMENT)) == {b""}
    assert comments
    assert stream == AS_EVENTS


def test_after_comments_a_function_may_still_be_asked(start, acme, provider, wire, logged):
    provider.script[:] = [0.5, wire.whole(b"{}", "503 Busy")]
    client = start(acme, mine(stream=slowly(0.0, 0.3)))
    answer = client.chat(stream=True, fallbacks=["mine/two"])

    who = b": x-gatewayz-gateway: mine\n: x-gatewayz-model: two\n: x-gatewayz-attempts: 2\n\n"
    assert answer.body.startswith(COMMENT)
    assert answer.body.replace(COMMENT, b"") == who + AS_EVENTS
    (line,) = logged(1)
    assert (line["gateway"], line["kind"]) == ("mine", "-")


def test_where_the_first_cannot_be_reached_a_slow_function_s_stream_stays_whole(start):
    gone = Gateway(name="acme", base_url="http://127.0.0.1:9/v1", key_required=False)
    client = start(gone, mine(stream=slowly(0.0, 0.7)))
    answer = client.chat(stream=True, fallbacks=["mine/two"])

    assert answer.headers["x-gatewayz-gateway"] == "mine"
    assert answer.body == AS_EVENTS


def test_a_function_that_cannot_stream_is_not_asked_after_comments(start, acme, provider, wire):
    provider.script[:] = [0.5, wire.whole(b"{}", "503 Busy")]
    asked = []
    client = start(acme, mine(request=lambda *_a, **_o: asked.append(1)))
    answer = client.chat(stream=True, fallbacks=["mine/two"])

    assert error_in(answer.body)["kind"] == "stream-answered-with-json"
    assert error_in(answer.body)["gateway"] == "mine"
    assert asked == []


def test_one_that_cannot_stream_answers_with_a_document_however_late(start):
    def request(*_a, **_o):
        time.sleep(0.7)
        return CHUNKS[0]

    answer = start(mine(request=request)).chat(model="mine/two", stream=True)

    assert (answer.status, answer.json) == (200, CHUNKS[0])


def test_who_leaves_amid_comments_takes_the_provider_along(start, acme, provider):
    provider.script[:] = ["watch"]
    body = {"model": "acme/one", "messages": [], "stream": True}
    connection, response = start(acme).send("POST", "/v1/chat/completions", body)
    assert response.read(len(COMMENT)) == COMMENT
    connection.close()
    response.close()
    deadline = time.monotonic() + 20
    while provider.chats()[0].left_at is None and time.monotonic() < deadline:
        time.sleep(0.01)

    assert provider.chats()[0].left_at is not None


def test_an_answer_that_is_not_streamed_keeps_its_own_status_however_late(
    start, acme, provider, wire
):
    provider.script[:] = [0.5, wire.whole(b"{}", "503 Busy")]

    assert start(acme).chat().status == 503


def test_a_server_that_stops_amid_comments_says_so_in_an_event():
    class Client:
        visit = Visit("id", "POST", "/v1/chat/completions")
        said = b""
        look = None

        async def start(self, status, _headers):
            self.visit.status = status

        async def write(self, piece):
            self.said += piece

        end = write

    async def scene():
        early = early_head.EarlyHead(client := Client(), SimpleNamespace(stopping=True))
        early.watch()
        with pytest.raises(asyncio.CancelledError):
            await early.during(until_it_is_cancelled(client))
        return client

    async def until_it_is_cancelled(client):
        async with asyncio.timeout(20):
            while not client.said:
                client.look(time.monotonic())
                await asyncio.sleep(0.01)
        raise asyncio.CancelledError

    client = asyncio.run(scene())

    assert client.visit.status == 200
    assert client.said.startswith(COMMENT)
    assert error_in(client.said)["code"] == "server_stopping"


def test_no_answer_begins_twice(only_serve):
    state = SimpleNamespace(default_headers=[])
    exchange = Exchange(SimpleNamespace(peer=None, state=state), "GET", "/", [], b"")
    exchange.visit = Visit("id", "GET", "/")
    asyncio.run(exchange.start(200, []))

    with pytest.raises(RuntimeError, match="begun already"):
        asyncio.run(exchange.start(200, []))
