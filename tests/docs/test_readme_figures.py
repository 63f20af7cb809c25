"""The README quotes what was measured and nothing else."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.accuracy import page as accuracy  # noqa: E402
from benchmarks.gateway import page as speed  # noqa: E402
from benchmarks.store import page as store  # noqa: E402
from benchmarks.table import FIGURES_MARK, between_marks, load, markdown  # noqa: E402
from benchmarks.verdicts.page import MARK, PAGE  # noqa: E402


def test_the_readme_figures_are_those_of_the_benchmark():
    assert between_marks(FIGURES_MARK) == markdown(load())


def test_the_gateways_in_readme_and_on_their_page_are_those_of_the_benchmark():
    # Written by `make speed`, and without measuring anew by:
    # python -c "from benchmarks.gateway.page import write_pages; write_pages()"
    figures = load()[speed.SECTION]

    assert between_marks(speed.README_MARK) == speed.readme_table(figures)
    assert speed.PAGE.read_text(encoding="utf-8") == speed.page(figures)


def test_the_errors_on_their_page_are_those_of_the_benchmark():
    # Written by `make accuracy`, and without measuring anew by:
    # python -c "from benchmarks.accuracy.page import write_page; write_page()"
    figures = load()[accuracy.SECTION]

    assert between_marks(accuracy.MARK, accuracy.PAGE) == accuracy.table(figures)


def test_what_the_store_costs_on_its_page_is_what_was_measured():
    # Written by `python -m benchmarks.store`, and without measuring anew by:
    # python -c "from benchmarks.store.page import write_page; write_page()"
    figures = load()[store.SECTION]

    assert between_marks(store.MARK, store.PAGE) == store.page(figures)


def test_the_readme_quotes_the_matrix_as_its_page_has_it():
    assert between_marks(MARK) in PAGE.read_text()
