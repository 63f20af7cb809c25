"""Holds each file that verdicts hang on to its share of branch coverage: the end of `make coverage`.

`coverage report` weighs the total, in which a large file hides a small one, and says nothing of a
file that has moved away from where it is looked for. The files and the share stand in
pyproject.toml, under `[tool.coverage]`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage

ROOT = Path(__file__).resolve().parents[1]


def shortfalls(report: dict[str, Any], wanted: list[str], least: float) -> Iterator[str]:
    """What is wrong with a report, a line each; `report` is what `coverage json` writes."""
    files = report["files"]
    for pattern in wanted:
        if not any(Path(name).match(pattern) for name in files):
            yield f"{pattern}: nothing by this name was run; has it moved?"
    for name, found in sorted(files.items()):
        share = found["summary"]["percent_covered"]
        if share < least:
            yield f"{name}: {share:.1f} % of lines and branches, {least:g} % are wanted"
    totals = report["totals"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    if branches < least:
        yield f"all of them: {branches:.1f} % of branches, {least:g} % are wanted"


def main() -> int:
    """Read what the last run measured; 1 when a file falls short."""
    measured = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(path))
        report = json.loads(path.read_text(encoding="utf-8"))
    least = float(measured.get_option("report:fail_under"))
    wanted = list(measured.get_option("run:include"))
    found = list(shortfalls(report, wanted, least))
    print("\n".join(found) or f"{len(report['files'])} files, each {least:g} % or more")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
