"""The README's figures, written from what was measured and nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "benchmarks" / "figures.json"
README = ROOT / "README.md"
FIGURES_MARK = "figures"


def markdown(figures: dict[str, Any]) -> str:
    """The figures as a Markdown table with the machine below it."""
    helps, probe = figures["cold_start"]["help"], figures["cold_start"]["probe"]
    call = figures["roll_call"]
    size = (
        f"roll call, {call['gateways']} gateways × {call['models_per_gateway']} models, "
        f"{call['probes']} probes, {call['concurrency_per_gateway']} at once each"
    )
    rows = [
        ("`gatewayz --help`, cold", f"{helps['wall_ms']:.0f} ms",
         f"{helps['ratio']:.1f} × a bare `python -c pass` in the same run"),
        ("first verdict by `gatewayz probe`, cold", f"{probe['wall_ms']:.0f} ms",
         f"{probe['ratio']:.1f} × the same"),
        (size,
         f"{call['wall_s']:.2f} s",
         f"{call['ratio']:.2f} × the lower bound that latencies and limits allow"),
        ("CPU per probe in that roll call", f"{call['cpu_us_per_probe']} µs",
         f"{call['probes_per_s']} probes a second"),
    ]  # fmt: skip
    lines = ["| what | measured | beside |", "|---|---|---|"]
    lines += [f"| {what} | {value} | {beside} |" for what, value, beside in rows]
    machine = f"Python {figures['python']}, {figures['cores']} cores, {figures['date']}"
    return "\n".join(
        [*lines, "", f"{machine}; medians. `python -m benchmarks --print` shows yours."]
    )


def load() -> dict[str, Any]:
    """What was measured last."""
    figures: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return figures


def not_kept(section: str, figures: Mapping[str, Any]) -> str:
    """Why a run's figures stay out of figures.json and off its page; "" where they go there.

    A short run, or one at low priority, is not to be quoted, and so never takes the place of one
    that is.
    """
    reasons = _not_to_quote(figures)
    before = load().get(section)
    if not reasons or before is None or _not_to_quote(before):
        return ""
    return f"not written, as {' and '.join(reasons)}: the page keeps the run of {before['date']}"


def keep(section: str, figures: Mapping[str, Any], write: Callable[[], None]) -> None:
    """Keeps a run's figures and has `write` put them on their page, or says why not."""
    if why := not_kept(section, figures):
        print(why, file=sys.stderr)
    else:
        save({section: figures})
        write()


def _not_to_quote(figures: Mapping[str, Any]) -> list[str]:
    short, nice = figures.get("short", False), figures.get("niceness", 0) > 0
    told = (("it was a short run", short), ("it ran at low priority", nice))
    return [reason for reason, holds in told if holds]


def save(figures: dict[str, Any]) -> None:
    """Keeps what was measured, beside what other benchmarks did."""
    text = json.dumps({**load(), **figures}, indent=2, ensure_ascii=False)
    FIGURES.write_text(text + "\n", encoding="utf-8")


def write_readme() -> None:
    """Puts the table of figures.json into the README."""
    write_between_marks(FIGURES_MARK, markdown(load()))


def between_marks(name: str, page: Path = README) -> str:
    """What a page has between the marks of this name."""
    begin, end = _marks(name)
    return page.read_text(encoding="utf-8").split(begin, 1)[1].split(end, 1)[0].strip()


def write_between_marks(name: str, text: str, page: Path = README) -> None:
    """Puts a text between a page's marks of this name."""
    begin, end = _marks(name)
    head, rest = page.read_text(encoding="utf-8").split(begin, 1)
    whole = f"{head}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}"
    page.write_text(whole, encoding="utf-8")


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
