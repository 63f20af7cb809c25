"""How availability is written down: codes for standings, flat lists of numbers by model, as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from gatewayz.core.availability import Standing, Tally

# How a standing is written; the places are for ever, and new ones come behind.
CODES = (
    Standing.GOOD,
    Standing.BAD,
    Standing.MAINTENANCE,
    Standing.NO_KEY,
    Standing.KEY,
    Standing.BILLING,
    Standing.RATE_LIMIT,
    Standing.PROBE,
    Standing.NETWORK,
    Standing.BACKEND,
    Standing.GATEWAY,
    Standing.MODEL,
    Standing.FEATURE,
    Standing.NOT_ANSWERED,
    Standing.NOT_MEASURED,
    Standing.UNKNOWN,
    Standing.SKIPPED,
)
CODE_OF = {standing: code for code, standing in enumerate(CODES)}


def pieces(size: int, flat: list[int]) -> Iterator[Any]:
    """A flat list in pieces."""
    return zip(*[iter(flat)] * size, strict=True)


def flat_of(totals: Mapping[int, int]) -> list[int]:
    """Counts by code as a flat list, in order and without those that are nothing."""
    return [n for code, count in sorted(totals.items()) if count for n in (code, count)]


@lru_cache(maxsize=4096)  # most days are alike
def tally_of(flat: tuple[int, ...]) -> Tally:
    """A flat list of codes and counts as a tally; not to be changed."""
    counts = dict(zip(flat[::2], flat[1::2], strict=True))
    good, bad = counts.pop(0, 0), counts.pop(1, 0)
    return Tally(good=good, bad=bad, excluded={CODES[code]: n for code, n in counts.items()})


def read_json(kept: str) -> dict[str, list[int]]:
    """Flat lists by model. Raises: ValueError."""
    found: dict[str, list[int]] = _json()[0](kept)
    return found


def write_json(value: dict[str, list[int]]) -> str:
    """The same as strict JSON."""
    return str(_json()[1](value).decode())


@cache
def _json() -> Any:
    """A reader, which raises ValueErrors, and a writer; imported with the first row."""
    from msgspec.json import Decoder, Encoder

    return Decoder(dict[str, list[int]]).decode, Encoder().encode
