"""Where a store is: a path or a URL. Standard library only."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from gatewayz.core import ConfigError
from gatewayz.core.text import visible

_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
# What would be made a file of a name that holds a password.
_MISTYPED = re.compile(r"(?i)postgres(ql)?[^@]*[:/][^@]*@")
_NO_URL = (
    "the store's address is no PostgreSQL URL; write postgresql://user:password@host:port/name, "
    "and %40 %2F %3A %3F %23 for @ / : ? # in a password"
)


@dataclass(frozen=True, slots=True)
class Place:
    """One of a SQLite file or a PostgreSQL URL (which may hold a password).

    `shown` is safe to print.
    """

    file: Path | None
    url: str = field(repr=False)
    shown: str

    def inode(self, beside: str = "") -> tuple[int, int] | None:
        """Which file lies there: its device and number; None where there is none, and by URL.

        `beside` is what the name of one beside it ends in.
        """
        if self.file is None:
            return None
        try:
            found = os.stat(f"{self.file}{beside}")
        except OSError:
            return None
        return found.st_dev, found.st_ino


def parse_place(url: str | Path) -> Place:
    """A path or URL, taken apart.

    Raises: ConfigError for a URL of a kind that no store has.
    """
    text = str(url).strip()
    scheme, colon, rest = text.partition("://")
    if not colon and _MISTYPED.match(text):
        raise ConfigError(_NO_URL)
    if not colon:
        return _file(text)
    if scheme == "sqlite":
        return _file(unquote(rest.removeprefix("/")))
    if scheme in _POSTGRESQL:
        try:
            parts = urlsplit(f"postgresql://{rest}")
            shown = _shown(parts)
        except ValueError:
            # Not what is wrong with it: it may be a password's part.
            parts = None
        # Who reads another end of a login shows a part of its password.
        if parts is None or parts.netloc.count("@") > 1:
            raise ConfigError(_NO_URL)
        return Place(None, f"postgresql+psycopg://{rest}", shown)
    raise ConfigError(
        f"a store at '{scheme}://' is not known; give a path, sqlite:///PATH or postgresql://..."
    )


def _shown(parts: SplitResult) -> str:
    """Which server and database a URL means, without whatever else it holds. Raises: ValueError.

    As psycopg reads it: `host` and `port` behind the question mark go before those in front; a host
    that is a folder is a socket's, and without any it is libpq's own.
    """
    query = {name: ",".join(found) for name, found in parse_qs(parts.query).items()}
    port = query.get("port") or str(parts.port or "")
    host = visible(query.get("host", "")) or parts.hostname or ""
    if host and host[0] not in "/@":
        numbered = host if ":" in query.get("host", "") else f"{host}:{visible(port) or 5432}"
        return f"postgresql://{numbered}{parts.path}"
    told = {"host": host, "port": visible(port)}
    more = "&".join(f"{name}={value}" for name, value in told.items() if value)
    return f"postgresql://{parts.path}" + (f"?{more}" if more else "")


def _file(path: str) -> Place:
    if not path or path == ":memory:" or "\x00" in path:
        raise ConfigError("the store needs a file: give a path, or set GATEWAYZ_STORE")
    file = Path(path).expanduser().absolute()
    return Place(file, "", str(file))
