"""The nouns as strict JSON and back, for the store and the reports; `writing.py` is the way there.

Reading takes no offence at keys it does not know (a newer writer) nor at missing ones that have a
default (an older one).
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin

from gatewayz.core.writing import dumps, hints_of, moment_text, to_json

__all__ = ["dumps", "from_json", "loads", "moment_text", "to_json"]

T = TypeVar("T")
Decode = Callable[[Any, str], Any]


def from_json(cls: type[T], data: Any) -> T:
    """A noun out of a JSON value that `to_json` made, in this version or another.

    Raises: ValueError, naming the field, when the value cannot be read as one.
    """
    kind: Any = cls
    return cast("T", _decoder(kind)(data, cls.__name__))


def loads(cls: type[T], text: str) -> T:
    """A noun out of the text that `dumps` made. Raises: ValueError."""
    return from_json(cls, json.loads(text))


@cache
def _decoder(kind: Any) -> Decode:
    """How a value of this type is read; built once per type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return _as_is
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _dataclass(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _checked(kind)
    if kind is datetime:
        return _checked(_moment)
    if kind is time:
        return _checked(time.fromisoformat)
    if kind is float:
        return _float
    if kind in (str, int, bool):
        return _plain(kind)
    if origin in (Union, UnionType):
        return _optional(arguments)
    if origin is Literal:
        return _literal(arguments)
    if origin in (tuple, frozenset):
        return _many(origin, _decoder(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(_decoder(arguments[1]))
    raise TypeError(f"{kind} is not a type that is stored")


def _mismatch(where: str, expected: str, value: Any) -> ValueError:
    return ValueError(f"{where}: {expected} was expected, not {type(value).__name__}")


def _as_is(value: Any, _where: str) -> Any:
    return value


def _dataclass(cls: type[Any]) -> Decode:
    hints = hints_of(cls)
    readers: list[tuple[str, Decode, bool]] | None = None

    def read(value: Any, where: str) -> Any:
        nonlocal readers
        if readers is None:
            readers = [
                (f.name, _decoder(hints[f.name]), _has_default(f)) for f in dataclasses.fields(cls)
            ]
        if not isinstance(value, Mapping):
            raise _mismatch(where, "an object", value)
        found = {}
        for name, decode, has_default in readers:
            if name in value:
                found[name] = decode(value[name], f"{where}.{name}")
            elif not has_default:
                raise ValueError(f"{where}.{name} is missing")
        return cls(**found)

    return read


def _has_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _checked(convert: Callable[[Any], Any]) -> Decode:
    def read(value: Any, where: str) -> Any:
        try:
            return convert(value)
        except (ValueError, TypeError) as wrong:
            raise ValueError(f"{where}: {wrong}") from None

    return read


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _float(value: Any, where: str) -> float:
    # null stands where a number that is none (NaN) was written.
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _mismatch(where, "a number", value)
    return float(value)


def _plain(kind: type[Any]) -> Decode:
    def read(value: Any, where: str) -> Any:
        if type(value) is not kind:
            raise _mismatch(where, kind.__name__, value)
        return value

    return read


def _optional(arguments: tuple[Any, ...]) -> Decode:
    kinds = [a for a in arguments if a is not NoneType]
    if len(kinds) != 1 or len(kinds) == len(arguments):
        raise TypeError(f"a union of {arguments} is not stored; only `X | None` is")
    decode = _decoder(kinds[0])
    return lambda value, where: None if value is None else decode(value, where)


def _literal(words: tuple[Any, ...]) -> Decode:
    def read(value: Any, where: str) -> Any:
        if value not in words:
            raise ValueError(f"{where}: {value!r} is none of {', '.join(map(str, words))}")
        return value

    return read


def _many(collect: Callable[[Any], Any], decode: Decode) -> Decode:
    def read(value: Any, where: str) -> Any:
        if not isinstance(value, list):
            raise _mismatch(where, "an array", value)
        return collect(decode(item, where) for item in value)

    return read


def _mapping(decode: Decode) -> Decode:
    def read(value: Any, where: str) -> Any:
        if not isinstance(value, Mapping):
            raise _mismatch(where, "an object", value)
        return {key: decode(item, f"{where}.{key}") for key, item in value.items()}

    return read
