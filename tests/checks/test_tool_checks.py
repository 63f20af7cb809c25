import dataclasses
import json
from random import Random

import pytest

from gatewayz.checks._schemas import violation
from gatewayz.checks.calls_cover_question import _text, calls_cover_question
from gatewayz.checks.finish_says_tool_calls import finish_says_tool_calls
from gatewayz.checks.names_tool_result import names_tool_result
from gatewayz.checks.no_tool_call_as_text import no_tool_call_as_text
from gatewayz.checks.streams_as_it_goes import streams_as_it_goes
from gatewayz.checks.tool_called import tool_called
from gatewayz.checks.tool_calls_agree import tool_calls_agree
from gatewayz.checks.tool_choice_kept import tool_choice_kept
from gatewayz.checks.tool_ids_given import tool_ids_given
from gatewayz.core import Attempt, Case, ChatRequest, Observation, Outcome, Reply, Timing, ToolCall
from gatewayz.core.gateway import Quirks
from gatewayz.core.judge import judge
from gatewayz.core.kinds import KINDS
from gatewayz.core.probe import Occasion
from gatewayz.probes import PROBES
from gatewayz.probes._tools import GET_TIME, GET_WEATHER, ORDERED_CALLS, SOUND_CALLS

URL = "http://x/v1/chat/completions"
GOOD = '{"city": "Oslo", "unit": "celsius"}'


def call(arguments=GOOD, *, name="get_weather", id="call_1"):
    return ToolCall(id=id, name=name, arguments=arguments)


def seen(
    *calls, tools=(GET_WEATHER, GET_TIME), subjects=("Oslo",), oracle=None, extra=None, **reply
):
    """One observation of a question with tools, and its reply."""
    reply = {"finish_reason": "tool_calls", "content_kind": "null", "model": "m"} | reply
    asked = ChatRequest(
        messages=({"role": "user", "content": "What is the weather in Oslo? Use the tool."},),
        oracle=oracle or {"subjects": list(subjects)},
        extra={"tools": list(tools)} | (extra or {}),
        feature="tools",
    )
    attempt = Attempt(url=URL, status=200, reply=Reply(tool_calls=calls, **reply))
    return Observation(case=Case(gateway="g", probe="p"), request=asked, attempts=(attempt,))


def said(text, *, finish_reason="stop", **more):
    return seen(text=text, content_kind="text", finish_reason=finish_reason, **more)


def found(observation, checks=ORDERED_CALLS):
    """The names that a client of these checks would be told: the failures, in order."""
    findings = [finding for check in checks if (finding := check(observation)) is not None]
    return [finding.kind for finding in findings if not finding.warning]


def warned(observation, checks=ORDERED_CALLS):
    findings = [finding for check in checks if (finding := check(observation)) is not None]
    return [f.kind for f in findings if f.warning and f.kind not in ("usage-missing",)]


def test_a_sound_call_passes_without_a_word():
    assert found(seen(call())) == []
    assert warned(seen(call())) == []


@pytest.mark.parametrize(
    "observation",
    [
        seen(call('{"city":"Oslo","unit":"celsius"}\n')),
        seen(call('  {\n "city" : "Oslo",\n "unit" : "fahrenheit"}  ')),
        seen(call('{"city": "\\u004fslo", "unit": "celsius"}')),
        seen(call('{"city": "Oslo, Norway", "unit": "celsius"}')),
        seen(call('{"city": "OSLO", "unit": "celsius"}')),
        seen(call('{"city": "Oslo", "unit": "celsius", "days": 3, "strict": null}')),
        seen(call('{"unit": "celsius", "city": "Oslo"}')),
        seen(call(), text="Let me look that up.", content_kind="text"),
        seen(call(), text="", content_kind="text"),
        seen(call(), finish_reason="function_call"),
        seen(call(), reasoning="I should call get_weather."),
        seen(call(), call('{"city": "Oslo", "unit": "fahrenheit"}', id="call_2")),
        seen(call(), call("", name="get_time", id="2")),
        seen(call(), call("{}", name="get_time", id="2")),
        seen(call(), call(" \n", name="get_time", id="2")),
        seen(call(), call('{"verbose": true}', name="get_time", id="2")),
        seen(call(id="0"), call(id="1")),
    ],
)
def test_odd_but_sound_calls_pass_without_a_word(observation):
    assert found(observation) == []
    assert warned(observation) == []


