"""Values against schemas, and patterns that must not hang the run."""

import time

import pytest

from gatewayz.checks._patterns import Patience, occurs_in
from gatewayz.checks._schemas import lost_reference, violation

# Takes time that doubles with every letter.
ENDLESS = "^(a|aa)+$"
LONG = "a" * 60 + "!"


def named(**more):
    return {"type": "object", "patternProperties": {"^n_": {"type": "integer"}}, **more}


@pytest.mark.parametrize(
    ("value", "schema", "told"),
    [
        ({"a": 1}, {"required": ["a"]}, ""),
        ({}, {"required": ["a"]}, "'a' is a required property"),
        ({"a": {"b": "x"}}, {"properties": {"a": {"properties": {"b": {"type": "integer"}}}}},
         "a.b: 'x' is not of type 'integer'"),
        ("abc", {"pattern": "b"}, ""),
        ("xyz", {"pattern": "b"}, "'xyz' does not match 'b'"),
        (7, {"pattern": "b"}, ""),
        ({"n_a": 1}, named(), ""),
        ({"n_a": "x"}, named(), "n_a: 'x' is not of type 'integer'"),
        ([], {"patternProperties": {"b": {"type": "integer"}}}, ""),
        ({"n_a": 1}, named(additionalProperties=False), ""),
        ({"n_a": 1, "b": 2}, named(additionalProperties=False), "'b'"),
        ({"b": 2}, {"pattern": "", "additionalProperties": False}, "'b' was unexpected"),
        ([], {"pattern": "", "additionalProperties": False}, ""),
        ({"b": 2}, {"pattern": "", "unevaluatedProperties": False}, "'b'"),
    ],
)  # fmt: skip
def test_where_and_how_a_value_departs_is_told(value, schema, told):
    found = violation(value, schema)

    assert told in found
    assert bool(found) == bool(told)


def test_a_value_nested_without_end_is_told_as_such():
    value = []
    for _ in range(5000):
        value = [value]
    schema = {"$defs": {"row": {"items": {"$ref": "#/$defs/row"}}}, "$ref": "#/$defs/row"}

    assert violation(value, schema) == "nested too deep to be held against the schema"


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (LONG, {"pattern": ENDLESS}),
        ({LONG: 1}, {"patternProperties": {ENDLESS: {}}}),
        ({LONG: 1}, {"patternProperties": {ENDLESS: {}}, "additionalProperties": False}),
        ({LONG: 1}, {"patternProperties": {ENDLESS: {}}, "unevaluatedProperties": False}),
        ([LONG] * 50, {"items": {"pattern": ENDLESS}}),
    ],
)
def test_patterns_that_take_for_ever_are_given_up_together(value, schema):
    began = time.monotonic()

    with pytest.raises(TimeoutError):
        violation(value, schema)
    assert time.monotonic() - began < 10  # a second is allowed; fifty would be one for each


def test_what_patterns_see_to_beside_unevaluated_ones_cannot_be_asked():
    with pytest.raises(TimeoutError, match="write additionalProperties"):
        violation({"n_a": 1}, named(unevaluatedProperties=False))
    assert violation("text", named(unevaluatedProperties=False) | {"type": "string"}) == ""


@pytest.mark.parametrize(
    ("schema", "lost"),
    [
        ({"$ref": "#/$defs/a", "$defs": {"a": {}}}, ""),
        ({"properties": {"x": {"$ref": "#/$defs/b"}}}, "#/$defs/b"),
        ({"prefixItems": [{"$ref": "http://127.0.0.1/s"}]}, "http://127.0.0.1/s"),
        ({"anyOf": [{"$id": "urn:own", "$ref": "#/nowhere"}]}, ""),
        ({"const": {"$ref": "#/no/schema"}, "enum": [{"$ref": "#/none"}]}, ""),
        ({"properties": {"$ref": {"type": "string"}}}, ""),
        ({"$id": "urn:whole", "$ref": "#/$defs/c"}, "#/$defs/c"),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(schema, lost):
    assert lost_reference(schema) == lost


def test_a_pattern_is_looked_for_anywhere():
    assert occurs_in("a code 42", r"\d+")
    assert not occurs_in("a code", r"\d+")


def test_patience_that_is_used_up_is_not_begun_again():
    patience = Patience()
    patience.left_s = 0

    with pytest.raises(TimeoutError, match=r"the pattern /x/ takes over 1 s"):
        occurs_in("x", "x", patience)


def test_patience_is_shared_by_the_patterns_of_one_question():
    patience = Patience()
    before = patience.left_s

    assert occurs_in("a" * 1000, "a", patience)
    assert patience.left_s < before
