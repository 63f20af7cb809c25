"""What we or the user did wrong. What a provider does wrong is data: see `failures.py`.

GatewayzError
├── ConfigError        a setting, a file or a command line cannot be used        exit 2
│   ├── MissingKey     no key where one is needed
│   ├── UnsendableKey  a key that no header may hold
│   └── UnknownName    no gateway, probe or report of that name
├── CatalogError       a catalogue that cannot be read as one                     exit 3
├── MeasureError       facts that contradict each other                          exit 4
├── StoreError         the store cannot be opened, read or written               exit 4
└── ReportError        a report cannot be written                                exit 4
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# More names than these are no help on one line.
_MOST_LISTED = 60


class GatewayzError(Exception):
    """Anything this package raises on purpose: one line that says what to do.

    `exit_code` is what the command line ends with.
    """

    exit_code = 4


class ConfigError(GatewayzError):
    """A setting, a file or an argument cannot be used; found before the first call."""

    exit_code = 2


class MissingKey(ConfigError):
    """A gateway needs a key and none was found."""

    def __init__(self, gateway: str, variables: Iterable[str]) -> None:
        self.gateway = gateway
        self.variables = tuple(variables)
        super().__init__(f"{gateway}: no key found; set {' or '.join(self.variables)}")


class UnsendableKey(ConfigError):
    """A key that was found and that no HTTP header may hold."""


class UnknownName(ConfigError):
    """A name that no registry knows; the message names the nearest ones."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        self.name, self.known = name, names
        # Case aside: the printout has gateways in capitals.
        by_case = {known.lower(): known for known in names}
        near = difflib.get_close_matches(name.lower(), by_case, n=1, cutoff=0.5)
        self.nearest = [by_case[match] for match in near]
        if self.nearest:
            remedy = f"did you mean '{self.nearest[0]}'?"
        elif len(names) > _MOST_LISTED:
            near = difflib.get_close_matches(name.lower(), by_case, n=3, cutoff=0.0)
            remedy = f"the nearest of {len(names)}: {', '.join(by_case[match] for match in near)}"
        else:
            remedy = f"known: {', '.join(names) or 'none'}"
        super().__init__(f"unknown {what} '{name}'; {remedy}")


class CatalogError(GatewayzError):
    """A document that is not the catalogue it should be."""

    exit_code = 3


class MeasureError(GatewayzError):
    """Facts that contradict each other, such as arrival times that go backwards."""


class StoreError(GatewayzError):
    """The store cannot be opened, read or written; nothing already stored is lost."""


class ReportError(GatewayzError):
    """A report cannot be written."""
