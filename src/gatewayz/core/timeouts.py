"""How long the client waits, and how much it takes in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Limits in seconds; `total_s` is a wall-clock deadline that no trickle can stretch.

    connect_s      name lookup, connect and TLS together
    first_byte_s   from the request's end to the first header byte
    first_event_s  from the headers to the first event of a stream; comments do not count
    idle_s         between two pieces of a body
    error_body_s   the body of an error answer
    total_s        the whole attempt
    """

    connect_s: float = 10.0
    first_byte_s: float = 30.0
    first_event_s: float = 30.0
    idle_s: float = 30.0
    error_body_s: float = 5.0
    total_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Limits in bytes, checked while reading and after decompression."""

    body: int = 32 * 1024 * 1024
    error_body: int = 64 * 1024
    catalog: int = 16 * 1024 * 1024
    event: int = 1024 * 1024
    headers: int = 64 * 1024
