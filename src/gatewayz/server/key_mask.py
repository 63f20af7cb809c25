"""A gateway's key taken out of the bytes that pass: a provider may send it back in an answer."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from urllib.parse import quote

from gatewayz.core.known_keys import SHORTEST_KEY

# What writers of JSON escape beyond what they must: nothing, Go, .NET, whoever takes no chances.
_NET = "&<>+'\"`"
_ALL = _NET + "=!#$%()*,:;?@[]^{|}~\\"
_SIGNS = ("", "&<>", _NET, _ALL, _ALL + "/")
_FORMS = ("\\u{:04x}", "\\u{:04X}")
_PERCENT = re.compile("%[0-9A-F]{2}")


class KeyMask:
    """Puts asterisks in a key's place, as many, wherever the bytes are cut; all else stays as it is.

    Bytes at a piece's end that may begin the key are kept back until the next piece tells, so at
    most the length of its longest form less one. Keys under `SHORTEST_KEY` characters are not looked for.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._forms = _forms_of(key) if len(key) >= SHORTEST_KEY else ()
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """What can be passed on now; b"" when all of it may be the key's beginning."""
        if not self._forms:
            return piece
        data = masked(self._key, self._held + piece)
        cut = len(data)
        for form in self._forms:
            cut = min(cut, _open_at(data, form))
        self._held = data[cut:]
        return data[:cut]

    def rest(self) -> bytes:
        """The bytes kept back, at the end of the answer."""
        rest, self._held = self._held, b""
        return rest


def masked(key: str, data: bytes) -> bytes:
    """The same for bytes that are all there."""
    for form in _forms_of(key) if len(key) >= SHORTEST_KEY else ():
        if form in data:
            data = data.replace(form, b"*" * len(form))
    return data


def _open_at(data: bytes, form: bytes) -> int:
    """Where the longest end begins that the form begins with."""
    at = data.find(form[:1], max(0, len(data) - len(form) + 1))
    while at >= 0:
        if form.startswith(data[at:]):
            return at
        at = data.find(form[:1], at + 1)
    return len(data)


@lru_cache(maxsize=64)
def _forms_of(key: str) -> tuple[bytes, ...]:
    """The key as it is and as JSON and URLs write it: mostly one form, for keys without signs."""
    in_json = {_in_json(key, signs, form) for signs in _SIGNS for form in _FORMS}
    in_url = quote(key, safe="", errors="surrogateescape")
    forms = {
        key,
        *in_json,
        *(text.replace("/", "\\/") for text in in_json),
        in_url,
        quote(key, errors="surrogateescape"),
        _PERCENT.sub(lambda sign: sign[0].lower(), in_url),
    }
    # A form that holds another is taken out first, and whole.
    return tuple(sorted((f.encode("utf-8", "surrogateescape") for f in forms), key=len)[::-1])


def _in_json(key: str, signs: str, form: str) -> str:
    """The key in a JSON text whose writer escapes these signs, though it need not."""
    return "".join(
        form.format(ord(c)) if c in signs else json.dumps(c, ensure_ascii=False)[1:-1] for c in key
    )
