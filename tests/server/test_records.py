"""One record for each request, written beside the work, and none that is finished is lost."""

import asyncio
import json
import signal
import sqlite3
import threading
import time
from contextlib import closing, suppress
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gatewayz.client import HttpTransport, Network
from gatewayz.client.usage import read_usage
from gatewayz.core import ConfigError, StoreError
from gatewayz.core.catalog import Catalog, fields
from gatewayz.server import create_app, keeper, running, serving
from gatewayz.server.catalogues import Catalogues
from gatewayz.server.inward import inward_hosts
from gatewayz.server.keeper import Keeper
from gatewayz.server.key_ring import KeyRing
from gatewayz.server.last_usage import LastUsage, said_of
from gatewayz.server.log import Log
from gatewayz.server.visits import Visit
from gatewayz.store import open_store, opening


@pytest.fixture
def there(settings_with, tmp_path):
    return settings_with(
        ACME_API_KEY="acme-secret-key-0123456789", GATEWAYZ_STORE=str(tmp_path / "kept.db")
    )


@pytest.fixture
def records(there):
    def read():
        with closing(open_store(there.store)) as store:
            return store.requests.latest()[::-1]

    return read


@pytest.fixture
def served(acme, there, client_at):
    """Serves, lets a client work, and stops."""

    def serve(work, **changed):
        with running(there, {"acme": replace(acme, **changed)}) as base:
            work(client_at(base))

    return serve


def test_a_request_is_recorded_with_what_it_cost(served, provider, wire, records):
    usage = b',"usage":{"prompt_tokens":2000,"completion_tokens":1000,"total_tokens":3000}}'
    provider.script[:] = [0.05, wire.whole(wire.COMPLETION.rstrip()[:-1] + usage)]
    provider.models = (
        b'{"data":[{"id":"one","pricing":{"prompt":"0.000001","completion":"0.000002"}}]}'
    )

    def work(client):
        client.get("/v1/models")
        client.chat(headers={"x-request-id": "mine"})

    prices = fields(input_price="pricing.prompt", output_price="pricing.completion", price_unit=1e6)
    served(work, catalog=Catalog(read=prices))

    (record,) = records()
    assert (record.id, record.endpoint, record.client) == ("mine", "/v1/chat/completions", "")
    assert (record.gateway, record.model, record.status) == ("acme", "one", 200)
    assert (record.input_tokens, record.output_tokens) == (2000, 1000)
    assert record.cost_usd == pytest.approx(0.004)
    assert 0.05 <= record.upstream_s <= record.first_byte_s <= record.total_s < 5
    assert not record.streamed
    assert record.kind == record.failure_class == ""


@pytest.mark.parametrize("stream", [True, False])
def test_the_providers_time_is_until_its_answer_began(served, provider, wire, records, stream):
    begins = wire.event("Hello.") if stream else b"{"
    head = wire.STREAM if stream else wire.head(Transfer_Encoding="chunked")
    held = 0.0 if stream else 1.0  # so long a plain answer's beginning is
    rest = [held + 0.5, wire.chunk(b" \n\n"), wire.LAST]
    provider.script[:] = [0.05, head, wire.chunk(begins), *rest]
    told = []

    served(lambda client: told.append(client.chat(stream=stream).headers))

    (record,) = records()
    assert record.upstream_s == pytest.approx(
        int(told[0]["x-gatewayz-upstream-us"]) / 1e6, abs=1e-5
    )
    assert 0.05 <= record.upstream_s <= record.first_byte_s <= record.total_s - 0.4


def test_what_may_have_cost_more_than_the_list_tells_has_no_cost(served, provider, wire, records):
    usage = b',"usage":{"prompt_tokens":2000,"completion_tokens":1000,"total_tokens":3000}}'
    provider.script[:] = [wire.whole(wire.COMPLETION.rstrip()[:-1] + usage)]
    provider.models = (
        b'{"data":[{"id":"one","pricing":{"prompt":"0.000001","completion":"0.000002"}}]}'
    )

    def work(client):
        client.get("/v1/models")
        client.chat(web_search_options={})
        client.chat()

    prices = fields(input_price="pricing.prompt", output_price="pricing.completion", price_unit=1e6)
    served(work, catalog=Catalog(read=prices))

    assert sorted(str(record.cost_usd) for record in records()) == ["0.004", "None"]


