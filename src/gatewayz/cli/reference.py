"""The tables of the docs that are made from the program.

`make fix` (`python -m gatewayz.cli.reference`) writes them anew; a test fails when they differ.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from gatewayz.cli import preset_costs
from gatewayz.cli.exits import MEANINGS
from gatewayz.cli.group import COMMANDS, PROGRAM
from gatewayz.cli.preset_costs import MODELS
from gatewayz.cli.watch_plan import tier_rows
from gatewayz.config.settings import GATEWAY_TABLE_READERS, SETTINGS, Settings
from gatewayz.config.watching import READERS as WATCH_READERS
from gatewayz.config.watching import WatchSettings
from gatewayz.core.kinds import markdown_table
from gatewayz.measure import METRICS
from gatewayz.probes._reference import preset_rows, probe_rows
from gatewayz.watch.words import KINDS as ALERT_KINDS

PAGES = (
    "README.md",
    "docs/cli.md",
    "docs/configuration.md",
    "docs/failures.md",
    "docs/measurements.md",
    "docs/money.md",
    "docs/probes.md",
    "docs/watching.md",
)

_TABLE_HELP = {
    "base_url": "where it is; its `_BASE_URL` variable wins over this",
    "concurrency": "calls at once; this and the next hold for what Gatewayz asks by itself, not for what clients ask of `gatewayz serve`",
    "requests_per_minute": 'starts in a minute; `"none"` lifts a limit that is known of it',
    "headers": "a table of further header fields",
    "key_file": "a file that holds nothing but the key",
    "key_env": "another variable for the key",
    "private": "`true`: its host may lead into a private network, which the backend refuses otherwise",
    "price": "USD per million tokens, for those of its models whose price its own list does not tell",
}


def blocks() -> dict[str, str]:
    """Every generated block by the name in its markers."""
    made = {
        "commands": _table(("command", "what it does"), _commands()),
        "exit codes": _table(("code", "meaning"), ((f"{c}", m) for c, m in MEANINGS.items())),
        "settings": _table(("name", "default", "variable", "option", "what it is"), _settings()),
        "gateway tables": _table(
            ("name", "what it changes"),
            ((f"`{name}`", _TABLE_HELP[name]) for name in GATEWAY_TABLE_READERS),
        ),
        "alert kinds": _table(
            ("kind", "when"), ((f"`{k}`", what) for k, what in ALERT_KINDS.items())
        ),
        "watch tiers": _table(("tier", "asks", "how often"), tier_rows()),
        "watch settings": _table(
            ("name", "default", "what it is"),
            ((f"`{name}`", default, what) for name, default, what in _watch_settings()),
        ),
        "failures": markdown_table(),
        "metrics": _table(
            ("name", "what it is", "unit", "shown in", "formula", "needs", "source"), _metrics()
        ),
        "preset costs": _table(
            ("preset", f"calls, {MODELS:,} models", "each call once", "every retry needed"),
            preset_costs.rows(),
        ),
        "presets": _table(("preset", "what it is for", "probes"), preset_rows()),
        "probes": _table(
            ("probe", "what it asks", "calls", "needs", "presets", "what a pass says"), probe_rows()
        ),
    }
    return made | {f"options of {name}": _options(name) for name in COMMANDS}


def rewritten(text: str, made: Mapping[str, str] | None = None) -> str:
    """A page with what stands between its markers made anew."""
    for name, block in (made or blocks()).items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        pattern = re.escape(begin) + r".*?" + re.escape(end)
        # Doubled, since a backslash in a replacement would be read as an escape.
        new = (begin + block + end).replace("\\", "\\\\")
        text = re.sub(pattern, new, text, flags=re.DOTALL)
    return text


def _commands() -> Iterable[tuple[str, str]]:
    return ((f"[`{name}`](#{name})", short) for name, short in COMMANDS.items())


def _options(name: str) -> str:
    command = PROGRAM.get_command(click.Context(PROGRAM), name)
    if command is None:
        raise LookupError(name)
    parts = command.commands if isinstance(command, click.Group) else {"": command}
    rows = []
    for part, one in parts.items():
        for param in one.params:
            record = param.get_help_record(click.Context(one))
            if isinstance(param, click.Option) and record is not None:
                rows.append((f"`{part} {record[0]}`".replace("` ", "`"), record[1]))
    return _table(("option", "what it does"), rows) if rows else "It takes no options.\n"


def _settings() -> Iterable[tuple[str, ...]]:
    defaults = {one.name: one.default for one in fields(Settings)}
    for name, names in SETTINGS.items():
        older = "".join(f", `{word}`" for word in names.older)
        # Those that belong to one command stand in no file.
        shown = f"`{name}`{older}" if names.in_toml else f"{name} (not in gatewayz.toml)"
        yield (
            shown,
            _value(name, defaults[name]),
            f"`{names.env}`" if names.env else "",
            ", ".join(f"`{flag.strip()}`" for flag in names.flag.split(",")) if names.flag else "",
            names.help,
        )


def _watch_settings() -> Iterable[tuple[str, str, str]]:
    defaults = {
        "confirm": "`2 of 3`", "recheck": "`60s`", "remind": "`6h`", "alert_on": "`down,unknown`",
    }  # fmt: skip
    plain = WatchSettings()
    for name, (_, field_name, what) in WATCH_READERS.items():
        yield name, defaults.get(name) or _value(name, getattr(plain, field_name)), what


def _metrics() -> Iterable[tuple[str, ...]]:
    for metric in METRICS.values():
        yield (
            f"`{metric.name}`",
            metric.title,
            metric.unit,
            metric.display_unit,
            metric.formula,
            metric.needs,
            metric.source,
        )


def _value(name: str, value: Any) -> str:
    if name == "store":
        return "`~/.local/share/gatewayz/gatewayz.db`"
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return "" if value in (None, "") else f"`{value}`"


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, ("---",) * len(headings), *rows]
    escaped = ((cell.replace("|", "\\|") for cell in line) for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def main(root: Path) -> None:
    """Writes the pages under a checkout's root anew."""
    made = blocks()
    for name in PAGES:
        page = root / name
        page.write_text(rewritten(page.read_text(encoding="utf-8"), made), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
