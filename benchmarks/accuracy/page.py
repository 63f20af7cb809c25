"""The figures as the table of docs/accuracy.md, made of nothing but what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.accuracy.asker import PLANTED_S
from benchmarks.table import load, write_between_marks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
MARK = "accuracy"
# Where benchmarks/figures.json has the figures.
SECTION = "accuracy"
_NOISY = 0.03
_MANY = 512
# A planted delay shows where the median is off by most of it.
_SHOWS_US = 0.9 * PLANTED_S * 1e6

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Aim:
    """What is to be reached at 512 streams: a 99th percentile of errors, in microseconds.

    It holds for the stamps that an attempt gets on this machine unless told otherwise.
    """

    what: str
    figure: str
    by_kernel_us: float
    by_process_us: float


AIMS = (Aim("gaps", "gap_us", 10, 100), Aim("TTFT", "ttft_us", 500, 500))


def missed(figures: Figures) -> list[str]:
    """What is not as it should be, a line each: counts, answers that failed, plants, aims."""
    found = [
        f"{_who(row)}: {row['wrong_counts']} wrong counts, {sum(row['failed'].values())} failed"
        for row in figures["rounds"]
        if row["wrong_counts"] or row["failed"] or not row["answers"]
    ]
    found += [f"{_who(row)}: does not show" for row in _planted(figures) if not shows(row)]
    if not figures["short"]:
        found += [
            f"aim missed: {what}, {told}" for what, told, is_met in aims(figures) if not is_met
        ]
    return found


def shows(row: Figures) -> bool:
    """Whether a planted delay is in the figures as it should be: the kernel's stamps hide a late read."""
    hidden = row["plant"] == "late-read" and row["kernel_stamps"]
    first, gap = (row[name]["p50"] > _SHOWS_US for name in ("ttft_us", "gap_us"))
    return not (first or gap) if hidden else first and gap


def aims(figures: Figures) -> Iterator[tuple[str, str, bool]]:
    """Each aim: what, the figures beside it, whether it is met in one process and in several."""
    rows = [
        row
        for row in _streams(figures)
        if row["at_once"] == _MANY and row["kernel_stamps"] and not row["tls"]
    ]
    by_kernel = all(set(row["stamped_by"]) == {"kernel"} for row in rows)
    by = "the kernel" if by_kernel else "the process"
    for aim in AIMS:
        most_us = aim.by_kernel_us if by_kernel else aim.by_process_us
        values = [row[aim.figure]["p99"] for row in rows if row[aim.figure]]
        told = ", ".join(f"{_us(v)} µs" for v in values) or "not measured"
        what = f"99 % of {aim.what}, stamped by {by}: at most {_us(most_us)} µs off"
        yield what, told, bool(values) and max(values) <= most_us


def table(figures: Figures) -> str:
    """All that stands between the page's marks."""
    parts = [
        _machine(figures),
        *_caveat(figures),
        "### Streams",
        "\n".join(_table(_streams(figures), _STREAMS)),
        "### Whole answers",
        "\n".join(_table(_wholes(figures), _WHOLE)),
        "### With a delay of 1 ms planted in every second read or stamp",
        "\n".join(_table(_planted(figures), _PLANTED)),
        "### Aims at 512 streams",
        "\n".join(_aims(figures)),
    ]
    return "\n\n".join(parts)


def write_page() -> None:
    """Puts the table of benchmarks/figures.json into docs/accuracy.md."""
    write_between_marks(MARK, table(load()[SECTION]), PAGE)


def _streams(figures: Figures) -> list[Figures]:
    return [row for row in figures["rounds"] if row["stream"] and not row["plant"]]


def _wholes(figures: Figures) -> list[Figures]:
    return [row for row in figures["rounds"] if not row["stream"]]


def _planted(figures: Figures) -> list[Figures]:
    return [row for row in figures["rounds"] if row["plant"]]


def _aims(figures: Figures) -> list[str]:
    if figures["short"]:
        return ["Judged in the long form only."]
    return [
        "| aim | measured, in one process and in several | |",
        "|---|---:|---|",
        *(
            f"| {what} | {told} | {'met' if is_met else '**missed**'} |"
            for what, told, is_met in aims(figures)
        ),
    ]


def _machine(figures: Figures) -> str:
    machine = figures["machine"]
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']},"
        f" Python {machine['python']}, {figures['date']}. Errors in µs: median / 99th percentile /"
        " largest."
    )


