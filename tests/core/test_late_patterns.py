"""Patterns that are compiled when they are first needed."""

import re

import pytest

from gatewayz.core.late_patterns import LatePatterns

TEXTS = {name: f"({name}+)" for name in "abcdefghijkl"}


def test_a_pattern_is_compiled_once_and_only_when_it_is_looked_up():
    patterns = LatePatterns(TEXTS, re.IGNORECASE)

    assert not patterns
    assert patterns["b"].search("xBB")[1] == "BB"
    assert patterns["b"] is patterns["b"]
    assert list(patterns) == ["b"]


def test_what_is_left_is_made_ready_in_steps_and_after_that_nothing_is():
    patterns = LatePatterns(TEXTS)
    known = patterns["b"]

    assert 1 < len(list(patterns.prepare())) < len(TEXTS)
    assert patterns.keys() == TEXTS.keys()
    assert patterns["b"] is known
    assert list(patterns.prepare()) == []


def test_a_name_without_a_pattern_is_an_error():
    with pytest.raises(KeyError):
        LatePatterns(TEXTS)["z"]
