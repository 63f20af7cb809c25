"""Token counts out of a `usage` object, wherever its writer put them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gatewayz.core.attempt import Usage
from gatewayz.core.units import MOST_TOKENS

_DIGITS = re.compile(r"[0-9]{1,15}")
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,30})?([eE]-?[0-9]{1,2})?")
_COUNTS = (
    "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens",
    "reasoning_tokens", "cached_tokens",
)  # fmt: skip
# Some tell these beside the others (Together, xAI), the rest in a group of details, which Responses names anew.
_REASONING = ("reasoning_tokens", "completion_tokens_details", "output_tokens_details")
_CACHED = ("cached_tokens", "prompt_tokens_details", "input_tokens_details")
# Reasoning tokens, cached tokens, and a cost; and where they are told.
_More = tuple[int | None, int | None, float | None]
_NO_MORE: _More = (None, None, None)
_MORE = frozenset({*_REASONING, *_CACHED, "cost", "estimated_cost", "cost_in_usd_ticks"})
# https://docs.x.ai/developers/cost-tracking, read 2026-11-26: 1 USD is 10,000,000,000 ticks.
_TICKS_PER_USD = 10**10


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Token counts from a `usage` object; what is absent or no count stays None."""
    reasoning, cached, cost_usd = _NO_MORE if _MORE.isdisjoint(usage) else _more(usage)
    return Usage(
        input_tokens=_count(_either(usage, "prompt_tokens", "input_tokens")),
        output_tokens=_count(_either(usage, "completion_tokens", "output_tokens")),
        total_tokens=_count(usage.get("total_tokens")),
        reasoning_tokens=reasoning,
        cached_tokens=cached,
        cost_usd=cost_usd,
    )


def _more(usage: Mapping[str, Any]) -> _More:
    """What not everybody tells."""
    return _count(_detail(usage, *_REASONING)), _count(_detail(usage, *_CACHED)), _cost_usd(usage)


def _either(usage: Mapping[str, Any], name: str, other: str) -> Any:
    """What stands under one of two names; null is nothing."""
    told = usage.get(name)
    return usage.get(other) if told is None else told


def _cost_usd(usage: Mapping[str, Any]) -> float | None:
    """What the answer cost: the most that is told under any name. xAI counts it in ticks."""
    ticks = _amount(usage.get("cost_in_usd_ticks"))
    told = [_amount(usage.get("cost")), _amount(usage.get("estimated_cost"))]
    told.append(None if ticks is None else ticks / _TICKS_PER_USD)
    return max((usd for usd in told if usd is not None), default=None)


def counts_are_counts(usage: Any) -> bool:
    """Whether every count that a `usage` gives is one: no text, no truth value, nothing negative.

    A whole number written as a float is one; null and a missing field say nothing.
    """
    if not isinstance(usage, dict):
        return not usage
    given = [*map(usage.get, _COUNTS), *_details(usage, *_REASONING), *_details(usage, *_CACHED)]
    return all(map(_is_count, [value for value in given if value is not None]))


def _detail(usage: Mapping[str, Any], name: str, *groups: str) -> Any:
    """A count by its name: beside the others, else of the first group of details that has it."""
    told = usage.get(name)
    return told if told is not None else next(iter(_details(usage, name, *groups)), None)


def _details(usage: Mapping[str, Any], name: str, *groups: str) -> list[Any]:
    """What groups of details say under a name."""
    found = [details.get(name) for group in groups if isinstance(details := usage.get(group), dict)]
    return [value for value in found if value is not None]


def _is_count(value: Any) -> bool:
    return not isinstance(value, str) and _count(value) is not None


def _count(value: Any) -> int | None:
    """A count; one that stands in a text is read, too. A part of a token is none."""
    if type(value) is int:  # nearly always, and so is nothing at all
        return value if 0 <= value < MOST_TOKENS else None
    if value is None:
        return None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < MOST_TOKENS and value == int(value) else None


def _amount(value: Any) -> float | None:
    """An amount; one that stands in a text is read, too, as counts are."""
    if value is None:
        return None
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e15 else None
