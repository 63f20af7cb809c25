"""Events put into a reply: what is no JSON, what is glued, and how a stream ends."""

import json

import pytest

from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.streams import HUGE_EVENT, read_again


def read(text, *, ended=True, content_type="text/event-stream"):
    builder = ReplyBuilder()
    read_again(text.encode(), builder, content_type, ended=ended)
    return builder, builder.build()


def chunk(content, finish=None):
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return json.dumps({"choices": [choice]})


HI = f"data: {chunk('hi', 'stop')}\n\n"
DONE = "data: [DONE]\n\n"


@pytest.mark.parametrize("name", ["ping", "heartbeat", "keep-alive", "PONG"])
def test_a_named_heartbeat_may_hold_anything(name):
    _, reply = read(f"event: {name}\ndata: 12:30, all well\n\n{HI}{DONE}")

    assert (reply.text, reply.oddities) == ("hi", ())


def test_an_error_event_of_bare_words_is_read():
    builder, reply = read(f"data: {chunk('ha')}\n\nevent: error\ndata: the engine died\n\n")

    assert (builder.error.message, builder.error.shape) == ("the engine died", "event")
    assert reply.text == "ha"


def test_events_without_a_blank_line_between_them_are_all_read_and_told():
    _, reply = read(f"data: {chunk('h')}\ndata: {chunk('i', 'stop')}\ndata: [DONE]\n\n")

    assert (reply.text, reply.done_marker, reply.oddities) == ("hi", True, ("sse-events-glued",))


def test_of_glued_lines_with_a_broken_one_nothing_is_guessed():
    _, reply = read(f"data: {chunk('h')}\ndata: {{\n\n{HI}{DONE}")

    assert (reply.text, reply.oddities) == ("hi", ("sse-bad-json-event",))


def test_a_key_twice_in_an_event_is_told():
    _, reply = read('data: {"id":"a","id":"b","choices":[]}\n\n' + HI + DONE)

    assert reply.oddities == ("json-duplicate-keys",)


def test_a_key_that_says_the_same_twice_is_not():
    _, reply = read('data: {"id":"a","id":"a","choices":[]}\n\n' + HI + DONE)

    assert reply.oddities == ()


def test_what_comes_after_the_end_mark_is_no_part_of_the_answer():
    late = f"data: {chunk('late', 'length')}\n\n" * 2
    counts = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n'

    _, reply = read(f"{HI}{DONE}{late}{counts}")

    assert (reply.text, reply.finish_reason) == ("hi", "stop")
    assert reply.oddities == ("sse-data-after-done",)
    assert reply.usage.input_tokens == 3


def test_a_reason_that_comes_after_the_end_mark_is_taken_where_none_came_before():
    late = f"data: {chunk('late', 'stop')}\n\n"

    _, reply = read(f"data: {chunk('hi')}\n\n{DONE}{late}")

    assert (reply.text, reply.finish_reason) == ("hi", "stop")
    assert reply.oddities == ("sse-data-after-done",)


@pytest.mark.parametrize(
    ("text", "oddities"),
    [
        (HI + DONE, ()),
        (HI, ("sse-missing-done",)),
        (f"data: {chunk('hi')}\n\n" + DONE, ("sse-missing-finish",)),
        (f"data: {chunk('hi')}\n\n", ("sse-missing-finish",)),
        (f"data: {chunk('hi', '')}\n\n" + DONE, ("finish-unknown",)),
        (HI + DONE + HI, ("sse-data-after-done",)),
        (f"data: {chunk('x' * HUGE_EVENT, 'stop')}\n\n" + DONE, ("sse-huge-event",)),
        ("", ("empty-200",)),
        (": ping\n\n", ("stream-no-content",)),
        (": ping\n\nevent: ping\ndata:\n\n", ("stream-no-content",)),
        (DONE, ("stream-no-content",)),
        (f": ping\n\n{DONE}", ("stream-no-content",)),
        (f"{chunk('a')}\n{chunk('b')}\n", ("stream-as-ndjson",)),
        ("<html>", ("html-with-200",)),
    ],
)
def test_each_ending_has_its_name(text, oddities):
    assert read(text)[1].oddities == oddities


