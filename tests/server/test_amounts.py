"""Bodies of very many parts: refused before they cost anybody else a moment."""

import time

import pytest

from gatewayz.server.amounts import MOST_BRACKETS, MOST_FIELDS, MOST_MESSAGES, parse_within
from gatewayz.server.refusals import Refusal

MESSAGE = b'{"role":"user","content":"[a]"}'


def _refused(body):
    with pytest.raises(Refusal) as caught:
        parse_within(body)
    assert (caught.value.status, caught.value.code) == (400, "too_many_parts")
    return caught.value


def _chat(messages):
    return b'{"model":"a/b","messages":[' + b",".join([MESSAGE] * messages) + b"]}"


def test_as_many_messages_as_may_be_are_read_and_one_more_is_not():
    assert len(parse_within(_chat(MOST_MESSAGES)).fields["messages"]) == MOST_MESSAGES
    refusal = _refused(_chat(MOST_MESSAGES + 1))
    assert refusal.param == "messages"
    assert refusal.message == "'messages' has more than 10,000 entries"


def test_as_many_fields_as_may_be_are_read_and_one_more_is_not():
    def body(fields):
        return b"{" + b",".join(b'"%d":1' % number for number in range(fields)) + b"}"

    assert len(parse_within(body(MOST_FIELDS)).fields) == MOST_FIELDS
    _refused(body(MOST_FIELDS + 1))


def test_millions_of_lists_are_refused_unread():
    body = b'{"model":"a/b","messages":[' + b",".join([b"[]"] * (3 * MOST_BRACKETS)) + b"]}"
    began = time.process_time()
    _refused(body)

    assert time.process_time() - began < 0.5  # reading them takes two seconds


def test_many_numbers_of_one_text_are_not_many_texts():
    tokens = b",".join([b"17"] * (2 * MOST_MESSAGES))

    assert parse_within(b'{"model":"a/b","input":[' + tokens + b"]}")


def test_a_client_is_told_in_one_line(backend, provider):
    answer = backend.ask("POST", "/v1/chat/completions", _chat(MOST_MESSAGES + 1))

    assert answer.status == 400
    assert answer.error["code"] == "too_many_parts"
    assert provider.calls == []
