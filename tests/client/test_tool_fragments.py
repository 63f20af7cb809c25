"""Tool calls as servers number, name and cut them; each is whole again, and told when it was odd."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.tool_fragments import MAX_TOOL_CALLS, ToolFragments
from gatewayz.core.kinds import KINDS


def call(index=..., ident=..., name=..., arguments=...):
    function = {k: v for k, v in (("name", name), ("arguments", arguments)) if v is not ...}
    fields = {k: v for k, v in (("index", index), ("id", ident)) if v is not ...}
    return fields | ({"function": function} if function else {})


def streamed(*deltas, finish="tool_calls"):
    builder = ReplyBuilder()
    for at, calls in enumerate(deltas):
        delta = {"tool_calls": calls if isinstance(calls, list) else [calls]}
        builder.add_chunk({"choices": [{"index": 0, "delta": delta}]}, float(at))
    if finish is not None:
        last = {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
        builder.add_chunk(last, float(len(deltas)))
    return builder.build()


def whole(*calls, finish="tool_calls"):
    builder = ReplyBuilder()
    message = {"role": "assistant", "content": None, "tool_calls": list(calls)}
    builder.add_document({"choices": [{"message": message, "finish_reason": finish}]})
    return builder.build()


def made(reply):
    return [(c.id, c.name, c.arguments) for c in reply.tool_calls]


HEALTHY = {
    "one delta": [call(0, "a", "look", '{"x": 1}')],
    "fragments": [call(0, "a", "look", ""), call(0, arguments='{"x"'), call(0, arguments=": 1}")],
    "null fields": [
        call(0, "a", "look", None), call(0, None, None, '{"x": 1}'), call(0, None, None, None)
    ],
    "empty fields": [call(0, "a", "look", ""), call(0, "", "", '{"x": 1}')],
    "the id again in each delta": [call(0, "a", "look", '{"x"'), call(0, "a", arguments=": 1}")],
    "a new id in each delta": [
        call(0, "a", "look", '{"x"'), call(0, "b", arguments=": "), call(0, "c", arguments="1}")
    ],
    "counted from one": [call(1, "a", "look", '{"x": 1}')],
    "nothing but a type first": [{"index": 0, "type": "function"}, call(0, "a", "look", '{"x": 1}')],
    "no function and nothing at all": [[call(0, "a", "look", '{"x": 1}'), None], [call(0)]],
}  # fmt: skip


@pytest.mark.parametrize("deltas", HEALTHY.values(), ids=HEALTHY)
def test_a_call_in_healthy_pieces_is_whole_and_called_nothing(deltas):
    reply = streamed(*deltas)

    assert made(reply) == [("a", "look", '{"x": 1}')]
    assert reply.oddities == ()


def test_parallel_calls_may_take_turns():
    reply = streamed(
        [call(0, "a", "look", ""), call(1, "b", "find", "")],
        call(1, arguments='{"y"'),
        call(0, arguments='{"x": 1}'),
        call(1, arguments=": 2}"),
    )

    assert made(reply) == [("a", "look", '{"x": 1}'), ("b", "find", '{"y": 2}')]
    assert reply.oddities == ()


def test_a_name_in_pieces_is_joined_and_told():
    for pieces in (["get_", "weather"], ["g", "et", "_weather"], ["get", "get_weather"]):
        reply = streamed(*(call(0, "a", piece) for piece in pieces), call(0, arguments="{}"))
        assert made(reply) == [("a", "get_weather", "{}")]
        assert reply.oddities == ("tool-name-split",)


def test_a_name_again_in_each_delta_is_one_name_and_told():
    reply = streamed(
        call(0, "a", "look", ""), call(0, "a", "look", '{"x"'), call(0, None, "look", ": 1}")
    )

    assert made(reply) == [("a", "look", '{"x": 1}')]
    assert reply.oddities == ("tool-name-split",)


def test_a_name_again_after_whole_arguments_is_no_second_call():
    reply = streamed(call(0, "a", "look", '{"x": 1}'), call(0, None, "look", ""))

    assert made(reply) == [("a", "look", '{"x": 1}')]


def test_without_an_index_the_id_tells_the_calls_apart():
    reply = streamed(
        call(..., "a", "look", '{"x"'),
        call(..., "b", "find", '{"y": 2}'),
        call(..., "a", ..., ": 1}"),
    )

    assert made(reply) == [("a", "look", '{"x": 1}'), ("b", "find", '{"y": 2}')]
    assert reply.oddities == ("tool-index-missing",)


def test_without_index_and_id_the_place_tells_them_apart():
    reply = streamed(
        [call(name="look", arguments=""), call(name="find", arguments="")],
        [call(arguments='{"x": 1}'), call(arguments='{"y": 2}')],
    )
    assert made(reply) == [("", "look", '{"x": 1}'), ("", "find", '{"y": 2}')]

    reply = streamed(
        call(None, None, "look", '{"x"'), call("0", arguments=": 1}"), call(name="find", arguments="{}")
    )  # fmt: skip
    assert made(reply) == [("", "look", '{"x": 1}'), ("", "find", "{}")]
    assert reply.oddities == ("tool-index-missing",)


@pytest.mark.parametrize(
    "deltas",
    [
        [call(0, "a", "look", '{"x": 1}'), call(0, "b", "find", '{"y": 2}')],
        [call(0, "a", "look", ""), call(0, arguments='{"x": 1}'), call(0, "b", "find", ""),
         call(0, arguments='{"y": 2}')],
        [[call(0, "a", "look", '{"x": 1}'), call(0, "b", "find", '{"y": 2}')]],
        [call(0, "a", "look", '{"x": 1}'), call(0, "b", "find", '{"y"'), call(0, arguments=": 2}")],
    ],
)  # fmt: skip
def test_calls_that_all_carry_index_0_are_told_apart(deltas):
    reply = streamed(*deltas)

    assert made(reply) == [("a", "look", '{"x": 1}'), ("b", "find", '{"y": 2}')]
    assert reply.oddities == ("tool-index-all-zero",)


def test_calls_under_one_index_without_ids_are_told_apart_by_their_names():
    reply = streamed(
        call(0, name="look", arguments='{"x": 1}'), call(0, name="look", arguments="{}")
    )

    assert made(reply) == [("", "look", '{"x": 1}'), ("", "look", "{}")]
    assert reply.oddities == ("tool-index-all-zero",)


@pytest.mark.parametrize("between", ["", " ", "\n"])
def test_objects_that_were_joined_are_taken_apart(between):
    reply = streamed(call(0, "a", "look", '{"x": 1}' + between), call(0, arguments='{"x": "}{"}'))

    assert made(reply) == [("a", "look", '{"x": 1}'), ("", "look", '{"x": "}{"}')]
    assert reply.oddities == ("tool-index-all-zero",)


@pytest.mark.parametrize(
    "text", ['{"a": "}{"}', "{} x {}", '{}{"x": 1}', "[1]{", '{"x": 1}{"x"', "}{"]
)
def test_what_is_no_row_of_objects_is_left_as_it_came(text):
    reply = streamed(call(0, "a", "look", text))

    assert made(reply) == [("a", "look", text)]
    assert reply.oddities == ()


def test_in_a_whole_answer_an_index_means_nothing():
    reply = whole(
        call(0, "a", "look", '{"x": 1}'), call(0, "b", "find", "{}"), call(..., "c", "go", "{}")
    )

    assert [c.id for c in reply.tool_calls] == ["a", "b", "c"]
    assert reply.oddities == ()


def test_an_object_for_arguments_is_written_out_and_told():
    for reply in (
        whole(call(..., "a", "look", {"x": 1})),
        streamed(call(0, "a", "look", {"x": 1})),
    ):
        assert made(reply) == [("a", "look", '{"x": 1}')]
        assert reply.oddities == ("tool-args-object",)


def test_arguments_of_another_type_are_written_out_for_the_checks():
    assert [c.arguments for c in whole(call(..., "a", "f", [1]), call(..., "b", "f", 7)).tool_calls] == [
        "[1]", "7",
    ]  # fmt: skip


@pytest.mark.parametrize("empty", ["", "  ", None, ...])
def test_no_arguments_of_an_ended_call_are_an_empty_object(empty):
    for reply in (whole(call(..., "a", "look", empty)), streamed(call(0, "a", "look", empty))):
        assert made(reply) == [("a", "look", "{}")]
        assert reply.oddities == ()


@pytest.mark.parametrize("finish", [None, "length"])
def test_arguments_that_never_came_stay_empty(finish):
    assert made(streamed(call(0, "a", "look", ""), finish=finish)) == [("a", "look", "")]


def test_a_call_without_a_name_stays_without_arguments():
    assert made(streamed(call(0, "a"))) == [("a", "", "")]


def test_the_old_function_call_has_no_index_and_needs_none():
    builder = ReplyBuilder()
    for part in ({"name": "look", "arguments": ""}, {"arguments": '{"x"'}, {"arguments": ": 1}"}):
        builder.add_chunk({"choices": [{"delta": {"function_call": part}}]}, 0.0)

    assert made(builder.build()) == [("", "look", '{"x": 1}')]
    assert builder.build().oddities == ()


def test_calls_and_arguments_have_a_bound():
    many = streamed(*(call(n, str(n), "f", "{}") for n in range(MAX_TOOL_CALLS + 5)))
    assert len(many.tool_calls) == MAX_TOOL_CALLS
    assert many.cut

    long = streamed(*(call(n, str(n), "f", "x" * 600_000) for n in range(3)))
    assert sum(len(c.arguments) for c in long.tool_calls) == 1_000_000
    assert long.cut


def test_nesting_without_end_in_arguments_is_no_trouble():
    deep = '{"a":' * 100_000

    assert (
        made(streamed(call(0, "a", "f", deep + "}{"), call(0, "b", "f", "{}")))[0][2] == deep + "}{"
    )
    assert whole(call(..., "a", "f", nested(5000))).tool_calls[0].name == "f"


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"a": value}
    return value


FRAGMENT = st.fixed_dictionaries(
    {},
    optional={
        "index": st.sampled_from([0, 1, None, "0", True, -1]),
        "id": st.sampled_from(["a", "b", "", None, 7]),
        "function": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["f", "fo", "foo", "", None, 1]),
                "arguments": st.sampled_from(
                    ["{", "}", "{}", '{"a":1}', "", None, [], {"a": 1}, "}{"]
                ),
            },
        ),
    },
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(FRAGMENT, max_size=3), max_size=8))
def test_no_row_of_fragments_breaks_the_reader_or_loses_arguments(deltas):
    reply = streamed(*deltas)
    came = "".join(
        text if isinstance(text, str) else json.dumps(text)
        for calls in deltas
        for fragment in calls
        if fragment.get("function") and (text := fragment["function"].get("arguments")) is not None
    )
    kept = "".join(c.arguments for c in reply.tool_calls)

    assert set(reply.oddities) <= set(KINDS)
    assert Counter(came) - Counter(kept) == Counter()


def test_what_is_no_call_among_calls_is_passed_over():
    sound = call(0, "a", "get_weather", "{}")

    assert made(whole("odd", sound, None)) == [("a", "get_weather", "{}")]
    assert made(streamed(["odd", sound])) == [("a", "get_weather", "{}")]


def test_an_id_that_is_a_number_is_an_id_and_told_apart():
    fragments = ToolFragments(lambda name: None)
    fragments.add_whole([{"id": 7, "function": {"name": "f", "arguments": "{}"}}])
    fragments.add_whole([{"id": True, "function": {"name": "f", "arguments": "{}"}}])

    seven, none = fragments.build(ended=True)

    assert (seven.id, seven.id_is_number) == ("7", True)
    assert (none.id, none.id_is_number) == ("", False)
