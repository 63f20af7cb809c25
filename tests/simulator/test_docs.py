"""docs/simulator.md names every place and every fault, with the file that holds it."""

import importlib
import pkgutil
from pathlib import Path

from gatewayz.simulator import all_faults, faults
from gatewayz.simulator.dialect import DIALECTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def test_the_page_names_every_place():
    assert all(f"`{DIALECTS[file].name}`" in PAGE for file in DIALECTS)


def test_the_page_names_every_fault_in_the_row_of_its_file():
    rows = {line.split("`")[1]: line for line in PAGE.splitlines() if ".py` |" in line}
    seen = set()
    for module in pkgutil.iter_modules(faults.__path__):
        family = importlib.import_module(f"gatewayz.simulator.faults.{module.name}")
        for fault in getattr(family, "FAULTS", ()):
            mark = {"stream": " (s)", "plain": " (p)", "any": ""}[fault.form]
            if len(all_faults()[fault.name]) > 1:
                mark = ""
            row = rows[f"{module.name}.py"]
            assert f"`{fault.name}`{mark}," in row or f"`{fault.name}`{mark} |" in row, fault.name
            seen.add(fault.name)

    assert seen == set(all_faults())
    assert sum(row.count("`") for row in rows.values()) == 2 * (len(seen) + len(rows))