@pytest.mark.parametrize(
    ("counts", "cost"),
    [
        (b'{"prompt_tokens":2000,"completion_tokens":1000,"cost":0}', 0.004),
        (b'{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cost":0}', None),
        (b'{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cost":0.5}', 0.5),
    ],
)
def test_a_reported_cost_of_zero_is_none(served, provider, wire, records, counts, cost):
    answer = wire.COMPLETION.rstrip()[:-1] + b',"usage":' + counts + b"}"
    provider.script[:] = [wire.whole(answer)]
    provider.models = (
        b'{"data":[{"id":"one","pricing":{"prompt":"0.000001","completion":"0.000002"}}]}'
    )

    def work(client):
        client.get("/v1/models")
        client.chat()

    prices = fields(input_price="pricing.prompt", output_price="pricing.completion", price_unit=1e6)
    served(work, catalog=Catalog(read=prices))

    assert records()[0].cost_usd == cost


def test_what_was_refused_or_went_wrong_is_recorded_as_that(served, provider, wire, records):
    def work(client):
        client.chat(model="acme")
        client.ask("POST", "/v1/chat/completions", b"{")
        provider.script[:] = [wire.whole(b'{"error":{"message":"slow down"}}', "429 Too Many")]
        client.chat()
        provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), 0.3, "reset"]
        client.chat(stream=True)

    served(work)

    found = [(r.status, r.failure_class, r.gateway, r.attempts) for r in records()]
    assert found == [
        (404, "not-found", "", 0),
        (400, "bad-request", "", 0),
        (429, "rate-limit", "acme", 1),
        (200, "network", "acme", 1),
    ]
    assert records()[3].kind == "reset-mid-body"
    assert records()[3].streamed


def test_an_aborted_stream_is_recorded_too(served, provider, wire, records):
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1}}\n\n'
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a") + usage), "watch"]

    def work(client):
        connection, response = client.send(
            "POST", "/v1/chat/completions",
            {"model": "acme/one", "messages": [], "stream": True},
        )  # fmt: skip
        response.read(5)
        connection.close()
        response.close()
        deadline = time.monotonic() + 20
        while not provider.chats()[0].left_at and time.monotonic() < deadline:
            time.sleep(0.01)

    served(work)

    (record,) = records()
    assert (record.status, record.kind) == (499, "client-gone")
    assert (record.input_tokens, record.output_tokens) == (5, 1)


COUNTS = b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1}}\n\n'
ENDS = {
    "/v1/chat/completions": b"data: [DONE]\n\n",
    "/v1/responses": b'event: response.completed\ndata: {"type":"response.completed","response":'
    b'{"status":"completed","usage":{"input_tokens":5,"output_tokens":1}}}\n\n',
}


@pytest.mark.parametrize("path", ENDS)
@pytest.mark.parametrize("ending", ["a moment later", "never"])
def test_who_closes_at_a_streams_end_mark_has_had_all_of_it(
    served, provider, wire, records, path, ending
):
    last = [0.05, wire.LAST] if ending != "never" else ["watch"]
    counts = COUNTS if "chat" in path else b""
    provider.script[:] = [
        wire.STREAM, wire.chunk(wire.event("a") + counts), wire.chunk(ENDS[path]), *last,
    ]  # fmt: skip

    def work(client):
        for _ in range(2):
            connection, response = client.send(
                "POST", path, {"model": "acme/one", "messages": [], "input": "a", "stream": True}
            )
            while response.readline() != ENDS[path].splitlines(keepends=True)[-2]:
                pass
            connection.close()
            response.close()
            time.sleep(1)

    served(work)

    assert [(r.status, r.kind, r.input_tokens, r.output_tokens) for r in records()] == [
        (200, "", 5, 1)
    ] * 2
    first, second = provider.chats()
    assert (first.peer is second.peer) is (ending != "never")
    assert ending != "never" or (first.left_at and second.left_at)


