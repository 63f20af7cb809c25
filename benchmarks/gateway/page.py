"""The figures as the README's table and as docs/speed.md; both are made of nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.gateway.contenders import DIRECT
from benchmarks.gateway.samples import COMPARED, Figures
from benchmarks.gateway.visitors import GAP_S
from benchmarks.table import load, write_between_marks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "speed.md"
README_MARK = "gateways"
# Where benchmarks/figures.json has the figures.
SECTION = "gateway"
YARDSTICK = "nginx"
# What the short tables show.
_CONNECTIONS, _MANY = "64", "512"
_MODEST, _HIGH = "100", "10000"
_NOISY = 0.03
_A_SECOND = round(1 / GAP_S)
_ALL = 0.98
_INTRODUCTION = """\
# Speed beside other gateways

Every gateway stands on one core; the load and the provider behind it, a server that answers at
once, share another. All are started first and then measured in turn, round after round, so that a
ratio holds when the machine's speed drifts. `make speed` runs it again and writes this page and the
README's table; `python -m benchmarks.gateway --short --print` gives an idea in a minute.

{machine}

{versions}
"""
_METHOD = """\
## How it is measured

- **Requests.** Each connection asks again as soon as it is answered: a request of {request} bytes
  with two messages, a whole answer of {answer} bytes. CPU is that of the gateway's processes by the
  kernel's clock for each of them, divided by the answers; a kernel that accounts interrupts apart has
  their time in nobody's. Where the load's core was more than 95 % busy, requests per second have a
  `≥`: the load had no more to give. CPU per request holds there, too.
- **Fixed rate.** Requests leave at their moments whether the ones before are answered or not.
  The time ends when the kernel stamps the arrival of the last bytes, so that a busy reader does not
  count. What is added is the percentile less that of the direct way, of the same rounds. The high
  rate is asked of those who answer that many on 64 connections.
- **Streams.** One chunk every 20 ms in each; the provider writes into every chunk when it left, by
  the clock of the kernel's stamp. Streams begin one after the other; CPU, lag and what was delivered
  are of the time in which all of them run. Less than half delivered is measured once, and no CPU
  per chunk is told of it, since to start the streams is then most of what a gateway does.
- **Memory** is the resident set of all processes, after the start, and the largest after any turn.
  **Ready** is from the start of the process to the first 200, looked for every 5 ms; the CPU is what
  was used until then. The median of {starts} starts, of fewer where they take longer than 5 s.
- **This backend** checks a key made by `gatewayz keys create` with limits far above the load, routes
  by the model's prefix, writes a record of every request into SQLite, keeps its metrics and writes
  its log to a file. Under uvicorn it is `python -m uvicorn src.main:app`, with uvicorn's own log
  as well. nginx has one worker, buffers no answer and writes no log. Portkey's gateway and LiteLLM's
  proxy are as `make test-peers` installs them, LiteLLM with its master key and no database.
- Before anything counts each answers on 16 connections for {heat_s:g} s, since some compile as they go.
- Rounds: {rounds}. Figures are their medians, percentiles are of all rounds together. Loopback, no TLS.
"""

Column = tuple[str, Callable[[Figures], str]]


def readme_table(figures: Figures) -> str:
    """A row for each gateway, the machine below."""
    return "\n".join([*_main_table(figures), "", _machine(figures), *_caveat(figures)])


def page(figures: Figures) -> str:
    """docs/speed.md."""
    rows = figures["gateways"]
    sections = [
        ("In short", _main_table(figures)),
        ("Requests", _requests(rows)),
        ("At a fixed rate", _rates(rows)),
        ("Streams", _streams(rows)),
        ("Memory and start", _standing(rows)),
        ("A core's worth", _worth(figures)),
        *([("Not here", _skipped(figures))] if figures["skipped"] else []),
    ]
    head = _INTRODUCTION.format(machine=_machine(figures), versions=_versions(rows))
    caveat = "".join(f"{line}\n\n" for line in _caveat(figures))
    body = "".join(f"## {title}\n\n" + "\n".join(lines) + "\n\n" for title, lines in sections)
    plan = figures["plan"]
    method = _METHOD.format(
        request=figures["bytes"]["request"],
        answer=figures["bytes"]["answer"],
        starts=plan["starts"],
        heat_s=plan["heat_s"],
        rounds=plan["rounds"],
    )
    return f"{head}\n{caveat}{body}{method}"


def write_pages() -> None:
    """The README's table and docs/speed.md, from benchmarks/figures.json."""
    figures = load()[SECTION]
    write_between_marks(README_MARK, readme_table(figures))
    PAGE.write_text(page(figures), encoding="utf-8")


