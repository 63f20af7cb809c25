"""One look at many texts never misses what a look at each would find."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.core.text import Redactor

KEY = "sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8t"
SHORT = "pass.word/1"
WORDS = [
    "a ",
    " ",
    "...",
    "…",
    "**",
    "•",
    "x",
    "\n",
    '"',
    "%2f",
    "\\u002f",
    "&#47;",
    "bearer ",
    "é",
]
PARTS = [KEY[at : at + size] for at in range(0, len(KEY), 3) for size in (5, 6, 12, 40)]
texts = st.lists(st.sampled_from([*WORDS, *PARTS, SHORT, SHORT[:6], SHORT[-6:]]), max_size=6)


@settings(max_examples=500, deadline=None)
@given(st.lists(texts.map("".join), max_size=6))
def test_texts_without_a_find_are_left_as_they_are_one_by_one(found):
    clean = Redactor([KEY, SHORT]).finds_nothing_in(found)

    each = [Redactor([KEY, SHORT])(text) == text for text in found]
    assert not clean or all(each)


def test_mostly_there_is_nothing_and_that_is_seen_at_once():
    redactor = Redactor([KEY, SHORT])

    assert redactor.finds_nothing_in(
        ["Test successful", '{"id": "chatcmpl-1"}', "", "a...b", "100%"]
    )
    assert not redactor.finds_nothing_in(["Test", KEY])
    assert not redactor.finds_nothing_in(["ends with " + KEY[:6]])
