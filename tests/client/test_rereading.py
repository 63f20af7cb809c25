"""A stored attempt read again gives what it gave when it was live."""

import asyncio
import json
from dataclasses import replace

import pytest

from gatewayz.client import HttpClient, can_reread, reread
from gatewayz.core import Attempt, Caps, ChatRequest, Timeouts
from gatewayz.core.attempt import Evidence, FaultName, Phase, WireFault
from gatewayz.core.codec import dumps, loads
from gatewayz.gateways import known_gateways
from gatewayz.simulator import running
from gatewayz.simulator.faults import all_faults

# Long enough for a slow machine to answer, short enough to sit through every silence.
LIMITS = Timeouts(
    connect_s=5, first_byte_s=2, first_event_s=2, idle_s=2, error_body_s=1.5, total_s=4
)
PLACES = ("openrouter", "groq")
FRAMING = {FaultName.MALFORMED, FaultName.CONFLICTING_LENGTH, FaultName.UNDECODABLE,
           FaultName.TOO_LARGE}  # fmt: skip


def faults_of_chat():
    return sorted(n for n, forms in all_faults().items() if any("chat" in f.routes for f in forms))


@pytest.fixture(scope="module")
def attempts():
    """One attempt for every fault and two healthy ones, plain and streamed, at two gateways."""
    found = {}

    async def go(simulator):
        variables = simulator.variables()
        gateways = known_gateways(variables)
        slots = asyncio.Semaphore(40)

        async def one(client, place, name, stream):
            request = ChatRequest(
                messages=({"role": "user", "content": 'Respond with: "Test successful"'},),
                max_tokens=50,
                stream=stream,
            )
            model = f"fault/{name}" if name else sound[place]
            async with slots:
                found[place, name, stream] = await client.attempt(gateways[place], model, request)

        client = HttpClient(keys=lambda g: variables[g.key_env], timeouts=LIMITS)
        sound = {p: (await client.list_models(gateways[p])).models[0].id for p in PLACES}
        await asyncio.gather(
            *(
                one(client, place, name, stream)
                for place in PLACES
                for name in (*faults_of_chat(), "")
                for stream in (False, True)
            )
        )
        await client.aclose()

    with running(seed=11, latency_s=0) as simulator:
        asyncio.run(asyncio.wait_for(go(simulator), 55))
    return found


def test_every_fault_and_every_sound_answer_is_read_again_as_it_was_read_live(attempts):
    again = {key: reread(attempt) for key, attempt in attempts.items()}

    assert {key for key in attempts if again[key] != attempts[key]} == set()
    # And most of them were in fact read again.
    assert sum(map(can_reread, attempts.values())) > len(attempts) * 0.7


def test_it_survives_the_store(attempts):
    for key, attempt in attempts.items():
        stored = loads(Attempt, dumps(attempt))
        assert reread(stored) == stored, key


def test_what_is_not_read_again_says_so_and_why(attempts):
    for key, attempt in attempts.items():
        kept = attempt.evidence
        reasons = [
            attempt.status is None,
            kept is None or kept.cut,
            attempt.fault is not None and attempt.fault.name in FRAMING,
        ]
        assert can_reread(attempt) is not any(reasons), key


def test_todays_reader_is_what_reads(attempts):
    stored = attempts["openrouter", "", True]
    poorer = replace(stored, reply=replace(stored.reply, text="", oddities=("usage-inconsistent",)))

    assert reread(poorer) == stored


def met(wire, data, *, stream=False, **options):
    async def go():
        async with wire.serving(wire.saying(data)) as server:
            return await wire.ask(server.url, stream=stream, **options)

    return asyncio.run(asyncio.wait_for(go(), 20))


def test_a_body_is_kept_as_it_came(wire):
    attempt = met(wire, wire.answer(wire.STREAM), stream=True)

    assert attempt.evidence == Evidence(text=wire.STREAM.decode())


@pytest.mark.parametrize("body", [b'{"a": "\xff\xfe"}', b'{"a": "b\x00c"}', b"\x1f\x8b\x08\x00zip"])
def test_bytes_that_are_no_text_are_packed_and_read_again(wire, body):
    attempt = met(wire, wire.answer(body))

    assert attempt.evidence.base64
    assert attempt.evidence.text.isascii()
    assert can_reread(attempt)
    assert reread(loads(Attempt, dumps(attempt))) == attempt


@pytest.mark.parametrize("filler", ["x", "é", "🦙"])
def test_of_a_long_body_the_head_is_kept_and_it_is_not_read_again(wire, filler):
    text = filler * 70_000
    body = json.dumps({"choices": [{"message": {"content": text}}]}, ensure_ascii=False).encode()

    attempt = met(wire, wire.answer(body))

    assert attempt.reply.text == text
    assert attempt.evidence.cut
    assert not attempt.evidence.base64
    assert 32 * 1024 - 4 <= len(attempt.evidence.text.encode()) <= 32 * 1024
    assert body.decode().startswith(attempt.evidence.text)
    assert not can_reread(attempt)
    assert reread(attempt) is attempt


def test_a_body_of_exactly_the_cap_is_whole(wire):
    frame = len(json.dumps({"choices": [{"message": {"content": ""}}]}))
    text = "x" * (64 * 1024 - frame)
    body = json.dumps({"choices": [{"message": {"content": text}}]}).encode()

    assert can_reread(met(wire, wire.answer(body)))
    assert not can_reread(met(wire, wire.answer(body + b"\n")))


def test_an_error_body_beyond_its_cap_is_not_read_again(wire):
    page = b"no luck " * 500

    attempt = met(wire, wire.answer(page, status=b"500 No"), caps=Caps(error_body=1000))

    assert attempt.evidence.cut
    assert not can_reread(attempt)


def test_a_date_to_come_back_at_is_as_far_away_as_it_was(wire):
    late = b"Retry-After: Wed, 21 Oct 2099 07:28:00 GMT"
    attempt = met(wire, wire.answer(b"{}", status=b"429 No", headers=(late,)))

    assert attempt.error.retry_after_s > 1e6
    assert reread(attempt) == attempt


def test_a_redirect_still_says_where_to(wire):
    there = b"Location: https://elsewhere.invalid/v1"
    attempt = met(wire, wire.answer(b"", status=b"308 Moved", headers=(there,)))

    assert "elsewhere.invalid" in attempt.error.message
    assert reread(attempt) == attempt


@pytest.mark.parametrize("name", sorted(FRAMING))
def test_bytes_of_a_bad_frame_are_not_trusted(wire, name):
    attempt = met(wire, wire.answer(wire.GOOD))
    broken = replace(attempt, fault=WireFault(name=name, phase=Phase.BODY), reply=None)

    assert not can_reread(broken)
    assert reread(broken) is broken


def test_an_attempt_of_an_older_run_keeps_what_it_had():
    old = Attempt(status=200, url="http://127.0.0.1/v1", evidence=None)

    assert reread(old) is old


def test_a_catalogue_page_is_read_again(wire):
    async def go(body):
        async with wire.serving(wire.saying(wire.answer(body))) as server:
            from gatewayz.core import Gateway

            client = HttpClient(keys=lambda _: None, timeouts=wire.QUICK)
            listing = await client.list_models(Gateway(name="here", base_url=server.url))
            await client.aclose()
            return listing.attempts[0]

    for body in (b'{"data": [{"id": "a"}]}', b'{"error": "no"}', b"<html>", b""):
        attempt = asyncio.run(go(body))
        assert can_reread(attempt)
        assert reread(attempt) == attempt
