"""The tables of docs/probes.md, made from the probes themselves."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable

from gatewayz.core import Probe
from gatewayz.probes import PROBES
from gatewayz.probes._presets import PRESETS, in_order, preset


def probe_rows() -> Iterable[tuple[str, ...]]:
    """Each probe: its name, what it asks, its calls, what it needs, its presets, what a pass says.

    The first paragraph of its file says what it asks, the rest what a pass claims and does not.
    """
    for probe in in_order(PROBES.values()):
        asks, _, claims = _page(probe.name).partition("\n\n")
        needs = ", ".join(sorted(probe.needs - {"chat"})) or "-"
        presets = ", ".join(name for name in PRESETS if name in probe.presets) or "-"
        yield (
            f"`{probe.name}`",
            _line(asks),
            _calls(probe),
            needs,
            presets,
            _line(claims) or "-",
        )


def preset_rows() -> Iterable[tuple[str, ...]]:
    """Each preset: its name, what it is for, its probes."""
    for name, purpose in PRESETS.items():
        probes = "all" if name == "full" else ", ".join(f"`{p}`" for p in preset(name))
        yield f"`{name}`", purpose, probes


def _page(name: str) -> str:
    return inspect.getdoc(sys.modules[f"gatewayz.probes.{name}"]) or ""


def _calls(probe: Probe) -> str:
    return str(len(probe.checks_by_step))


def _line(text: str) -> str:
    return " ".join(text.split())
