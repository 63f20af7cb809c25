import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.client.growing import MAX_TEXT, MOST_BESIDE
from gatewayz.client.replies import MAX_CHOICES, MAX_OTHER_TEXT, ReplyBuilder
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
        (document(finish="ContentFilter"), "refusal"),
        (document(finish="model_length"), "finish-unknown"),
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
        document({"role": "assistant", "error": {"message": "boom", "code": 502}}),
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
        "prompt_tokens": "twelve",
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


def thinking(*texts):
    return {"type": "thinking", "thinking": [{"type": "text", "text": one} for one in texts]}


@pytest.mark.parametrize(
    "part",
    [
        thinking("h", "mm"),
        {"type": "thinking", "thinking": "hmm"},
        {"type": "reasoning", "text": "hmm"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hmm"}]},
    ],
)
def test_thought_in_parts_of_the_content_is_thought_and_no_answer(part):
    _, reply = whole(document({"content": [part, {"type": "text", "text": "hi"}]}))

    assert (reply.text, reply.reasoning, reply.reasoning_field) == ("hi", "hmm", "content")


def test_thought_that_streams_in_parts_is_generated_and_the_answer_comes_after_it():
    builder, reply = streamed(
        delta(role="assistant", content=""), delta(content=[thinking("h")]),
        delta(content=[thinking("mm")]), delta(content="a"), delta(content="b"),
        delta(finish="stop", content=""),
    )  # fmt: skip

    assert (reply.text, reply.reasoning) == ("ab", "hmm")
    assert (builder.first_token, builder.first_answer, builder.content_chunks) == (1.0, 3.0, 4)
    assert reply.first_chunk_share == 0.2


def test_a_thought_alone_is_content_of_no_kind():
    _, reply = streamed(delta(content=[thinking("hmm")]), delta(finish="length"))

    assert (reply.text, reply.content_kind, reply.usable) == ("", "null", False)


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


def test_the_texts_of_further_choices_are_kept_in_their_order():
    choices = [{"index": n, "message": {"content": str(n)}, "finish_reason": "stop"}
               for n in range(3)]  # fmt: skip
    assert whole(document() | {"choices": choices})[1].others == ("1", "2")

    _, reply = streamed(
        *({"choices": [{"index": n, "delta": {"content": f"{n}{part}"}}]}
          for part in "ab" for n in (0, 2, 1))
    )  # fmt: skip
    assert (reply.text, reply.others, reply.choices) == ("0a0b", ("1a1b", "2a2b"), 3)


def test_counts_that_stand_in_texts_are_read_and_told_as_odd():
    usage = {"prompt_tokens": "12", "completion_tokens": "3", "total_tokens": "15"}

    _, reply = whole(document(usage=usage))

    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (12, 3)
    assert reply.usage.total_tokens == 15
    assert reply.oddities == ("usage-inconsistent",)


def test_whole_choices_are_kept_by_their_places_and_counted_by_their_indexes():
    def choices(*indexes):
        return {
            "choices": [
                {"message": {"content": text}} | ({} if index is None else {"index": index})
                for text, index in zip("abc", indexes, strict=False)
            ]
        }

    _, same = whole(document() | choices(0, 0))
    _, bare = whole(document() | choices(None, None, None))
    _, own = whole(document() | choices(1, 2.0, 3))

    assert (same.text, same.others, same.choices) == ("a", ("b",), 1)
    assert (bare.others, bare.choices) == (("b", "c"), 3)
    assert (own.others, own.choices) == (("b", "c"), 3)


@pytest.mark.parametrize(
    ("choice", "shape"),
    [
        ({"text": "hi", "finish_reason": "stop"}, "OpenAI's old completions"),
        ({"text": "", "message": None, "finish_reason": "stop"}, "OpenAI's old completions"),
        ({"message": "hi", "finish_reason": "stop"}, "an API with a message as plain text"),
        ({"message": {"content": 7}}, "an API with a content of type int"),
        ({"message": {"content": {"a": 1}}}, "an API with a content of type dict"),
    ],
)
def test_a_choice_without_a_chat_message_is_of_another_api(choice, shape):
    builder, reply = whole({"choices": [{"index": 0, **choice}]})

    assert reply.oddities[0] == "choices-missing"
    assert builder.looks_like == shape


def test_a_text_beside_a_message_is_nobodys_other_api():
    choice = {"index": 0, "text": "hi", "message": {"content": "hi"}, "finish_reason": "stop"}

    assert whole({"choices": [choice]})[1].oddities == ()
    assert whole(document({"content": None}))[1].oddities == ()
    assert whole(document({"content": 7, "tool_calls": [
        {"id": "a", "function": {"name": "f", "arguments": "{}"}}]}))[1].oddities == ()  # fmt: skip


def test_further_choices_have_a_bound():
    many = [{"index": n, "delta": {"content": "x" * 100_000}} for n in range(200)]

    _, reply = streamed({"choices": many})

    assert len(reply.others) == MAX_CHOICES
    assert {len(text) for text in reply.others} == {MAX_OTHER_TEXT}
    assert reply.cut


@pytest.mark.parametrize("channel", ["content", "reasoning", "refusal"])
def test_what_is_longer_than_is_kept_says_so(channel):
    assert whole(document({channel: "x" * (MAX_TEXT + 1)}))[1].cut
    assert not whole(document({channel: "x" * MAX_TEXT}))[1].cut


@pytest.mark.parametrize(
    ("logprobs", "there"),
    [
        ({"content": [{"token": "hi", "logprob": -0.1}]}, True),
        ({"tokens": ["hi"], "token_logprobs": [-0.1]}, True),
        ([{"token": "hi"}], True),
        ({"content": []}, False),
        ({"content": None}, False),
        (None, False),
        ([], False),
        (True, False),
    ],
)
def test_log_probabilities_are_there_when_something_stands_in_them(logprobs, there):
    value = document()
    value["choices"][0]["logprobs"] = logprobs

    assert whole(value)[1].logprobs is there
    assert streamed(value, delta("stop", content="x"))[1].logprobs is there


NOW = 1_790_000_000


@pytest.mark.parametrize("created", [NOW, NOW + 5, float(NOW), NOW + 0.5, NOW - 86_400, None, ...])
def test_a_moment_near_the_question_or_none_is_no_oddity(created):
    builder = ReplyBuilder(now_s=NOW)
    builder.add_document(document() if created is ... else document(created=created))
    reply = builder.build()

    assert reply.oddities == ()
    assert reply.created == (None if created is ... else created)


@pytest.mark.parametrize(
    "created", [0, -1, 1, NOW * 1000, NOW * 1_000_000, 10**30, NOW + 10**9, "now", True, [], 0.0]
)
def test_a_moment_that_can_be_none_is_odd(created):
    builder = ReplyBuilder(now_s=NOW)
    builder.add_chunk(document(created=created), 0.0)

    assert builder.build().oddities == ("created-odd",)
    assert "created-odd" in KINDS


def test_a_moment_beside_no_choice_or_among_sound_ones_is_not_looked_at():
    ahead = {"id": "", "object": "", "created": 0, "model": "", "choices": []}

    _, reply = streamed(ahead, delta("stop", content="x") | {"created": NOW}, ahead)
    assert (reply.created, reply.oddities) == (NOW, ())

    _, reply = streamed(delta(content="x") | {"created": 0}, delta("stop") | {"created": NOW})
    assert (reply.created, reply.oddities) == (NOW, ())


@pytest.mark.parametrize(
    "names",
    [
        ["gpt-4o", "gpt-4o-2024-08-06", "openai/GPT-4o"],
        ["", "gpt-4o", None, "gpt-4o", ""],
        ["my-deployment", "llama-3.1-8b"],
        ["meta-llama/Llama-3.1-8B-Instruct", "accounts/fireworks/models/llama-v3p1-8b-instruct"],
        [None, None],
    ],
)
def test_one_model_under_several_names_is_no_change(names):
    _, reply = streamed(*(delta("stop", content="x") | {"model": name} for name in names))

    assert reply.oddities == ()
    assert reply.model == next((name for name in names if name), "")


@pytest.mark.parametrize(
    "names",
    [
        ["gpt-4o", "gpt-4o", "claude-3-5-sonnet"],
        ["gpt-4o", "gpt-4o-mini", "gpt-4o"],
        ["default", "gpt-4o", "llama-3.1-8b"],
        ["house-blend", "tap-water"],
    ],
)
def test_a_model_that_changes_between_the_chunks_is_told(names):
    _, reply = streamed(*(delta("stop", content="x") | {"model": name} for name in names))

    assert reply.oddities == ("model-changes-mid-stream",)


def test_a_name_that_is_new_in_every_chunk_costs_no_more():
    _, reply = streamed(*(delta("stop", content="x") | {"model": f"m{n}"} for n in range(20_000)))

    assert reply.model == "m0"


def test_an_id_that_changes_between_the_chunks_is_told():
    def ids(*values):
        return streamed(*(delta("stop", content="x") | {"id": value} for value in values))[1]

    assert ids("a", "a", "b").oddities == ("id-changes-mid-stream",)
    assert ids("", "a", None, "a", "", 7).oddities == ()
    assert ids("", "a").id == "a"


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": "5", "completion_tokens": 2},
        {"prompt_tokens": 5, "completion_tokens": -2},
        {"total_tokens": True},
        {"completion_tokens": 2.5},
        {"completion_tokens": [2]},
        {"completion_tokens": 10**30},
        {"completion_tokens_details": {"reasoning_tokens": "many"}},
        {"prompt_tokens_details": {"cached_tokens": -1}},
        "many",
        [5, 2],
    ],
)
def test_counts_that_are_none_are_told(usage):
    assert whole(document(usage=usage))[1].oddities == ("usage-inconsistent",)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 5.0, "completion_tokens": 2, "total_tokens": 7},
        {"prompt_tokens": 5, "completion_tokens": None},
        {"prompt_tokens": 5, "completion_tokens_details": None, "prompt_tokens_details": []},
        {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 40},  # the sum is the checks'
        {"prompt_tokens": 0, "prompt_time": "0.1s", "cost": "0.01"},
        {}, [], None, "",
    ],
)  # fmt: skip
def test_counts_that_are_counts_or_missing_are_no_oddity(usage):
    assert whole(document(usage=usage))[1].oddities == ()