def test_a_mounted_app_records_by_the_lifespan_that_it_gives(
    acme, there, client_at, records, monkeypatch
):
    # That of `serve` knows the app that it is made for alone.
    monkeypatch.setattr(serving, "Protocol", HttpToolsProtocol)
    inner = create_app(there, {"acme": acme})
    outer = Starlette(routes=[Mount("/gw", app=inner)], lifespan=inner.lifespan)
    with running(there, app=outer) as base:
        client = client_at(base)
        body = {"model": "acme/one", "messages": []}
        answers = [client.ask("POST", "/gw/v1/chat/completions", body).status for _ in range(3)]

    assert answers == [200] * 3
    assert len(records()) == 3


def test_an_app_that_is_begun_again_records_again(acme, there, client_at, records):
    """As tests of a program of one's own do, with a client for each."""
    app = create_app(there, {"acme": acme})
    began = time.monotonic()
    for _ in range(2):
        with running(there, app=app) as base:
            assert client_at(base).chat().status == 200
        records()  # whoever opens the store meanwhile

    assert len(records()) == 2
    assert time.monotonic() - began < 8


def test_an_app_that_cannot_begin_again_says_so(there, monkeypatch):
    app, said = create_app(there), []

    async def lived():
        asked = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive():
            return {"type": next(asked)}

        async def send(message):
            said.append((message["type"], message.get("message", "")))

        await app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)

    def gone(_where):
        raise StoreError("it is gone")

    asyncio.run(lived())
    monkeypatch.setattr(keeper, "holds_anything", lambda _where: True)
    monkeypatch.setattr(keeper, "open_parts", gone)
    # A server knows by the message alone; a test client by what is raised.
    with pytest.raises(StoreError, match="it is gone"):
        asyncio.run(lived())

    assert said == [
        ("lifespan.startup.complete", ""), ("lifespan.shutdown.complete", ""),
        ("lifespan.startup.failed", "it is gone"),
    ]  # fmt: skip


def test_an_app_that_serves_already_does_not_begin_once_more(there):
    app = create_app(there)

    async def twice():
        async with app.lifespan():
            with pytest.raises(ConfigError, match=r"serves already; .*create_app"):
                async with app.lifespan():
                    pass
        async with app.lifespan():
            pass

    asyncio.run(twice())


def test_a_transport_that_was_given_serves_when_the_app_is_begun_again(acme, there, client_at):
    transport = HttpTransport(Network(inward=inward_hosts([acme], there)))
    app = create_app(there, {"acme": acme}, transport)
    for _ in range(2):
        with running(there, app=app) as base:
            assert client_at(base).chat().status == 200


@pytest.mark.parametrize("breaks", [Keeper, Catalogues])
def test_what_breaks_at_the_end_keeps_nothing_else_from_ending(there, monkeypatch, breaks):
    before = signal.getsignal(signal.SIGTERM)

    async def broken(_self):
        raise RuntimeError("broken")

    monkeypatch.setattr(breaks, "aclose", broken)
    closed = []
    monkeypatch.setattr(Log, "close", lambda log: closed.append(log))

    async def lived():
        async with create_app(there).lifespan():
            pass

    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(lived())
    assert closed
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("wrong", [None, RuntimeError("of the program around it")])
def test_signals_are_given_back_at_the_end_whatever_it_is(wrong):
    before, during = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)), []

    async def lived():
        async with create_app().lifespan():
            during.append(signal.getsignal(signal.SIGINT))
            if wrong is not None:
                raise wrong

    with suppress(RuntimeError):
        asyncio.run(lived())

    assert during[0] is not before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_an_app_that_was_told_to_stop_serves_when_it_is_begun_again(acme, there, client_at):
    app = create_app(there, {"acme": acme})

    async def told():
        async with app.lifespan():
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(0.1)

    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        asyncio.run(told())
    finally:
        signal.signal(signal.SIGTERM, before)
    with running(there, app=app) as base:
        client = client_at(base)
        assert client.get("/health/ready").status == 200
        assert client.chat().headers.get("connection") != "close"


