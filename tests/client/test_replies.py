import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.client.growing import MAX_TEXT
from gatewayz.client.replies import ReplyBuilder
from gatewayz.core.kinds import KINDS


def document(message=None, *, finish="stop", **more):
    choice = {"index": 0, "message": message or {"role": "assistant", "content": "hi"}}
    if finish is not ...:
        choice["finish_reason"] = finish
    return {"id": "a", "model": "m", "choices": [choice], **more}


def whole(value):
    builder = ReplyBuilder()
    builder.add_document(value)
    return builder, builder.build()


def streamed(*chunks, done=True):
    builder = ReplyBuilder()
    for at, chunk in enumerate(chunks):
        builder.add_chunk(chunk, float(at))
    if done:
        builder.add_done()
    return builder, builder.build()


def delta(finish=None, **fields):
    return {"model": "m", "choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


def test_a_whole_answer_is_read():
    _, reply = whole(document(usage={"prompt_tokens": 3, "completion_tokens": 4,
                                     "total_tokens": 7}))  # fmt: skip

    assert (reply.text, reply.finish_reason, reply.model, reply.id) == ("hi", "stop", "m", "a")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (3, 4)
    assert reply.oddities == ()


@pytest.mark.parametrize(
    ("value", "oddity"),
    [
        (document() | {"choices": None}, "choices-null"),
        (document() | {"choices": []}, "choices-empty"),
        (document() | {"choices": {"0": {}}}, "choices-missing"),
        ({"response": "hi", "done": True}, "choices-missing"),
        ([], "choices-missing"),
        (7, "choices-missing"),
        ('{"choices": []}', "json-double-encoded"),
        (document(finish="eos"), "finish-unknown"),
        (document(finish="MALFORMED_FUNCTION_CALL"), "finish-unknown"),
        (document(finish=""), "finish-unknown"),
        (document(finish=7), "finish-unknown"),
        (document(finish="content_filter"), "refusal"),
        (document({"content": None, "refusal": "I cannot"}), "refusal"),
    ],
)
def test_each_departure_has_its_name(value, oddity):
    assert oddity in whole(value)[1].oddities
    assert oddity in KINDS


def test_a_missing_finish_reason_is_not_an_odd_one():
    for finish in (None, ...):
        _, reply = whole(document(finish=finish))
        assert reply.finish_reason == ""
        assert reply.oddities == ()


@pytest.mark.parametrize(
    "place",
    [
        {"error": {"message": "boom", "code": 502}},
        {"error": "boom"},
        document() | {"choices": [{"index": 0, "error": {"message": "boom", "code": 502}}]},
        document(finish="error"),
    ],
)
def test_an_error_inside_a_success_is_found(place):
    for builder in (whole(place)[0], streamed(place)[0]):
        assert builder.error is not None
        assert builder.error.in_band


def test_an_error_of_a_named_event_is_found():
    builder = ReplyBuilder()

    builder.add_chunk({"message": "overloaded"}, 0.0, event_name="error")

    assert (builder.error.message, builder.error.shape) == ("overloaded", "event")


def test_groqs_own_place_for_an_error_and_for_usage():
    builder, reply = streamed(
        {"choices": [], "x_groq": {"id": "r", "usage": {"completion_tokens": 9}}},
        {"choices": [], "x_groq": {"error": "capacity"}},
    )

    assert reply.usage.output_tokens == 9
    assert builder.error.message == "capacity"


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content", "thinking"])
def test_thought_is_read_under_all_its_names(name):
    _, reply = whole(document({"content": "hi", name: "hmm"}))
    assert (reply.reasoning, reply.reasoning_field) == ("hmm", name)

    builder, reply = streamed(
        delta(**{name: "h"}), delta(**{name: "m"}), delta("stop", content="x")
    )
    assert (reply.reasoning, reply.text) == ("hm", "x")
    assert (builder.first_token, builder.first_answer) == (0.0, 2.0)


def test_thought_in_two_fields_of_one_chunk_counts_once():
    details = [{"type": "reasoning.text", "text": "hmm"}]

    _, reply = whole(document({"content": "hi", "reasoning": "hmm", "reasoning_details": details}))
    assert reply.reasoning == "hmm"

    _, reply = whole(document({"content": "hi", "reasoning_details": details}))
    assert (reply.reasoning, reply.reasoning_field) == ("hmm", "reasoning_details")


@pytest.mark.parametrize(
    "chunks",
    [
        # OpenAI: a chunk of its own. Cerebras: with the finish. Novita: both.
        [delta("stop", content="x"), {"choices": [], "usage": {"completion_tokens": 5}}],
        [delta("stop", content="x") | {"usage": {"completion_tokens": 5}}],
        [delta("stop", content="x") | {"usage": {"completion_tokens": 5}},
         {"choices": [], "usage": {"completion_tokens": 5}}],
        # Growing in every chunk: the last counts, never the sum.
        [delta(content="x") | {"usage": {"completion_tokens": 1}},
         delta("stop", content="y") | {"usage": {"completion_tokens": 5}}],
        # In the choice (Moonshot), and null in the chunk after it.
        [{"choices": [{"index": 0, "delta": {}, "usage": {"completion_tokens": 5}}]},
         delta("stop") | {"usage": None}],
    ],
)  # fmt: skip
def test_usage_is_found_wherever_it_stands(chunks):
    assert streamed(*chunks)[1].usage.output_tokens == 5


def test_usage_that_is_no_count_is_unknown_not_zero():
    usage = {
        "prompt_tokens": "12",
        "completion_tokens": -1,
        "total_tokens": True,
        "cost": 10**400,
        "completion_tokens_details": [],
        "prompt_tokens_details": None,
    }
    _, reply = whole(document(usage=usage))

    assert reply.usage.input_tokens is None
    assert reply.usage.output_tokens is None
    assert reply.usage.total_tokens is None
    assert reply.usage.cost_usd is None
    assert whole(document())[1].usage is None


def test_details_of_usage_are_read():
    _, reply = whole(document(usage={
        "prompt_tokens": 9, "completion_tokens": 8, "cost": 0.5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 6}}))  # fmt: skip

    assert (reply.usage.cached_tokens, reply.usage.reasoning_tokens) == (4, 6)
    assert reply.usage.cost_usd == 0.5


