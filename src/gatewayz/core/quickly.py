"""Nouns that are made by the thousand, in a third of the time.

A frozen dataclass sets each of its fields by a call that goes round its own lock, and one answer is
written down in a hundred fields. Here a new noun is an open twin of its class while its fields are
set, and frozen from then on.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def quickly_made(cls: type[T]) -> type[T]:
    """The same frozen dataclass with an `__init__` that does the same.

    For those with slots, keywords only and no `__post_init__`. Raises: TypeError for another.
    """
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    sound = "__slots__" in cls.__dict__ and not hasattr(cls, "__post_init__")
    if not sound or not all(field.kw_only for field in fields):
        raise TypeError(f"{cls.__name__} cannot be made quickly")

    @functools.wraps(cls.__init__)
    def first(made: T, *places: Any, **given: Any) -> None:
        # Written with the first one: a command that makes none does not wait for it.
        quick = _quick_init(cls, fields)
        setattr(cls, "__init__", quick)  # noqa: B010 -- mypy forbids the other spelling
        quick(made, *places, **given)

    setattr(cls, "__init__", first)  # noqa: B010
    return cls


def _quick_init(cls: type[T], fields: Sequence[dataclasses.Field[Any]]) -> Callable[..., None]:
    known: dict[str, Any] = {
        "_missing": object(),
        "_set": object.__setattr__,
        "_open": type(cls.__name__, (), {"__slots__": cls.__dict__["__slots__"]}),
        "_frozen": cls,
    }
    arguments, lines = [], []
    for field in fields:
        name = value = field.name
        if field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            value = f"_make_{name}() if {name} is _missing else {name}"
            arguments.append(f"{name}=_missing")
        elif field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            arguments.append(f"{name}=_default_{name}")
        else:
            arguments.append(name)
        lines.append(f"self.{name} = {value}")
    body = ['_set(self, "__class__", _open)', *lines, "self.__class__ = _frozen"]
    source = [f"def __init__(self, *, {', '.join(arguments)}):", *(f"    {line}" for line in body)]
    exec("\n".join(source), known)  # noqa: S102 -- as dataclasses do; the names are ours
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made
