"""The quick way to a noun's text says what the thorough way says, whatever is in the noun."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from gatewayz.core import Attempt, Case, ChatRequest, Evidence, Model, Observation, Outcome, Verdict
from gatewayz.core.attempt import Reply, Timing, Usage
from gatewayz.core.codec import dumps, to_json

NEST = ["x"]
for _ in range(100):
    NEST = [NEST]
NOUNS = {
    "plain": Reply(text="hi", tool_calls=(), usage=Usage(input_tokens=3)),
    "NUL": Reply(text="a\x00b"),
    "what looks like NUL": Reply(text="a\\u0000b"),
    "half a character": Reply(text="a\ud800b", others=("\udc00",)),
    "two halves": Reply(text="\ud83d\ude00"),
    "other letters": Reply(text="é東🦙", model="\u2028"),
    "no number": Timing(total_s=math.nan, chunks_s=(0.1, math.inf)),
    "a number beyond 64 bits": Reply(usage=Usage(input_tokens=2**70), created=2**80),
    "small numbers": Timing(total_s=1e-7, held_up_s=1e22),
    "nesting": ChatRequest(messages=({"content": NEST},)),
    "sets": Model(id="m", capabilities=frozenset({"vision", "chat", "tools"})),
    "names that are no texts": ChatRequest(messages=(), oracle={1: 2, None: True}),
    "another zone": Attempt(started_at=datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2)))),
    "all of it": Verdict(
        observation=Observation(
            case=Case(gateway="g", probe="p", model=Model(id="m")),
            request=ChatRequest(messages=({"role": "user", "content": "é"},)),
            attempts=(
                Attempt(
                    started_at=datetime(2026, 1, 2, tzinfo=UTC), evidence=Evidence(text='"'),
                    reply=Reply(text="x"), headers={"a": "b\x00"}, body={"n": [1, 2.5, None]},
                ),
            ),
        ),
        outcome=Outcome.PASSED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
def test_both_writers_say_what_the_thorough_way_says(noun):
    quick = msgspec.json.Encoder()

    assert json.loads(dumps(noun)) == to_json(noun)
    assert json.loads(dumps(noun, encode=lambda v: quick.encode(v).decode())) == to_json(noun)


def test_what_is_no_data_is_an_error_also_where_a_text_should_stand():
    with pytest.raises(TypeError, match="object is not data"):
        dumps(Reply(text=object()))


def test_a_noun_of_one_field_is_written_too():
    @dataclass(frozen=True)
    class Single:
        only: str

    assert dumps(Single("x")) == '{"only":"x"}'
