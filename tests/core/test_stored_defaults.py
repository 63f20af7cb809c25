"""Stored texts leave out what is at its default, so a default that was ever stored stays what it is."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

from gatewayz.core import Habits, Model, Observation, Run

FILE = Path(__file__).with_name("stored_defaults.txt")
ROOTS = (Run, Habits, Model)


def test_no_default_of_what_is_stored_has_changed():
    here = sorted(set(found_from(ROOTS)))
    known = FILE.read_text(encoding="utf-8").splitlines()

    gone = set(known) - set(here)
    assert gone == set(), (
        "older stores have these fields left out, and would now be read as something else: keep the "
        "default, and give what is new a field of its own"
    )
    new = set(here) - set(known)
    assert new == set(), f"a new field of what is stored: add its line to {FILE.name}, for good"


def found_from(kinds: tuple[Any, ...]) -> Iterator[str]:
    """Each field with its default, of these dataclasses and of all that stand in them."""
    waiting, seen = list(kinds), set()
    while waiting:
        kind = waiting.pop()
        if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
            waiting += get_args(kind)
            continue
        if kind in seen:
            continue
        seen.add(kind)
        waiting += get_type_hints(kind, localns={"Observation": Observation}).values()
        for one in dataclasses.fields(kind):
            default = default_of(one)
            if default is not dataclasses.MISSING:
                yield f"{kind.__name__}.{one.name} = {shown(default)}"


def default_of(one: Any) -> Any:
    return one.default if one.default_factory is dataclasses.MISSING else one.default_factory()


def shown(default: Any) -> str:
    """One that is a noun itself has its fields in lines of their own."""
    return f"{type(default).__name__}()" if dataclasses.is_dataclass(default) else repr(default)
