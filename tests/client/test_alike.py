"""Events taken by their likeness leave the reply as reading each of them in full does."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.client import streams
from gatewayz.client.alike import Alike
from gatewayz.client.documents import parse
from gatewayz.client.events import ServerEvent
from gatewayz.client.replies import MAX_BROKEN_EVENTS, MAX_IDLE_EVENTS, ReplyBuilder
from gatewayz.client.streams import EventTaker


class _Forgetful(Alike):
    """Knows nothing, so that every event is read in full."""

    def learn(self, data, document):
        pass

    def learn_broken(self, data):
        pass


def taken(events, *, alike):
    builder = ReplyBuilder(now_s=1_790_000_000)
    taker = EventTaker(builder)
    taker._alike = alike(builder)
    for at, (name, data) in enumerate(events):
        if alike is _Forgetful:
            taker._said = EventTaker(builder)._said
        taker.take(ServerEvent(name, data), float(at))
    moments = (builder.first_token, builder.first_answer, builder.last_content, builder.stamps)
    heard = (builder.miss_choices(), builder.looks_like, builder.finish_given, builder.flooded)
    return builder.build(), builder.error, moments, heard


def assert_same(events):
    twice = [event for event in events for _ in range(2)]
    for said in (events, twice):
        assert taken(said, alike=Alike) == taken(said, alike=_Forgetful)


def chunk(delta, *, spaced=False, index=0, finish=None, **document):
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    separators = (", ", ": ") if spaced else (",", ":")
    whole = {"id": "c1", "model": "llama-3", "choices": [choice], **document}
    return json.dumps(whole, separators=separators, ensure_ascii=False)


_TEXTS = st.sampled_from(
    ["", "a", " b", '"', "\\", "\n", "é", "\ud83d", '"content":"x', "content", "null", "2"]
)
_DELTAS = st.one_of(
    st.fixed_dictionaries({"content": _TEXTS}),
    st.fixed_dictionaries({"role": st.just("assistant"), "content": _TEXTS}),
    st.fixed_dictionaries({"content": st.none(), "reasoning_content": _TEXTS}),
    st.fixed_dictionaries({"content": st.just(""), "reasoning": _TEXTS}),
    st.fixed_dictionaries({"reasoning": _TEXTS, "reasoning_content": _TEXTS}),
    st.fixed_dictionaries({"thinking": _TEXTS, "refusal": st.none()}),
    st.fixed_dictionaries({"content": _TEXTS, "refusal": _TEXTS}),
    st.fixed_dictionaries({"content": _TEXTS, "tool_calls": st.sampled_from([
        [], [{"index": 0, "id": "t", "function": {"name": "f", "arguments": "{}"}}]])}),
    st.fixed_dictionaries({"content": st.sampled_from([["x"], [{"text": "y"}], 7, {"a": 1}])}),
)  # fmt: skip
_BESIDE = st.one_of(
    st.just({}),
    st.just({}),
    st.sampled_from([
        {"usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}},
        {"usage": None}, {"error": {"message": "no"}}, {"error": None}, {"success": False},
        {"model": "gpt-9"}, {"id": "c2"}, {"content": "beside"}, {"created": 1_789_999_999},
        {"x_groq": {"usage": {"prompt_tokens": 9}}}, {"deprecated": "soon"}, {"choices": []},
        {"obfuscation": "zzz"}, {"system_fingerprint": "fp"},
    ]),
)  # fmt: skip
_CHUNKS = st.builds(
    lambda delta, beside, spaced, index, finish, blank: (
        "",
        blank + chunk(delta, spaced=spaced, index=index, finish=finish, **beside) + blank,
    ),
    _DELTAS,
    _BESIDE,
    st.booleans(),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([None, None, None, "", "stop", "length", "odd"]),
    st.sampled_from(["", "", " ", "\u2028", "\u00a0", "\ufeff"]),
)
_OTHERS = st.tuples(
    st.sampled_from(["", "", "error", "ping"]),
    st.sampled_from(
        ["{}", "{", "1", "null", "[DONE]", "[]", '"x"', '{"a":1}', '{"a":1,"a":2}', '{"type":"ping"}',
         "{}\n{}", "{}\n{", '{"message":{},"done":true}', ' {"choices":[]}', '{"error":"x"}',
         '{"choices":[{"delta":{"content":"a"},"delta":{"content":"b"}}]}',
         '{"choices":[{"delta":{"content":"a","content":"b"}}]}',
         '{"choices":[{"delta":{"content":"a","content": "a"}}]}',
         '{"choices":[{"delta":{"content":"a","content": "b"}}]}',
         '{"content":"a","choices":[{"delta":{"content":"a"}}]}',
         '{"choices":[{"text":"a","delta":{}}]}', '{"usage":{"total_tokens":3}}']
    ),
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(_CHUNKS | _OTHERS, max_size=8), st.lists(st.integers(0, 7), max_size=30))
def test_events_that_come_again_are_as_if_each_had_been_read(pool, order):
    assert_same([pool[at % len(pool)] for at in order] if pool else [])


@settings(max_examples=300, deadline=None)
@given(_CHUNKS, st.lists(st.text(max_size=6), max_size=20))
def test_chunks_that_differ_by_their_text_are_as_if_each_had_been_read(first, texts):
    document = json.loads(first[1].strip(" \u2028\u00a0\ufeff"))
    events = [first]
    for text in texts:
        for choice in document["choices"]:
            choice["delta"] = {
                key: text if isinstance(value, str) and key != "role" else value
                for key, value in choice["delta"].items()
            }
        events.append(("", json.dumps(document)))

    assert_same(events)


def test_a_chunk_like_one_before_is_not_parsed_again(monkeypatch):
    builder = ReplyBuilder()
    taker = EventTaker(builder)
    taker.take(ServerEvent("", chunk({"content": "one"})), 0.0)
    monkeypatch.setattr("gatewayz.client.streams.parse", None)

    taker.take(ServerEvent("", chunk({"content": ' "two"\n'})), 1.0)

    assert builder.build().text == 'one "two"\n'
    assert builder.stamps == [0.0, 1.0]


def test_a_text_that_stands_beside_the_delta_is_not_taken_for_its_words():
    """The mark of a text is found first where it says nothing."""
    beside = '{{"note":{{"content":"{}"}},"choices":[{{"delta":{{"content":"same"}}}}]}}'
    events = [("", beside.format(text)) for text in ("same", "other", "third")]

    reply, *_ = taken(events, alike=Alike)

    assert reply.text == "samesamesame"


def test_blanks_around_a_chunk_are_no_part_of_its_json():
    said = [("", f"\u2028 {chunk({'content': text})} \u00a0") for text in ("one", " two", " three")]

    assert_same(said)
    assert taken(said, alike=Alike)[0].text == "one two three"


def test_events_that_say_nothing_flood_only_when_none_between_them_says_something():
    builder = ReplyBuilder()
    taker = EventTaker(builder)
    said = chunk({"content": "x"})
    for data in (*["{}"] * MAX_IDLE_EVENTS, said, *["{"] * MAX_IDLE_EVENTS, said, "{}"):
        taker.take(ServerEvent("", data), 0.0)
    assert not builder.flooded

    for number in range(MAX_IDLE_EVENTS):
        taker.take(ServerEvent("", f'{{"n":{number}}}'), 0.0)

    assert builder.flooded


@pytest.mark.parametrize("event", ['{"a":', '{"a":%d'])
def test_broken_events_flood_sooner_than_those_that_say_nothing(event):
    builder = ReplyBuilder()
    taker = EventTaker(builder)

    for number in range(MAX_BROKEN_EVENTS):
        taker.take(ServerEvent("", event % number if "%" in event else event), 0.0)
    assert not builder.flooded

    taker.take(ServerEvent("", "{"), 0.0)
    assert builder.flooded


def test_data_of_blanks_that_are_none_to_http_are_read_like_any_other():
    assert_same([("", "\u00a0"), ("", "null"), ("", "\u00a0"), ("", chunk({"content": "a"}))])


def test_an_event_that_is_said_again_is_parsed_once(monkeypatch):
    calls, parsed = {"tool_calls": [{"index": 0, "function": {"arguments": {"a": 1}}}]}, []

    def counted(data, **how):
        parsed.append(data)
        return parse(data, **how)

    monkeypatch.setattr(streams, "parse", counted)
    reply, *_ = taken([("", chunk(calls))] * 50, alike=Alike)

    assert len(parsed) == 1
    assert [call.arguments for call in reply.tool_calls] == ['{"a": 1}'] * 50