def _main_table(figures: Figures) -> list[str]:
    columns: list[Column] = [
        ("requests/s, 64 connections", partial(_per_s, _CONNECTIONS)),
        ("CPU µs a request", partial(_cost, figures, "request")),
        ("CPU µs a streamed chunk", partial(_cost, figures, "chunk")),
        ("added at 100/s, p50 / p99", partial(_added, "at_rate", _MODEST, "")),
        ("added lag of a chunk, 512 streams", partial(_added_lag, _MANY)),
        ("MB idle", partial(_memory, "idle")),
        ("ready in", partial(_start, "wall_ms")),
    ]
    return _table(figures["gateways"], columns)


def _requests(rows: Sequence[Figures]) -> list[str]:
    counts = list(rows[0]["closed_loop"])
    per_s: list[Column] = [(_connections(n), partial(_per_s, n)) for n in counts]
    cpu: list[Column] = [(_connections(n), partial(_cpu_us, "closed_loop", n)) for n in counts]
    return [
        "Requests per second:",
        "",
        *_table(rows, per_s),
        "",
        "CPU per request, µs:",
        "",
        *_table(_gateways(rows), cpu),
    ]


def _rates(rows: Sequence[Figures]) -> list[str]:
    columns: list[Column] = []
    for rate in (_MODEST, _HIGH):
        columns.append((f"{int(rate):,}/s, p50 / p99", partial(_pair, "at_rate", rate, "")))
        columns.append(("added", partial(_added, "at_rate", rate, "")))
    return _table(rows, columns)


def _streams(rows: Sequence[Figures]) -> list[str]:
    lines: list[str] = []
    for count in rows[0]["streams"]:
        columns: list[Column] = [
            ("delivered", partial(_share, count)),
            ("CPU µs a chunk", partial(_cpu_us, "streams", count)),
            ("first chunk, p50 / p99", partial(_pair, "streams", count, "first_")),
            ("added", partial(_added, "streams", count, "first_")),
            ("lag of a chunk, p50 / p99", partial(_pair, "streams", count, "lag_")),
            ("added", partial(_added, "streams", count, "lag_")),
        ]
        lines += [f"{count} at a time, {int(count) * _A_SECOND:,} chunks a second:", ""]
        lines += [*_table(rows, columns), ""]
    return lines[:-1]


def _standing(rows: Sequence[Figures]) -> list[str]:
    columns: list[Column] = [
        ("MB idle", partial(_memory, "idle")),
        ("MB at most", partial(_memory, "load")),
        ("ready in", partial(_start, "wall_ms")),
        ("CPU of the start", partial(_start, "cpu_ms")),
    ]
    return _table(_gateways(rows), columns)


def _worth(figures: Figures) -> list[str]:
    """What a core answers by CPU alone, and how many times that of each other one it is."""
    others = _gateways(figures["gateways"])
    times = figures["ratios"]["request"]
    columns: list[Column] = [("requests/s of a whole core", _of_a_core)]
    columns += [(f"× {o['title']}", partial(_times_of, times[o["name"]])) for o in others]
    return _table(others, columns)


def _skipped(figures: Figures) -> list[str]:
    return [f"- {name}: {reason}" for name, reason in figures["skipped"].items()]


def _machine(figures: Figures) -> str:
    machine = figures["machine"]
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']},"
        f" Python {machine['python']}, {figures['date']}."
    )


def _versions(rows: Sequence[Figures]) -> str:
    told = [f"{row['title']} {row['version']}" for row in rows if row["version"]]
    return f"Versions: {', '.join(told)}."


