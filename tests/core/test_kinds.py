from pathlib import Path

import pytest

from gatewayz.core.kinds import CLASS_CULPRITS, KINDS, markdown_table

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_of_failures_is_the_table_in_the_code():
    page = (DOCS / "failures.md").read_text(encoding="utf-8")

    # To bring it up to date: print(markdown_table()), below the comment of that name.
    assert page.endswith(markdown_table())
    assert page.count("\n| `") == len(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.name)
def test_every_kind_says_what_it_is_and_what_to_do(kind):
    assert kind.failure_class in CLASS_CULPRITS
    assert kind.cause.endswith(".")
    assert kind.remedy
    assert all(300 <= status < 600 or status == 204 for status in kind.statuses)
