"""The page on safety names tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "design" / "safety.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED, ids=lambda name: name)
def test_it_is_there(file, test):
    text = (ROOT / file).read_text(encoding="utf-8")

    assert re.search(rf"^(?:async )?def {test}\(", text, re.MULTILINE)


def test_every_promise_has_one():
    rows = re.findall(r"^\| (?!promise|---)(.*?) \| (.*) \|$", PAGE, re.MULTILINE)

    assert len(rows) >= 17
    assert all("::test_" in tests for _, tests in rows)
