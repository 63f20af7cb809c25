"""A failure points where its cause lies, and not at a feature because a probe of one met with it."""

from dataclasses import replace
from functools import partial

import pytest

from gatewayz.core import (
    KINDS,
    Attempt,
    Case,
    ChatRequest,
    Culprit,
    ErrorBody,
    Finding,
    Model,
    Observation,
    Outcome,
    Reply,
    Verdict,
)
from gatewayz.core.culprits import elsewhere
from gatewayz.core.failures import failure
from gatewayz.core.gateway import Quirks
from gatewayz.core.hindsight import TOLD_AS, our_network
from gatewayz.core.judge import judge
from gatewayz.core.pairs import in_view_of

CASE = Case(gateway="g", probe="p", model=Model(id="m"))
TOOLS = ChatRequest(messages=(), feature="tools", extra={"tools": [{"type": "function"}]})
STOP = ChatRequest(messages=(), feature="stop", stop=("END",))
VISION = ChatRequest(messages=(), feature="vision")
CHAT = ChatRequest(messages=())
FEATURES = pytest.mark.parametrize("asked", [TOOLS, STOP, VISION], ids=lambda a: a.feature)


def judged(asked, attempt, *findings):
    observed = Observation(case=CASE, request=asked, attempts=(attempt,))
    checks = tuple(partial(lambda finding, _: finding, each) for each in findings)
    return judge(observed, (checks,), Quirks()).failure


def refused(message, *, status=400, param="", sent=None):
    error = ErrorBody(message=message, param=param, shape="error")
    body = {"model": "m", "max_tokens": 9, **(sent or {})}
    return Attempt(status=status, had_key=True, error=error, body=body, body_bytes=9)


GOOD = Attempt(status=200, reply=Reply(text="hi", finish_reason="stop"))
# Not of a feature's question in particular, though checks and the reader find it there too.
ANYWHERE = (
    "empty-content", "null-content", "stream-no-content", "reasoning-only", "reasoning-ate-budget",
    "max-tokens-ignored", "special-token-leak", "gibberish", "repetition-loop", "mojibake",
    "wrong-model-served", "truncated-answer", "refusal",
)  # fmt: skip


@FEATURES
@pytest.mark.parametrize("kind", ANYWHERE)
def test_what_any_answer_may_be_points_where_explain_says_whatever_was_asked(asked, kind):
    assert judged(asked, GOOD, Finding(kind=kind, saw="x")) == judged(
        CHAT, GOOD, Finding(kind=kind, saw="x")
    )
    assert judged(asked, GOOD, Finding(kind=kind, saw="x")).culprit is KINDS[kind].culprit


@FEATURES
def test_a_stream_that_is_answered_whole_is_the_gateways_doing(asked):
    reply = Reply(text="hi", oddities=("stream-answered-with-json",))
    found = judged(asked, Attempt(status=200, streamed=True, reply=reply))

    assert (found.kind, found.culprit) == ("stream-answered-with-json", Culprit.GATEWAY)


@FEATURES
@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("This model's maximum context length is 8192 tokens", "context-overflow"),
        ("max_tokens is not supported, use max_completion_tokens", "unsupported-parameter"),
        ("The parameter max_completion_tokens is not supported", "unsupported-parameter"),
        ("body.max_tokens: value is not a valid integer", None),
        ("something is wrong with it", None),
    ],
)
def test_a_refusal_of_what_any_chat_sends_is_our_probes(asked, message, kind):
    found = judged(asked, refused(message))

    assert (found.kind, found.failure_class) == (kind, "bad-request")
    assert found.culprit is Culprit.PROBE


@pytest.mark.parametrize(
    ("asked", "message", "kind"),
    [
        (STOP, "Unsupported parameter: stop", "unsupported-parameter"),
        (TOOLS, "Extra inputs are not permitted: tools", "extra-field-refused"),
        (TOOLS, "I do not like tools today", None),
        (VISION, "What are images for", None),
    ],
)
def test_a_refusal_of_what_only_the_features_question_sends_is_the_features(asked, message, kind):
    sent = {**asked.extra, **({"stop": ["END"]} if asked.stop else {})}
    found = judged(asked, refused(message, sent=sent))

    assert (found.kind, found.culprit) == (kind, Culprit.FEATURE)


def test_a_kind_of_input_that_is_not_taken_is_a_feature_that_nobody_offers():
    found = judged(VISION, refused("Image input is not supported"))

    assert (found.kind, found.culprit) == ("no-endpoint-supports-feature", Culprit.FEATURE)


def test_an_answer_that_is_none_to_the_question_is_the_features_where_one_was_asked_for():
    wrong = Finding(expected="a call", saw="a text")

    assert judged(TOOLS, GOOD, wrong).culprit is Culprit.FEATURE
    assert judged(CHAT, GOOD, wrong).culprit is Culprit.MODEL


@pytest.mark.parametrize("asked", [CHAT, TOOLS, STOP, VISION], ids=lambda a: a.feature or "chat")
@pytest.mark.parametrize("kind", KINDS)
def test_where_a_panel_points_elsewhere_than_the_table_explain_says_so(asked, kind):
    found = judged(asked, GOOD, Finding(kind=kind, saw="x", failure_class="semantic"))

    if found.kind == kind and found.culprit is not KINDS[kind].culprit:
        assert str(found.culprit) in elsewhere(KINDS[kind])


def test_a_schema_goes_out_with_a_feature_only_so_its_refusal_is_the_features():
    assert failure("schema-refused").culprit is Culprit.FEATURE
    assert "feature" not in elsewhere(KINDS["schema-refused"])


@pytest.mark.parametrize("kind", KINDS)
def test_where_the_other_way_or_the_rest_of_the_run_moves_the_blame_explain_says_so(kind):
    through = replace(CASE, way="api")
    found = Verdict(
        observation=Observation(case=through), outcome=Outcome.FAILED, failure=failure(kind)
    )
    well = Verdict(observation=Observation(case=CASE), outcome=Outcome.PASSED)
    told = elsewhere(KINDS[kind])

    moved = in_view_of(well, found).failure.culprit is Culprit.BACKEND
    assert moved == ("the backend where" in told)
    assert ("our network where" in told) == (kind in TOLD_AS)
    assert our_network(found).failure.culprit is Culprit.NETWORK
