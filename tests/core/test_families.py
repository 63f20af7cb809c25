"""Families of models: what tunes are made of, and whose a family is."""

import pytest

from gatewayz.core.families import FAMILIES, akin, houses


@pytest.mark.parametrize(
    ("a", "b", "one"),
    [("llama", "llama", True), ("hermes", "llama", True), ("llama", "hermes", True),
     ("llama", "qwen", False), ("hermes", "vicuna", False)],
)  # fmt: skip
def test_families_are_akin_by_what_they_are_made_of(a, b, one):
    assert akin(a, b) is one


def test_a_house_is_told_as_hubs_and_as_routers_write_it():
    assert houses("llama") == ("meta-llama", "meta")
    assert houses("starcoder") == houses("") == ()


def test_houses_are_those_of_known_families():
    assert sum(bool(houses(family)) for family in FAMILIES) > len(FAMILIES) // 2
