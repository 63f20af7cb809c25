"""Units: how a price, a duration and a moment are converted and written.

Inside, a duration is float seconds of a monotonic clock, a moment an aware UTC datetime, a price
USD per million tokens. Only reports speak milliseconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from gatewayz.core.errors import ConfigError

# What one catalogue unit is worth in USD per million tokens.
USD_PER_TOKEN = 1e6
USD_PER_MTOK = 1.0
CENTS_PER_TOKEN = 1e4
CENTS_PER_100_MTOK = 1e-4
USD_E4_PER_MTOK = 1e-4

# After conversion a paid chat model lies in this range; anything else is a unit read wrongly.
PLAUSIBLE_USD_PER_MTOK = (0.001, 1000.0)

# From so much on a number has so many digits after the point; below the finest it has no digits.
_DIGITS = ((100, 0), (10, 1), (1, 2))
_FINEST = 0.01

# A hundred times the largest window that is sold: no question and answer come to as many tokens.
MOST_TOKENS = 10**9
# A field with more digits is no count.
_MOST_DIGITS = 40

_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def as_asked(value: Any) -> int:
    """The whole number in a request's field, as a lenient provider reads it: "3" and 2.5 are 3.

    0 for what is no number, or no count.
    """
    if type(value) is int:  # nearly always, and so is nothing at all
        return value
    if isinstance(value, str) and len(value) <= _MOST_DIGITS:
        try:
            value = float(value)
        except ValueError:
            return 0
    if isinstance(value, float) and math.isfinite(value):
        value = math.ceil(value)
    return value if isinstance(value, int) else 0


def as_number(value: Any) -> float | None:
    """A finite number out of a number or digits, as lists of models hold them; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def in_lower_case(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A request's fields by the names that some servers (those of Go) read in any case.

    Of two that differ in nothing else, that with the higher number.
    """
    if "".join(body).islower():  # nearly always, and then each name is there once
        return body
    fields: dict[str, Any] = {}
    for name, value in body.items():
        given = fields.setdefault(name.lower(), value)
        if as_asked(value) > as_asked(given):
            fields[name.lower()] = value
    return fields


def most_asked(fields: Mapping[str, Any], names: Collection[str]) -> int:
    """The highest number of these fields, 0 where none is there."""
    most = 0
    for name in names:
        if name in fields:
            most = max(most, as_asked(fields[name]))
    return most


def parse_duration_s(text: str) -> float:
    """Seconds in "30", "1.5s", "250ms", "2m", "1h30m" or "6m0s".

    Raises: ConfigError when the text is none of these, or negative.
    """
    text = text.strip()
    try:
        seconds = float(text)
    except ValueError:
        parts = _DURATION_PART.findall(text)
        if not parts or "".join(n + u for n, u in parts) != text:
            raise ConfigError(f"'{text}' is not a duration; write 30s, 250ms, 5m or 1h") from None
        seconds = sum(float(n) * _SECONDS[u] for n, u in parts)
    if not 0 <= seconds < float("inf"):
        raise ConfigError(f"'{text}' is not a duration; write 30s, 250ms, 5m or 1h")
    return seconds


def show_seconds(seconds: float | None) -> str:
    """A duration for people: "0.45s", "12.3s", "2m05s"; "n/a" for None."""
    if seconds is None:
        return "n/a"
    if seconds < 10:
        return f"{seconds:.2f}s"
    if seconds < 60:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def show_limit(seconds: float) -> str:
    """A duration that somebody set, for people: as `show_seconds` has it, but never rounded ("0.001s")."""
    shown = show_seconds(seconds)
    return shown if parse_duration_s(shown) == seconds else f"{seconds:.9g}s"


def show_moment(at: datetime, *, seconds: bool = False) -> str:
    """A moment for people, in UTC wherever they are, and named so: "2026-11-26 10:05 UTC"."""
    return f"{at.astimezone(UTC):{'%Y-%m-%d %H:%M:%S' if seconds else '%Y-%m-%d %H:%M'}} UTC"


def show_age(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, in words: "5 minutes", "3 hours", "4 days"; never in the future."""
    seconds = max(0.0, (now - moment).total_seconds())
    if seconds < 60:
        return "less than a minute"
    for most, unit, words in ((7200, 60, "minute"), (2 * 86400, 3600, "hour")):
        if seconds < most:
            count = int(seconds // unit)
            return f"{count} {words}" if count == 1 else f"{count} {words}s"
    return f"{seconds // 86400:.0f} days"


def show_number(value: float, *, sign: bool = False) -> str:
    """A measured number for people, to about three digits: "2,320", "30.0", "4.19", "0.042".

    Nothing is told finer than a hundredth: less is "< 0.01", and "> -0.01" below zero. `sign` puts
    a plus before what is more than nothing.
    """
    size = abs(value)
    if size < _FINEST:
        return "0" if not value else "< 0.01" if value > 0 else "> -0.01"
    digits = next((n for least, n in _DIGITS if round(size, n + 1) >= least), 3)
    return f"{value:{'+' if sign else ''},.{digits}f}"


def show_usd(usd: float) -> str:
    """An amount for people: "$0.0012", "$0.00000042"; small ones keep two digits that tell."""
    if usd == 0 or usd >= 0.01:
        return f"${usd:,.4f}"
    digits = min(12, 1 - math.floor(math.log10(usd)))
    return f"${usd:.{max(4, digits)}f}"


def rounded_usd(usd: float) -> float:
    """An amount to nine digits: what a sum of floats has beyond them is no money."""
    return float(f"{usd:.9g}")


def show_usd_per_mtok(price: float | None) -> str:
    """A price for people: "$0.15", "$12", "free", or "?" when unknown."""
    if price is None:
        return "?"
    if price == 0:
        return "free"
    return f"${price:.10g}" if price < 0.01 else f"${price:.2f}".replace(".00", "")


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
