"""How an answer's bytes are cut into packets: whole, one by one, or at random."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

PACKETS = ("whole", "bytes", "random")
CHOICES = (*PACKETS, "mixed")

# Beyond this, single bytes would take minutes: the rest goes in pieces of some thousand.
_FINE_BYTES = 32 * 1024
_COARSE = (1_000, 60_000)


def cut(data: bytes, how: str, rng: Random) -> Iterator[bytes]:
    """The pieces of one write, in order; joined they are the data.

    Shape: "whole" gives one; "bytes" one byte each; "random" anything from single bytes to some
    hundred. The part of a write beyond 32 KiB is cut coarsely.
    """
    if how == "whole":
        yield data
        return
    fine = data[:_FINE_BYTES]
    at = 0
    while at < len(fine):
        size = (
            1 if how == "bytes" else rng.choice((1, 2, 3, rng.randint(1, 40), rng.randint(1, 700)))
        )
        yield fine[at : at + size]
        at += size
    at = len(fine)
    while at < len(data):
        size = rng.randint(*_COARSE)
        yield data[at : at + size]
        at += size


def draw(asked: str, rng: Random) -> str:
    """One of PACKETS: what was asked for, or for "mixed" one by the seed."""
    return rng.choice(PACKETS) if asked == "mixed" else asked
