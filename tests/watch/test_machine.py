"""States by x of y: what confirms one, what does not."""

import itertools
from datetime import timedelta

import pytest

from gatewayz.core.objectives import Confirmation
from gatewayz.core.watching import Condition, State
from gatewayz.watch.machine import in_doubt, moved

RULES = [
    Confirmation(),
    Confirmation(bad=1, of=1, good=1),
    Confirmation(bad=2, of=2, good=3),
]


def played(watching, letters, rule=None):
    """The condition after these sightings, a minute apart, and every state on the way."""
    condition, states = Condition(target=watching.target("groq/llama")), []
    for number, letter in enumerate(letters):
        at = watching.noon + timedelta(minutes=number)
        seen = watching.seen("groq/llama", letter, at)
        condition = moved(condition, seen, rule or Confirmation())
        states.append(condition.state.value if condition.state else None)
    return condition, states


@pytest.mark.parametrize(
    ("letters", "states"),
    [
        ("g", ["up"]),
        ("p", ["up"]),
        ("ppp", ["up", "degraded", "degraded"]),
        ("gb", ["up", "up"]),
        ("gbb", ["up", "up", "down"]),
        ("gbgb", ["up", "up", "up", "down"]),
        ("gbggb", ["up"] * 5),
        ("bb", [None, "down"]),
        ("gbbg", ["up", "up", "down", "down"]),
        ("gbbgg", ["up", "up", "down", "down", "up"]),
        ("gbbgb", ["up", "up", "down", "down", "down"]),
        ("gpp", ["up", "up", "degraded"]),
        ("gpb", ["up", "up", "degraded"]),
        ("gppgg", ["up", "up", "degraded", "degraded", "up"]),
        ("gbbpp", ["up", "up", "down", "down", "degraded"]),
        ("gbbpg", ["up", "up", "down", "down", "degraded"]),
        ("gxx", ["up", "up", "unknown"]),
        ("gxxgg", ["up", "up", "unknown", "unknown", "up"]),
        ("gbbxx", ["up", "up", "down", "down", "unknown"]),
        ("gb-b", ["up", "up", "up", "down"]),
        ("---", [None, None, None]),
    ],
)
def test_two_of_three_make_a_state(watching, letters, states):
    assert played(watching, letters)[1] == states


@pytest.mark.parametrize("rule", RULES)
def test_whatever_is_seen_in_whatever_order_a_state_began_at_a_sighting(watching, rule):
    for letters in map("".join, itertools.product("gpbx-", repeat=5)):
        condition, states = played(watching, letters, rule)

        began = [watching.noon + timedelta(minutes=number) for number in range(len(letters))]
        assert (condition.since in began) == (states[-1] is not None), letters


def test_a_rule_of_ones_own_asks_for_more(watching):
    rule = Confirmation(bad=3, of=5, good=3)

    assert played(watching, "gbgbgb", rule)[1][-2:] == ["up", "down"]
    assert played(watching, "gbbbggg", rule)[1][-2:] == ["down", "up"]


def test_a_state_began_with_the_first_sighting_that_made_it(watching):
    condition, _ = played(watching, "gggbb")
    assert condition.since == watching.noon + timedelta(minutes=3)

    condition, _ = played(watching, "gggbbgg")
    assert condition.since == watching.noon + timedelta(minutes=5)


def test_what_says_nothing_moves_only_its_moment(watching):
    condition, _ = played(watching, "g--")

    assert condition.state is State.UP
    assert condition.last_at == watching.noon + timedelta(minutes=2)
    assert condition.last_good_at == watching.noon


@pytest.mark.parametrize(
    ("letters", "doubtful"),
    [("g", False), ("gb", True), ("gbb", False), ("gbbg", True), ("gbbgg", False), ("gp", False),
     ("gx", True), ("gxx", False), ("b", True), ("", False)],
)  # fmt: skip
def test_a_sighting_against_the_state_is_worth_another_look(watching, letters, doubtful):
    assert in_doubt(played(watching, letters)[0]) is doubtful


def test_the_last_reason_stays_until_it_is_well(watching):
    assert played(watching, "gbbg")[0].reason == "HTTP 503"
    assert played(watching, "gbbgg")[0].reason == ""
