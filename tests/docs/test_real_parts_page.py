"""The page on the real parts names every probe, and what failed there."""

import re
from pathlib import Path

import pytest

from gatewayz.core import KINDS
from gatewayz.core.kinds import CLASS_CULPRITS
from gatewayz.probes import PROBES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "real-parts.md"


def rows(title):
    """The cells of a section's table, without its head."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


TABLES = (("The engine", 5), ("The simulator's honest model", 4))


@pytest.mark.peers
def test_every_probe_has_a_row_for_the_engine_and_for_the_simulator():
    # To bring it up to date, where the peers are: python -m benchmarks.real_parts
    for title, _ in TABLES:
        assert {row[0].strip("`") for row in rows(title)} == set(PROBES)


def test_every_row_is_one_of_our_probes_and_whole():
    for title, columns in TABLES:
        table = rows(title)
        assert {row[0].strip("`") for row in table} <= set(PROBES)
        assert {len(row) for row in table} == {columns}


def test_every_name_on_the_page_is_one_of_ours_and_what_failed_is_explained():
    cells = [row for title in ("The engine", "The simulator") for row in rows(title)]
    failed = {
        (row[0], name)
        for row in cells
        for cell in row[1:]
        for name in re.findall("failed `([^`]+)`", cell)
    }

    explained = {(row[0], row[1].strip("`")) for row in rows("What failed")}
    assert failed == explained
    assert {name for _, name in failed} <= {*KINDS, *CLASS_CULPRITS}
