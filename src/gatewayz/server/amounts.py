"""How many parts a request may have, so that none costs others more than a moment of the processor.

Bytes alone do not say it: ten megabytes of text are read in no time, three million empty lists in them
take two seconds, in which nobody else is answered. So do a million names of one object, or a hundred
thousand numbers such as 1e-310.
"""

from __future__ import annotations

from typing import Any

from gatewayz.server.bodies import Asked, parse
from gatewayz.server.refusals import Refusal, bad_request
from gatewayz.server.values import (
    digits_in,
    has_long_number,
    outside_strings,
    slow_numbers_in,
    values_in,
)

MOST_MESSAGES = 10_000
MOST_FIELDS = 1_000
MOST_VALUES = 300_000
MOST_SLOW_NUMBERS = 2_000
# Less cannot have too many of anything but messages: each such number has at least five bytes and a comma.
_SHORT = 6 * MOST_SLOW_NUMBERS
_COUNTED = ("messages", "input", "tools")


def parse_within(data: bytes) -> Asked:
    """What a body asks for. Raises: Refusal, 400 for what is no JSON object or has too many parts."""
    if len(data) > _SHORT:
        outside = outside_strings(data, MOST_VALUES)
        if outside is None or values_in(outside) > MOST_VALUES:
            raise _too_many("the body", f"{MOST_VALUES:,} values")
        digits = digits_in(outside)
        slow = slow_numbers_in(digits, MOST_SLOW_NUMBERS)
        if slow > MOST_SLOW_NUMBERS:
            told = f"{MOST_SLOW_NUMBERS:,} numbers of 200 digits, or an exponent of three"
            raise _too_many("the body", told)
        if slow and has_long_number(digits):
            raise _too_many("a number in the body", "1,000 digits")
    asked = parse(data)
    fields = asked.fields
    if len(fields) > MOST_FIELDS:
        raise _too_many("the body", f"{MOST_FIELDS:,} fields")
    if len(data) > MOST_MESSAGES:  # else no list in it can be as long
        for name in _COUNTED:
            if _is_too_long(fields.get(name)):
                raise _too_many(f"'{name}'", f"{MOST_MESSAGES:,} entries", name)
    return asked


def _is_too_long(value: Any) -> bool:
    """Of messages and their like; texts to embed may be lists of many numbers."""
    return isinstance(value, list) and len(value) > MOST_MESSAGES and not isinstance(value[0], int)


def _too_many(what: str, most: str, param: str = "") -> Refusal:
    return bad_request(f"{what} has more than {most}", param=param, code="too_many_parts")
