"""The README quotes the benchmark's own file and nothing else."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.table import BEGIN, END, FIGURES, README, markdown  # noqa: E402


def test_the_readme_figures_are_those_of_the_benchmark():
    quoted = README.read_text().split(BEGIN, 1)[1].split(END, 1)[0].strip()

    assert quoted == markdown(json.loads(FIGURES.read_text()))
