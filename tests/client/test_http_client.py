"""What an attempt and a listing hold: bounded, valid, and without a secret."""

import asyncio
import json

import pytest

from gatewayz.client import HttpClient
from gatewayz.core import Calls, Catalog, ChatRequest, ConfigError, Gateway, Model
from gatewayz.core.attempt import FaultName
from gatewayz.core.catalog import fields
from gatewayz.core.codec import dumps
from gatewayz.core.text import Redactor

KEY = "sk-or-v1-" + "0a1b2c3d4e5f6789" * 3


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def left_of_the_key(text):
    return [text[at : at + 6] for at in range(len(text) - 5) if text[at : at + 6] in KEY]


def met(wire, data, *, stream=False, **options):
    async def go():
        async with wire.serving(wire.saying(data)) as server:
            return await wire.ask(server.url, stream=stream, key=KEY, **options)

    return run(go())


def reply_with(**fields):
    message = {"role": "assistant", "content": "hi", **fields.pop("message", {})}
    return {"id": "x", "model": "m", **fields,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": f"Incorrect API key provided: {KEY}", "code": KEY, "param": KEY}},
        {"error": {"message": "x" * 250 + KEY + "y" * 4000}},
        {"detail": [{"loc": ["header", KEY], "msg": KEY}]},
        {"message": f"<html>{KEY}</html>"},
    ],
)
def test_a_key_that_is_echoed_in_an_error_is_kept_nowhere(wire, body):
    data = wire.answer(json.dumps(body).encode(), status=b"401 No", headers=(
        b"WWW-Authenticate: Bearer " + KEY.encode(), b"X-Request-Id: " + KEY.encode()))  # fmt: skip

    attempt = met(wire, data)

    assert left_of_the_key(dumps(attempt)) == []


@pytest.mark.parametrize("offset", [*range(1990, 2056, 3), 4000, 4090, 9000])
def test_no_part_of_a_key_is_left_at_the_border_of_an_excerpt(wire, offset):
    page = b"x" * offset + KEY.encode() + b"y" * 3000

    attempt = met(wire, wire.answer(page, status=b"500 No"))

    assert left_of_the_key(attempt.excerpt) == []
    assert len(attempt.excerpt) <= 400


def test_a_key_in_an_answer_is_kept_nowhere(wire):
    call = {"id": KEY, "type": "function", "function": {"name": KEY, "arguments": KEY}}
    body = reply_with(
        model=KEY, id=KEY, message={"content": KEY, "reasoning": KEY, "tool_calls": [call]}
    )

    assert left_of_the_key(dumps(met(wire, wire.answer(json.dumps(body).encode())))) == []


def test_a_key_split_over_the_chunks_of_a_stream_is_kept_nowhere(wire):
    events = [{"choices": [{"index": 0, "delta": {"content": c}}]} for c in KEY]
    body = "".join(f"data: {json.dumps(e)}\n\n" for e in events).encode()

    attempt = met(wire, wire.answer(body), stream=True)

    assert attempt.reply.text == "***"


def test_the_key_is_hidden_though_nobody_told_the_redactor(wire):
    data = wire.answer(json.dumps({"error": {"message": "no: plainsecretvalue"}}).encode())

    async def go():
        async with wire.serving(wire.saying(data)) as server:
            return await wire.ask(server.url, key="plainsecretvalue", redact=Redactor())

    assert "plainsecretvalue" not in dumps(run(go()))


def test_what_is_kept_is_valid_whatever_came(wire):
    body = b'{"model":"\\ud800","choices":[{"index":0,"message":{"content":"a\\u0000\\ud83d"}}]}'

    text = dumps(met(wire, wire.answer(body)))

    assert json.loads(text.encode("utf-8"))


def test_halves_of_a_character_in_two_chunks_are_one_character(wire):
    events = [{"choices": [{"index": 0, "delta": {"content": c}}]} for c in ("\ud83d", "\ude00")]
    body = "".join(f"data: {json.dumps(e)}\n\n" for e in events).encode()

    assert met(wire, wire.answer(body), stream=True).reply.text == "\U0001f600"