@pytest.mark.parametrize(
    ("kind", "observation"),
    [
        ("tool-id-missing", seen(call(id=""))),
        ("tool-id-missing", seen(call(), call(id=" "))),
        ("tool-id-duplicate", seen(call(), call())),
        ("tool-name-missing", seen(call(name=""))),
        ("tool-name-missing", seen(call(), call(name=" ", id="2"))),
        ("tool-unknown-name", seen(call(name="get_forecast"))),
        ("tool-unknown-name", seen(call(name="Get_Weather"))),
        ("tool-unknown-name", seen(call(name="functions.get_weather"))),
        ("tool-args-invalid-json", seen(call('{"city": "Oslo", "unit": "celsius"'))),
        ("tool-args-invalid-json", seen(call("{'city': 'Oslo', 'unit': 'celsius'}"))),
        ("tool-args-invalid-json", seen(call('{"city": "Oslo", "unit": celsius}'))),
        ("tool-args-invalid-json", seen(call("city=Oslo"))),
        ("tool-args-invalid-json", seen(call(""))),
        ("tool-args-invalid-json", seen(call('{"city": "Oslo", "unit": "celsius", "n": NaN}'))),
        ("tool-args-invalid-json", seen(call(GOOD + GOOD))),
        ("tool-args-invalid-json", seen(call(GOOD + " I hope this helps"))),
        ("tool-args-invalid-json", seen(call('{"city": "Os\nlo", "unit": "celsius"}'))),
        ("tool-args-cut-by-length", seen(call('{"city": "Os'), finish_reason="length")),
        ("tool-args-cut-by-length", seen(call(""), finish_reason="length")),
        ("tool-args-not-object", seen(call('["Oslo", "celsius"]'))),
        ("tool-args-not-object", seen(call('"Oslo"'))),
        ("tool-args-not-object", seen(call("17"))),
        ("tool-args-not-object", seen(call("null"))),
        ("tool-args-not-object", seen(call(json.dumps(GOOD)))),
        ("tool-args-schema-violated", seen(call('{"unit": "celsius"}'))),
        ("tool-args-schema-violated", seen(call("{}"))),
        ("tool-args-schema-violated", seen(call('{"city": "Oslo", "unit": "kelvin"}'))),
        ("tool-args-schema-violated", seen(call('{"city": 17, "unit": "celsius"}'))),
        ("tool-args-schema-violated", seen(call('{"city": null, "unit": "celsius"}'))),
        ("tool-args-schema-violated", seen(call('{"location": "Oslo", "unit": "celsius"}'))),
        ("tool-call-as-text", said(f'<tool_call>{{"name": "get_weather", "arguments": {GOOD}}}')),
        ("", said("The weather in Oslo is fine.")),
        ("", said("I cannot use get_weather.")),
        ("reasoning-ate-budget", said("Let me think about it. First", finish_reason="length")),
        ("empty-content", said("")),
        ("refusal", seen(refusal="I will not", finish_reason="stop")),
        ("", seen(call('{"city": "Bergen", "unit": "celsius"}'))),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_call_has_one_name_that_comes_first(kind, observation):
    names = found(observation)

    assert names[0] == kind
    assert not kind or kind in KINDS


def test_findings_name_the_field_and_keep_short():
    hostile = call('{"city": "Oslo", "unit": "' + "x" * 1_000_000 + '"}', name="get_weather")
    for observation in (
        seen(hostile),
        seen(call(name="x" * 500)),
        seen(call(id="x" * 500), call(id="x" * 500)),
        seen(call("[" * 100_000)),
        said("no" * 100_000),
    ):
        for check in ORDERED_CALLS:
            finding = check(observation)
            assert finding is None or len(finding.expected + finding.saw) < 900
    [finding] = [
        f
        for c in SOUND_CALLS
        if (f := c(seen(call('{"city": "Oslo"}')))) and f.kind.startswith("tool")
    ]
    assert "'unit' is a required property" in finding.saw


def test_a_whole_number_may_be_written_as_a_float():
    counting = {
        "type": "function",
        "function": {
            "name": "count",
            "parameters": {
                "type": "object",
                "properties": {"n": {"type": "integer"}},
                "required": ["n"],
            },
        },
    }

    def asked(arguments):
        return seen(call(arguments, name="count"), tools=(counting,))

    assert found(asked('{"n": 3.0}'), SOUND_CALLS) == []
    assert found(asked('{"n": 3}'), SOUND_CALLS) == []
    assert found(asked('{"n": 3.5}'), SOUND_CALLS) == ["tool-args-schema-violated"]
    assert found(asked('{"n": "3"}'), SOUND_CALLS) == ["tool-args-schema-violated"]
    assert found(asked('{"n": 1e999}'), SOUND_CALLS) == ["tool-args-schema-violated"]


def named(name):
    return {"tool_choice": {"type": "function", "function": {"name": name}}}


@pytest.mark.parametrize(
    ("choice", "observation_of", "violated"),
    [
        ({"tool_choice": "required"}, lambda e: seen(call(), extra=e), False),
        ({"tool_choice": "required"}, lambda e: said("Test successful", extra=e), True),
        ({"tool_choice": "required"}, lambda e: said("", extra=e), False),
        ({"tool_choice": "required"}, lambda e: said(f"get_weather({GOOD})", extra=e), False),
        ({"tool_choice": "none"}, lambda e: said("I cannot know.", extra=e), False),
        ({"tool_choice": "none"}, lambda e: said(f"get_weather({GOOD})", extra=e), False),
        ({"tool_choice": "none"}, lambda e: seen(call(), extra=e), True),
        ({"tool_choice": "none"}, lambda e: seen(call(), text="so", extra=e), True),
        (named("get_time"), lambda e: seen(call("{}", name="get_time"), extra=e), False),
        (named("get_time"), lambda e: seen(call(), extra=e), True),
        (named("get_time"), lambda e: seen(call(name="get_date"), extra=e), False),
        (named("get_time"), lambda e: said("It is noon.", extra=e), True),
        ({}, lambda e: said("Hello", extra=e), False),
        ({}, lambda e: seen(call(), extra=e), False),
    ],
)
def test_tool_choice_kept(choice, observation_of, violated):
    finding = tool_choice_kept(observation_of(choice))

    assert (finding.kind if finding else None) == ("tool-choice-violated" if violated else None)


def test_where_no_call_is_wanted_a_text_may_say_how_to_call():
    assert no_tool_call_as_text(said(f"get_weather({GOOD})", extra={"tool_choice": "none"})) is None
    assert no_tool_call_as_text(said(f"get_weather({GOOD})")).kind == "tool-call-as-text"
    assert no_tool_call_as_text(said(f"get_weather({GOOD})", tools=(GET_TIME,))) is None


def test_a_call_that_was_only_thought_of_is_not_written():
    thought = f"<think>I could do get_weather.\nget_weather({GOOD})\n</think>It is fine in Oslo."

    assert no_tool_call_as_text(said(thought)) is None
    assert tool_called(said(thought)).kind == ""


def test_a_call_beside_its_own_text_is_a_call():
    both = seen(call(), text=f"get_weather({GOOD})", content_kind="text")

    assert found(both) == []


def test_tool_called_says_what_came_instead():
    finding = tool_called(said("It is always nice in Oslo."))

    assert (finding.kind, finding.failure_class, finding.warning) == ("", "semantic", False)
    assert "It is always nice" in finding.saw
    assert "get_weather" in finding.expected


@pytest.mark.parametrize(
    ("observation", "warns"),
    [
        (seen(call(), finish_reason="stop"), True),
        (seen(call(), finish_reason="tool_calls"), False),
        (seen(call(), finish_reason="function_call"), False),
        (seen(call(), finish_reason="length"), False),
        (seen(call(), finish_reason="stop", oddities=("finish-unknown",)), False),
        (seen(call(), finish_reason="stop", extra={"tool_choice": "required"}), False),
        (seen(call(), finish_reason="stop", extra=named("get_weather")), False),
        (said("Hello"), False),
    ],
)
def test_finish_says_tool_calls(observation, warns):
    finding = finish_says_tool_calls(observation)

    assert (finding is not None) is warns
    assert finding is None or (finding.kind == "finish-stop-with-tool-calls" and finding.warning)


def for_city(*names):
    return [call(json.dumps({"city": n, "unit": "celsius"}), id=n) for n in names]


@pytest.mark.parametrize(
    ("calls", "outcome"),
    [
        (for_city("Oslo", "Lima"), None),
        (for_city("Lima", "Oslo"), None),
        (for_city("lima", "Óslo, Norway"), None),
        (for_city("Oslo", "Lima", "Oslo"), None),
        (for_city("Oslo"), "warning"),
        (for_city("Oslo and Lima"), "failure"),
        (for_city("Oslo and Lima", "Lima"), "failure"),
        (for_city("Oslo", "Lima", "Quito"), "failure"),
        (for_city("Oslo", "Lima, Miami"), "failure"),
        (for_city("Oslo", "climate of Lima"), None),
        (for_city("Oslo", "Oslo"), "failure"),
        (for_city("Bergen", "Quito"), "failure"),
        (for_city("Bergen"), "failure"),
        ([], None),
    ],
)
def test_calls_cover_question(calls, outcome):
    oracle = {"subjects": ["Oslo", "Lima"], "others": ["Miami", "Quito"]}
    finding = calls_cover_question(seen(*calls, oracle=oracle))

    assert (finding and ("warning" if finding.warning else "failure")) == outcome


@pytest.mark.parametrize("name", ["tool_call", "parallel_tools"])
def test_a_canned_call_for_every_city_there_is_fails(name):
    asked = PROBES[name].request(Occasion(rng=Random(1)))
    every = asked.oracle["subjects"] + asked.oracle["others"]
    for canned in (for_city(", ".join(every)), for_city(*every)):
        assert not calls_cover_question(seen(*canned, oracle=asked.oracle)).warning

    sound = for_city(*asked.oracle["subjects"])
    assert calls_cover_question(seen(*sound, oracle=asked.oracle)) is None


def test_a_city_whose_name_holds_another_is_not_two():
    oracle = {"subjects": ["Oslo"], "others": ["Lima"]}

    assert calls_cover_question(seen(*for_city("Oslo (climate)"), oracle=oracle)) is None


def test_two_answers_to_one_question_call_the_same_tools():
    def both(plain, streamed):
        replies = [
            Attempt(step=n, reply=Reply(tool_calls=tuple(c)))
            for n, c in enumerate((plain, streamed))
        ]
        return Observation(case=Case(gateway="g", probe="p"), attempts=tuple(replies))

    assert tool_calls_agree(both([call()], [call(id="other")])) is None
    assert tool_calls_agree(both([call()], [call(), call()])).warning
    assert not tool_calls_agree(both([call()], [call(name="get_time")])).warning
    assert tool_calls_agree(seen(call())) is None


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("The meter in Oslo reads 48213.", True),
        ("48213", True),
        ("**48213** litres", True),
        ("48213.0 litres", True),
        ("It reads 48,213 litres.", True),
        ("Es sind 48.213 Liter, das heißt 48 213.", True),
        ("2026-11-25 14:45: 48213 l. 1. Drink. 2. Rest. 3. Wait until 20:00.", True),
        ("It read 48213, up from 47001.", True),
        ("48213, 48214, 48215", False),
        (" ".join(map(str, range(48000, 49000))), False),
        ("It reads 48214.", False),
        ("It reads 148213.", False),
        ("It reads 482130.", False),
        ("I don't know.", False),
        ("<think>The tool says 48213.</think>I don't know.", False),
        ("<think>The tool says 48213.</think>It reads 48213.", True),
    ],
)
def test_names_tool_result(text, fine):
    finding = names_tool_result(said(text, oracle={"reading": 48213}))

    assert (finding is None) is fine
    assert finding is None or (finding.kind, finding.warning) == ("", False)


