"""What can go wrong, one file per class of failure, named as the table of failures names it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from gatewayz.core import UnknownName
from gatewayz.simulator.faults.table import Fault, Stage
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Turn

__all__ = ["Fault", "Planted", "Stage", "all_faults", "names_of", "no_such_fault", "parse_faults"]


# A model of this fault is sound; it is there under any id that ends so.
NO_FAULT = "none"


@dataclass(frozen=True, slots=True)
class Planted:
    """The faults that one request shall get, and the options they came with."""

    faults: tuple[Fault, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> str:
        """Their names, joined by "+"."""
        return names_of(self.faults)


def names_of(faults: tuple[Fault, ...]) -> str:
    """Each name once, in order."""
    return "+".join(dict.fromkeys(fault.name for fault in faults))


@cache
def all_faults() -> Mapping[str, tuple[Fault, ...]]:
    """Every fault by name, sorted; a name may have one entry per form, and per kind of route.

    Raises: ValueError when two entries claim one name, form and route.
    """
    found: dict[str, tuple[Fault, ...]] = {}
    for module in pkgutil.iter_modules(__path__):
        family = importlib.import_module(f"{__name__}.{module.name}")
        for fault in getattr(family, "FAULTS", ()):
            others = found.get(fault.name, ())
            if any(
                ("any" in (fault.form, other.form) or other.form == fault.form)
                and set(fault.routes) & set(other.routes)
                for other in others
            ):
                raise ValueError(f"two faults are called '{fault.name}'")
            found[fault.name] = (*others, fault)
    return dict(sorted(found.items()))


def parse_faults(text: str) -> Planted:
    """Faults out of `name`, `name;after=3` or `name+other;gap=0.2`; `none` is none.

    Raises: UnknownName for a name that no fault has.
    """
    wanted, *options = text.strip().split(";")
    if wanted.strip() == NO_FAULT:
        return Planted()
    known = all_faults()
    faults: list[Fault] = []
    for name in map(str.strip, wanted.split("+")):
        if name not in known:
            raise UnknownName("fault", name, known)
        faults += known[name]
    pairs = (option.partition("=") for option in options)
    return Planted(tuple(faults), {name.strip(): value.strip() for name, _, value in pairs})


def no_such_fault(error: UnknownName) -> Planted:
    """What a caller gets who asks for a fault that does not exist: no provider answers this."""

    def act(turn: Turn) -> Response:  # noqa: ARG001 - every fault is handed the turn
        return body_response(421, f"simulator: {error}\n".encode(), "text/plain; charset=utf-8")

    return Planted((Fault("no-such-fault", Stage.INSTEAD, act),))