def test_that_nothing_is_recorded_without_a_lifespan_is_told_once(there, capsys):
    kept = Keeper(there, KeyRing(None))
    for number in range(3):
        kept.note(Visit(str(number), "POST", "/v1/chat/completions"))

    assert capsys.readouterr().err.count("mounted without its lifespan") == 1


def test_none_of_many_is_lost_at_a_clean_stop(served, records):
    def work(client):
        for _ in range(60):
            assert client.chat().status == 200

    served(work)

    assert len(records()) == 60


def _holding(where):
    """Another program that holds the store's only right to write."""
    held = sqlite3.connect(where, check_same_thread=False, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    return held


def test_none_is_lost_that_was_being_written_at_a_clean_stop(served, records, there, monkeypatch):
    """The store is held by another program as the server is told to stop, and for longer than it waits."""
    monkeypatch.setattr(opening, "WAIT_S", 1.0)
    open_store(there.store).close()
    held = _holding(there.store)

    def work(client):
        for _ in range(5):
            assert client.chat().status == 200
        time.sleep(keeper.WRITE_EVERY_S * 1.5)  # they are being written
        threading.Timer(1.0, held.execute, ["COMMIT"]).start()

    served(work)

    assert len(records()) == 5
    held.close()


def test_what_the_store_does_not_take_even_at_the_end_is_told(
    served, records, there, monkeypatch, capfd
):
    monkeypatch.setattr(opening, "WAIT_S", 0.1)
    open_store(there.store).close()

    def work(client):
        for _ in range(5):
            assert client.chat().status == 200

    with closing(_holding(there.store)):
        served(work)

    assert records() == ()
    assert "gatewayz: 5 requests were never recorded" in capfd.readouterr().err


def test_lists_health_and_strangers_make_no_record(served, records):
    def work(client):
        client.get("/v1/models")
        client.get("/health")
        client.chat()

    served(work)

    assert len(records()) == 1


def test_a_store_that_fails_costs_no_answer(served, tmp_path, capfd):
    def work(client):
        (tmp_path / "kept.db").mkdir()
        for _ in range(5):
            assert client.chat().status == 200
        time.sleep(keeper.WRITE_EVERY_S * 2)
        assert client.chat().status == 200

    served(work)

    said = capfd.readouterr().err
    assert said.count("requests are not recorded") == 1


@pytest.mark.parametrize(
    ("pieces", "counts"),
    [
        ([b'{"usage":{"prompt_tokens":1,"completion_tokens":2}}'], (1, 2)),
        ([b'{"us', b'age" : {"prompt_tok', b'ens":1,"completion_tokens":2}}'], (1, 2)),
        # The last one stands, and an empty one after it is none.
        ([b'{"usage":{"prompt_tokens":1}}\n\ndata: {"usage":{"prompt_tokens":9}}'], (9, None)),
        ([b'data: {"usage":{"prompt_tokens":9}}\n\ndata: {"usage":null}'], (9, None)),
        ([b'data: {"x_groq":{"usage":{"prompt_tokens":3,"completion_tokens":4}}}'], (3, 4)),
        # What a model says of it is a text.
        ([b'{"content":"\\"usage\\":{\\"prompt_tokens\\":7}"}'], None),
        # At the beginning, before a long answer.
        ([b'{"usage":{"prompt_tokens":5}}', *[b"x" * 5000] * 20], (5, None)),
        ([b"x" * 20_000, b'{"usage":{"input_tokens":5,"output_tokens":6}}'], (5, 6)),
        ([b'{"usage":{"prompt_tokens":5'], None),
        ([b'{"usage":' + b"[" * 4000], None),
        ([b'"usage"' * 1000], None),
        ([b'{"usage":{"prompt_tokens":-1,"completion_tokens":"many"}}'], (None, None)),
        ([b""], None),
    ],
)
def test_counts_are_found_in_the_bytes(pieces, counts):
    watch = LastUsage()
    for piece in pieces:
        watch.feed(piece)

    found = watch.said()[0]
    at_once = said_of(b"".join(pieces))[0]

    assert found == at_once
    assert (found and (found.input_tokens, found.output_tokens)) == counts


def response(usage, status, text=""):
    """A response that repeats what was asked: a tool with a parameter of that name, and what it may hold."""
    parameters = {
        "properties": {"usage": {"type": "object", "input_tokens": 1, "output_tokens": 1}}
    }
    return {
        "object": "response", "status": status, "instructions": ASKED["instructions"],
        "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}],
        "usage": usage, "tools": [{"type": "function", "parameters": parameters}],
        "metadata": {str(number): ASKED["metadata"] for number in range(16)},
    }  # fmt: skip


ASKED = {"instructions": "", "metadata": "z" * 512}
COUNTED = {"input_tokens": 100, "output_tokens": 9000}


def events(*, ends=True, after=b""):
    """The stream of such a response, in pieces."""
    told = [("created", {"response": response(None, "in_progress")}),
            ("in_progress", {"response": response(None, "in_progress")}),
            *[("output_text.delta", {"delta": "y" * 50})] * 200]  # fmt: skip
    if ends:
        told.append(("completed", {"response": response(COUNTED, "completed", "y" * 10_000)}))
    for name, more in told:
        event = {"type": f"response.{name}", **more}
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
    yield after


@pytest.mark.parametrize("size", [1, 1000, 100_000, 1_000_000])
@pytest.mark.parametrize(
    "after", [b"", b"data: [DONE]\n\n", b'event: x\ndata: {"type":"ping"}\n\n']
)
@pytest.mark.parametrize("far", [0, 40_000, 400_000])
def test_nothing_that_the_client_says_hides_a_response_s_counts(monkeypatch, size, after, far):
    monkeypatch.setitem(ASKED, "instructions", "i" * far)
    answer = b"".join(events(after=after))
    watch = LastUsage(echoes=True)
    for at in range(0, len(answer), size):
        watch.feed(answer[at : at + size])

    for found in (watch.said()[0], said_of(answer, echoes=True)[0]):
        assert (found.input_tokens, found.output_tokens) == (100, 9000)


@pytest.mark.parametrize("half", ["\ud800", float("nan")])
def test_half_a_character_hides_no_counts(half):
    answer = {**response(COUNTED, "completed"), "user": half}
    event = json.dumps({"type": "response.completed", "response": answer})
    stream = b"".join(events(ends=False)) + f"data: {event}\n\n".encode()

    for told in (stream, json.dumps(answer).encode()):
        watch = LastUsage(echoes=True)
        watch.feed(told)
        assert watch.said()[0] == said_of(told, echoes=True)[0] == read_usage(COUNTED)


def test_what_follows_without_counts_takes_none_away():
    extra = json.dumps({"type": "response.extra", "response": response(None, "completed")})
    stream = b"".join(events()) + f"data: {extra}\n\n".encode()

    assert said_of(stream, echoes=True)[0] == read_usage(COUNTED)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"metadata": [{"usage": {"x": 1}}] * 4000}),
        ({"metadata": "b" * 20_000}, {}),
        ({}, {"output": "x" * 300_000, "metadata": {"usage": {"total_tokens": 1}}}),
        ({"output": "x" * 300_000, "metadata": [{"usage": {"total_tokens": 1}}] * 4000}, {}),
    ],
)
def test_of_a_long_response_its_own_count_stands(before, after):
    answer = json.dumps({"object": "response", **before, "usage": COUNTED, **after, "end": "x" * 300_000})  # fmt: skip
    watch = LastUsage(echoes=True)
    for at in range(0, len(answer), 16_000):
        watch.feed(answer[at : at + 16_000].encode())

    assert watch.said()[0] == said_of(answer.encode(), echoes=True)[0] == read_usage(COUNTED)