def test_a_call_again_is_no_answer_to_a_result():
    finding = names_tool_result(seen(call(), oracle={"reading": 48213}))

    assert "a call again" in finding.saw
    assert names_tool_result(said("", oracle={"reading": 48213})) is None
    cut = said("Well, now that", finish_reason="length", oracle={"reading": 48213})
    assert names_tool_result(cut).kind == "reasoning-ate-budget"


def test_a_failing_tool_points_at_the_feature_and_not_at_the_model():
    for observation in (said("It is fine in Oslo."), seen(call(id=""))):
        verdict = judge(observation, (ORDERED_CALLS,), Quirks())

        assert verdict.outcome is Outcome.FAILED
        assert verdict.failure.culprit == "the feature"


def test_a_result_is_handed_back_for_each_call_under_its_id():
    probe = PROBES["tool_round_trip"]
    first = probe.question(0, Occasion(rng=Random(1)))
    reply = Reply(tool_calls=(call(), call(id="call_2")), text="")

    second = probe.question(1, Occasion(rng=Random(1), questions=(first,), replies=(reply,)))

    asked, turn, *results = second.messages
    assert asked == first.messages[0]
    assert (turn["content"], [c["id"] for c in turn["tool_calls"]]) == (None, ["call_1", "call_2"])
    assert [r["tool_call_id"] for r in results] == ["call_1", "call_2"]
    reading = second.oracle["reading"]
    assert [json.loads(r["content"]) for r in results] == [{"reading": reading}] * 2
    assert str(reading) not in asked["content"]


