"""Bodies that come compressed, taken apart in bounded steps."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator
from typing import Protocol

from gatewayz.client.wire import WireError, fail
from gatewayz.core.attempt import FaultName, Phase

# What is handed on at once: whoever reads a body comes to look at clocks and caps between two steps.
STEP = 64 * 1024
# What is packed is taken apart in smaller bits, since what is left of one is copied at each step.
_PACKED_STEP = 4 * 1024
_MEMBERS = 64
# So many bytes of a body tell whether it is a text or something packed.
_TELLING = 256
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Decoder(Protocol):
    """Turns received bytes into the body's own, in steps of at most `STEP` bytes."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the bytes decode to, each step when it is asked for; none is empty.

        To be iterated to the end before more is fed.
        Raises: WireError for bytes that are not what they claim.
        """
        ...

    def finish(self) -> None:
        """Says that no more bytes come. Raises: WireError when the body is incomplete."""
        ...


class Identity:
    """A body that came as it is."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The same bytes."""
        return _in_steps(data, STEP)

    def finish(self) -> None:
        """Nothing can be missing."""


AS_IT_CAME = Identity()


class Inflate:
    """A gzip or deflate body; `limit` caps what it may grow to."""

    def __init__(self, limit: int) -> None:
        self._stream = _inflater()
        self._left = limit
        self._members = 1
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The next decoded bytes; a bomb goes off no faster than its steps are asked for."""
        for packed in _in_steps(data, _PACKED_STEP):
            self._started = True
            yield from self._inflated(packed)

    def _inflated(self, packed: bytes) -> Iterator[bytes]:
        full = True
        # A full step may leave more inside, although all the input is taken.
        while packed or full:
            try:
                step = self._next_step(packed)
            except zlib.error as error:
                raise fail(FaultName.UNDECODABLE, Phase.BODY, f"not gzip: {error}") from None
            self._left -= len(step)
            if self._left < 0:
                raise fail(FaultName.TOO_LARGE, Phase.BODY, "the decompressed body passes the cap")
            packed = self._stream.unused_data or self._stream.unconsumed_tail
            full = len(step) == STEP
            if step:
                yield step

    def _next_step(self, packed: bytes) -> bytes:
        if self._stream.eof and packed:
            # Several members in one body are legal; anything else is refused as not gzip.
            self._members += 1
            if self._members > _MEMBERS:
                raise zlib.error(f"more than {_MEMBERS} members")
            self._stream = _inflater()
        return self._stream.decompress(packed, STEP)

    def finish(self) -> None:
        """A started stream must have reached its own end."""
        if self._started and not self._stream.eof:
            raise fail(FaultName.CLOSED, Phase.BODY, "the compressed body ends early")


def _inflater() -> zlib._Decompress:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)


class Unknown:
    """An encoding that was never asked for, and that clients would try to undo."""

    def __init__(self, name: str) -> None:
        self._name = name

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Raises: WireError at the first byte."""
        if data:
            raise _undecodable(self._name)
        return iter(())

    def finish(self) -> None:
        """Nothing was read."""


class Misnamed:
    """What is no name of an encoding: "utf-8", "none".

    Clients take the body as it is, and so is one that reads as text; the judge tells of the header.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._looked_at = 0
        self._text = codecs.getincrementaldecoder("utf-8")()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The same bytes. Raises: WireError when their beginning is no text."""
        head = data[: max(0, _TELLING - self._looked_at)]
        self._looked_at += len(head)
        try:
            unreadable = _CONTROLS.search(self._text.decode(head)) is not None
        except UnicodeDecodeError:
            unreadable = True
        if unreadable:
            raise _undecodable(self._name)
        return _in_steps(data, STEP)

    def finish(self) -> None:
        """Nothing can be missing."""


def _in_steps(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def _undecodable(name: str) -> WireError:
    return fail(FaultName.UNDECODABLE, Phase.BODY, f"Content-Encoding: {name[:40]}")


# The encodings that there are, by the registry of RFC 9110, 18.6, and those that a body was asked in.
_REGISTERED = frozenset(
    ("aes128gcm", "br", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress", "zstd",
     "gzip", "x-gzip", "deflate")
)  # fmt: skip


def decoder_for(content_encoding: str, limit: int) -> Decoder:
    """The decoder for a Content-Encoding header; "" and identity pass bytes through."""
    name = content_encoding.strip().lower()
    if name in ("", "identity"):
        return AS_IT_CAME
    if name in ("gzip", "x-gzip", "deflate"):
        return Inflate(limit)
    return Unknown(name) if _REGISTERED & {*re.split(r"[,\s]+", name)} else Misnamed(name)
