"""A gateway's key taken out of the bytes that pass: a provider may send it back in an answer."""

from __future__ import annotations

# Local servers take words such as "lm-studio" for a key: no secrets, and words of ordinary answers.
SHORTEST_KEY = 16


class KeyMask:
    """Puts asterisks in a key's place, as many, wherever the bytes are cut; all else stays as it is.

    Bytes at a piece's end that may begin the key are kept back until the next piece tells, so at
    most its length less one. Keys under `SHORTEST_KEY` characters are not looked for.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode("utf-8", "surrogateescape") if len(key) >= SHORTEST_KEY else b""
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """What can be passed on now; b"" when all of it may be the key's beginning."""
        if not self._key:
            return piece
        data = (self._held + piece).replace(self._key, b"*" * len(self._key))
        cut = self._open_at(data)
        self._held = data[cut:]
        return data[:cut]

    def rest(self) -> bytes:
        """The bytes kept back, at the end of the answer."""
        rest, self._held = self._held, b""
        return rest

    def _open_at(self, data: bytes) -> int:
        """Where the longest end begins that the key begins with."""
        at = data.find(self._key[:1], max(0, len(data) - len(self._key) + 1))
        while at >= 0:
            if self._key.startswith(data[at:]):
                return at
            at = data.find(self._key[:1], at + 1)
        return len(data)
