"""Each failure is told from its neighbours in words."""

import pytest

from gatewayz.core import telling
from gatewayz.core.kinds import CLASS_CULPRITS, KINDS
from gatewayz.core.telling import how_class_told, how_told


def test_every_kind_and_every_class_is_told_by_something():
    assert all(how_told(kind) for kind in KINDS.values())
    assert all(how_class_told(name) for name in CLASS_CULPRITS)


def test_a_kind_without_words_of_its_own_is_told_as_its_class_is():
    kind = KINDS["server-500-json"]

    assert how_told(kind) == how_class_told("server-error")


@pytest.mark.parametrize("name", telling._OF_KIND)
def test_words_of_its_own_are_of_a_kind_that_there_is_and_say_more_than_its_class(name):
    assert how_told(KINDS[name]) != how_class_told(KINDS[name].failure_class)
