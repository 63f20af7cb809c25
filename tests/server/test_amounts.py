"""Bodies of very many parts: refused before they cost anybody else a moment."""

import json

import pytest

from gatewayz.server import amounts, bodies
from gatewayz.server.amounts import (
    MOST_FIELDS,
    MOST_MESSAGES,
    MOST_SLOW_NUMBERS,
    MOST_VALUES,
    parse_within,
)
from gatewayz.server.bodies import MOST_VALUES_SLOWLY, to_bytes
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


MANY = MOST_VALUES + 1


@pytest.mark.parametrize(
    "held",
    [
        b"[" + b",".join([b"[]"] * MANY) + b"]",
        b"{" + b",".join(b'"%x":0' % n for n in range(MANY)) + b"}",
        b"[" + b",".join([b"1"] * MANY) + b"]",
        b"[" + b",".join([b'""'] * 3 * MANY) + b"]",
        b'{"a":' * MANY + b"1" + b"}" * MANY,
        b"[" + b",".join([b"1.%be-300" % (b"7" * 20)] * (MOST_SLOW_NUMBERS + 4000)) + b"]",
        b"[" + b",".join([b"1.%bE-300" % (b"2" * 990)] * (MOST_SLOW_NUMBERS + 1)) + b"]",
        b"[" + b",".join([b"1.5e-300"] * (MOST_SLOW_NUMBERS + 1)) + b"]",
        b"[" + b",".join([b"1e290"] * (MOST_SLOW_NUMBERS + 1)) + b"]",
        b"[" + b",".join([b"0.%b1" % (b"0" * 310)] * (MOST_SLOW_NUMBERS + 1)) + b"]",
        b"[" + b"7" * 12_000 + b"]",
        b"[" + b",".join([b"7" * 4000] * 2000) + b"]",
    ],
    ids=[
        *("lists", "names", "numbers", "texts", "depth", "exponents", "digits and exponents"),
        *("few digits", "large", "small", "one", "digits"),
    ],
)
@pytest.mark.parametrize("half", [b"", b"\\ud800"])
def test_what_takes_long_to_read_is_refused_unread(held, half, monkeypatch):
    monkeypatch.setattr(amounts, "parse", None)

    _refused(b'{"model":"a/b","user":"%b","messages":[],"x":%b}' % (half, held))


def test_what_stands_in_texts_is_not_counted():
    texts = [b"[1,{2},\\\\" * 100_000, b'\\"1.77777777777777777777e-5' * 20_000, b"7" * 2_000_000]
    body = b'{"model":"a/b","messages":[%b]}' % b",".join(b'"%b"' % text for text in texts)

    assert len(parse_within(body).fields["messages"]) == 3


def test_as_many_values_as_may_be_are_read():
    tokens = b",".join([b"17"] * (MOST_VALUES - 10))

    assert parse_within(b'{"model":"a/b","input":[' + tokens + b"]}")


def test_as_many_numbers_as_may_be_that_are_read_slowly_are_read_and_many_of_others():
    slow, others = [b"1e-300"] * MOST_SLOW_NUMBERS, [b"1.5e-99", b"true", b"0.25"] * 20_000

    body = b'{"model":"a/b","x":[%b]}' % b",".join([*slow, *others])

    assert len(parse_within(body).fields["x"]) == len(slow) + len(others)


def test_half_a_character_among_many_values_is_refused():
    """Only a parser that is ten times as slow reads it."""

    def body(values):
        return b'{"model":"\\ud800","x":[' + b",".join([b"1"] * values) + b"]}"

    assert parse_within(body(MOST_VALUES_SLOWLY - 10)).fields["model"] == "\ud800"
    with pytest.raises(Refusal) as caught:
        parse_within(body(MOST_VALUES_SLOWLY + 1))
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")


def test_what_was_read_slowly_is_written_once_for_all_who_are_asked(monkeypatch):
    asked = parse_within(b'{"model":"a/b","x":{"\\ud800":[1.50,"\xc3\xa9"]},"fallbacks":[]}')
    again, written = [], bodies._written
    monkeypatch.setattr(bodies, "_written", lambda value: again.append(value) or written(value))

    sent = [to_bytes({**asked.fields, "model": name}, asked) for name in ("one", "two")]

    assert json.loads(sent[1]) == {**asked.fields, "model": "two"}
    assert again == ["model", "one", "model", "two"]


def test_many_numbers_of_one_text_are_not_many_texts():
    tokens = b",".join([b"17"] * (2 * MOST_MESSAGES))

    assert parse_within(b'{"model":"a/b","input":[' + tokens + b"]}")


def test_a_client_is_told_in_one_line(backend, provider):
    answer = backend.ask("POST", "/v1/chat/completions", _chat(MOST_MESSAGES + 1))

    assert answer.status == 400
    assert answer.error["code"] == "too_many_parts"
    assert provider.calls == []
