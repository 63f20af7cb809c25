"""A key as it may stand in somebody's text: as it is, quoted, encoded."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus


def forms_of(secret: str) -> set[str]:
    """The key, quoted whole for URLs, JSON and HTML, and in base64."""
    quoted = json.dumps(secret)[1:-1]
    texts = {
        secret,
        quote(secret, errors="surrogateescape"),
        quote(secret, safe="", errors="surrogateescape"),
        quote_plus(secret, errors="surrogateescape"),
        quoted,
        quoted.replace("/", "\\/"),
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
    }
    raw = secret.encode("utf-8", "surrogateescape")
    return texts | _packed(raw, base64.b64encode) | _packed(raw, base64.urlsafe_b64encode)


def _packed(raw: bytes, encode: Callable[[bytes], bytes]) -> set[str]:
    """What base64 makes of bytes wherever in a longer text they stand."""
    whole = encode(raw).decode()
    forms = {whole, whole.rstrip("=")}
    for before in range(3):
        packed = encode(b"\0" * before + raw).decode()
        # Groups of four that hold other bytes too are left out: those depend on the neighbours.
        start = 4 if before else 0
        end = len(packed) - (4 if (before + len(raw)) % 3 else 0)
        forms.add(packed[start:end])
    return forms
