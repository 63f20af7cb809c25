"""Which configured hosts may lead to this machine or into a private network.

A backend sends its providers' keys and its clients' prompts to whatever a name means at the moment.
A name that is public by its looks and leads inward was taken over, or is a mistake, unless the one
who runs the backend says otherwise; and what is asked there may be a cloud's own metadata.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from gatewayz.config import Settings
from gatewayz.core.gateway import Gateway

# Names that the public name service does not have: whoever writes one means a place of his own.
# RFC 6761, RFC 6762, RFC 8375, and what ICANN has set aside for private use (2024).
_OWN = ("localhost", "local", "internal", "home.arpa", "lan", "test")


def inward_hosts(gateways: Iterable[Gateway], settings: Settings) -> frozenset[str]:
    """The hosts that may lead inward: by how they are written, or by `private` in their table."""
    found = set()
    for gateway in gateways:
        host = _host_of(gateway)
        table = settings.tables.get(gateway.name)
        if host and (is_own(host) or (table is not None and table.private)):
            found.add(host)
    return frozenset(found)


def is_own(host: str) -> bool:
    """Whether a host is written as one's own: an address, a name without a domain, `x.internal`.

    An address of a private network counts, since nothing can turn it into another.
    """
    name = host.lower().removesuffix(".")
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return "." not in name or name.endswith(tuple(f".{own}" for own in _OWN))
    return True


def _host_of(gateway: Gateway) -> str:
    try:
        return urlsplit(gateway.base_url).hostname or ""
    except ValueError:
        return ""  # refused when it is called
