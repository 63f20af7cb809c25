"""A room's public names, each of them loaded with its file when somebody first asks for it (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def on_demand(
    room: str, files: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and the `__dir__` of a package that exports `files`: file name -> its names, spaced.

    A name that is also a file's would be either, by who asked first; so no exported name may be one.
    To be set where type checkers do not look, who would take any name to be there.
    """
    home = {name: f"{room}.{file}" for file, names in files.items() for name in names.split()}
    here = vars(sys.modules[room])

    def get(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        value = here[name] = getattr(import_module(home[name]), name)
        return value

    def names() -> list[str]:
        return sorted({*here, *home})

    return get, names
