"""Whatever a provider sends, the checks of tools, JSON, vision and long texts bear it, and soon."""

import gc
import json
import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.core import Attempt, Case, Finding, Observation, Reply, ToolCall, Usage
from gatewayz.core.codec import dumps
from gatewayz.core.probe import Occasion
from gatewayz.probes import PROBES

NAMES = (
    "json_object", "json_schema", "tool_call", "tool_call_streaming", "parallel_tools",
    "tool_choice", "tool_round_trip", "vision", "long_context",
)  # fmt: skip
# Text as it comes: any character, lone surrogates too, and the pieces that patterns look for.
TEXT = st.one_of(
    st.text(st.characters(), max_size=200),
    st.lists(
        st.sampled_from(
            ("get_weather", "<tool_call>", "{", "}", '"name": "', '"', "city", "=", "(", ")", "\n",
             "```", "[TOOL_CALLS]", "</think>", "[", "]", ":", " ", "\ud800", "0", "Oslo", "NaN")
        ),
        max_size=40,
    ).map("".join),
    st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda v: st.lists(v) | st.dictionaries(st.text(max_size=9), v)).map(json.dumps),
)  # fmt: skip
CALLS = st.builds(
    ToolCall, id=TEXT, name=st.sampled_from(("get_weather", "get_time", "", " ")) | TEXT, arguments=TEXT
)  # fmt: skip
REPLIES = st.builds(
    Reply,
    text=TEXT,
    reasoning=TEXT,
    refusal=st.just("") | TEXT,
    tool_calls=st.lists(CALLS, max_size=4).map(tuple),
    finish_reason=st.sampled_from(("stop", "length", "tool_calls", "", "content_filter", "x")),
    usage=st.none() | st.builds(Usage, input_tokens=st.none() | st.integers(0, 2**53)),
    content_kind=st.sampled_from(("text", "null", "missing")),
)


def observations(probe, reply):
    """One observation for each step, the reply its answer."""
    rng, questions = Random(7), ()
    sound = Reply(tool_calls=(ToolCall(id="1", name="get_weather", arguments="{}"),))
    for step in range(1 + len(probe.then)):
        occasion = Occasion(rng=rng, questions=questions, replies=(sound,) * step)
        questions += (probe.question(step, occasion),)
        attempts = [Attempt(step=n, reply=sound) for n in range(step)]
        last = Attempt(step=step, url="http://x", status=200, reply=reply)
        yield Observation(
            case=Case(gateway="g", probe=probe.name),
            request=questions[0],
            then=questions[1:],
            attempts=(*attempts, last),
        )


def findings(name, reply):
    probe = PROBES[name]
    return [
        finding
        for step, seen in enumerate(observations(probe, reply))
        for check in probe.checks_by_step[step]
        if (finding := check(seen)) is not None
    ]


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=40)
@given(reply=REPLIES)
def test_no_reply_makes_a_check_raise(name, reply):
    for finding in findings(name, reply):
        assert isinstance(finding, Finding)
        assert dumps(finding)


@pytest.fixture
def no_collector():
    """The time of a check is not that of collecting what the whole suite has left lying about."""
    gc.disable()
    yield
    gc.enable()


MEGABYTE = 1_000_000
HUGE = {
    "letters": "x" * MEGABYTE,
    "braces": "{" * MEGABYTE,
    "objects": '{"a":' * (MEGABYTE // 5),
    "closed": "[" * (MEGABYTE // 2) + "]" * (MEGABYTE // 2),
    "lists": "[" + "[]," * (MEGABYTE // 3) + "[]]",
    "one value": json.dumps({"city": "x" * MEGABYTE, "unit": "celsius"}),
    "one unit": json.dumps({"city": "Oslo", "unit": "x" * MEGABYTE}),
    "other letters": json.dumps({"city": "é" * (MEGABYTE // 2)}, ensure_ascii=False),
    "many keys": json.dumps({f"k{n}": n for n in range(MEGABYTE // 12)}),
    "digits": "9" * MEGABYTE,
    "a number": '{"city": ' + "9" * MEGABYTE + "}",
    "separated digits": "9 " * (MEGABYTE // 2),
    "fences": "```" * (MEGABYTE // 3),
    "thoughts": "</think>" * (MEGABYTE // 8),
    "halves": "\ud800" * MEGABYTE,
    "blanks": " \n" * (MEGABYTE // 2),
    "names": "get_weather " * (MEGABYTE // 12),
}


@pytest.mark.parametrize("name", sorted({*NAMES} - {"tool_call_streaming", "parallel_tools"}))
@pytest.mark.parametrize("form", HUGE)
@pytest.mark.usefixtures("no_collector")
def test_a_megabyte_is_judged_at_once(name, form):
    text = HUGE[form]
    called = Reply(tool_calls=(ToolCall(id="1", name="get_weather", arguments=text),))
    own = [
        c for step in PROBES[name].checks_by_step for c in step if c not in PROBES["chat"].checks
    ]

    for reply in (Reply(text=text, content_kind="text", finish_reason="stop"), called):
        for step, seen in enumerate(observations(PROBES[name], reply)):
            for check in PROBES[name].checks_by_step[step]:
                if check not in own:
                    continue
                began = time.thread_time()
                check(seen)
                assert time.thread_time() - began < 0.5, check


def test_a_hundred_calls_are_judged_at_once():
    calls = tuple(
        ToolCall(id=str(n), name="get_weather", arguments='{"city": "Oslo", "unit": "celsius"}')
        for n in range(128)
    )
    began = time.thread_time()

    found = findings("tool_choice", Reply(tool_calls=calls, finish_reason="tool_calls"))

    assert not [finding for finding in found if finding.kind.startswith("tool-args")]
    assert time.thread_time() - began < 0.5
