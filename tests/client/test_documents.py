import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.client.documents import (
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_VALUES,
    BadDocument,
    describe,
    holds_too_much,
    parse,
)
from gatewayz.core.kinds import KINDS


def kind_of(data):
    with pytest.raises(BadDocument) as caught:
        parse(data)
    assert caught.value.kind in KINDS
    assert len(str(caught.value)) < 300
    return caught.value.kind


def test_a_sound_document_is_read_with_or_without_a_mark():
    assert parse(b'{"a": [1, "\xc3\xa9", null]}') == ({"a": [1, "é", None]}, "")
    assert parse(b"\xef\xbb\xbf{}") == ({}, "")


def test_a_doubled_key_is_told_and_the_last_value_counts():
    assert parse(b'{"a": 1, "b": {"c": 1, "c": 2}}') == (
        {"a": 1, "b": {"c": 2}},
        "'c' is 1 and 2",
    )


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "json-truncated"),
        (b"   ", "json-truncated"),
        (b'{"a": "b', "json-truncated"),
        (b'{"a": tru', "json-truncated"),
        (b'{"a": "\xc3', "json-truncated"),
        (b'{} {"a": 1}', "json-trailing-garbage"),
        (b"{}<!-- -->", "json-trailing-garbage"),
        (b"{}\x00", "json-trailing-garbage"),
        (b'{"a": "x\ny"}', "json-control-chars"),
        (b'{"a": "\x1b[0m"}', "json-control-chars"),
        (b'{"a": "\\x41"}', "json-control-chars"),
        (b'{"a": "\xff"}', "json-control-chars"),
        (b"{'a': 1}", "json-control-chars"),
        (b'{"a": NaN}', "json-control-chars"),
        (b'{"a": Infinity}', "json-control-chars"),
        (b"[" * 100_000, "json-deep-nesting"),
        (b'{"a":' * 100_000, "json-deep-nesting"),
        (b"[" * 100_000 + b"]" * 100_000, "json-deep-nesting"),
        (b'{"a": ' + b"9" * 100_000 + b"}", "json-control-chars"),
    ],
)
def test_each_way_in_which_json_is_broken_has_its_name(data, kind):
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"a": "\xc3\xa9\x02"}', r"""Invalid control character '\x02' at byte 9: '{"a": "é"""),
        (b'{"a": "\\x41"}', r"""Invalid \escape at byte 7: '{"a": "\x41"}'"""),
        (b'{"a": "\xc3\xa9\xff"}', """not UTF-8 at byte 9: '{"a": "é"""),
        (b'{"NaN": NaN}', """NaN is not JSON, at byte 8: '{"NaN": NaN}'"""),
        (b'{"a": ' + b"[1]," * 200 + b"x" + b" " * 900 + b"}", "x"),
    ],
)
def test_what_is_broken_is_told_with_its_byte_and_what_stands_there(data, told):
    with pytest.raises(BadDocument) as caught:
        parse(data)

    shown = describe(caught.value, data)

    assert told in shown
    assert len(shown) < 300


@pytest.mark.parametrize("text", ['{"a": [true, null, -1.5e3, "x\\u00e9\\"", {"b": ""}]}'])
def test_every_cut_of_a_document_is_a_cut(text):
    for at in range(1, len(text)):
        assert kind_of(text[:at].encode()) == "json-truncated", text[:at]


def test_brackets_in_strings_are_no_nesting():
    document = {"text": "[" * 5000 + '"\\' + "{" * 5000}

    assert parse(json.dumps(document).encode()) == (document, "")
    assert kind_of(b'{"text": "' + b"[" * 5000) == "json-truncated"


def test_many_siblings_are_no_nesting_and_the_bound_is_exact():
    assert parse(b"[" + b"[]," * 5000 + b"[]]")[0][0] == []
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert kind_of(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)) == "json-deep-nesting"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text('{}[]":,\\x0e-1 tn\n', max_size=40)))
def test_noise_is_read_or_refused_and_nothing_else(data):
    found = None
    try:
        parse(data)
    except BadDocument as problem:
        found = problem

    assert found is None or found.kind in KINDS


PIECES = st.sampled_from(
    ["{", "}", "[", "]", ":", ",", '"a"', '"b":', "1", "0", "-", ".", "e", "E5", "+", "true",
     "null", " ", "\n", "\x0b", "\xa0", '"\\u0041"', '"\\ud800"', '"\\ud83d\\ude00"', "\\", '"',
     '"\\/"', "é", "\x00", "\x7f", "\u2028", "NaN", "-Infinity", "1e400", "\ufeff", "9" * 40]
)  # fmt: skip


def outcome(text, **how):
    try:
        return repr(parse(text, **how)[0])
    except BadDocument as problem:
        return problem.kind, problem.at, str(problem)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=9).map("".join), st.booleans())
def test_the_quick_way_reads_as_the_other_one_does(text, inside):
    """Short chunks are read by another library than the rest."""
    text = f'{{"a":{text}}}' if inside else text

    assert outcome(text, seek_doubled=False) == outcome(text, seek_doubled=True)


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_the_quick_way_reads_each_number_as_the_other_one_does(number):
    assert outcome(repr(number), seek_doubled=False) == repr(number)


@pytest.mark.parametrize(
    "data",
    [b'"' + b'\\"' * 500_000, b'["' + b'\\"' * 500_000 + b"\\", b"[" + b"[]," * 300_000 + b"[]]"],
    ids=["escapes", "cut escapes", "siblings"],
)
def test_hostile_megabytes_take_linear_time(data):
    # Quadratic reading would pass the suite's time limit.
    with contextlib.suppress(BadDocument):
        parse(data)


def test_a_document_is_of_as_many_values_as_stand_in_it_outside_of_its_texts():
    commas = "," * (MAX_VALUES + 1)

    assert holds_too_much(f"[{commas}]".encode())
    assert holds_too_much(b"[" * (MAX_VALUES + 1))
    assert holds_too_much(b'"":' * (MAX_VALUES + 1))
    assert not holds_too_much(b"[%b]" % (b"1," * (MAX_VALUES - 2)))
    assert not holds_too_much(json.dumps({"content": commas, "b": [1]}).encode())
    assert not holds_too_much(json.dumps({"content": '\\"[{,' * MAX_VALUES}).encode())
    assert not holds_too_much(b'["' + rb"\\\\" * 10 + b'","' + commas.encode() + b'"]')


def test_a_long_number_is_found_wherever_it_stands():
    for before in (0, 1, 499, 500, 501, 999, 5000):
        text = f"[{' ' * before}{'1' * (MAX_DIGITS + 1)}]"
        assert kind_of(text.encode()) == "json-control-chars"
        assert parse(text.replace("1]", "]"))[0] == [int("1" * MAX_DIGITS)]


def test_only_a_document_of_many_objects_is_not_looked_through_for_doubled_keys():
    row = '{"a":1,"a":2}'

    assert parse(f"[{','.join([row] * 5000)}]")[1]
    many, doubled = parse(f"[{','.join([row] * 20_000)}]")
    assert many == [{"a": 2}] * 20_000
    assert not doubled
