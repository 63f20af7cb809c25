"""The README quotes what was measured and nothing else."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.table import FIGURES, FIGURES_MARK, between_marks, markdown  # noqa: E402
from benchmarks.verdicts.page import MARK, PAGE  # noqa: E402


def test_the_readme_figures_are_those_of_the_benchmark():
    assert between_marks(FIGURES_MARK) == markdown(json.loads(FIGURES.read_text()))


def test_the_readme_quotes_the_matrix_as_its_page_has_it():
    assert between_marks(MARK) in PAGE.read_text()
