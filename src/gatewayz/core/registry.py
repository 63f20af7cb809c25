"""A room of things: each file in a package is one thing, and its name is the file's name.

Listing names reads the folder and imports nothing; getting a thing imports its one file.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar, cast

from gatewayz.core.errors import UnknownName

T = TypeVar("T")


@dataclass(frozen=True)
class Registry(Mapping[str, T], Generic[T]):
    """The things that live in one package, found by file name, in sorted order.

    `package` is the dotted package, `what` the word for one thing in messages, `attribute` the
    name each file exports ("" when it is the file's own name). Files that start with "_" are not
    things, and a folder in it is a room of other things. `aliases` maps other names to file names.
    Raises: UnknownName for a name that no file has.
    """

    package: str
    what: str
    attribute: str
    aliases: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        spec = importlib.util.find_spec(self.package)
        paths = list(spec.submodule_search_locations or ()) if spec else []
        modules = pkgutil.iter_modules([str(Path(p)) for p in paths])
        found = (module.name for module in modules if not module.ispkg)
        return tuple(sorted(name for name in found if not name.startswith("_")))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names or name in self.aliases

    def __getitem__(self, name: str) -> T:
        file = self.aliases.get(name, name)
        if file not in self._names:
            raise UnknownName(self.what, name, (*self._names, *self.aliases))
        module = importlib.import_module(f"{self.package}.{file}")
        return cast("T", getattr(module, self.attribute or file))