def test_headers_of_one_name_are_sent_once_and_ours_wins(wire):
    async def go():
        async with wire.serving(wire.saying(wire.answer(wire.GOOD))) as server:
            client = HttpClient(keys=lambda _: KEY, timeouts=wire.QUICK)
            gateway = Gateway(
                name="here", base_url=server.url, headers={"authorization": "x", "user-agent": "me"}
            )
            await client.attempt(gateway, "m", wire.QUESTION)
            await client.aclose()
            return server.heads[0].decode().lower()

    head = run(go())

    assert head.count("authorization:") == 1
    assert f"authorization: bearer {KEY}" in head
    assert head.count("user-agent:") == 1


def test_a_request_that_is_no_json_is_never_sent(wire):
    async def go():
        client = HttpClient(keys=lambda _: KEY, timeouts=wire.QUICK)
        request = ChatRequest(messages=({"role": "user", "content": "\ud800"},))
        return await client.attempt(Gateway(name="x", base_url="http://127.0.0.1:1"), "m", request)

    assert run(go()).fault.name is FaultName.UNSENDABLE


def listed(wire, respond, catalog=None, **options):
    async def go():
        async with wire.serving(respond) as server:
            client = HttpClient(keys=lambda _: KEY, timeouts=wire.QUICK, **options)
            gateway = Gateway(name="here", base_url=server.url, catalog=catalog or Catalog())
            listing = await client.list_models(gateway)
            await client.aclose()
            return listing, server

    return run(go())


def pages(wire, *documents):
    """Answers one document after another, over and over the last."""
    waiting = list(documents)

    async def respond(reader, writer):
        document = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        writer.write(wire.answer(body))
        await writer.drain()
        return "again"

    return respond


NEXT = Catalog(next_page=lambda document: document.get("next"))


def rows(*ids):
    return {"data": [{"id": i} for i in ids]}


def test_pages_are_followed_in_order_and_an_id_counts_once(wire):
    respond = pages(wire, rows("a", "b") | {"next": "?page=2"}, rows("b", "c"))

    listing, server = listed(wire, respond, NEXT)

    assert [model.id for model in listing.models] == ["a", "b", "c"]
    assert (listing.listed, listing.complete) == (4, True)
    assert server.heads[1].startswith(b"GET /v1/models?page=2 ")


@pytest.mark.parametrize(
    "reference", ["?page=1", "http://elsewhere.invalid/models", "http://[", "//evil.invalid/x"]
)
def test_a_next_page_that_loops_or_leads_away_is_not_followed(wire, reference):
    first = rows("a") | {"next": reference}

    listing, server = listed(wire, pages(wire, first, first), NEXT)

    assert [model.id for model in listing.models] == ["a"]
    assert "models-truncated" in listing.oddities
    assert len(server.heads) <= 2


@pytest.mark.parametrize(
    "body", [b"<html>login</html>", b'{"data": [{"id"', b"[" * 100_000, b'{"error": "no"}', b"null",
             b'"text"', b'{"data": "x"}', b'{"data": [1, 2]}'],
)  # fmt: skip
def test_a_list_that_is_none_is_data_and_no_crash(wire, body):
    listing, _ = listed(wire, pages(wire, body))

    assert (listing.models, listing.complete) == ((), False)
    assert listing.attempts


def test_rows_that_are_no_models_are_counted_and_dropped(wire):
    listing, _ = listed(wire, pages(wire, {"data": [None, 7, {"id": None}, {"id": "a"}]}))

    assert [model.id for model in listing.models] == ["a"]
    assert (listing.listed, listing.dropped) == (4, 3)


