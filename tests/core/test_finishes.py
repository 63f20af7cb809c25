"""Finish reasons under all their names."""

import pytest

from gatewayz.core.finishes import owns_up, plain

FILTERED = """content_filter content-filter ContentFilter SAFETY IMAGE_SAFETY PROHIBITED_CONTENT
    RECITATION refusal guardrail_intervened blocked BLOCKLIST SPII sensitive moderation"""
CUT = """length LENGTH model_length max_tokens MAX_TOKENS MaxTokens max_output_tokens length_limit
    token_limit model_context_window_exceeded"""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("content_filter", FILTERED),
        ("length", CUT),
        ("stop", "stop STOP eos eos_token end_turn stop_sequence COMPLETE"),
        ("tool_calls", "tool_calls tool_use TOOL_CALL ToolCalls"),
    ],
)
def test_a_reason_is_known_by_its_letters(name, words):
    assert {word: plain(word) for word in words.split()} == dict.fromkeys(words.split(), name)


@pytest.mark.parametrize(
    "word", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "OTHER", "rate_limit", "7", "完了"]
)
def test_what_is_like_no_known_reason_stays_as_it_is(word):
    assert plain(word) == word


@pytest.mark.parametrize(
    "word", ["network_error", "NetworkError", "ABORT", "cancelled", "timed_out"]
)
def test_a_break_is_owned_up_to(word):
    assert owns_up(word)
    assert not owns_up("stop")