def test_of_growing_counts_only_the_last_are_looked_at():
    odd, even = {"completion_tokens": -1}, {"completion_tokens": 1}

    assert streamed(delta("stop", content="x") | {"usage": odd}, {"choices": [], "usage": even})[
        1
    ].oddities == ()  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "notice"),
    [
        ({"warning": "m is retired on 1 May"}, "m is retired on 1 May"),
        ({"warnings": ["a", {"message": "b", "code": 7}, {"code": 7}, True]}, "a; b"),
        ({"deprecation_notice": {"text": "soon", "date": "2026-05-01"}}, "soon, 2026-05-01"),
        ({"deprecated": True}, "deprecated"),
        ({"meta": {"sunset_date": "2026-05-01"}}, "2026-05-01"),
        ({"system_message": "use m2"}, "use m2"),
        ({"warning": None, "warnings": [], "deprecated": False, "notice": "  "}, ""),
        ({"usage": {"warning": "none of ours"}, "message": "hi", "k" * 1000: "x"}, ""),
        ({"notice": "x" * 5000}, "x" * 1000),
    ],
)
def test_a_notice_beside_the_answer_is_kept(fields, notice):
    assert whole(document(**fields))[1].notice == notice
    assert streamed(delta("stop", content="x") | fields)[1].notice == notice


