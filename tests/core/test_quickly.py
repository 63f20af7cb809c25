"""A noun that is made quickly is the noun that it was."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from gatewayz.core import Attempt, Case, ChatRequest, Reply, Usage, Verdict
from gatewayz.core.attempt import Evidence, Timing
from gatewayz.core.quickly import quickly_made

MADE_BY_THE_THOUSAND = [Attempt, Case, ChatRequest, Evidence, Reply, Timing, Usage, Verdict]


@pytest.mark.parametrize("noun", MADE_BY_THE_THOUSAND, ids=lambda noun: noun.__name__)
def test_every_field_holds_what_was_given_and_nothing_is_set_afterwards(noun):
    given = {f.name: f"a value of {f.name}" for f in fields(noun)}

    made = noun(**given)

    assert type(made) is noun
    assert {name: getattr(made, name) for name in given} == given
    assert replace(made) == made == copy.deepcopy(made) == pickle.loads(pickle.dumps(made))
    with pytest.raises(FrozenInstanceError):
        setattr(made, next(iter(given)), "another")


def test_what_is_not_given_has_its_default_and_each_its_own_where_that_is_made():
    one, other = Attempt(), Attempt()

    assert one == other == Attempt(number=1, body={}, headers={}, timing=Timing())
    assert one.body is not other.body


def test_a_field_that_is_missing_or_unknown_or_without_its_name_is_an_error():
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'probe'"):
        Case(gateway="groq")
    with pytest.raises(TypeError, match="unexpected keyword argument 'txt'"):
        Reply(txt="hi")
    with pytest.raises(TypeError, match="positional"):
        Usage(3)


def test_a_class_that_would_lose_something_is_refused():
    @dataclass(frozen=True, slots=True)
    class ByPlace:
        text: str = ""

    @dataclass(frozen=True, kw_only=True)
    class WithoutSlots:
        words: list[str] = field(default_factory=list)

    for noun in (ByPlace, WithoutSlots):
        with pytest.raises(TypeError, match=f"{noun.__name__} cannot be made quickly"):
            quickly_made(noun)
