"""Which headers pass. Both ways are allow-lists, so hop-by-hop fields and cookies never do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from urllib.parse import quote

from gatewayz.client import WireResponse
from gatewayz.client.http import USER_AGENT
from gatewayz.core.gateway import Gateway

_PASSED = frozenset({"retry-after", "retry-after-ms", "deprecation", "sunset", "warning"})
_PASSED_PREFIX = "x-ratelimit-"
_MAX_PASSED = 40
_ID_SAFE = "/:@+.-_~!$&'()*,;= "

RawHeaders = list[tuple[bytes, bytes]]
SentHeaders = tuple[tuple[str, str], ...]
Clean = Callable[[str], str]


def upstream_headers(gateway: Gateway, key: str | None, *, stream: bool) -> SentHeaders:
    """What goes to a provider: nothing of the client's, the gateway's own, its key."""
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": "text/event-stream" if stream else "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        **gateway.headers,
    }
    if key:
        headers[gateway.auth.header] = gateway.auth.value(key)
    # Names of headers have no case: the later of two wins.
    return tuple({name.lower(): (name, value) for name, value in headers.items()}.values())


def passed_on(headers: Sequence[tuple[str, str]], clean: Clean) -> dict[str, str]:
    """The provider's headers that a client may see: its limits, when to come back, its notices.

    What its Connection names was meant for us alone (RFC 9110, 7.6.1). `clean` takes out secrets: a provider may send the key back anywhere.
    """
    found: dict[str, str] = {}
    for name, value in headers:
        if (name in _PASSED or name.startswith(_PASSED_PREFIX)) and len(found) < _MAX_PASSED:
            # Secrets go first: a cut must not leave half of one behind.
            found[name] = clean(value)[:500]
    if found:
        for options in [value for name, value in headers if name == "connection"]:
            for option in options.lower().split(","):
                found.pop(option.strip(), None)
    return found


def served_by(gateway: str, model: str) -> dict[str, str]:
    """Who answers, by our own names; a model id is percent-encoded where no header may hold it."""
    return {"x-gatewayz-gateway": gateway, "x-gatewayz-model": quote(model, safe=_ID_SAFE)}


def answer_headers(
    response: WireResponse, content_type: str, gateway: Gateway, model: str, clean: Clean
) -> RawHeaders:
    """The headers of an answer that is passed on, its type as the provider named it."""
    kind = clean(content_type) or "application/json"
    headers = [*_usual(kind, gateway.name, model)]
    if passed := passed_on(response.headers, clean):
        headers += raw(passed)
    return headers


@lru_cache(maxsize=1024)  # a few models are asked for again and again
def _usual(content_type: str, gateway: str, model: str) -> RawHeaders:
    return raw(
        {
            "content-type": content_type,
            # A provider's HTML page is evidence here, not a page of this server.
            "x-content-type-options": "nosniff",
            **served_by(gateway, model),
        }
    )


def raw(headers: dict[str, str]) -> RawHeaders:
    """Headers as ASGI wants them."""
    return [
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in headers.items()
    ]
