"""Readers of single settings: from what a file, a variable or a flag holds to a checked value.

Each takes the raw value and where it stood, and raises ConfigError with both in one line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gatewayz.core.errors import ConfigError, UnknownName
from gatewayz.core.gateway import header_of_ours
from gatewayz.core.model import Price
from gatewayz.core.pricing import MOST_FEE_USD
from gatewayz.core.text import visible
from gatewayz.core.units import PLAUSIBLE_USD_PER_MTOK, parse_duration_s

Reader = Callable[[Any, str], Any]

_SECRET_QUERY = re.compile(r"key|token|secret|password|auth|sig", re.IGNORECASE)
_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off", ""}


def _wrong(value: object, where: str, wanted: str) -> ConfigError:
    return ConfigError(f"{where}: {visible(repr(value))[:80]} is not {wanted}")


def text(value: Any, where: str) -> str:
    """A string, as it is."""
    if not isinstance(value, str):
        raise _wrong(value, where, "a text")
    return value


def question(value: Any, where: str) -> str:
    """A text with something in it, as it is."""
    words = text(value, where)
    if not words.strip():
        raise _wrong(words, where, "a question; write what to ask")
    return words


def flag(value: Any, where: str) -> bool:
    """True or False, or the words people write for them."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _YES | _NO:
        return word in _YES
    raise _wrong(value, where, "a yes or no; write true or false")


def whole(low: int, high: int) -> Reader:
    """A reader of whole numbers in a range, both ends included."""

    def read(value: Any, where: str) -> int:
        try:
            number = int(str(value).strip()) if not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or not low <= number <= high:
            raise _wrong(value, where, f"a whole number from {low} to {high}")
        return number

    return read


def number(low: float, high: float) -> Reader:
    """A reader of numbers in a range, both ends included."""

    def read(value: Any, where: str) -> float:
        try:
            found = float(value) if not isinstance(value, bool) else math.nan
        except (TypeError, ValueError):
            found = math.nan
        if not low <= found <= high:
            raise _wrong(value, where, f"a number from {low:g} to {high:g}")
        return found

    return read


def seconds(value: Any, where: str) -> float:
    """A duration: a number of seconds, or 30s, 250ms, 5m, 1h; from a millisecond to a week."""
    try:
        found = parse_duration_s(str(value)) if not isinstance(value, bool) else math.nan
    except ConfigError:
        raise _wrong(value, where, "a duration; write 30, 30s, 250ms, 5m or 1h") from None
    if not 0.001 <= found <= 7 * 86400:
        raise _wrong(value, where, "a duration from 1ms to 7d")
    return found


def span(value: Any, where: str) -> float:
    """A long time: a number of seconds, or 36h, 90d; from a second to a hundred years."""
    try:
        found = parse_duration_s(str(value)) if not isinstance(value, bool) else math.nan
    except ConfigError:
        raise _wrong(value, where, "a time; write 36h or 90d, or 'none'") from None
    if not 1 <= found <= 100 * 366 * 86400:
        raise _wrong(value, where, "a time from 1s to 100 years, or 'none'")
    return found


def optional(read: Reader) -> Reader:
    """The same reader, which also takes None or an empty text for "not sent" or "no limit"."""

    def read_optional(value: Any, where: str) -> Any:
        return None if value is None or value in ("", "none") else read(value, where)

    return read_optional


def limit(read: Reader) -> Reader:
    """The same reader, which also takes "none": infinity, since None leaves a limit as it is."""

    def read_limit(value: Any, where: str) -> Any:
        return math.inf if value == "none" else read(value, where)

    return read_limit


