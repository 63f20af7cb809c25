"""How much a request may say before its body: the same under every server, to the byte."""

from __future__ import annotations

from itertools import chain

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
    fields = scope["headers"]
    query = scope["query_string"]
    target = len(scope.get("raw_path") or scope["path"]) + (len(query) + 1 if query else 0)
    written = len(b"".join(chain.from_iterable(fields))) + _EACH * len(fields)
    return len(scope["method"]) + target + _AROUND + written
