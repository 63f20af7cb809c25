"""What a gateway is sent in secret, taken out of the bytes that pass: a provider may send it back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from gatewayz.core.known_keys import SHORTEST_KEY

# What writers of JSON escape beyond what they must: nothing, Go, .NET, whoever takes no chances.
_NET = "&<>+'\"`"
_ALL = _NET + "=!#$%()*,:;?@[]^{|}~\\"
_SIGNS = ("", "&<>", _NET, _ALL, _ALL + "/")
_FORMS = ("\\u{:04x}", "\\u{:04X}")
_PERCENT = re.compile("%[0-9A-F]{2}")

Forms = tuple[bytes, ...]


class KeyMask:
    """Puts asterisks in a secret's place, as many, wherever the bytes are cut; all else stays as it is.

    `forms` are those of `forms_of`. Bytes at a piece's end that may begin one are kept back until the
    next piece tells, so at most the length of the longest less one.
    """

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """What can be passed on now; b"" when all of it may be a secret's beginning."""
        if not self._forms:
            return piece
        data = masked(self._forms, self._held + piece)
        cut = len(data)
        for form in self._forms:
            cut = min(cut, _open_at(data, form))
        self._held = data[cut:]
        return data[:cut]

    def rest(self) -> bytes:
        """The bytes kept back, at the end of the answer."""
        rest, self._held = self._held, b""
        return rest


def masked(forms: Forms, data: bytes) -> bytes:
    """The same for bytes that are all there."""
    for form in forms:
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


def forms_of(secrets: Iterable[str]) -> Forms:
    """Secrets as they are and as JSON and URLs write them: mostly one form each, without signs.

    Those under `SHORTEST_KEY` characters are words, and not looked for.
    """
    forms = {form for one in secrets if len(one) >= SHORTEST_KEY for form in _forms(one)}
    # A form that holds another is taken out first, and whole.
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _forms(key: str) -> Iterable[bytes]:
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
    return [form.encode("utf-8", "surrogateescape") for form in forms]


def _in_json(key: str, signs: str, form: str) -> str:
    """The key in a JSON text whose writer escapes these signs, though it need not."""
    return "".join(
        form.format(ord(c)) if c in signs else json.dumps(c, ensure_ascii=False)[1:-1] for c in key
    )
