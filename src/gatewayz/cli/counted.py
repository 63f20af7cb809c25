"""Counts of several kinds in one phrase."""

from __future__ import annotations

_SEVERAL = {
    "record of a request": "records of requests",
    "day of sums by the hour": "days of sums by the hour",
    "entry of the quarantine": "entries of the quarantine",
}


def counted(*counts: tuple[int, str]) -> str:
    """ "2 runs, 4 results and 1 load run"; what there is none of is left out, "" for nothing at all."""
    words = [f"{n} {noun if n == 1 else _SEVERAL.get(noun, f'{noun}s')}" for n, noun in counts if n]
    return " and ".join([", ".join(words[:-1])] * bool(words[1:]) + words[-1:])
