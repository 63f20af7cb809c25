"""How much a request may say before its body: the same under every server, to the byte."""

from __future__ import annotations

from starlette.types import Scope

from gatewayz.server.refusals import Refusal

MAX_HEADER_BYTES = 64 * 1024
# From connecting, or from a request's first byte, until its headers are whole.
HEADERS_S = 20.0
# " HTTP/1.1" behind a space more, its end of line, and the empty line at the end.
_AROUND = len("  HTTP/1.1") + 4
# ": " and the end of line.
_EACH = 4


def too_large() -> Refusal:
    """431."""
    told = f"the headers are larger than {MAX_HEADER_BYTES // 1024} KiB"
    return Refusal(431, told, code="headers_too_large")


def size_of(scope: Scope) -> int:
    """The bytes of the request line and the headers, as they are commonly written."""
    query = scope["query_string"]
    target = len(scope.get("raw_path") or scope["path"]) + (len(query) + 1 if query else 0)
    size = len(scope["method"]) + target + _AROUND
    for name, value in scope["headers"]:
        size += len(name) + len(value) + _EACH
    return size
