"""When a server says to come back: in headers, in the fields of a body, or in its words."""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gatewayz.core.errors import ConfigError
from gatewayz.core.units import parse_duration_s

# From here on a number of seconds is a moment since 1970, in milliseconds or in seconds.
_EPOCH_MS, _EPOCH_S = 1e11, 1e8
# A year: who says more means never, or nothing.
_LONGEST_S = 366 * 86400.0


def retry_after(headers: Mapping[str, str], *, now_s: float | None = None) -> float | None:
    """Seconds the server asks to wait, from its headers; None when it does not say.

    `headers` have lower-cased names. Retry-After holds seconds or a date; resets are durations
    ("6m0s"), seconds, a date, or an epoch in seconds or milliseconds.
    """
    now = time.time() if now_s is None else now_s
    milliseconds = number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _within_bounds(milliseconds / 1000)
    value = headers.get("retry-after", "")
    if value:
        seconds = _seconds(value, now)
        if seconds is not None:
            return seconds
        try:
            return _within_bounds(email.utils.parsedate_to_datetime(value).timestamp() - now)
        except (ValueError, TypeError, OverflowError, IndexError):
            pass
    return _reset_of_windows(headers, now)


def _reset_of_windows(headers: Mapping[str, str], now: float) -> float | None:
    """When the used-up windows have all passed; of unknown ones, the first.

    A window with something left is not what holds us back.
    """
    used_up, unknown = [], []
    for name, text in headers.items():
        if "ratelimit" not in name.replace("rate-limit", "ratelimit") or "-reset" not in name:
            continue
        seconds = _seconds(text, now)
        if seconds is None:
            continue
        left = number(headers.get(name.replace("-reset", "-remaining")))
        if left is None:
            unknown.append(seconds)
        elif left <= 0:
            used_up.append(seconds)
    return max(used_up) if used_up else min(unknown, default=None)


# Fields that hold a wait, as `plain_key` spells them, and those that may hold such fields.
_WAIT_KEYS = ("retryafter", "retryafterseconds", "estimatedtime", "retrydelay", "waitseconds")
_HOLDERS = ("details", "metadata", "error")
# Of a list of them, so many rows are looked at.
_ROWS = 10


def wait_in_body(fields: Mapping[str, Any]) -> float | None:
    """Seconds to wait by an error's own fields; `fields` have plain keys."""
    for key in _WAIT_KEYS:
        seconds = _seconds(fields.get(key), 0)
        if seconds is not None:
            return seconds
    headers = fields.get("headers")
    if isinstance(headers, dict):  # OpenRouter repeats them in the body
        named = {str(name).lower().replace("_", "-"): str(value) for name, value in headers.items()}
        return retry_after(named)
    for key in _HOLDERS:
        inner = fields.get(key)
        for item in inner[:_ROWS] if isinstance(inner, list) else [inner]:
            if isinstance(item, dict):
                found = wait_in_body(plain_keys(item))
                if found is not None:
                    return found
    return None


# Seconds of a unit, by how its word begins; what is not here is a second.
_UNITS = (
    (("ms", "milli"), 0.001),
    (("m", "min", "мин", "分", "분"), 60.0),
    (("h", "stunde", "hora", "or", "час", "小时", "時間", "시간"), 3600.0),
    (("d", "tag", "jour", "día", "dia", "giorn", "天", "日", "일"), 86400.0),
)

_NUMBER = r"\d{1,6}(?:\.\d{1,20})?"
_UNIT = (
    r"(?:ms|milliseconds?|s|secs?|seconds?|sekunden?|secondes?|segundos?|secondi|с|сек|секунд[аы]?|m|mins?"
    r"|minut[a-zа-я]{0,3}|мин|минут[аы]?|h|hrs?|hours?|stunden?|heures?|horas?|or[ae]|час[ао]?в?|d|days?)"
    r"(?![a-zа-я])"
)
_UNIT_AFTER = r"(?:秒|分|小时|時間|天|초|분|시간|s|sec|sek|min|hour)[钟间間a-z]{0,8}"
# 1h2m3.5s, 2 hours and 5 minutes.
_PART = f"{_NUMBER} ?{_UNIT}"
_JOINT = "(?: ?,)? ?(?:(?:and|und|et|y|e|и) )?"
_WAIT_BEFORE = re.compile(
    r"(?:try(?:ing)? again|retry|wait|come back|available (?:again )?in|resets? (?:in|after)|warten|versuchen|réessay|attend|inténtelo"
    r"|reintent|espere|aguarde|tente|riprova|повторите|подождите|через)[^\d\n]{0,25}"
    rf"({_PART}(?:{_JOINT}{_PART}){{0,4}})",
    re.IGNORECASE,
)
_WAIT_AFTER = re.compile(
    rf"({_NUMBER} ?{_UNIT_AFTER}(?:{_JOINT}{_NUMBER} ?{_UNIT_AFTER}){{0,4}}) ?"
    r"(?:之后|以后|后|後|후|erneut|nochmal|before|and (?:re)?try)",
    re.IGNORECASE,
)
_NUMBER_AND_UNIT = re.compile(rf"({_NUMBER}) ?([^\W\d_]+)")


def wait_in_words(message: str) -> float | None:
    """Seconds to wait by a sentence such as "Please try again in 7.66s"; None without one."""
    told = _WAIT_BEFORE.search(message[:2000]) or _WAIT_AFTER.search(message[:2000])
    if told is None:
        return None
    seconds, unit_before = 0.0, math.inf
    for figure, name in _NUMBER_AND_UNIT.findall(told[1].lower()):
        unit = next((worth for names, worth in _UNITS if name.startswith(names)), 1.0)
        if unit >= unit_before:  # no part of the same wait
            break
        seconds, unit_before = seconds + float(figure) * unit, unit
    return _within_bounds(seconds)


def plain_key(name: Any) -> str:
    """A key without case and joints: `retryDelay`, `retry_delay` and `Retry-Delay` are one."""
    return str(name)[:100].lower().replace("_", "").replace("-", "")


def plain_keys(fields: Mapping[Any, Any]) -> dict[str, Any]:
    """A mapping by its plain keys; of two that are one, the first counts."""
    return {plain_key(name): value for name, value in reversed(list(fields.items()))}


def number(value: Any) -> float | None:
    """A finite number, be it in digits; None for all else."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _seconds(value: Any, now: float) -> float | None:
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = parse_duration_s(str(value))
    except ConfigError:
        return _until(str(value), now)
    if seconds > _EPOCH_MS:
        seconds /= 1000
    if seconds > _EPOCH_S:
        seconds -= now
    return _within_bounds(seconds)


def _until(text: str, now: float) -> float | None:
    """Seconds until a moment as in "2026-08-20T12:00:00Z"; None for what is no such moment."""
    if not text[:1].isdigit() or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _within_bounds(moment.timestamp() - now)


def _within_bounds(seconds: float) -> float:
    return min(max(0.0, seconds), _LONGEST_S)
