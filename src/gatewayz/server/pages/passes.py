"""A pass: what a browser holds in a cookie once somebody has shown a key, in place of the key.

It names nobody and says only until when it is good; its signature is made with what belongs to the key,
so that a key that is revoked, or made anew, takes its passes with it. Any worker can tell a good one.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256

from gatewayz.server.key_ring import Holder

COOKIE = "gatewayz_pass"
LASTS_S = 12 * 3600
_WORDS = b"gatewayz pass, version 1, good until "
_MOST_DIGITS = 12


def issue(secret: bytes, now: float) -> str:
    """A pass that is good for `LASTS_S` seconds from `now` (Unix time) on."""
    until = int(now + LASTS_S)
    return f"{until}.{_signature(secret, until)}"


def holder_of(text: str, holders: Iterable[tuple[Holder, bytes]], now: float) -> Holder | None:
    """Whose pass it is; None for one that is forged, spoilt, or over.

    `holders` are those whose keys are good, each with the secret that its passes are signed with.
    """
    until, _, signature = text.partition(".")
    if not (until.isascii() and until.isdigit() and len(until) <= _MOST_DIGITS):
        return None
    found, shown = None, signature.encode()  # as bytes: of texts only plain ones are compared
    for holder, secret in holders:  # all of them, so that the time tells nothing
        if hmac.compare_digest(_signature(secret, int(until)).encode(), shown):
            found = holder
    return found if now < int(until) <= now + LASTS_S else None


def _signature(secret: bytes, until: int) -> str:
    return hmac.new(secret, _WORDS + str(until).encode(), sha256).hexdigest()


def cookie(value: str, *, lasts_s: int = LASTS_S, secure: bool = False) -> str:
    """The header that hands a pass over, or with `lasts_s` 0 takes it back.

    No script can read it, and no other site's page can send it.
    """
    parts = [f"{COOKIE}={value}", "Path=/", f"Max-Age={lasts_s}", "HttpOnly", "SameSite=Strict"]
    return "; ".join([*parts, *(["Secure"] if secure else [])])


def in_cookies(header: bytes) -> str:
    """The pass among a request's cookies, "" when there is none."""
    for part in header.decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""