def test_the_first_fingerprint_is_kept():
    _, reply = streamed(*(delta(content="x") | {"system_fingerprint": f} for f in (None, "a", "b")))

    assert reply.fingerprint == "a"


OTHER_APIS = {
    "Ollama's /api/chat": {"model": "m", "message": {"content": "hi"}, "done": True},
    "Ollama's /api/generate": {"response": "hi", "done": True},
    "Gemini's generateContent": {"candidates": [{"content": {"parts": []}}]},
    "Bedrock's Converse": {"output": {"message": {}}, "stopReason": "end_turn"},
    "OpenAI's Responses": {"output": [{"type": "message"}], "object": "response"},
    "Anthropic's Messages": {"type": "message", "role": "assistant", "content": [{"text": "hi"}]},
    "text-generation-inference's own": [{"generated_text": "hi"}],
    "an API with a response": {"response": "hi"},
}


@pytest.mark.parametrize(("name", "value"), OTHER_APIS.items(), ids=OTHER_APIS)
def test_an_answer_of_another_api_says_whose_it_looks_like(name, value):
    builder, reply = whole(value)

    assert reply.oddities == ("choices-missing",)
    assert builder.looks_like == name


@pytest.mark.parametrize("value", [{}, {"id": "1"}, [], [7], 7, None, {"message": None}])
def test_what_looks_like_no_api_is_called_none(value):
    builder, reply = whole(value)

    assert reply.oddities == ("choices-missing",)
    assert builder.looks_like == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["stop", "²²²", "\ud800", 10**400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["choices", "message", "delta", "content", "finish_reason", "index",
                         "usage", "tool_calls", "function", "arguments", "name", "id", "model",
                         "error", "reasoning", "reasoning_details", "x_groq", "refusal", "text",
                         "prompt_tokens", "cost", "function_call", "completion_tokens_details",
                         "created", "system_fingerprint", "warnings", "logprobs", "meta"]),
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