def _caveat(figures: Figures) -> Iterator[str]:
    """Why these figures should not be quoted, if there is a reason."""
    reasons = [
        ("it was a short run", figures["short"]),
        ("it ran at low priority", figures["niceness"] > 0),
        (
            f"other programs took {figures['others']['median']:.0%} of the measured core",
            figures["others"]["median"] > _NOISY,
        ),
    ]
    if said := [reason for reason, holds in reasons if holds]:
        yield f"Not to be quoted: {' and '.join(said)}."


def _table(rows: Iterable[Figures], columns: Sequence[Column]) -> list[str]:
    titles = [title for title, _ in columns]
    return [
        "| gateway | " + " | ".join(titles) + " |",
        "|---|" + "---:|" * len(titles),
        *(
            f"| {row['title']} | " + " | ".join(cell(row) for _, cell in columns) + " |"
            for row in rows
        ),
    ]


def _gateways(rows: Iterable[Figures]) -> list[Figures]:
    """Without the direct way, whose CPU is the provider's."""
    return [row for row in rows if row["name"] != DIRECT]


def _connections(count: str) -> str:
    return f"{count} connection{'s' * (count != '1')}"


def _per_s(connections: str, row: Figures) -> str:
    found = row["closed_loop"][connections]
    at_least = "≥ " if found["load_bound"] else ""
    failed = f" ({found['failed']:.1%} failed: {_statuses(found)})" if found["failed"] else ""
    return f"{at_least}{found['per_s']:,}{failed}"


def _statuses(found: Figures) -> str:
    return ", ".join("no answer" if s == "0" else s for s in found["statuses"])


def _of_a_core(row: Figures) -> str:
    cpu_us = row["closed_loop"][_CONNECTIONS]["cpu_us"]
    return _number(1e6 / cpu_us if cpu_us else None)


def _times_of(of_other: Figures, row: Figures) -> str:
    return _times(of_other[row["name"]])


def _cost(figures: Figures, what: str, row: Figures) -> str:
    """CPU in µs, and how many times nginx's it is."""
    own = _cpu_us(*COMPARED[what], row)
    times = figures["ratios"][what][row["name"]].get(YARDSTICK)
    if times is None or row["name"] in {YARDSTICK, DIRECT}:
        return own
    return f"{own} ({_times(times)} nginx)"


def _cpu_us(kind: str, size: str, row: Figures) -> str:
    return "-" if row["name"] == DIRECT else _number(row[kind][size]["cpu_us"])


def _pair(kind: str, size: str, name: str, row: Figures) -> str:
    """Median and 99th percentile, in ms; a dash where it was not measured or nothing came."""
    found = row[kind].get(size)
    if found is None or found[f"{name}p50_us"] is None:
        return "-"
    times = [found[f"{name}{which}_us"] for which in ("p50", "p99")]
    note = f" ({came:.0%} came)" if (came := found.get("answered", 1)) < _ALL else ""
    return " / ".join(_ms(time) for time in times) + " ms" + note


def _added(kind: str, size: str, name: str, row: Figures) -> str:
    return "-" if row["name"] == DIRECT else _pair(kind, size, f"added_{name}", row)


def _added_lag(count: str, row: Figures) -> str:
    """With what came at all, which without a column of its own would be missed."""
    came = row["streams"][count]["delivered"]
    note = f" ({came:.0%} came)" if came < _ALL and row["name"] != DIRECT else ""
    return _added("streams", count, "lag_", row) + note


def _share(count: str, row: Figures) -> str:
    found = row["streams"][count]
    refused = f" ({found['refused']} streams refused)" if found["refused"] else ""
    return f"{found['delivered']:.0%}{refused}"


def _memory(when: str, row: Figures) -> str:
    return "-" if row["name"] == DIRECT else f"{row['memory'][when]['rss_mb']:.0f}"


def _start(what: str, row: Figures) -> str:
    return "-" if row["name"] == DIRECT else f"{row['cold_start'][what] / 1000:.2f} s"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _ms(value_us: float | None) -> str:
    """Two digits are as many as a run repeats."""
    if value_us is None:
        return "-"
    value = value_us / 1000
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _times(value: float | None) -> str:
    if value is None:
        return "-"
    digits = 0 if value >= 100 else 1 if value >= 1 else 2
    return f"{value:,.{digits}f} ×"