def test_a_stream_of_old_completions_is_another_apis():
    old = "".join(
        f"data: {json.dumps({'choices': [{'index': 0, 'text': t, 'finish_reason': f}]})}\n\n"
        for t, f in (("h", None), ("i", "stop"))
    )
    both = json.dumps({"choices": [{"index": 0, "text": "h", "delta": {"content": "h"}}]})
    end = json.dumps({"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]})

    builder, reply = read(old + DONE)

    assert (reply.oddities, builder.looks_like) == (
        ("choices-missing",),
        "OpenAI's old completions",
    )
    assert read(f"data: {both}\n\ndata: {end}\n\n{DONE}")[1].oddities == ()


def test_a_stream_that_was_broken_off_is_not_asked_for_its_ending():
    _, reply = read(f": ping\n\ndata: {chunk('hi')}\n\ndata: {{", ended=False)

    assert (reply.text, reply.comments, reply.oddities) == ("hi", 1, ())


def test_a_stream_under_another_content_type_is_read_and_told():
    assert read(HI + DONE, content_type="application/json")[1].oddities == ("wrong-content-type",)


def test_an_error_on_a_line_that_is_no_field_is_found():
    builder, _ = read(f'data: {chunk("ha")}\n\nnot json\n{{"error":"capacity"}}\n')

    assert builder.error.message == "capacity"


def test_one_document_where_events_were_due_is_read_and_told():
    answer = {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}

    _, reply = read(json.dumps(answer))
    builder, _ = read('{"error": {"message": "no streams here"}}')

    assert (reply.text, reply.oddities) == ("hi", ("stream-answered-with-json",))
    assert builder.error.message == "no streams here"


def test_of_several_choices_it_is_enough_that_one_says_why_it_ended():
    # LiteLLM 1.106.2 ends a stream of three choices so (2026-11-25), in any order.
    of_one = json.dumps({"choices": [{"index": 1, "delta": {"content": "hi"}}]})
    end = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    said = f"data: {of_one}\n\ndata: {chunk('ho')}\n\n"

    _, reply = read(f"{said}data: {end}\n\n{DONE}")
    _, cut = read(f"{said}{DONE}")

    assert (reply.text, reply.choices, reply.finish_reason, reply.oddities) == ("hi", 2, "stop", ())
    assert (cut.finish_reason, cut.oddities) == ("", ("sse-missing-finish",))


def test_the_broken_event_is_shown_and_not_the_ends_of_the_body():
    broken = '{"choices": [{"delta": {"content": "ha"} oops}]}'
    filler = "".join(f"data: {chunk('word ')}\n\n" for _ in range(200))

    _, reply = read(f"{filler}data: {broken}\n\n{HI}{DONE}")

    saw = reply.sights["sse-bad-json-event"]
    assert broken in saw
    assert "at byte 41" in saw


def test_of_a_long_broken_event_the_place_is_shown_where_it_breaks():
    broken = '{"a": "' + "x" * 900 + '" oops ' + '"' + "y" * 900 + '"}'

    _, reply = read(f"data: {broken}\n\n{HI}{DONE}")

    saw = reply.sights["sse-bad-json-event"]
    assert "oops" in saw
    assert len(saw) < 260


def test_glued_events_are_shown():
    _, reply = read(f"data: {chunk('h')}\ndata: {chunk('i', 'stop')}\ndata: [DONE]\n\n")

    assert reply.sights["sse-events-glued"].startswith("3 in one: '{")


@pytest.mark.parametrize(
    ("chunks", "oddity", "saw"),
    [
        (({"id": "a1"}, {"id": "b2"}), "id-changes-mid-stream", "'a1', then 'b2'"),
        (
            ({"model": "qwen3-8b"}, {"model": "llama-3"}),
            "model-changes-mid-stream",
            "began as 'qwen3-8b', went on as 'llama-3'",
        ),
        (({"created": -7},), "created-odd", "created -7"),
        (({"created": "today"},), "created-odd", 'created "today"'),
    ],
)
def test_what_is_odd_is_told_with_the_values_that_were_seen(chunks, oddity, saw):
    first = json.loads(chunk("hi"))
    text = "".join(f"data: {json.dumps(first | each)}\n\n" for each in chunks)

    _, reply = read(text + HI + DONE)

    assert reply.sights == {oddity: saw}


def test_an_unknown_end_a_doubled_key_and_a_wrong_type_are_told_with_theirs():
    text = f"data: {chunk('hi', 'because')}\n\n" + 'data: {"id":"a","id":"b","choices":[]}\n\n'

    _, reply = read(text + DONE, content_type="text/plain")

    assert reply.sights == {
        "finish-unknown": 'finish_reason "because"',
        "json-duplicate-keys": '\'id\' is "a" and "b"',
        "wrong-content-type": "an event stream under 'Content-Type: text/plain'",
    }


@pytest.mark.parametrize(
    ("name", "data"), [("open", "connected"), ("end", "end"), ("status", "queue: 3")]
)
def test_a_named_event_of_a_word_is_no_broken_chunk(name, data):
    _, reply = read(f"event: {name}\ndata: {data}\n\n{HI}event: {name}\ndata: {data}\n\n{DONE}")

    assert (reply.text, reply.oddities) == ("hi", ())


@pytest.mark.parametrize(
    ("name", "data"), [("", "connected"), ("message", "event"), ("open", '{"id":')]
)
def test_other_data_that_is_no_json_is_told(name, data):
    _, reply = read(f"event: {name}\ndata: {data}\n\n{HI}{DONE}")

    assert reply.oddities == ("sse-bad-json-event",)


@pytest.mark.parametrize("well", [{"code": 0, "message": ""}, {"code": 200, "message": "success"}])
def test_an_error_object_that_says_all_is_well_may_stand_in_every_chunk(well):
    usage = {"choices": [], "usage": {"prompt_tokens": 1}, "error": well}
    said = json.loads(chunk("hi", "stop")) | {"error": well}
    builder, reply = read(
        "".join(f"data: {json.dumps(one)}\n\n" for one in ({"error": well}, said, usage)) + DONE
    )

    assert (builder.error, reply.text, reply.oddities) == (None, "hi", ())


def test_an_error_object_with_a_success_code_and_a_failures_words_is_an_error():
    builder, _ = read('data: {"choices": [], "error": {"code": 0, "message": "engine died"}}\n\n')

    assert builder.error.message == "engine died"


@pytest.mark.parametrize(
    ("name", "data"),
    [("heartbeat", "1732600000"), ("heartbeat", '"beat"'), ("ping", "true"), ("ping", "[]"),
     ("ping", '{"time": 1}'), ("end", "1"), ("metadata", '"abc"'), ("", '""'), ("", "[]"),
     ("state", "null")],
)  # fmt: skip
def test_signs_of_life_are_no_part_of_an_answer(name, data):
    sign = f"event: {name}\ndata: {data}\n\n" if name else f"data: {data}\n\n"
    _, reply = read(f"{sign}data: {chunk('h')}\n\n{sign}data: {chunk('i', 'stop')}\n\n{sign}{DONE}")

    assert (reply.text, reply.finish_reason, reply.oddities) == ("hi", "stop", ())


@pytest.mark.parametrize("data", ["1", "true", '"{\\"choices\\": []}"', "[1]"])
def test_a_bare_value_in_the_place_of_a_chunk_is_a_broken_one(data):
    _, reply = read(f"data: {chunk('h')}\n\ndata: {data}\n\n{HI}{DONE}")

    assert "sse-bad-json-event" in reply.oddities