def _caveat(figures: Figures) -> Iterator[str]:
    """Why these figures should not be quoted, if there is a reason."""
    others = figures["others"]
    reasons = [
        ("it was a short run", figures["short"]),
        ("it ran at low priority", figures["niceness"] > 0),
        ("sender and clients shared their cores", not figures["apart"]),
        (f"other programs took {others or 0:.0%} of the cores", (others or 0) > _NOISY),
    ]
    if said := [reason for reason, holds in reasons if holds]:
        yield f"Not to be quoted: {' and '.join(said)}."


def _us(value: float) -> str:
    return f"{value:,.1f}" if value < 10 else f"{value:,.0f}"


def _three(name: str) -> Callable[[Figures], str]:
    def cell(row: Figures) -> str:
        found = row[name]
        return " / ".join(_us(found[key]) for key in ("p50", "p99", "max")) if found else "-"

    return cell


def _sender(name: str) -> Callable[[Figures], str]:
    return lambda row: _us(row["sender"][name]["p99"]) if row["sender"][name] else "-"


def _counts(row: Figures) -> str:
    failed = sum(row["failed"].values())
    wrong = f"{row['wrong_counts']} of {row['answers']} wrong" if row["wrong_counts"] else "exact"
    return f"{wrong}, {failed} failed" if failed else wrong


def _stamps(row: Figures) -> str:
    """Who stamped, by what the attempts say."""
    by = row["stamped_by"]
    return " and ".join(sorted(by)) if len(by) != 1 else next(iter(by))


def _cpu(row: Figures) -> str:
    return "-" if row["cpu_us"] is None else _us(row["cpu_us"])


def _plant(row: Figures) -> str:
    return "the read waits" if row["plant"] == "late-read" else "the stamp is late"


def _who(row: Figures) -> str:
    kind = "streams" if row["stream"] else "answers"
    stamps = "kernel" if row["kernel_stamps"] else "process"
    plant = f", planted {row['plant']}" if row["plant"] else ""
    over = " over TLS" if row["tls"] else ""
    return f"{row['at_once']} {kind}{over} in {row['processes']}, {stamps} stamps{plant}"


Column = tuple[str, str, Callable[[Figures], str]]

_AT_ONCE: Column = ("at once", "---:", lambda row: str(row["at_once"]))
_OVER: Column = ("over", "---", lambda row: "TLS" if row["tls"] else "TCP")
_PROCESSES: Column = ("client processes", "---:", lambda row: str(row["processes"]))
_STAMPS: Column = ("stamps", "---", _stamps)
_TTFT: Column = ("TTFT", "---:", _three("ttft_us"))
_GAPS: Column = ("gaps", "---:", _three("gap_us"))
_TOKENS: Column = ("tokens and chunks", "---", _counts)
_HELD_UP: Column = ("our loop late at most, ms", "---:", lambda row: f"{row['held_up_ms']:,.1f}")
# Near the number of cores they had, the clients were what held things up.
_BUSY: Column = ("cores that the clients used", "---:", lambda row: f"{row['cores']:.2f}")

_STREAMS: tuple[Column, ...] = (
    _AT_ONCE, _OVER, _PROCESSES, _STAMPS, _TTFT, _GAPS, _TOKENS, _HELD_UP,
    ("CPU µs a chunk", "---:", _cpu),
    _BUSY,
    ("sender late, p99", "---:", _sender("late_us")),
    ("a send takes, p99", "---:", _sender("send_us")),
)  # fmt: skip
_WHOLE: tuple[Column, ...] = (
    _AT_ONCE, _PROCESSES, _STAMPS,
    ("latency", "---:", _three("whole_us")),
    ("tokens", "---", _counts),
    _HELD_UP,
    ("CPU µs an answer", "---:", _cpu),
    _BUSY,
)  # fmt: skip
_PLANTED: tuple[Column, ...] = (
    ("planted", "---", _plant), _STAMPS, _TTFT, _GAPS, _TOKENS,
    ("as it should be", "---", lambda row: "yes" if shows(row) else "**no**"),
)  # fmt: skip


def _table(rows: Iterable[Figures], columns: Sequence[Column]) -> list[str]:
    return [
        "| " + " | ".join(title for title, _, _ in columns) + " |",
        "|" + "|".join(rule for _, rule, _ in columns) + "|",
        *("| " + " | ".join(cell(row) for _, _, cell in columns) + " |" for row in rows),
    ]
