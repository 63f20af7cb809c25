"""Requests that two readers could take for two different ones: refused, and nothing is read behind them.

A proxy in front may go by another host, or see another end of a body, than this server does.
"""

from __future__ import annotations

import re

from gatewayz.server.callers import Caller
from gatewayz.server.headers import RawHeaders
from gatewayz.server.refusals import Refusal, bad_request

_AUTHORITY = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_PORT_OF_HTTP = b":80"
# Servers that speak HTTP/2 or 3 call it so. In a request line it would be "2.0", and without one "0.9".
_OTHER_VERSIONS = frozenset(("1.0", "2", "3"))


def check(caller: Caller) -> None:
    """Returns for a request that can be read in one way only. Raises: Refusal, 400 or 501.

    RFC 9112, 3.2 (Host), 3.2.2 (a whole address as target), 6.1 (transfer codings, none before 1.1).
    """
    named = caller.named
    host = named.get(b"host")
    if caller.http_version != "1.1":
        _check_other_version(caller)
    elif host is None:
        raise _ambiguous("the Host header is missing")
    # Most requests have each header once, and are not gone through.
    if len(named) != len(caller.headers):
        _check_doubled(caller.headers)
    if caller.target[:1] != b"/" and _is_elsewhere(caller.target, host):
        raise _ambiguous("the request line names another host than the Host header")
    coding = named.get(b"transfer-encoding")
    if coding is not None and coding.strip().lower() != b"chunked":
        raise _unknown_coding()
    if caller.body_is_lost:
        raise _ambiguous(
            "a request with a body cannot offer an Upgrade here; leave that header out"
        )


def without_offer(method: bytes, target: bytes, version: str, headers: RawHeaders) -> bytes:
    """A request's head again, without its offer to go on in another protocol.

    RFC 9110, 7.8: a server may ignore Upgrade. The parser would take the body for the other protocol.
    """
    lines = [b"%b %b HTTP/%b" % (method, target, version.encode("ascii"))]
    lines += [b"%b: %b" % field for field in headers if field[0] != b"upgrade"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _check_other_version(caller: Caller) -> None:
    if caller.http_version not in _OTHER_VERSIONS:
        raise _ambiguous("of the versions of HTTP only 1.0 and 1.1 are spoken here")
    if caller.http_version == "1.0" and b"transfer-encoding" in caller.named:
        raise _ambiguous("HTTP/1.0 knows no Transfer-Encoding")


def _check_doubled(headers: RawHeaders) -> None:
    names = [name for name, _ in headers]
    if names.count(b"host") > 1:
        raise _ambiguous("there is more than one Host header")
    if names.count(b"transfer-encoding") > 1:
        raise _unknown_coding()


def _is_elsewhere(target: bytes, host: bytes | None) -> bool:
    match = _AUTHORITY.match(target)
    return match is not None and host is not None and _plain(match[1]) != _plain(host)


def _plain(authority: bytes) -> bytes:
    return authority.strip().lower().removesuffix(_PORT_OF_HTTP)


def _ambiguous(told: str) -> Refusal:
    return _closing(bad_request(told, code="invalid_http"))


def _unknown_coding() -> Refusal:
    told = "of transfer codings only 'chunked' is known here"
    return _closing(Refusal(501, told, code="invalid_http"))


def _closing(refusal: Refusal) -> Refusal:
    refusal.headers["connection"] = "close"
    return refusal
