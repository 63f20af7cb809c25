"""What can go wrong, one file per class of failure, named as the table of failures names it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from gatewayz.core import UnknownName
from gatewayz.simulator.faults.table import Fault, Stage

__all__ = ["Fault", "Planted", "Stage", "all_faults", "parse_faults"]


@dataclass(frozen=True, slots=True)
class Planted:
    """The faults that one request shall get, and the options they came with."""

    faults: tuple[Fault, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> str:
        """Their names as they were asked for."""
        return "+".join(fault.name for fault in self.faults)


@cache
def all_faults() -> Mapping[str, Fault]:
    """Every fault by name, in the order of their names.

    Raises: ValueError when two files claim one name.
    """
    found: dict[str, Fault] = {}
    for module in pkgutil.iter_modules(__path__):
        family = importlib.import_module(f"{__name__}.{module.name}")
        for fault in getattr(family, "FAULTS", ()):
            if fault.name in found:
                raise ValueError(f"two faults are called '{fault.name}'")
            found[fault.name] = fault
    return dict(sorted(found.items()))


def parse_faults(text: str) -> Planted:
    """Faults out of `name`, `name;after=3` or `name+other;at=120`.

    Raises: UnknownName for a name that no fault has.
    """
    wanted, *options = text.strip().split(";")
    known = all_faults()
    faults = tuple(_known(name.strip(), known) for name in wanted.split("+"))
    pairs = (option.partition("=") for option in options)
    return Planted(faults, {name.strip(): value.strip() for name, _, value in pairs})


def _known(name: str, known: Mapping[str, Fault]) -> Fault:
    if name not in known:
        raise UnknownName("fault", name, known)
    return known[name]
