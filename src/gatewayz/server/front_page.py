"""What a browser asks for that no page names: `GET /`, which leads it to the dashboard, and an icon.

A program is answered for `/` as for any path that is not there.
"""

from __future__ import annotations

from gatewayz.server.callers import Caller

# From the root, wherever this app is mounted.
PLACE = b"status"
NO_ICON_HEADERS = [(b"cache-control", b"max-age=86400")]
_PAGE, _DOCUMENT = b"text/html", b"application/json"


def wants_page(caller: Caller) -> bool:
    """Whether who asks for the root names HTML, and would not rather have JSON.

    What takes anything ("*/*"), as curl and the SDKs do, is a program.
    """
    return caller.path == "/" and caller.method in ("GET", "HEAD") and reads_pages(caller)


def wants_icon(caller: Caller) -> bool:
    """Whether it is the picture that browsers ask every server for; there is none, which is no fault."""
    return caller.path == "/favicon.ico" and caller.method in ("GET", "HEAD")


def reads_pages(caller: Caller) -> bool:
    """Whether who asks names HTML, and would not rather have JSON."""
    accept = caller.named.get(b"accept", b"")[:1000].lower()
    wanted = dict(map(_weighed, accept.split(b",")))
    page = wanted.get(_PAGE, 0.0)
    return page > 0 and page >= wanted.get(_DOCUMENT, 0.0)


def _weighed(part: bytes) -> tuple[bytes, float]:
    """A media type and how much it is wanted, 0 to 1; one that cannot be read is not."""
    kind, *parameters = (one.strip() for one in part.split(b";"))
    weight = next((one[2:] for one in parameters if one.startswith(b"q=")), b"1")
    try:
        return kind, float(weight)
    except ValueError:
        return kind, 0.0
