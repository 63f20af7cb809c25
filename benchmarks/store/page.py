"""The tables of docs/store.md, written from what was measured."""

from __future__ import annotations

from typing import Any

from benchmarks.table import ROOT, load, write_between_marks

SECTION, MARK = "store", "store"
PAGE = ROOT / "docs" / "store.md"


def page(figures: dict[str, Any]) -> str:
    """The tables, and the machine below them."""
    written, raw, sums = figures["written"], figures["raw"], figures["sums"]
    machine, plan = figures["machine"], figures["plan"]
    told = (
        f"Writing a result costs {written['cpu_us']:,.0f} µs of CPU ({plan['at_once']} to a "
        f"transaction; {written['per_s']:,.0f} a second with all waits for the disk) and "
        f"{written['bytes']:,.0f} bytes. Summing one costs {sums['summing_us']:,.0f} µs; "
        f"{sums['results']:,} of them, summed, take {sums['bytes']:,.0f} bytes each."
    )
    where = (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python "
        f"{machine['python']}, {figures['date']}; SQLite. Medians of {plan['rounds']}."
    )
    lines = [told, "", _head("asked of the results", [f"{one['results']:,}" for one in raw])]
    for name, first in raw[0]["ms"].items():
        lines.append(_row(name, [one["ms"][name] for one in raw], raw[-1]["ms"][name] / first))
    lines += ["", f"| asked of the sums of {sums['results']:,} results | ms |", "|---|---:|"]
    lines += [f"| {name} | {_ms(value)} |" for name, value in sums["ms"].items()]
    return "\n".join([*lines, "", where])


def _head(what: str, sizes: list[str]) -> str:
    columns = " | ".join(f"{size}: ms" for size in sizes)
    return f"| {what} | {columns} | grows by |\n|---|{'---:|' * len(sizes)}---:|"


def _row(name: str, times: list[float], growth: float) -> str:
    return f"| {name} | {' | '.join(map(_ms, times))} | {growth:.1f} × |"


def _ms(value: float) -> str:
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def write_page() -> None:
    """Puts the tables into the page."""
    write_between_marks(MARK, page(load()[SECTION]), PAGE)
