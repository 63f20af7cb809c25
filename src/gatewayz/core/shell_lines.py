"""A shell command over lines of a bounded width, which a shell still reads as the same words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gatewayz.core.text import display_width

# What no line end may stand in: an escaped character, a variable, or any one character.
_ATOM = {
    "": re.compile(r"\\.|\$\w+|.", re.DOTALL),
    '"': re.compile(r"\\.|\$\w+|.", re.DOTALL),
    "'": re.compile(r".", re.DOTALL),
}
# Ends a line in the middle of a word, by the quotes that are open there, and begins the next.
_SEAMS = {"": ("\\", ""), '"': ("\\", ""), "'": ("'\\", "'")}
# A line rather ends behind one of these, unless that leaves it shorter than this share.
_GOOD_ENDS = " /,&"
_LEAST_SHARE = 0.6


def within(lines: Iterable[str], width: int) -> Iterator[str]:
    """The lines of one command, those that are too wide going on at the border of the next one.

    Only there a word goes on: blanks at a line's beginning would end it, or become part of it.
    """
    quote = ""
    for line in lines:
        atoms, quote = _atoms(line, quote)
        yield from _broken(atoms, width)


def _atoms(line: str, quote: str) -> tuple[list[tuple[str, str]], str]:
    """The pieces of a line, each with the quotes that are open behind it; and those at its end."""
    atoms, at = [], 0
    while at < len(line):
        found = _ATOM[quote].match(line, at)
        atom = found[0] if found else line[at]
        at += len(atom)
        if atom == quote:
            quote = ""
        elif not quote and atom in ("'", '"'):
            quote = atom
        atoms.append((atom, quote))
    return atoms, quote


def _broken(atoms: list[tuple[str, str]], width: int) -> Iterator[str]:
    start, opening = 0, ""
    if not atoms:
        yield ""
    while start < len(atoms):
        rest = opening + "".join(atom for atom, _ in atoms[start:])
        if display_width(rest) <= width:
            yield rest
            return
        end = _end_of_line(atoms, start, width - display_width(opening))
        closing, after = _SEAMS[atoms[end - 1][1]]
        yield opening + "".join(atom for atom, _ in atoms[start:end]) + closing
        start, opening = end, after


def _end_of_line(atoms: list[tuple[str, str]], start: int, room: int) -> int:
    """How many of the pieces stand on a line of so many columns; at least one more than before."""
    used, fitting, good = 0, start + 1, 0
    for at in range(start, len(atoms)):
        atom, quote = atoms[at]
        used += display_width(atom)
        if used + len(_SEAMS[quote][0]) > room:
            break
        fitting = at + 1
        if atom in _GOOD_ENDS and used >= room * _LEAST_SHARE:
            good = fitting
    return good or fitting
