"""What a stream came to of which nobody told the counts."""

import json

import pytest

from gatewayz.server.last_usage import LastUsage
from gatewayz.server.passed_tokens import events_in, passed_tokens


def event(document):
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def chunk(text, **more):
    delta = {"content": text, **more}
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return event(
        {"id": "chatcmpl-0123456789", "object": "chat.completion.chunk", "choices": [choice]}
    )


def tokens_of(stream):
    return passed_tokens(stream[:8192], len(stream), events_in(stream))


def test_of_small_events_each_is_a_token():
    assert tokens_of(chunk(" two") * 2000) == 2000


@pytest.mark.parametrize("field", ["content", "reasoning_content"])
def test_of_large_events_the_texts_are_counted(field):
    said = "four" * 100
    stream = chunk("", **{field: said}) * 50

    assert tokens_of(stream) == pytest.approx(5000, rel=0.02)


def test_an_event_of_a_response_has_its_text_elsewhere():
    delta = {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "four" * 50}

    assert tokens_of(event(delta) * 100) == pytest.approx(5000, rel=0.05)


def test_what_goes_with_each_token_is_no_text():
    logprobs = [{"token": "four", "bytes": list(b"four"), "logprob": -0.1, "top_logprobs": []}] * 5
    choice = {"index": 0, "delta": {"content": "four"}, "logprobs": {"content": logprobs}}

    assert tokens_of(event({"choices": [choice]}) * 500) == 500


@pytest.mark.parametrize("text", ["a" * 40_000, "half a line", ""])
def test_where_no_line_ends_it_is_taken_for_text(text):
    stream = b'data: {"choices":[{"delta":{"content":"' + text.encode()

    assert tokens_of(stream) == max(1, round(len(stream) / 4))


def test_the_reader_of_counts_has_seen_it_however_it_came():
    stream = chunk("four" * 20) * 300
    for size in (7, 1000, 50_000):
        said = LastUsage()
        for at in range(0, len(stream), size):
            said.feed(stream[at : at + size])
        assert said.said() == (None, None)
        assert said.passed() == pytest.approx(tokens_of(stream), rel=0.01)
