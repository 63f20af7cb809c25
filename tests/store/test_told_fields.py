"""A noun is kept without what is at its default, and read as what it was."""

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gatewayz.core import Attempt, Case, ChatRequest, Evidence, Model, Observation, Outcome, Verdict
from gatewayz.core.attempt import Reply, Timing, Usage
from gatewayz.core.codec import dumps, loads, to_json
from gatewayz.core.model import Price
from gatewayz.store.rows import written

NOUNS = {
    "plain": Reply(text="hi", tool_calls=(), usage=Usage(input_tokens=3)),
    "nothing told": Attempt(),
    "NUL": Reply(text="a\x00b"),
    "half a character": Reply(text="a\ud800b", others=("\udc00",)),
    "no number": Timing(total_s=math.nan, chunks_s=(0.1, math.inf)),
    "sets": Model(id="m", capabilities=frozenset({"vision", "chat", "tools"})),
    "an empty set where some is usual": Model(id="m", capabilities=frozenset()),
    "a noun that is at its default within": Model(id="m", price=Price()),
    "a noun that is not": Model(id="m", price=Price(input_usd_per_mtok=1.5)),
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
def test_a_noun_is_read_as_the_same(noun):
    kept = written(noun)

    # Compared by what is written of it, since NaN is not equal to itself.
    assert dumps(loads(type(noun), kept)) == dumps(loads(type(noun), dumps(noun)))
    assert len(kept) <= len(dumps(noun))


def test_only_what_is_not_at_its_default_is_told():
    noun = Case(gateway="g", probe="chat", model=Model(id="m", listed=True), way="api")

    assert json.loads(written(noun)) == {
        "gateway": "g",
        "probe": "chat",
        "model": {"id": "m", "listed": True},
        "way": "api",
    }


@dataclass(frozen=True)
class EachKind:
    """A field of each kind of default; `must` has none."""

    must: int
    text: str = "usual"
    count: int = 3
    share: float = 0.5
    several: tuple[str, ...] = ("chat",)
    words: frozenset[str] = frozenset({"chat"})
    outcome: Outcome = Outcome.PASSED
    price: Price = field(default_factory=Price)
    named: dict[str, int] = field(default_factory=dict)
    maybe: float | None = 1.0


def test_each_kind_of_default_is_left_out_and_what_is_empty_beside_it_is_told():
    # Made anew, so that none is the very object that is the default.
    usual = EachKind(0, share=1 / 2, words=frozenset(["chat"]), price=Price(), named={})
    other = EachKind(
        0,
        "",
        0,
        0.0,
        (),
        frozenset(),
        Outcome.FAILED,
        Price(input_usd_per_mtok=0.0),
        {"a": 0},
        None,
    )

    assert json.loads(written(usual)) == {"must": 0}
    assert json.loads(written(other)) == {
        **to_json(other), "price": {"input_usd_per_mtok": 0.0},
    }  # fmt: skip


def test_a_noun_of_one_field_is_written_too():
    @dataclass(frozen=True)
    class Single:
        only: str

    assert written(Single("x")) == '{"only":"x"}'
