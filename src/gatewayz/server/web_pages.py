"""What a browser wants to hear before a web page of this machine's own servers may read an answer.

Such a page stands under another port than this server, so that it is of another origin (Fetch standard,
"CORS protocol"). Who it is, `this_machine` tells; nothing here lets anybody in. No cookie goes along,
since none is allowed for.
"""

from __future__ import annotations

from gatewayz.server.headers import RawHeaders

# The wildcard is for all headers but this one, which has to be named.
_MAY_SEND = b"*, authorization"
_ASKED_AGAIN_S = 600


def may_be_read_by(origin: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """What goes out beside an answer's own headers, for a page of this origin."""
    return (
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", b"*"),
        (b"vary", b"Origin"),
    )


def permission() -> RawHeaders:
    """The answer to a browser that asks beforehand, whether a page may send what it wants to."""
    return [
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", _MAY_SEND),
        (b"access-control-max-age", b"%d" % _ASKED_AGAIN_S),
    ]