@pytest.mark.parametrize("far", [0, 40_000])
def test_of_a_response_that_broke_off_nothing_is_counted(monkeypatch, far):
    monkeypatch.setitem(ASKED, "instructions", "i" * far)
    pieces = list(events(ends=False))
    watch = LastUsage(echoes=True)
    for piece in pieces:
        watch.feed(piece)

    assert watch.said() == said_of(b"".join(pieces), echoes=True) == (None, None)


@pytest.mark.parametrize("text", ["", "y" * 50_000, "y" * 400_000])
def test_a_plain_response_s_counts_are_its_own(text):
    answer = json.dumps(response(COUNTED, "completed", text)).encode()
    watch = LastUsage(echoes=True)
    watch.feed(answer)

    assert watch.said()[0] == said_of(answer, echoes=True)[0] == read_usage(COUNTED)
    assert (
        said_of(json.dumps(response(None, "completed", text[:9])).encode(), echoes=True)[0] is None
    )


def test_of_a_response_that_is_too_long_to_be_kept_or_was_cut_nothing_is_counted():
    long = json.dumps(response(COUNTED, "completed", "x" * 1_100_000)).encode()
    short = json.dumps(response(COUNTED, "completed")).encode()
    for answer, known in ((long, None), (short, read_usage(COUNTED)), (short[:-5], None)):
        watch = LastUsage(echoes=True)
        for at in range(0, len(answer), 16_000):
            watch.feed(answer[at : at + 16_000])
        assert watch.said()[0] == known
    # One that is all there is read as it is.
    assert said_of(long, echoes=True)[0] == read_usage(COUNTED)


