"""Spans of days and weeks, as the commands on stored runs take them."""

from __future__ import annotations

import re

_SPAN = re.compile(r"(\d+(\.\d+)?[smhdw])+")
_WEEKS = re.compile(r"(\d+(?:\.\d+)?)w")
# Longer ago than anything is kept, and still a moment that a calendar has.
_LONGEST_S = 100 * 366 * 86400.0


def is_span(text: str) -> bool:
    """Whether this is a time with its unit, such as 7d, 36h or 2w, and no run's id."""
    return _SPAN.fullmatch(text) is not None


def span_s(text: str) -> float:
    """Seconds in a time with its unit. Raises: ConfigError for anything else."""
    from gatewayz.core.errors import ConfigError
    from gatewayz.core.units import parse_duration_s

    if not is_span(text):
        raise ConfigError(f"'{text}' is not a time; write 90d, 2w or 36h")
    seconds = parse_duration_s(_WEEKS.sub(lambda found: f"{float(found[1]) * 7:f}d", text))
    if seconds > _LONGEST_S:
        raise ConfigError(f"'{text}' is over 100 years; write 90d, 2w or 36h")
    return seconds
