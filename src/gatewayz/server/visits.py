"""One request as it is remembered: its id, who served it, how it ended. One log line each."""

from __future__ import annotations

import secrets
import sys
import time
from dataclasses import dataclass, field

from starlette.types import Scope

from gatewayz.core.text import visible
from gatewayz.core.units import utc_now

_ID_CHARS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:")
_MAX_ID = 128
_MAX_FIELD = 200
CLIENT_GONE = 499


def request_id(offered: str) -> str:
    """The client's own id when it is a sane one, else a new one."""
    if 0 < len(offered) <= _MAX_ID and _ID_CHARS.issuperset(offered):
        return offered
    return secrets.token_hex(8)


@dataclass(slots=True)
class Visit:
    """What is known of one request; filled in on its way.

    `key` is a fingerprint, never the key. `kind` names what went wrong, "" when nothing did.
    `waited_s` is how long the client took to send its body.
    """

    id: str
    method: str
    path: str
    key: str = ""
    gateway: str = ""
    model: str = ""
    status: int = 0
    kind: str = ""
    detail: str = ""
    started: float = field(default_factory=time.monotonic)
    waited_s: float = 0.0

    def write(self) -> None:
        """The log line, on standard error: one record, one line, whatever the client sent."""
        ms = (time.monotonic() - self.started) * 1000
        line = (
            f"{utc_now():%Y-%m-%dT%H:%M:%S.%fZ} request id={self.id} key={self.key or '-'}"
            f" method={_word(self.method)} path={_word(self.path)}"
            f" gateway={_word(self.gateway)} model={_word(self.model)}"
            f" status={self.status} ms={ms:.1f} kind={_word(self.kind)}"
        )
        if self.detail:
            line += f" detail={_word(self.detail)}"
        try:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            return  # whoever read the log is gone; the request was answered all the same


def visit_of(scope: Scope) -> Visit:
    """The visit of a request that came through the door."""
    found: Visit = scope["gatewayz.visit"]
    return found


def _word(text: str) -> str:
    """The text as one field of a line: bounded, controls escaped, quoted where it has blanks."""
    text = visible(text[:_MAX_FIELD])
    if not text:
        return "-"
    if any(ch in text for ch in ' "='):
        return '"' + text.replace('"', '\\"') + '"'
    return text
