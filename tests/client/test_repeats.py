"""One look at a shortened body tells the same as a look at every text of it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.client.evidence import MAX_WHOLE, pieces_in
from gatewayz.client.record import Record
from gatewayz.client.repeats import Shortened
from gatewayz.client.streams import read_again
from gatewayz.core.text import Redactor

KEY = "sk-or-v1-0a1b2c3d4e5f67890a1b2c3d4e5f"
HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m"}


def event(word, name="content", **beside):
    choice = {"index": 0, "delta": {name: word}, "finish_reason": None}
    return f"data: {json.dumps({**HEAD, **beside, 'choices': [choice]})}\n\n"


def attempt_of(body, redact):
    data = body.encode()
    record = Record(
        number=1, url="http://127.0.0.1/v1", body={"model": "m"}, streamed=True, status=200,
        content_type="text/event-stream", body_bytes=len(data), tail=data[-2048:],
        kept=bytearray(data[:MAX_WHOLE]),
    )  # fmt: skip
    read_again(data, record.builder, "text/event-stream", ended=True)
    return record.attempt(redact)


def same_both_ways(body):
    """The attempt, written after one look at all and after a look at each text by itself."""
    redactor = Redactor([KEY])
    at_once = attempt_of(body, redactor)
    one_by_one = attempt_of(body, lambda text: redactor(text))
    assert at_once.reply == one_by_one.reply
    assert (at_once.evidence, at_once.excerpt) == (one_by_one.evidence, one_by_one.excerpt)
    return at_once


plain_words = st.sampled_from(
    ["a", " and", ' "so"', "\n", "é", "...", "…", "\\", "**", "%20", "", "{", "id: "]
)
secret_words = st.builds(
    lambda at, size: KEY[at : at + size], st.integers(0, len(KEY) - 1), st.integers(1, 40)
)
words = st.lists(plain_words | secret_words, min_size=1, max_size=12)
events = st.one_of(
    st.builds(event, plain_words | secret_words),
    st.builds(event, secret_words, st.just("reasoning")),
    st.builds(event, plain_words, st.just("content"), fingerprint=secret_words),
    st.builds("data: {}\n\n".format, plain_words),
    st.builds(": {}\n\n".format, secret_words),
    st.builds("event: {}\n".format, secret_words),
    st.builds("".join, st.lists(st.builds(event, plain_words), min_size=7, max_size=12)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=12))
def test_a_stream_is_written_alike_by_one_look_and_by_many(parts):
    same_both_ways("".join(parts))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 20), st.integers(0, 12), st.sampled_from(["id", "content", "fingerprint"]))
def test_a_key_spelled_by_alike_events_is_found(size, offset, name):
    pieces = [KEY[at : at + size] for at in range(0, len(KEY), size)]
    around = [event("x") for _ in range(offset)]
    spelled = [event(p) if name == "content" else event("x", **{name: p}) for p in pieces]

    same_both_ways("".join([*around, *spelled, *around, "data: [DONE]\n\n"]))


def test_a_long_stream_comes_down_to_its_words():
    body = "".join(event(f" {n}") for n in range(500)) + "data: [DONE]\n\n"

    short = Shortened(body, pieces_in)

    assert len(short.text) < len(body) / 10
    assert all(f'" {n}"' in short.text for n in range(500))
    assert short.text.startswith("data: {")
    assert short.text.endswith("data: [DONE]\n\n")


def test_every_value_of_a_name_stands_in_its_joined_pieces():
    body = "".join(event(f"<{n}>", id=f"id-{n // 20}") for n in range(60)) + event("end")

    joined = Shortened(body, pieces_in).joined_pieces()

    assert "".join(f"<{n}>" for n in range(60)) + "end" in joined
    ids = next(text for text in joined if text.startswith("id-"))
    assert "id-0id-1" in ids
    assert "id-1id-2" in ids
    assert ids.endswith("id-2chatcmpl-1")


@pytest.mark.parametrize("word", ['say \\"hi\\"', "a\\\\", "", "\\u0041"])
def test_words_with_escapes_are_kept_as_they_came(word):
    line = event("@").replace("@", word)
    body = "".join(event(f" {n}") for n in range(20)) + line + event("x") * 3

    short = Shortened(body, pieces_in)

    assert f'"{word}"' in short.text
    assert any(word in text for text in short.joined_pieces())


def test_a_secret_that_holds_a_border_takes_a_look_at_each_text():
    key = 'quo"ted-0123456789'
    body = event("x") * 10 + event(key)

    assert key not in str(attempt_of(body, Redactor([key])))
