"""The nouns as strict JSON.

What comes out is valid whatever came in: lone surrogates and NUL are replaced, NaN and infinities
become null, whole numbers beyond 64 bits become floats, nesting has a bound.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Hashable, Mapping, Set
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache, partial
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gatewayz.core.text import well_formed

MAX_DEPTH = 64


def to_json(value: Any) -> Any:
    """A noun, or anything made of plain data, as a JSON value.

    Dataclasses become objects with all their fields, enums their value, moments ISO 8601 in UTC,
    sets sorted arrays. Nesting beyond 64 levels becomes null.
    Raises: TypeError for what is no data, such as a function.
    """
    return _encode(value, MAX_DEPTH)


def dumps(value: Any, *, encode: Callable[[Any], str] | None = None) -> str:
    """`to_json` as compact text.

    `encode` writes a JSON value as text, as `json` does, and raises ValueError for what is none.
    """
    try:
        text = (encode or _ENCODER.encode)(_noun(value, MAX_DEPTH))
        # As JSON writes NUL, or half a character that no encoding has.
        if "\\u0000" not in text and (text.isascii() or _has_no_halves(text)):
            return text
    except (_NotSimpleError, ValueError, TypeError):
        pass  # `to_json` mends what it can, and says what it cannot
    return _ENCODER.encode(to_json(value))


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
)


def _has_no_halves(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _encode(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() and "\x00" not in value else well_formed(value)
    if value is None or kind is bool:
        return value
    if kind is int or kind is float:
        return number(value)
    if kind is dict and depth:
        return {
            k
            if type(k) is str and k.isascii() and "\x00" not in k
            else well_formed(str(k)): _encode(v, depth - 1)
            for k, v in value.items()
        }
    if (kind is list or kind is tuple) and depth:
        return [_encode(v, depth - 1) for v in value]
    return _encode_other(value, depth)


def _encode_other(value: Any, depth: int) -> Any:
    if isinstance(value, Enum):
        return _encode(value.value, depth)
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if depth == 0:
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _encode(getattr(value, name), depth - 1) for name in _names(type(value))}
    if isinstance(value, Mapping):
        return {_encode(str(k), depth): _encode(v, depth - 1) for k, v in value.items()}
    if isinstance(value, Set):
        return sorted((_encode(v, depth - 1) for v in value), key=str)
    if isinstance(value, list | tuple):
        return [_encode(v, depth - 1) for v in value]
    raise TypeError(f"{type(value).__name__} is not data")


def moment_text(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC with microseconds, so that text sorts as time does.

    A moment without a time zone is taken as UTC.
    """
    aware = moment
    if moment.tzinfo is not UTC:
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="microseconds").replace("+00:00", "Z")


def number(value: float) -> int | float | None:
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int(value)
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


@cache
def _names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(cls))


# ---- nouns by the types of their fields, most of which JSON takes as they are

Encode = Callable[[Any, int], Any]


class _NotSimpleError(Exception):
    """A value that is to be looked at more closely than its field's type says."""


def _noun(value: Any, depth: int) -> Any:
    """A noun as `_encode` has it, but for texts, of which JSON tells whether they are sound."""
    kind = type(value)
    if kind is tuple and depth:
        return [_noun(item, depth - 1) for item in value]
    if depth == 0 or not dataclasses.is_dataclass(kind):
        return _encode(value, depth)
    names, values_of, others = _fields(kind)
    values = dict(zip(names, values_of(value), strict=True))
    for name, encode in others:
        if (found := values[name]) is not None:
            values[name] = encode(found, depth - 1)
    return values


@cache
def _fields(
    kind: Hashable,
) -> tuple[tuple[str, ...], Callable[[Any], Any], list[tuple[str, Encode]]]:
    """The names of a noun's fields, what gets them all, and those that JSON does not take as they are."""
    names = _names(kind)
    if len(names) < 2:  # of one name `attrgetter` gives no tuple
        return (
            names,
            lambda value: [getattr(value, name) for name in names],
            [(n, _encode) for n in names],
        )
    hints = get_type_hints(kind, localns=_late_names())
    encoders = [(name, _encoder(hints[name])) for name in names]
    return names, attrgetter(*names), [(n, encode) for n, encode in encoders if encode is not None]


def _late_names() -> dict[str, Any]:
    """Names that modules import for type checkers only, to avoid a circle."""
    from gatewayz.core.observation import Observation

    return {"Observation": Observation}


@cache
def _encoder(kind: Any) -> Encode | None:
    """How a value of this type is written; None: as it is. Built once per type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        kinds = [a for a in arguments if a is not NoneType]
        return _encoder(kinds[0]) if len(kinds) == 1 else _encode
    if kind in (str, bool) or origin is Literal:
        return None
    if kind in (int, float):
        return _in_bounds
    if isinstance(kind, type) and issubclass(kind, Enum):
        return None if issubclass(kind, str) else _encode
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _noun
    if origin is tuple and arguments == (float, ...):  # moments of ours
        return None
    if origin is tuple and arguments[1:] == (...,):
        inner = _encoder(arguments[0])
        return None if inner is None else partial(_many, inner)
    return _encode


def _in_bounds(value: float, _: int) -> float:
    if type(value) is float or -(2**63) <= value < 2**63:
        return value
    raise _NotSimpleError


def _many(encode: Encode, values: tuple[Any, ...], depth: int) -> list[Any]:
    return [encode(value, depth - 1) for value in values]
