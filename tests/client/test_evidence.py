"""What is kept of a body: no secret in any spelling, and a word on what it seems to be."""

import asyncio
import base64
import json
import time

import pytest

from gatewayz.client import can_reread, reread
from gatewayz.client.evidence import MAX_HEAD, WITHHELD, body_of, keep, spells_in_pieces
from gatewayz.client.record import Record
from gatewayz.core import Quirks
from gatewayz.core.codec import dumps
from gatewayz.core.failures import classify
from gatewayz.core.text import Redactor

KEY = "sk-or-v1-" + "0a1b2c3d4e5f6789" * 3


def met(wire, data, *, stream=False, **options):
    async def go():
        async with wire.serving(wire.saying(data)) as server:
            return await wire.ask(server.url, stream=stream, key=KEY, **options)

    return asyncio.run(asyncio.wait_for(go(), 20))


def left_of_the_key(attempt):
    kept = [dumps(attempt)]
    if attempt.evidence is not None:
        kept.append(body_of(attempt.evidence).decode("latin-1"))
    return [t[at : at + 6] for t in kept for at in range(len(t) - 5) if t[at : at + 6] in KEY]


def saying(text):
    return json.dumps({"choices": [{"index": 0, "message": {"content": text}}]})


def events(*pieces):
    chunks = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"


@pytest.mark.parametrize(
    "body",
    [
        saying(KEY),
        saying(base64.b64encode(KEY.encode()).decode()),
        f"<html>{KEY}</html>",
        KEY,
        f'{{"error": "{KEY}"',
        "é" + KEY,
    ],
)
def test_a_key_in_a_body_is_out_of_its_evidence_and_the_rest_is_read_again(wire, body):
    for data in (body.encode(), b"\xff" + body.encode(), b"\x00" + body.encode()):
        attempt = met(wire, wire.answer(data))

        assert left_of_the_key(attempt) == []
        assert can_reread(attempt)
        assert reread(attempt) == attempt


def test_a_key_inside_one_event_is_taken_out_and_the_stream_is_read_again(wire):
    attempt = met(wire, wire.answer(events("my key is ", KEY, ".").encode()), stream=True)

    assert attempt.reply.text == "my key is ***."
    assert left_of_the_key(attempt) == []
    assert can_reread(attempt)
    assert reread(attempt) == attempt


@pytest.mark.parametrize("at", [6, 11, 12, 20, 45, 51])
def test_a_body_that_spells_the_key_in_pieces_is_not_kept(wire, at):
    body = events("my key is ", KEY[:at], KEY[at:], ".")

    attempt = met(wire, wire.answer(body.encode()), stream=True)

    assert attempt.reply.text == "my key is ***."
    assert left_of_the_key(attempt) == []
    assert attempt.excerpt == WITHHELD
    assert not can_reread(attempt)


@pytest.mark.parametrize(
    "spelled",
    [
        "".join(f"\\u{ord(c):04x}" for c in KEY),
        KEY[:20] + f"\\u00{ord(KEY[20]):02X}" + KEY[21:],
    ],
)
def test_a_body_that_hides_the_key_behind_escapes_is_kept_without_it(wire, spelled):
    attempt = met(wire, wire.answer(f'{{"error": "no: {spelled}"}}'.encode(), status=b"401 No"))

    assert attempt.error.message == "no: ***"
    assert left_of_the_key(attempt) == []
    assert spelled not in dumps(attempt)
    assert attempt.evidence.text == '{"error": "no: ***"}'
    assert reread(attempt) == attempt


def chunk(index, **delta):
    return f"data: {json.dumps({'choices': [{'index': index, 'delta': delta}]})}\n\n"


SPELLED = {
    "comments": "".join(f": {c}\n\n" for c in KEY) + events("x"),
    "event names": "".join(f"event: {c}\n{chunk(0, content='x')}" for c in KEY),
    "ids": "".join(f"id: {c}\n{chunk(0, content='x')}" for c in KEY),
    "two choices": "".join(chunk(n % 2, content=c) for n, c in enumerate(KEY)),
    "a field nobody reads": "".join(chunk(0, audio={"text": c}) for c in KEY) + events("x"),
    "behind escapes": "".join(
        chunk(n % 2, content="@").replace("@", f"\\u{ord(c):04x}") for n, c in enumerate(KEY)
    ),
}


@pytest.mark.parametrize("body", SPELLED.values(), ids=list(SPELLED))
def test_a_body_that_spells_the_key_where_nobody_reads_is_not_kept(wire, body):
    attempt = met(wire, wire.answer(body.encode()), stream=True)

    assert attempt.excerpt == WITHHELD
    assert attempt.evidence.text == ""
    assert not can_reread(attempt)


def test_a_list_that_spells_the_key_is_not_kept(wire):
    body = json.dumps({"error": {"message": list(KEY)}})

    attempt = met(wire, wire.answer(body.encode(), status=b"401 No"))

    assert attempt.evidence.text == ""