def test_a_call_that_comes_in_one_burst_is_no_fake_stream():
    stamps = tuple(5 + n / 10_000 for n in range(40))
    timing = Timing(
        first_byte_s=0.1, first_token_s=5.0, last_content_s=5.004, total_s=5.01,
        chunks_s=stamps, chunk_count=len(stamps),
    )  # fmt: skip
    held_back = seen(call(), reasoning="so " * 100)
    [attempt] = held_back.attempts
    attempt = dataclasses.replace(attempt, streamed=True, timing=timing)
    asked = dataclasses.replace(held_back.request, stream=True)
    held_back = dataclasses.replace(held_back, request=asked, attempts=(attempt,))

    assert streams_as_it_goes(held_back).kind == "fake-streaming"
    assert "fake-streaming" not in warned(held_back)


def test_arguments_nested_without_end_name_no_subject():
    nested = {"city": "Oslo"}
    for _ in range(100_000):
        nested = {"city": nested}

    assert "oslo" not in _text(nested)


def test_a_value_nested_without_end_is_a_violation_of_a_schema_that_nests():
    value = []
    for _ in range(5_000):
        value = [value]
    nests = {"type": "array", "items": {"$ref": "#"}}

    assert violation([[[]]], nests) == ""
    assert violation([["x"]], nests) == "0.0: 'x' is not of type 'array'"
    assert violation(value, nests) == "nested too deep to be held against the schema"


def test_an_id_that_is_a_number_is_a_warning_and_not_missing():
    number = dataclasses.replace(call(id="7"), id_is_number=True)

    found = tool_ids_given(seen(number))

    assert (found.kind, found.warning) == ("", True)
    assert "the number 7" in found.saw
    assert tool_ids_given(seen(call(id="7"))) is None