@pytest.mark.parametrize(
    "text", ['"usage":{' * 30_000, '{"error":' + '{"a":' * 600 + "1" + "}" * 601]
)
def test_nothing_that_is_nested_takes_long_or_fails(text):
    for echoes in (False, True):
        watch = LastUsage(echoes=echoes)
        for at in range(0, len(text), 16_000):
            watch.feed(text[at : at + 16_000].encode())
        assert watch.said() == said_of(text.encode(), echoes=echoes) == (None, None)


GOOD = b'data: {"choices":[{"index":0,"delta":{"content":"a \\"error\\": {}"}}],"error":null}\n\n'
DONE = b"data: [DONE]\n\n"
LONG = b'"text":"' + b"x" * 40_000 + b'"'
CREATED = (
    b'event: response.created\ndata: {"type":"response.created","response":{"error":null}}\n\n'
)


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([GOOD, b'data: {"error":{"message":"busy","code":503}}\n\n'], "busy"),
        ([GOOD, b'data: {"error":{"message":"busy"}}\n\ndata: [DO', b"NE]\n\n"], "busy"),
        ([b'data:{"error":{"message":"busy"}}\r\n\r\n', *[GOOD] * 500], "busy"),
        ([*[GOOD] * 500, b'data: {"error":{"message":"busy"}}\n\n', *[GOOD] * 20], "busy"),
        ([b'event: error\ndata: {"type":"error","error":{"message":"busy"}}\n\n'], "busy"),
        ([*[GOOD] * 500, b'event: error\r\ndata: {"message":"busy"}\r\n\r\n'], "busy"),
        ([GOOD, b'data: {"code":"Throttling.RateQuota","message":"busy"}\n\n'], "busy"),
        ([GOOD, b'data: {"success":false,"message":"busy"}\n\n', DONE], "busy"),
        ([GOOD, b'data: {"choices":[{"error":{"message":"busy"}}]}\n\n', DONE], "busy"),
        (
            [GOOD, b'data: {"choices":[{"delta":{},"finish_reason":"abort"}]}\n\n', DONE],
            "finish_reason is 'abort'",
        ),
        (
            [
                CREATED,
                b'data: {"type":"response.failed","response":{"error":{"message":"busy"}}}\n\n',
            ],
            "busy",
        ),
        ([b'{\n "error": {\n  "message": "busy"\n }\n}\n'], "busy"),
        ([b'{"error":"busy"}'], "busy"),
        ([b'{"choices":null,"base_resp":{"status_code":1002,"status_msg":"busy"}}'], "busy"),
        ([b'{"code":50505,"message":"busy","data":null}'], "busy"),
        ([b'{"success":false,"errors":[{"message":"busy"}],"usage":{"total_tokens":1}}'], "busy"),
        ([b'{"detail":"busy"}'], "busy"),
        ([b'{"status":"failed","error":{"message":"busy"},"output":[]}'], "busy"),
        ([b'{"choices":[{"message":{"error":{"message":"busy"}}}],"usage":{"x":1}}'], "busy"),
        (
            [b'{"choices":[{"message":{"content":"a"},"finish_reason":"error"}],"usage":{"x":1}}'],
            "finish_reason is 'error'",
        ),
        # Too long to be read as a whole.
        ([b'{"id":{"a":[1]},"error":{"message":"busy"},', LONG, b"}"], "busy"),
        ([b"{", LONG, b',"error":{"message":"busy"},"object":"x"}'], "busy"),
        (
            [b'{"choices":[{', LONG, b',"finish_reason":"error"}],"usage":{"total_tokens":1}}'],
            "finish_reason is 'error'",
        ),
        ([b'{"choices":[{', LONG, b',"error":{"message":"busy"}}],"usage":{}}'], "busy"),
        ([b'{"metadata":{"error":"none of ours"},', LONG, b"}"], None),
        ([b"{", LONG, b',"metadata":{"error":"none of ours"}}'], None),
        ([b'{"error":{', LONG, b"}}"], None),
        ([b'{"error":null,', LONG, b',"choices":[{"finish_reason":"stop"}]}'], None),
        ([GOOD], None),
        ([GOOD] * 500, None),
        ([GOOD, b'data: {"usage":{"total_tokens":1}}\n\n', DONE], None),
        ([b": a comment\n\n", GOOD, DONE], None),
        (
            [
                CREATED,
                b'data: {"type":"response.completed","response":{"status":"completed","error":null}}',
            ],
            None,
        ),
        ([b'{"choices":[{"text":"x"}],"error":null}'], None),
        ([b'{"choices":[{"message":{"content":"x"},"finish_reason":"eos"}],"code":0}'], None),
        ([b'{"choices":[{"text":"x"}],"base_resp":{"status_code":0,"status_msg":"ok"}}'], None),
        ([b'{"id":"x","status":"completed","error":null,"output":[{"type":"x"}]}'], None),
        ([b'{"data":[{"embedding":[0.5]},{"embedding":"AA=="}],"usage":{"total_tokens":1}}'], None),
        ([b'{"message":"rate limit"}'], None),  # mere words
        ([b"rate limit"], None),
        ([b'data: {"error":{"message":"bu'], None),
        ([b'"error"' * 1000, b"\n" * 9000], None),
        ([b'{"error"' * 5000], None),
        ([b'{"a":' * 5000, b'"error"'], None),
        ([b""], None),
    ],
)
def test_errors_are_found_in_the_bytes(pieces, told):
    watch = LastUsage()
    for piece in pieces:
        watch.feed(piece)
    found, at_once = watch.said()[1], said_of(b"".join(pieces))[1]

    assert found == at_once
    assert (found and found.error.message) == told


@pytest.mark.parametrize(
    ("answer", "alone"),
    [
        (b'{"error":{"message":"busy"}}', True),
        (b': hello\n\ndata: {"error":{"message":"busy"}}\n\ndata: [DONE]\n\n', True),
        (GOOD + b'data: {"error":{"message":"busy"}}\n\n', False),
        (b'{"choices":[{"text":"a","finish_reason":"error"}]}', False),
        (b'{"error":{"message":"busy"},"output":[{"type":"message"}]}', False),
    ],
)
def test_what_stands_beside_an_error_is_seen(answer, alone):
    assert said_of(answer)[1].alone is alone