def test_a_key_in_any_text_of_a_list_is_kept_nowhere(wire):
    entry = {"id": f"m-{KEY}", "title": f"of {KEY}", "owned_by": KEY}
    catalog = Catalog(read=fields(name="title"))

    listing, _ = listed(wire, pages(wire, {"object": "list", "data": [entry]}), catalog)

    (model,) = listing.models
    assert (model.id, model.name, model.owner) == ("m-***", "of ***", "***")
    assert left_of_the_key(dumps(listing.models)) == []


def test_a_public_list_is_read_without_the_key(wire):
    _, server = listed(wire, pages(wire, rows("a")), Catalog(public=True))

    assert b"authorization" not in server.heads[0].lower()


def of_calls(**functions):
    default = {"list_models": lambda: ["a"], "request": lambda *a, **k: None}
    return Gateway(name="mine", calls=Calls(**(default | functions)))


async def _called(gateway, request, timeouts):
    client = HttpClient(keys=lambda _: None, timeouts=timeouts)
    return await client.attempt(gateway, "m", request)


def test_a_clients_own_functions_are_asked_and_may_raise(wire):
    def broken(*args, **options):
        raise KeyError("choices")

    good = run(_called(of_calls(request=lambda *a, **k: reply_with()), wire.QUESTION, wire.QUICK))
    bad = run(_called(of_calls(request=broken), wire.QUESTION, wire.QUICK))

    assert good.reply.text == "hi"
    assert bad.fault.name is FaultName.CALL_RAISED
    assert "KeyError" in bad.fault.detail


EXITS = (SystemExit("no key"), KeyboardInterrupt("no key"), asyncio.CancelledError("no key"))


@pytest.mark.parametrize("exits", EXITS, ids=lambda exits: type(exits).__name__)
@pytest.mark.parametrize("stream", [False, True])
def test_a_function_that_would_end_the_program_has_failed_and_no_more(wire, exits, stream):
    def ends(*_args, **_options):
        raise exits

    async def ends_later(*_args, **_options):
        raise exits

    def ends_amid(*_args, **_options):
        yield {"choices": []}
        raise exits

    async def ends_amid_later(*_args, **_options):
        yield {"choices": []}
        raise exits

    question = wire.STREAMED if stream else wire.QUESTION
    endings = (ends_amid, ends_amid_later) if stream else (ends, ends_later)
    for ending in endings:
        gateway = of_calls(**{"stream" if stream else "request": ending})
        seen = run(_called(gateway, question, wire.QUICK))

        assert seen.fault.name is FaultName.CALL_RAISED
        assert f"{type(exits).__name__}: no key" in seen.fault.detail


@pytest.mark.parametrize("exits", [*EXITS, ValueError("no key")], ids=lambda e: type(e).__name__)
def test_a_list_function_that_would_end_the_program_has_failed_and_no_more(wire, exits):
    def ends():
        raise exits

    def ends_amid():
        yield "a"
        raise exits

    async def listed(gateway):
        return await HttpClient(keys=lambda _: None, timeouts=wire.QUICK).list_models(gateway)

    for ending in (ends, ends_amid):
        listing = run(listed(of_calls(list_models=ending)))

        assert not listing.complete
        assert f"{type(exits).__name__}: no key" in listing.attempts[0].fault.detail


def test_a_list_function_tells_no_secret_in_its_models_or_its_error(wire):
    def refused():
        raise RuntimeError(f"bad key {KEY}")

    async def listed(function):
        client = HttpClient(keys=lambda _: None, timeouts=wire.QUICK, redact=Redactor([KEY]))
        return await client.list_models(of_calls(list_models=function))

    good = run(listed(lambda: [{"id": "a", "name": f"of {KEY}"}]))
    bad = run(listed(refused))

    assert good.models[0].name == "of ***"
    assert bad.attempts[0].fault.detail == "RuntimeError: bad key ***"