def test_what_is_no_choice_among_choices_is_passed_over_and_keeps_its_place():
    choices = [None, {"message": {"content": "x"}, "finish_reason": "stop"}, "odd"]

    _, reply = whole(document() | {"choices": choices})

    assert (reply.text, reply.finish_reason) == ("x", "stop")


def test_an_error_event_that_holds_no_error_ends_nothing():
    builder = ReplyBuilder()
    builder.add_chunk(delta(content="hi"), 0.0)
    builder.add_chunk({}, 1.0, event_name="error")
    builder.add_chunk(delta("stop"), 2.0)

    assert builder.build().text == "hi"


def test_content_that_is_null_again_after_text_takes_nothing_back():
    _, reply = streamed(delta(content="hi"), delta(content=None), delta("stop"))

    assert (reply.text, reply.content_kind) == ("hi", "text")


def test_content_of_another_type_is_none():
    _, reply = whole(document({"content": 42}))

    assert (reply.text, reply.content_kind, reply.usable) == ("", "missing", False)


def test_a_further_choice_without_text_is_counted():
    choices = [{"index": n, "message": {"content": text}} for n, text in enumerate(("a", None))]

    _, reply = whole(document() | {"choices": choices})

    assert (reply.others, reply.choices) == (("",), 2)


def test_of_more_rows_than_anybody_sends_the_rest_is_left_and_said_to_be():
    rows = [{"index": n, "message": {"content": "x"}} for n in range(MOST_BESIDE + 2)]
    calls = {"tool_calls": [{"index": 0, "function": {"name": "f"}}] * (MOST_BESIDE + 2)}
    _, answers = whole({"choices": rows})
    _, called = streamed({"choices": [{"index": 0, "delta": calls}]})
    _, over_chunks = streamed(*[{"choices": rows[:1002]}] * 11)

    assert (answers.text, answers.cut, len(answers.others)) == ("x", True, MAX_CHOICES)
    assert (called.tool_calls[0].name, called.cut) == ("f", True)
    assert (over_chunks.events, over_chunks.cut) == (11, True)


def test_rows_beside_the_first_are_read_as_long_as_they_are_few():
    row = {"index": 1, "delta": {"content": "b"}}
    chunk = {"choices": [{"index": 0, "delta": {"content": "a"}}, row]}
    _, reply = streamed(*[chunk] * MOST_BESIDE)
    _, alone = streamed(*[{"choices": chunk["choices"][:1]}] * (MOST_BESIDE + 5))

    assert (reply.others, reply.cut) == (("b" * MOST_BESIDE,), False)
    assert (alone.text, alone.cut) == ("a" * (MOST_BESIDE + 5), False)
