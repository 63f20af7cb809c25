"""What a stream came to of which nobody told the counts."""

import json

import pytest

from gatewayz.server.last_usage import LastUsage
from gatewayz.server.passed_tokens import PassedTokens


def event(document):
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def chunk(text, **more):
    delta = {"content": text, **more}
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return event(
        {"id": "chatcmpl-0123456789", "object": "chat.completion.chunk", "choices": [choice]}
    )


def tokens_of(stream):
    passed = PassedTokens()
    passed.add(stream)
    return passed.count


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


def test_a_thought_that_is_told_twice_counts_once():
    again = [{"type": "reasoning.text", "text": "four"}]

    assert tokens_of(chunk("", reasoning="four", reasoning_details=again) * 100) == 100


def test_what_cannot_be_read_counts_by_its_length():
    half = b'data: {"choices":[{"delta":{"content":"\\ud800' + b"a" * 4000 + b'"}}]}\n\n'

    assert tokens_of(half) == pytest.approx(1000, rel=0.02)
    assert tokens_of(b"data: [DONE]\n\n") == 1
    assert tokens_of(b'{"choices":[]}') is None


def test_what_stands_beside_the_choices_is_nothing_that_was_said():
    cited = event({"choices": [], "citations": [{"content": "a" * 9000}]})
    echoed = event({"type": "response.created", "response": {"tools": [{"text": "a" * 9000}]}})
    again = event({"type": "response.output_text.done", "text": "four" * 50})

    assert tokens_of(cited + chunk(" two") * 400) == 401
    assert tokens_of(echoed + again) == 2


@pytest.mark.parametrize("size", [7, 1000, 50_000])
def test_all_of_it_is_added_up_however_it_comes(size):
    few, call = (
        chunk("a") * 60,
        chunk("", tool_calls=[{"function": {"arguments": "four" * 20_000}}]),
    )
    said = LastUsage(adds_up=True)
    stream = few + call
    for at in range(0, len(stream), size):
        said.feed(stream[at : at + size])

    assert said.said() == (None, None)
    assert said.passed() == tokens_of(stream) == 20_015


def test_where_nobody_wants_it_nothing_is_added_up():
    assert LastUsage().passed() is None
