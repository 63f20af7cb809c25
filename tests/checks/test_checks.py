import dataclasses
import importlib
import inspect
import pkgutil

import pytest

from gatewayz import checks
from gatewayz.checks.answers_test_message import answers_test_message
from gatewayz.checks.matches_expected import matches_expected
from gatewayz.checks.model_named import model_named
from gatewayz.checks.no_think_tags import no_think_tags
from gatewayz.checks.says_why_it_ended import says_why_it_ended
from gatewayz.checks.usable_content import usable_content
from gatewayz.checks.usage_reported import usage_reported
from gatewayz.core import Attempt, Case, ChatRequest, Observation, Reply, ToolCall, Usage
from gatewayz.core.kinds import KINDS
from gatewayz.core.usual_question import TEST_ANSWER, TEST_MESSAGE
from gatewayz.probes import PROBES

ASKED = ChatRequest(messages=(), echo="Test successful")
URL = "http://x/v1/chat/completions"


def seen(request=ASKED, *, url=URL, body=None, streamed=False, **reply):
    reply = {"finish_reason": "stop", "content_kind": "text"} | reply
    attempt = Attempt(url=url, status=200, body=body or {}, streamed=streamed, reply=Reply(**reply))
    request = dataclasses.replace(request, stream=streamed)
    return Observation(case=Case(gateway="g", probe="p"), request=request, attempts=(attempt,))


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ({"text": "hi"}, None),
        ({"tool_calls": (ToolCall(name="look"),), "content_kind": "null"}, None),
        ({"tool_calls": (ToolCall(),)}, "empty-content"),
        ({"text": ""}, "empty-content"),
        ({"text": " \n\t"}, "empty-content"),
        ({"text": "\u200b\ufeff"}, "empty-content"),
        ({"finish_reason": "MALFORMED_FUNCTION_CALL"}, "finish-unknown"),
        ({"text": "hi", "finish_reason": "MALFORMED_FUNCTION_CALL"}, None),
        ({"content_kind": "null"}, "null-content"),
        ({"content_kind": "missing"}, "null-content"),
        ({"streamed": True}, "stream-no-content"),
        ({"reasoning": "hmm"}, "reasoning-only"),
        ({"reasoning": "hmm", "finish_reason": "length"}, "reasoning-ate-budget"),
        ({"finish_reason": "length"}, "reasoning-ate-budget"),
        ({"text": "<think>hmm</think>"}, "reasoning-only"),
        ({"text": "<think>hmm"}, "reasoning-only"),
        ({"text": "hmm</think>"}, "reasoning-only"),
        ({"text": "hmm</think> answer"}, None),
        ({"text": "<think>hmm</think> answer"}, None),
        ({"text": "", "refusal": "no"}, "refusal"),
        ({"text": "", "finish_reason": "content_filter"}, "refusal"),
    ],
)
def test_usable_content(reply, kind):
    found = usable_content(seen(**reply))

    assert (found.kind if found else None) == kind
    assert kind is None or kind in KINDS


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("Test successful", True),
        ('"TEST, successful!"', True),
        ("Sure: **Test successful**.", True),
        ("test_successful", True),
        ("The test was successful", False),
        ("Test unsuccessful", False),
        ("contest successful", False),
    ],
)
def test_answers_test_message(text, fine):
    found = answers_test_message(seen(text=text))

    assert (found is None) is fine
    assert found is None or found.warning


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        (TEST_MESSAGE, False),
        (f"  {TEST_MESSAGE}\n", False),
        ("respond with Test successful", False),
        (f"You said: {TEST_MESSAGE}", False),
        (f"{TEST_MESSAGE}\n\nTest successful", True),
        ("I'll respond with: Test successful", True),
    ],
)
def test_a_question_that_is_sent_back_is_no_answer(text, fine):
    asked = ChatRequest(messages=({"role": "user", "content": TEST_MESSAGE},), echo=TEST_ANSWER)
    found = answers_test_message(seen(asked, text=text))

    assert (found and (found.kind, found.warning)) == (None if fine else ("answer-differs", True))


def test_answers_test_message_asks_nothing_when_nothing_was_asked():
    assert answers_test_message(seen(ChatRequest(messages=()), text="x")) is None
    assert answers_test_message(seen(text="")) is None


def test_matches_expected():
    asked = ChatRequest(messages=(), expect=r"^\d+$")

    assert matches_expected(seen(asked, text="42")) is None
    assert not matches_expected(seen(asked, text="forty-two")).warning
    assert matches_expected(seen(text="x")) is None


def test_model_named():
    assert model_named(seen(model="m")) is None
    assert model_named(seen(model="")).kind == "model-field-empty"
    assert model_named(seen(model=" ")).kind == "model-field-empty"
    assert model_named(seen(model="", url="")) is None


def test_no_think_tags():
    assert no_think_tags(seen(text="I think so")) is None
    assert no_think_tags(seen(text="a</think>b")).kind == "think-tags-in-content"


def test_says_why_it_ended():
    assert says_why_it_ended(seen()) is None
    assert says_why_it_ended(seen(finish_reason="", oddities=("finish-unknown",))) is None
    assert says_why_it_ended(seen(finish_reason="", url="")) is None
    found = says_why_it_ended(seen(finish_reason=""))
    assert (found.kind, found.failure_class, found.warning) == ("finish-unknown", "semantic", True)


def test_usage_reported():
    asked = {"stream_options": {"include_usage": True}}

    assert usage_reported(seen(usage=Usage(output_tokens=1))) is None
    assert usage_reported(seen(usage=Usage())).kind == "usage-missing"
    assert usage_reported(seen()).kind == "usage-missing"
    assert usage_reported(seen(oddities=("usage-inconsistent",))) is None
    assert usage_reported(seen(streamed=True, body=asked)).kind == "usage-missing"
    assert usage_reported(seen(streamed=True)) is None
    assert usage_reported(seen(streamed=True, body=asked, url="")) is None


def test_every_check_bears_a_megabyte():
    # Patterns that are not linear would pass the suite's time limit.
    for text in ("<think>" * 150_000, "</think>" * 130_000, "a_ " * 350_000, "<" * 1_000_000):
        for check in (usable_content, answers_test_message, no_think_tags):
            check(seen(text=text))


FILES = [m.name for m in pkgutil.iter_modules(checks.__path__) if not m.name.startswith("_")]


@pytest.mark.parametrize("name", FILES)
def test_a_file_holds_the_check_of_its_name_and_no_other(name):
    module = importlib.import_module(f"gatewayz.checks.{name}")

    functions = inspect.getmembers(module, inspect.isfunction)
    marked = [n for n, f in functions if f.__module__ == module.__name__ and hasattr(f, "is_check")]

    assert marked == [name]


def test_every_check_is_asked_by_a_probe():
    asked = {check.__name__ for p in PROBES.values() for of in p.checks_by_step for check in of}

    assert asked == set(FILES)


@pytest.mark.parametrize(
    ("spent", "thought", "kind"),
    [
        (40, 40, "reasoning-only"),
        (42, 40, "reasoning-only"),
        (90, 40, "null-content"),
        (40, 0, "null-content"),
        (40, None, "null-content"),
    ],
)
def test_thoughts_that_are_counted_and_not_shown_are_thoughts(spent, thought, kind):
    usage = Usage(output_tokens=spent, reasoning_tokens=thought)

    assert usable_content(seen(content_kind="missing", usage=usage)).kind == kind