def test_the_last_finish_that_says_something_stands():
    _, reply = streamed(delta("", content="x"), delta("stop"), delta(None))

    assert reply.finish_reason == "stop"
    assert reply.oddities == ()


def test_chunks_without_choices_are_skipped():
    _, reply = streamed(
        {"choices": [], "prompt_filter_results": []}, {"id": "x"}, delta("stop", content="hi")
    )

    assert (reply.text, reply.oddities) == ("hi", ())


def test_what_comes_after_the_end_mark_is_told():
    builder, _ = streamed(delta("stop", content="x"))
    builder.add_chunk({"choices": []}, 9.0)

    assert "sse-data-after-done" in builder.build().oddities


def test_a_tool_call_is_joined_from_its_fragments():
    def call(**fields):
        return delta(tool_calls=[{"index": 0, **fields}])

    _, reply = streamed(
        call(id="c1", type="function", function={"name": "look", "arguments": ""}),
        call(id=None, function={"name": None, "arguments": '{"a"'}),
        call(function={"arguments": ": 1}"}),
        delta("tool_calls"),
    )

    (made,) = reply.tool_calls
    assert (made.id, made.name, made.arguments) == ("c1", "look", '{"a": 1}')
    assert reply.usable


def test_old_and_odd_tool_calls_are_read():
    old = {"content": None, "function_call": {"name": "look", "arguments": "{}"}}
    odd = {"content": None, "tool_calls": [{"id": "1", "function": {"name": "look",
                                                                   "arguments": {"a": 1}}}]}  # fmt: skip

    assert whole(document(old))[1].tool_calls[0].name == "look"
    assert whole(document(odd))[1].tool_calls[0].arguments == '{"a": 1}'


def test_a_tool_call_without_a_name_is_nothing_usable():
    assert not whole(document({"content": "", "tool_calls": [{}]}))[1].usable


def test_content_in_parts_is_joined_and_its_kind_is_kept():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, {"type": "image"}]

    assert whole(document({"content": parts}))[1].text == "ab"
    assert whole(document({"content": ""}))[1].content_kind == "text"
    assert whole(document({"content": None}))[1].content_kind == "null"
    assert whole(document({"role": "assistant"}))[1].content_kind == "missing"


def test_of_several_choices_the_first_is_read_and_all_are_counted():
    choices = [{"index": n, "message": {"content": str(n)}, "finish_reason": "stop"}
               for n in range(3)]  # fmt: skip
    _, reply = whole(document() | {"choices": choices})
    assert (reply.text, reply.choices) == ("0", 3)

    # An index of the provider's own counting is as good as any.
    _, reply = streamed({"choices": [{"index": 1, "delta": {"content": "x"}}]})
    assert reply.text == "x"


def test_text_beyond_the_cap_is_counted_and_not_kept():
    builder, reply = streamed(*[delta(content="x" * 100_000)] * 12, delta("stop"))

    assert len(reply.text) == MAX_TEXT
    assert builder.content_chunks == 12


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["stop", "²²²", "\ud800", 10**400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["choices", "message", "delta", "content", "finish_reason", "index",
                         "usage", "tool_calls", "function", "arguments", "name", "id", "model",
                         "error", "reasoning", "reasoning_details", "x_groq", "refusal", "text",
                         "prompt_tokens", "cost", "function_call", "completion_tokens_details"]),
        inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(JSON, max_size=4))
def test_no_shape_of_json_breaks_the_builder(documents):
    builder = ReplyBuilder()
    for at, value in enumerate(documents):
        builder.add_chunk(value, float(at))
        builder.add_document(value)
    reply = builder.build()

    assert isinstance(reply.text, str)
    assert set(reply.oddities) <= set(KINDS)
