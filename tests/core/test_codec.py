"""Every noun survives the way to JSON and back, and what comes out is valid whatever went in."""

import dataclasses
import functools
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatewayz.core import (
    Attempt,
    Case,
    Counts,
    FaultName,
    Model,
    Observation,
    Outcome,
    Phase,
    Price,
    Reply,
    Run,
    RunStatus,
    Summary,
    Usage,
    Verdict,
    WireFault,
)
from gatewayz.core.codec import dumps, from_json, loads, moment_text, to_json
from gatewayz.core.gateway import Gateway

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

clean_text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
any_text = st.text(st.characters(), max_size=8)
whole = st.integers(-(2**63), 2**63 - 1)
sane_float = st.floats(allow_nan=False, allow_infinity=False)


# Kept, since a strategy that is made anew for each field of each noun takes seconds to import.
@functools.cache
def json_values(text):
    scalars = st.none() | st.booleans() | whole | sane_float | text
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(text, inner, max_size=2),
    )


@functools.cache
def values_of(kind, text, number):
    """A strategy for a type as the nouns use them."""
    origin, arguments = get_origin(kind), get_args(kind)
    simple = {
        str: text,
        int: whole,
        float: number,
        bool: st.booleans(),
        datetime: st.datetimes(timezones=st.just(UTC)),
        Any: json_values(text),
    }
    if kind in simple:
        return simple[kind]
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind, localns={"Observation": Observation})
        return st.builds(
            kind,
            **{f.name: values_of(hints[f.name], text, number) for f in dataclasses.fields(kind)},
        )
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(values_of(arguments[0], text, number), max_size=2).map(tuple)
    if origin is frozenset:
        return st.frozensets(values_of(arguments[0], text, number), max_size=2)
    if origin is Mapping:
        return st.dictionaries(text, values_of(arguments[1], text, number), max_size=2)
    (other,) = (a for a in arguments if a is not NoneType)
    return st.none() | values_of(other, text, number)


unhurried = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@unhurried
@given(values_of(Run, clean_text, sane_float))
def test_a_run_comes_back_as_it_went(run):
    assert loads(Run, dumps(run)) == run


@unhurried
@given(values_of(Run, any_text, st.floats()))
def test_whatever_came_in_is_strict_json_and_stays_the_same_from_then_on(run):
    text = dumps(run)

    text.encode("utf-8")
    # Behind a backslash that is itself escaped it is six plain letters.
    assert "\\u0000" not in text.replace("\\\\", "")
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert dumps(loads(Run, text)) == text


def test_lone_surrogates_nul_and_numbers_that_are_none_are_made_valid():
    reply = Reply(text="a\ud800b\x00c", usage=Usage(cost_usd=math.nan, input_tokens=10**400))

    data = json.loads(dumps(reply))

    assert data["text"] == "a\ufffdb\\x00c"
    assert data["usage"]["cost_usd"] is None
    assert data["usage"]["input_tokens"] is None


def test_moments_are_utc_and_sort_as_text():
    tokyo = datetime(2026, 3, 1, 21, tzinfo=timezone(timedelta(hours=9)))

    assert moment_text(tokyo) == "2026-03-01T12:00:00.000000Z"
    assert moment_text(NOON.replace(tzinfo=None)) == moment_text(NOON)
    assert moment_text(NOON) < moment_text(NOON + timedelta(microseconds=1))


def test_sets_are_sorted_and_enums_go_by_value():
    model = Model(id="m", capabilities=frozenset({"vision", "chat", "tools"}))

    assert to_json(model)["capabilities"] == ["chat", "tools", "vision"]
    assert to_json(Phase.FIRST_EVENT) == "first-event"


def test_keys_of_a_newer_writer_are_passed_over():
    data = to_json(Case(gateway="groq", probe="chat", model=Model(id="m")))
    data["shard"] = 7
    data["model"]["colour"] = {"deep": ["er"]}

    assert from_json(Case, data) == Case(gateway="groq", probe="chat", model=Model(id="m"))


def test_fields_that_an_older_writer_did_not_know_take_their_defaults():
    assert from_json(Case, {"gateway": "groq", "probe": "chat"}) == Case(
        gateway="groq", probe="chat"
    )


@pytest.mark.parametrize(
    ("cls", "data", "named"),
    [
        (Case, {"gateway": "groq"}, "Case.probe is missing"),
        (Case, {"gateway": 3, "probe": "chat"}, "Case.gateway"),
        (Case, ["groq"], "an object was expected"),
        (Case, {"gateway": "g", "probe": "p", "way": "sideways"}, "sideways"),
        (Counts, {"passed": True}, "Counts.passed"),
        (Price, {"input_usd_per_mtok": "3"}, "Price.input_usd_per_mtok"),
        (WireFault, {"name": "moths", "phase": "dns"}, "WireFault.name"),
        (Reply, {"tool_calls": {}}, "Reply.tool_calls"),
        (Run, {"id": "r", "started_at": "yesterday"}, "Run.started_at"),
        (Run, {"id": "r", "started_at": 5}, "Run.started_at"),
    ],
)
def test_what_cannot_be_read_names_the_field(cls, data, named):
    with pytest.raises(ValueError, match=named):
        from_json(cls, data)


def test_nesting_beyond_the_bound_ends_in_null():
    deep: dict = {}
    for _ in range(5000):
        deep = {"in": deep}

    text = dumps(Attempt(body=deep))

    assert text.count("in") < 80
    assert loads(Attempt, text).body


def test_a_function_is_no_data():
    with pytest.raises(TypeError, match="is not data"):
        to_json(Gateway(name="groq"))


def test_a_whole_verdict_with_a_fault_comes_back():
    fault = WireFault(name=FaultName.RESET, phase=Phase.BODY, detail="reset by peer")
    seen = Observation(
        case=Case(gateway="groq", probe="chat", model=Model(id="m")),
        attempts=(Attempt(fault=fault, started_at=NOON),),
    )
    verdict = Verdict(observation=seen, outcome=Outcome.FAILED, first_outcome=Outcome.FAILED)
    run = Run(
        id="r", started_at=NOON, status=RunStatus.CANCELLED, summary=Summary(), verdicts=(verdict,)
    )

    assert loads(Run, dumps(run)) == run
