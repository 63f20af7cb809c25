"""One look at the stretches of a plain body tells the same as a look at every text of it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.client.evidence import joined, pieces_in, texts_to_look_at
from gatewayz.client.record import Record
from gatewayz.core.text import Redactor

KEY = "sk-or-v1-0a1b2c3d4e5f67890a1b2c3d4e5f"


def attempt_of(body, redact):
    data = body.encode()
    record = Record(
        number=1, url="http://127.0.0.1/v1", body={"model": "m"}, streamed=False, status=200,
        content_type="application/json", body_bytes=len(data), kept=bytearray(data),
    )  # fmt: skip
    record.builder.add_document(json.loads(body))
    return record.attempt(redact)


def same_both_ways(body, redactor=None):
    """The attempt, written after one look at all and after a look at each text by itself."""
    redactor = redactor or Redactor([KEY])
    at_once = attempt_of(body, redactor)
    assert at_once == replace_times(attempt_of(body, lambda text: redactor(text)), at_once)
    return at_once


def replace_times(attempt, other):
    return replace(attempt, started_at=other.started_at, timing=other.timing)


words = st.sampled_from(["a", " and", '"', "\n", "é", "...", "\\", "{", ":", ": ", "", "b" * 41])
secrets = st.builds(
    lambda at, size: KEY[at : at + size], st.integers(0, len(KEY) - 1), st.integers(1, 40)
)
texts = st.lists(words | secrets, max_size=5).map("".join)
values = st.recursive(
    texts | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def answer(text, **beside):
    return {**beside, "choices": [{"message": {"content": text}, "finish_reason": "stop"}]}


@settings(max_examples=150, deadline=None)
@given(texts, st.dictionaries(texts, values, max_size=4), st.sampled_from([None, 2, "\t"]))
def test_a_document_is_cleaned_alike_by_one_look_and_by_many(text, beside, indent):
    same_both_ways(json.dumps(answer(text, **beside), indent=indent, ensure_ascii=False))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(['"', "a", "x" * 41, ":", ": ", " :", ",", "\n"]), max_size=12))
def test_what_is_joined_of_a_body_is_joined_of_its_stretches_too(marks):
    body = "".join(marks)

    looked_at = list(texts_to_look_at(body, body.encode()))

    assert {*joined(pieces_in(body))} <= {*looked_at}


@pytest.mark.parametrize("spelled", [[KEY[at : at + 9] for at in range(0, 36, 9)], list(KEY)])
def test_a_key_spelled_over_the_items_of_a_list_is_found(spelled):
    attempt = same_both_ways(json.dumps(answer("hi", trace=spelled)))

    assert attempt.evidence.cut
    assert attempt.evidence.text == ""


def test_a_key_is_found_after_many_answers_without_one():
    redactor = Redactor([KEY])
    for number in range(50):
        attempt_of(json.dumps(answer("hi", id=f"r-{number}")), redactor)

    attempt = same_both_ways(json.dumps(answer(f"hi {KEY[5:]}", id="r-51")), redactor)

    assert KEY[5:] not in attempt.evidence.text
    assert "***" in attempt.reply.text
