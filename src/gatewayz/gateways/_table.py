"""The table of gateways in docs/gateways.md, made from the gateways themselves."""

from __future__ import annotations

from collections.abc import Iterator

from gatewayz.core import Gateway
from gatewayz.gateways._known import BUILT_IN

# What the original framework's `TestableGateways` marker left out.
_NOT_TESTABLE_IN_THE_ORIGINAL = frozenset({"chutes", "groq", "deepinfra"})
_NOT_IN_THE_ORIGINAL = frozenset({"local"})

_HEADINGS = (
    "gateway",
    "provider",
    "base URL",
    "key variable (older names)",
    "model list",
    "ids",
    "at once / per minute",
    "through Portkey",
    "`TestableGateways` in the original",
)


def markdown_table() -> str:
    """The built-in gateways as a Markdown table, ending in a newline."""
    rows = [_HEADINGS, ("---",) * len(_HEADINGS), *_rows()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _rows() -> Iterator[tuple[str, ...]]:
    for name, gateway in BUILT_IN.items():
        yield (
            " ".join(f"`{n}`" for n in (name, *gateway.aliases)),
            gateway.title,
            f"`{gateway.base_url}`",
            _keys(gateway),
            f"`{gateway.catalog_url}`" + (" (no key)" if gateway.catalog.public else ""),
            f"{gateway.id_form} `{gateway.id_examples[0]}`",
            f"{gateway.limits.concurrency} / {_rate(gateway)}",
            f"`@{gateway.portkey_slug}/`" if gateway.portkey_slug else "",
            _original(name),
        )


def _keys(gateway: Gateway) -> str:
    preferred, *older = (f"`{variable}`" for variable in gateway.key_envs)
    optional = "" if gateway.key_required else ", optional"
    return preferred + (f" ({', '.join(older)})" if older else "") + optional


def _rate(gateway: Gateway) -> str:
    rate = gateway.limits.requests_per_minute
    return "no limit known" if rate is None else f"{rate:g}"


def _original(name: str) -> str:
    if name in _NOT_IN_THE_ORIGINAL:
        return "new"
    return "no" if name in _NOT_TESTABLE_IN_THE_ORIGINAL else "yes"
