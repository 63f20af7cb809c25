"""Who is let in where there is no key: the programs of this machine, and no page of elsewhere.

A web page that a browser shows on this machine comes from loopback as every program of it does. A page
of another site tells on itself by `Origin`. One whose own name is pointed here (DNS rebinding) asks as if
for a site of its own, and by GET shows no `Origin`; but its `Host` is still that name, which no page can
change. So a server without a key answers to names of this machine alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

from gatewayz.client import is_loopback
from gatewayz.core.errors import ConfigError
from gatewayz.core.text import visible
from gatewayz.server.callers import Caller
from gatewayz.server.headers import RawHeaders
from gatewayz.server.refusals import forbidden
from gatewayz.server.web_pages import may_be_read_by

# Of what clients say so many different words are remembered, none of them longer.
_REMEMBERED, _LONGEST = 256, 300
# Labels with dots between them, of which the last one is no number: whatever ends in one is meant as an IPv4 address.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_A_NAME = re.compile(rf"(?:{_LABEL}\.)*(?![0-9]+$){_LABEL}")
# How proxies tell for whom they ask: by a list of addresses, or as RFC 7239 has it.
_HANDED_ON = frozenset({b"x-forwarded-for", b"x-real-ip", b"forwarded"})
_FOR = re.compile(rb'(?:^|[;,\s])for\s*=\s*"?([^\s";,]+)', re.IGNORECASE)
_A_KEY = "set GATEWAYZ_API_KEY where the server runs, or make keys: gatewayz keys create"


class ThisMachine:
    """Asked of every request that shows no key to a server that has none.

    `names` are those, beside localhost, by which programs of this machine may call it, as `own_name`
    reads them.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(map(own_name, names))
        # Each request asks, and they all say the same: one look into a dictionary for each word.
        self._is_here = lru_cache(_REMEMBERED)(is_loopback)
        self._is_ours = lru_cache(_REMEMBERED)(self._names_us)

    def __call__(self, caller: Caller, headers: dict[bytes, bytes]) -> None:
        """Returns for a program of this machine, and for a page of one: that may read the answer.

        Raises: Refusal, 403. Neither a web page of elsewhere nor what a proxy hands on is one, though it
        comes from loopback. Who says no Host at all is no browser.
        """
        if caller.peer and not self._is_here(caller.peer):
            raise _elsewhere()
        if not _HANDED_ON.isdisjoint(headers) and not _are_here(caller.headers):
            raise _elsewhere()
        host = headers.get(b"host")
        if host and (len(host) > _LONGEST or not self._is_ours(host)):
            raise forbidden(
                "without a key this server answers to names of its own machine only; ask for"
                " http://127.0.0.1 or http://localhost, put the name you use into GATEWAYZ_HOSTS,"
                f" or {_A_KEY}",
                code="host_not_allowed",
            )
        origin = headers.get(b"origin")
        if origin:
            if len(origin) > _LONGEST or not self._is_ours(origin.partition(b"://")[2]):
                raise forbidden(
                    "web pages of other hosts may not use a server that has no key",
                    code="origin_not_allowed",
                )
            caller.for_page = may_be_read_by(origin)

    def _names_us(self, authority: bytes) -> bool:
        name = host_in(authority)
        return is_loopback(name) or _plain(name) in self._names


def own_name(text: str) -> str:
    """A name of this machine as a user writes it, in the spelling that requests are compared by.

    It may be what a Host header holds, port and all, or an IPv6 address without its brackets.
    Raises: ConfigError for what no Host header can be.
    """
    text = text.strip()
    bare = f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text
    name = _plain(host_in(bare.encode("latin-1", "replace")))
    if not (_A_NAME.fullmatch(name) or _is_address(name)):
        raise ConfigError(
            f"'{visible(text)}' is no host's name; write it as it stands in an address, such as llm.lan,"
            " without scheme and path, and each by itself ('*' stands for none)"
        )
    return name


def _plain(host: str) -> str:
    """A host in the one spelling of several that is compared: an address the shortest, a name without
    its last dot.
    """
    return str(ip_address(host)) if _is_address(host) else host.removesuffix(".")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def host_in(authority: bytes) -> str:
    """The host of "host", "host:port", "[v6]" or "[v6]:port", in lower case; "" for anything else."""
    text = authority.decode("latin-1").lower()
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        port = port.removeprefix(":") if bracket and port[:1] in ("", ":") else "none"
        is_address = ":" in name
    else:
        name, _, port = text.partition(":")
        is_address = True
    sound = is_address and (not port or (port.isascii() and port.isdigit()))
    return name if sound and not set(name) & set("@/\\?# ,") else ""


def _are_here(headers: RawHeaders) -> bool:
    """Whether all are that the proxies on the way name: each may have added a line of its own."""
    for name, value in headers:
        if name == b"forwarded":
            peers = [host_in(peer) for peer in _FOR.findall(value)]
        elif name in _HANDED_ON:
            peers = [peer.strip() for peer in value.decode("latin-1").split(",") if peer.strip()]
        else:
            continue
        if not all(map(is_loopback, peers)):
            return False
    return True


def _elsewhere() -> Exception:
    return forbidden(f"without a key this server answers its own machine only; {_A_KEY}")
