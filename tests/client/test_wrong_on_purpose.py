"""Requests that are wrong on purpose: a made-up key, a made-up model, a body as it is given."""

import asyncio
import json
from dataclasses import replace

import pytest

from gatewayz.client import HttpClient
from gatewayz.core import Auth, Gateway
from gatewayz.core.codec import dumps
from gatewayz.core.failures import classify
from gatewayz.core.text import Redactor

KEY = "sk-own-" + "0a1b2c3d4e5f6789" * 2


def asked(wire, request, *, key=KEY, gateway=None, times=1, respond=None, redact=None):
    """The attempts, and the server that was asked."""

    async def go():
        async with wire.serving(
            respond or wire.saying(wire.answer(wire.GOOD), then="again")
        ) as server:
            client = HttpClient(keys=lambda _: key, timeouts=wire.QUICK, redact=redact)
            place = replace(gateway or Gateway(name="here", base_url="x"), base_url=server.url)
            found = [await client.attempt(place, "m", request, step=2) for _ in range(times)]
            await client.aclose()
            return found, server

    return asyncio.run(asyncio.wait_for(go(), 20))


@pytest.mark.parametrize("key", [KEY, None])
def test_a_made_up_key_is_sent_and_never_the_own_one(wire, key):
    request = replace(wire.QUESTION, credential="made-up")

    attempts, server = asked(wire, request, key=key, times=2)

    heads = [head.decode() for head in server.heads]
    keys = {head.split("Authorization: Bearer ")[1].split("\r\n")[0] for head in heads}
    assert len(keys) == 2  # a new one each time: none could have been given to anybody
    assert all(len(made_up) > 20 for made_up in keys)
    assert not any(KEY[at : at + 6] in head for head in heads for at in range(len(KEY) - 5))
    # The server was shown a key, so that its refusal is one of a bad key and not of none.
    assert [attempt.had_key for attempt in attempts] == [True, True]


def test_a_made_up_key_goes_where_the_gateway_wants_a_key(wire):
    gateway = Gateway(name="here", base_url="x", auth=Auth(header="x-api-key", scheme=""))

    _, server = asked(wire, replace(wire.QUESTION, credential="made-up"), gateway=gateway)

    head = server.heads[0].decode().lower()
    assert "x-api-key: " in head
    assert "authorization:" not in head
    assert KEY not in head


def test_the_own_key_is_sent_by_default(wire):
    attempts, server = asked(wire, wire.QUESTION)

    assert f"Authorization: Bearer {KEY}" in server.heads[0].decode()
    assert attempts[0].had_key
    assert not asked(wire, wire.QUESTION, key=None)[0][0].had_key


def test_a_made_up_key_that_is_echoed_is_kept_nowhere(wire):
    sent = []

    async def respond(reader, writer):
        key = sent[0].heads[-1].decode().split("Bearer ")[1].split("\r\n")[0]
        body = json.dumps({"error": {"message": f"no such key: {key}", "code": key}})
        writer.write(wire.answer(body.encode(), status=b"401 No"))
        await writer.drain()

    async def go():
        async with wire.serving(respond) as server:
            sent.append(server)
            client = HttpClient(keys=lambda _: KEY, timeouts=wire.QUICK, redact=Redactor())
            request = replace(wire.QUESTION, credential="made-up")
            attempt = await client.attempt(
                Gateway(name="here", base_url=server.url), "m", request
            )  # fmt: skip
            await client.aclose()
            return attempt, server.heads[0].decode().split("Bearer ")[1].split("\r\n")[0]

    attempt, key = asyncio.run(go())

    assert key not in dumps(attempt)
    assert key[-12:] not in dumps(attempt)
    assert classify(attempt, Gateway(name="here", base_url="x").quirks).kind == "auth-bad-key"


@pytest.mark.parametrize("raw", ["{", '{"model": "m", "messages": [', "é東🦙\r\n", "x" * 100_000])
def test_a_raw_body_goes_out_byte_for_byte(wire, raw):
    attempts, server = asked(wire, replace(wire.QUESTION, raw=raw))

    assert server.bodies == [raw.encode()]
    assert f"Content-Length: {len(raw.encode())}\r\n" in server.heads[0].decode()
    assert attempts[0].status == 200


def test_a_raw_body_that_is_no_unicode_is_never_sent(wire):
    attempts, server = asked(wire, replace(wire.QUESTION, raw="\ud800"))

    assert server.heads == []
    assert attempts[0].status is None


def test_another_model_is_asked_and_the_attempt_says_so(wire):
    attempts, server = asked(wire, replace(wire.QUESTION, model_id="no-such/model"))

    assert json.loads(server.bodies[0])["model"] == "no-such/model"
    assert attempts[0].asked == "no-such/model"
    assert attempts[0].step == 2
    assert asked(wire, wire.QUESTION)[0][0].asked == "m"


@pytest.mark.parametrize("change", [{"credential": "made-up"}, {"raw": "{"}, {"model_id": "x"}])
def test_secrets_are_hidden_however_the_request_was_bent(wire, change):
    body = json.dumps({"error": {"message": f"your key {KEY} is not it"}}).encode()
    respond = wire.saying(wire.answer(body, status=b"401 No"))

    attempts, _ = asked(wire, replace(wire.QUESTION, **change), respond=respond,
                        redact=Redactor([KEY]))  # fmt: skip

    assert KEY not in dumps(attempts[0])
    assert "***" in attempts[0].error.message
    assert "***" in attempts[0].evidence.text