def names(value: Any, where: str) -> tuple[str, ...]:
    """Several words: a list, or one text with commas; in order, each once."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, Iterable):
        raise _wrong(value, where, "a list of names")
    parts = [part for item in value for part in text(item, where).split(",")]
    return tuple(dict.fromkeys(p.strip() for p in parts if p.strip()))


def texts(value: Any, where: str) -> tuple[str, ...]:
    """Several texts that may hold commas themselves: a list, or a single one."""
    if isinstance(value, str):
        value = (value,) if value else ()
    if not isinstance(value, Iterable):
        raise _wrong(value, where, "a list of texts")
    return tuple(text(item, where) for item in value)


def one_of(*choices: str) -> Reader:
    """A reader of one word out of a few; "" leaves the choice to the program."""

    def read(value: Any, where: str) -> str:
        word = text(value, where).strip()
        if word and word not in choices:
            raise ConfigError(f"{where}: {UnknownName('choice', visible(word), choices)}")
        return word

    return read


def models(value: Any, where: str) -> str:
    """How many models per gateway: a count from 1, "all", or a glob over ids."""
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).strip():
        raise _wrong(value, where, "a number of models, 'all' or a pattern such as 'llama*'")
    words = str(value).strip()
    if re.fullmatch(r"[+-]?\d+", words):
        if int(words) < 1:
            raise ConfigError(
                f"{where}: {words} models would test nothing; write 1 or more, or 'all'"
            )
        return str(int(words))
    if re.fullmatch(r"[+-]?[\d.,]+", words):
        raise _wrong(value, where, "a whole number of models, 'all' or a pattern such as 'llama*'")
    return words


def url(value: Any, where: str) -> str:
    """An http or https address without credentials; no slash at the end."""
    address = text(value, where).strip()
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        port_is_fine = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        parts, port_is_fine = None, False
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise _wrong(without_login(address), where, "a URL; write http://host:port/path")
    if not port_is_fine:
        raise _wrong(without_login(address), where, "a URL with a port from 1 to 65535")
    if any(ch.isspace() or not ch.isprintable() for ch in address):
        raise _wrong(without_login(address), where, "a URL: there are blanks or controls in it")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{where}: a URL must not hold a user or password; use the key variable")
    if any(_SECRET_QUERY.search(name) for name, _ in parse_qsl(parts.query)):
        raise ConfigError(f"{where}: a URL must not hold a key; use the key variable")
    if parts.fragment:
        # Not shown: it may be a key that was pasted there.
        raise ConfigError(f"{where}: leave off the '#' and what follows it")
    return address.rstrip("/")


def proxy(value: Any, where: str) -> str:
    """The address of an HTTP proxy; a user and password are allowed, and never shown."""
    address = text(value, where).strip()
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        fine = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or not address.isprintable() or " " in address:
        raise _wrong(without_login(address), where, "a proxy; write http://host:port")
    return address.rstrip("/")


def header_fields(value: Any, where: str) -> dict[str, str]:
    """A table of header fields that can be put on the wire as they are."""
    if not isinstance(value, dict):
        raise _wrong(value, where, 'a table such as { "X-Team" = "search" }')
    for name, content in value.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", str(name)):
            raise ConfigError(f"{where}: {visible(repr(name))} is not a header name")
        # The value is not shown: people put tokens here.
        if not isinstance(content, str) or not re.fullmatch(r"[\x20-\x7e]*", content):
            raise ConfigError(f"{where}.{name}: a header's value must be plain ASCII on one line")
    if ours := header_of_ours(value):
        raise ConfigError(f"{where}: {ours}")
    return dict(value)


def price(value: Any, where: str) -> Price:
    """A table of what tokens cost, in USD per million: both sides, since one bounds nothing.

    `request` beside them is a fee for each request, in USD, and `cached_input` what a cache has of the input.
    """
    names = {"input", "output"}
    if not isinstance(value, dict) or set(value) - {"request", "cached_input"} != names:
        raise _wrong(
            value, where, "a price; write { input = 0.15, output = 0.6 } (USD per million)"
        )
    read = number(0, PLAUSIBLE_USD_PER_MTOK[1])
    into, cached = read(value["input"], f"{where}.input"), value.get("cached_input")
    return Price(
        into,
        read(value["output"], f"{where}.output"),
        request_usd=number(0, MOST_FEE_USD)(value.get("request", 0), f"{where}.request"),
        cached_usd_per_mtok=(
            None if cached is None else number(0, into)(cached, f"{where}.cached_input")
        ),
    )


# A scheme as it is or as it was mistyped, and all up to the last `@`.
_LOGIN = re.compile(r"(?s)((?:[^/@:]*:?/+)?)(.*)@")
# A path on this machine; a host with its port or none, behind which nothing but a query has an `@`.
_NO_LOGIN = re.compile(
    r"sqlite:|/(?!/)|[.~]|[A-Za-z]:[\\/](?!/)"
    r"|[^/]*//([^/?#@:]+|\[[^\]]*\])(:\d*)?(/[^?#@]*)?(\?\w+=|$)"
)


def without_login(address: str) -> str:
    """An address with any user and password taken out, for a message.

    Whatever stands in a password that should be percent-encoded, it goes up to the last `@`. A PostgreSQL URL
    may hold one behind the question mark as well.
    """
    shown, found = address, _LOGIN.match(address)
    if found and not _NO_LOGIN.match(address) and ("/" in found[1] or ":" in found[2]):
        shown = f"{found[1]}***{address[found.end() - 1 :]}"
    return re.sub(r"(?i)([?&][^=&]*password=)[^&]*", r"\1***", shown)
