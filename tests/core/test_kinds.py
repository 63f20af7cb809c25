import pytest

from gatewayz.core.kinds import CLASS_CULPRITS, KINDS, markdown_table


def test_the_table_has_a_row_for_every_kind():
    assert markdown_table().count("\n| `") == len(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.name)
def test_every_kind_says_what_it_is_and_what_to_do(kind):
    assert kind.failure_class in CLASS_CULPRITS
    assert kind.cause.endswith(".")
    assert kind.remedy
    assert all(300 <= status < 600 or status == 204 for status in kind.statuses)