def test_a_function_that_is_no_more_waited_for_is_told_so(wire):
    told = []

    async def request(*_args, **_options):
        try:
            await asyncio.sleep(15)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    async def left():
        asking = asyncio.create_task(_called(of_calls(request=request), wire.QUESTION, wire.QUICK))
        await asyncio.sleep(0.1)
        asking.cancel()
        await asyncio.wait([asking])
        return asking.cancelled()

    assert run(left())
    assert told == ["cancelled"]


def test_a_function_that_blocks_is_left_behind_and_holds_nothing_up(wire):
    import threading

    release = threading.Event()
    gateway = of_calls(request=lambda *a, **k: release.wait(15), list_models=lambda: ["a", "b"])

    async def go():
        attempts = await asyncio.gather(*(_called(gateway, wire.QUESTION, wire.QUICK)
                                          for _ in range(20)))  # fmt: skip
        client = HttpClient(keys=lambda _: None, timeouts=wire.QUICK)
        return attempts, await client.list_models(gateway)

    # asyncio.run() would wait here for threads of its own pool.
    attempts, listing = run(go())
    release.set()

    assert {a.fault.name for a in attempts} == {FaultName.TIMEOUT}
    assert listing.models == (Model(id="a"), Model(id="b"))


def test_nothing_is_sent_without_the_key_that_cannot_be_read_any_more(wire):
    def gone(_gateway):
        raise ConfigError("the key file is gone")

    async def go():
        async with wire.serving(wire.saying(wire.answer(wire.GOOD))) as server:
            client = HttpClient(keys=gone, timeouts=wire.QUICK)
            gateway = Gateway(name="here", base_url=server.url)
            attempt = await client.attempt(gateway, "m", wire.QUESTION)
            listing = await client.list_models(gateway)
            await client.aclose()
            return attempt, listing, server.connections

    attempt, listing, connections = run(go())

    assert connections == 0
    for each in (attempt, *listing.attempts):
        assert (each.fault.name, each.fault.detail) == (
            FaultName.UNSENDABLE,
            "the key file is gone",
        )
    assert not listing.complete


@pytest.mark.parametrize(
    "document",
    [
        ["a", "b"],
        {"data": ["a", "b"]},
        {"models": [{"name": "a"}, {"name": "b"}]},
        {"models": [{"name": "The First", "model": "a"}, {"model": "b"}]},
        {"data": [{"name": "a"}, {"name": "b"}, {"name": "a title"}]},
    ],
)
def test_names_in_place_of_entries_are_read_and_told(wire, document):
    listing, _ = listed(wire, pages(wire, document))

    assert [model.id for model in listing.models] == ["a", "b"]
    assert listing.complete
    assert "entries without an 'id'" in listing.odd


def test_titles_are_no_ids(wire):
    rows = [{"id": None, "name": "a"}, {"name": "The First"}, "no models here"]

    listing, _ = listed(wire, pages(wire, {"data": rows}))

    assert (listing.models, listing.complete) == ((), False)


def test_a_list_that_has_more_after_its_last_id_is_read_on(wire):
    first = rows("a", "b") | {"has_more": True, "last_id": "b/x y"}

    respond = pages(wire, first, rows("c") | {"has_more": False})
    listing, server = listed(wire, respond, Catalog("/models?verbose=true"))

    assert [model.id for model in listing.models] == ["a", "b", "c"]
    assert (listing.complete, listing.cut) == (True, "")
    assert server.heads[1].startswith(b"GET /v1/models?verbose=true&after=b%2Fx+y ")


@pytest.mark.parametrize("more", [{"has_more": True, "last_id": "b"}, {"has_more": True}])
def test_a_list_that_has_more_and_does_not_give_it_is_told_as_that(wire, more):
    listing, server = listed(wire, pages(wire, rows("a", "b") | more))

    assert [model.id for model in listing.models] == ["a", "b"]
    assert listing.complete
    assert "'has_more' speaks of more" in listing.cut
    assert ("came again" in listing.cut) == ("last_id" in more)
    assert (listing.listed, listing.duplicates) == (2, ())
    assert len(server.heads) == (2 if "last_id" in more else 1)