@pytest.mark.parametrize(
    "unit", ['"', '"a', '"\\', "\\", '\\"', '"a":', '"a" ', '"\n', ":\n", "event:", '"\\\\']
)
def test_looking_for_pieces_is_linear(unit):
    text = unit * (MAX_HEAD * 2 // len(unit))
    began = time.process_time()

    assert not spells_in_pieces(text, Redactor([KEY]))
    # A hundredth of a second; quadratic work takes half a minute.
    assert time.process_time() - began < 1


def test_ids_that_look_like_keys_in_every_event_cost_no_evidence(wire):
    line = (
        '{"id": "gw-0123456789abcdefghij", "choices": [{"index": 0, "delta": {"content": "a "}}]}'
    )
    body = f"data: {line}\n\n" * 200 + events(KEY)

    attempt = met(wire, wire.answer(body.encode()), stream=True)

    assert left_of_the_key(attempt) == []
    assert can_reread(attempt)


@pytest.mark.parametrize("offset", range(MAX_HEAD - len(KEY) - 2, MAX_HEAD + 3, 7))
def test_no_part_of_a_key_is_left_where_the_evidence_is_cut(offset):
    data = b"x" * offset + KEY.encode() + b"y" * 70_000

    kept = keep(data, whole=False, redact=Redactor([KEY]))

    assert kept.cut
    assert not [at for at in range(len(KEY) - 5) if KEY[at : at + 6] in kept.text]


def test_a_long_body_that_is_no_text_is_packed():
    data = b"\xff" * 70_000

    kept = keep(data, whole=False, redact=Redactor())

    assert (kept.base64, kept.cut) == (True, True)
    assert body_of(kept) == data[:MAX_HEAD]


def test_what_an_answer_of_another_api_looks_like_stands_in_the_excerpt(wire):
    plain = met(wire, wire.answer(b'{"message": {"content": "hi"}, "done": true}'))
    gemini = 'data: {"candidates": [{"content": {}}]}\n\n'
    streamed = met(wire, wire.answer(gemini.encode() * 2), stream=True)

    assert plain.excerpt.startswith("looks like Ollama's /api/chat: {")
    assert "choices-missing" in streamed.reply.oddities
    assert "sse-missing-finish" not in streamed.reply.oddities
    assert streamed.excerpt.startswith("looks like Gemini's generateContent: data:")
    assert reread(streamed) == streamed


WORDS = [
    ({"message": "Unauthorized"}, "auth-bad-key-as-400"),
    ({"message": "Insufficient credits, please top up"}, "billing-error-in-200"),
    ({"message": "Too Many Requests", "docs": None}, "rate-limit-in-200"),
    ({"message": "Hello, how can I help?"}, "choices-missing"),
    ({"message": "queued"}, "choices-missing"),
    ({"message": "The value 7 is not supported for this parameter"}, "choices-missing"),
    ({"message": "A 401 Unauthorized means that the key is wrong. " * 10}, "choices-missing"),
    ({"message": {"content": "Unauthorized"}, "done": True}, "choices-missing"),
]


@pytest.mark.parametrize(("document", "kind"), WORDS)
@pytest.mark.parametrize("way", ["plain", "streamed"])
def test_of_words_without_choices_those_that_name_a_cause_are_an_error(wire, document, kind, way):
    if way == "plain":
        attempt = met(wire, wire.answer(json.dumps(document).encode()))
    else:
        event = f"data: {json.dumps(document)}\n\ndata: [DONE]\n\n"
        attempt = met(wire, wire.answer(event.encode()), stream=True)

    assert classify(attempt, Quirks()).kind == kind
    assert reread(attempt) == attempt


def test_words_under_other_keys_are_heard_too(wire):
    attempt = met(wire, wire.answer(b'{"title": "Unauthorized", "reason": "Invalid API key"}'))

    assert classify(attempt, Quirks()).kind == "auth-bad-key-as-400"


def test_a_stray_event_beside_choices_makes_no_other_api_of_a_stream(wire):
    stray = b'data: {"type": "message_start", "message": "hi"}\n\n'

    attempt = met(wire, wire.answer(stray + wire.STREAM), stream=True)

    assert "choices-missing" not in attempt.reply.oddities
    assert not attempt.excerpt.startswith("looks like")


def test_a_key_in_the_name_of_a_header_is_masked_like_one_in_its_value():
    key = "sk-x1234567890abcdefghijk"
    record = Record(
        number=1, url="http://127.0.0.1/v1", body={"model": "m"}, streamed=False, status=500,
        content_type="application/json", headers={f"x-ratelimit-{key}": f"for {key}"},
    )  # fmt: skip

    headers = record.attempt(Redactor([key])).headers

    assert headers == {"x-ratelimit-***": "for ***"}


LIMITED = '{"error": {"message": "Rate limit reached", "code": 429}}'
FRAMED = {
    "an event": f"data: {LIMITED}\n\n",
    "an event of that name": 'event: error\ndata: {"message": "slow down", "code": 429}\n\n',
    "behind much else": f": wait\n\ndata: {{}}\n\n{'data: 1' * 9000}\n\ndata: {LIMITED}\n\ndata: [DONE]\n\n",
    "a list": f"[{LIMITED}]",
    "an end mark behind it": f"{LIMITED}\n\ndata: [DONE]\n\n",
}


@pytest.mark.parametrize("body", FRAMED.values(), ids=FRAMED)
def test_an_error_in_a_success_is_heard_whatever_frames_it(wire, body):
    attempt = met(wire, wire.answer(body.encode()))

    assert classify(attempt, Quirks()).kind == "rate-limit-in-200"
    assert reread(attempt) == attempt


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('data: {"choices": [{"delta": {"content": "the error code is 429"}}]}\n\ndata: [DONE]\n\n',
         "plain-answered-with-stream"),
        ("data: no JSON, an error\n\n", "plain-answered-with-stream"),
        ('{"choices": []}\n\ndata: [DONE]', "json-trailing-garbage"),
    ],
)  # fmt: skip
def test_a_frame_without_an_error_is_named_by_itself(wire, body, kind):
    assert classify(met(wire, wire.answer(body.encode())), Quirks()).kind == kind
