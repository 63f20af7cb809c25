"""How many files and sockets this process may hold, and so how many requests it can have under way."""

from __future__ import annotations

from contextlib import suppress

MOST_HANDLES = 65_536
# A request holds a connection to its client and one to a provider, which is kept for the next.
_EACH = 2
# The store, the log, connections that have said nothing yet.
_OTHERS = 224
_UNKNOWN = 1024


def take_handles() -> None:
    """As many as the machine allows, up to `MOST_HANDLES`.

    The usual 1,024 are soon taken by peers that connect and say nothing, and then nobody comes in.
    """
    try:
        import resource
    except ImportError:  # where there is no such limit
        return
    limit, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_HANDLES if allowed == resource.RLIM_INFINITY else min(allowed, MOST_HANDLES)
    if limit != resource.RLIM_INFINITY and limit < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, allowed))


def requests_at_a_time(most: int) -> int:
    """So many requests as there are handles for, up to `most`."""
    return max(1, min(most, (_handles() - _OTHERS) // _EACH))


def _handles() -> int:
    try:
        import resource
    except ImportError:
        return _UNKNOWN
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_HANDLES if limit == resource.RLIM_INFINITY else limit
