"""Whose page sent a form: our own, or one of another site that would act for whoever looks at it.

A browser says so itself, in a header that no page can set: `Sec-Fetch-Site`, where it trusts the
address (https, or this machine), and `Origin` everywhere; https://www.w3.org/TR/fetch-metadata/ and
https://fetch.spec.whatwg.org/#origin-header. So no token has to be kept. Who says neither is no browser.
"""

from __future__ import annotations

from collections.abc import Mapping

from gatewayz.server.refusals import forbidden

# `none`: nobody's page, but whoever sits before the browser.
_OWN_SITES = (b"same-origin", b"none")
# Behind a proxy the host that the browser asked for may stand in the second.
_HOSTS = (b"host", b"x-forwarded-host")


def refuse_foreign(headers: Mapping[bytes, bytes]) -> None:
    """Returns for a form of our own pages. Raises: Refusal, 403, for one of another site's."""
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if site is not None:
        is_own = site in _OWN_SITES
    elif origin is not None:
        asked = origin.partition(b"://")[2].lower()
        is_own = bool(asked) and asked in [headers.get(name, b"").lower() for name in _HOSTS]
    else:
        is_own = True
    if not is_own:
        raise forbidden(
            "a page of another site sent this form; open /status and use the one there (a proxy in"
            " front of this server has to hand on the Host header)",
            code="foreign_form",
        )
