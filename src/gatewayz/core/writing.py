"""The nouns as strict JSON.

What comes out is valid whatever came in: lone surrogates and NUL are replaced, NaN and infinities
become null, whole numbers beyond 64 bits become floats, nesting has a bound.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from collections.abc import Callable, Hashable, Mapping, Set
from datetime import UTC, date, datetime, time
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gatewayz.core.text import well_formed

MAX_DEPTH = 64


def to_json(value: Any) -> Any:
    """A noun, or anything made of plain data, as a JSON value.

    Dataclasses become objects with all their fields, enums their value, moments ISO 8601 in UTC,
    times of the day as 02:00:00, sets sorted arrays. Nesting beyond 64 levels becomes null.
    Raises: TypeError for what is no data, such as a function.
    """
    return _encode(value, MAX_DEPTH)


# Puts a value, which may have so many levels, as a quick writer takes it.
Put = Callable[[Any, int], Any]
FieldsPutter = Callable[[Any], Put | None]


def dumps(
    value: Any,
    *,
    encode: Callable[[Any], str] | None = None,
    fields: FieldsPutter | None = None,
) -> str:
    """`to_json` as compact text.

    `encode` is a quicker writer: of JSON values, of dataclasses as objects, and of NaN as null. It
    raises ValueError, TypeError or RecursionError for what it cannot write as `to_json` has it.
    `fields` makes what puts a dataclass's fields for it; one may leave out those at their defaults, which
    a reader puts there.
    """
    if encode is not None:
        with contextlib.suppress(ValueError, TypeError, AttributeError, RecursionError):
            text = encode(_put_noun(value, MAX_DEPTH, fields or _all_fields))
            if "\\u0000" not in text:  # as JSON writes NUL
                return text
    return _ENCODER.encode(to_json(value))


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
)


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
    if isinstance(value, date | time):
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
    # In half the time that `isoformat` takes for a moment with a zone.
    return "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ" % _parts_of(aware)  # noqa: UP031


_parts_of = attrgetter("year", "month", "day", "hour", "minute", "second", "microsecond")


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


# ---- nouns by the types of their fields, most of which a quick writer takes as they are


def _put_noun(value: Any, depth: int, fields: FieldsPutter) -> Any:
    """A noun, or several, with all put as `_encode` does that a quick writer would put otherwise."""
    kind: Any = type(value)
    if kind is tuple:
        return [_put_noun(item, depth - 1, fields) for item in value]
    put = putter(kind, fields)
    return value if put is None else put(value, depth)


@cache
def putter(kind: Any, fields: FieldsPutter) -> Put | None:
    """How a value of this type is put otherwise; None: not at all. Built once per type.

    `fields` makes the one for a dataclass.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        kinds = [a for a in arguments if a is not NoneType]
        return putter(kinds[0], fields) if len(kinds) == 1 else _encode
    if kind in (str, bool, int, float) or origin is Literal or arguments == (str, str):
        return None
    if isinstance(kind, type) and issubclass(kind, Enum):
        return None if issubclass(kind, str) else _encode
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return fields(kind)
    if kind is datetime:
        return lambda moment, _: moment_text(moment)
    if origin is frozenset and arguments == (str,):
        return lambda words, _: sorted(words)
    if origin is tuple and arguments[1:] == (...,):
        inner = putter(arguments[0], fields)
        return inner and (lambda values, depth: [inner(value, depth - 1) for value in values])
    return _encode


def _all_fields(kind: Hashable) -> Put | None:
    """Every field of a dataclass."""
    names = _names(kind)
    hints = hints_of(kind)
    putters = [
        (name, put) for name in names if (put := putter(hints[name], _all_fields)) is not None
    ]
    if not putters:
        return None
    values_of = attrgetter(*names, names[0])  # of one name it would give no tuple

    def put_fields(noun: Any, depth: int) -> Any:
        # What is empty is as it should be.
        found = [(n, put(v, depth - 1)) for n, put in putters if (v := getattr(noun, n))]
        if not found:
            return noun
        values = dict(zip(names, values_of(noun), strict=False))
        values.update(found)
        return values

    return put_fields


def hints_of(kind: Any) -> dict[str, Any]:
    """The types of a noun's fields."""
    try:
        return get_type_hints(kind, localns={})
    except NameError:
        # A name that its module imports for type checkers only, to avoid a circle.
        from gatewayz.core.observation import Observation

        return get_type_hints(kind, localns={"Observation": Observation})
