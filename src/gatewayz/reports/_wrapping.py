"""Lines that fit a terminal: how wide it is, and long text over several lines."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TextIO

from gatewayz.core.shell_lines import within
from gatewayz.core.text import display_width, visible

# The original framework's rules are as wide as this.
WIDTH = 78
INDENT = "      "
_NARROWEST = 40
# A shorter beginning of a word is not left behind on a line.
_LEAST_PIECE = 12
_WORDS = re.compile(r"[^\s`]*`[^`]+`[^\s`]*|\S+")


def width_of(stream: TextIO, environ: Mapping[str, str]) -> int:
    """How many columns a printout takes: 78, fewer on a terminal that is narrower."""
    if not stream.isatty():
        return WIDTH
    try:
        columns = int(environ.get("COLUMNS", "0")) or os.get_terminal_size(stream.fileno()).columns
    except (ValueError, OSError):
        return WIDTH
    return max(_NARROWEST, min(WIDTH, columns)) if columns > 0 else WIDTH


def wrapped(text: str, indent: str, *, break_words: bool = False, width: int = WIDTH) -> list[str]:
    """Lines of at most `width` columns, the first with `indent`, the rest a little further in.

    A word that is longer than a line stays whole, so that it can still be copied, unless
    `break_words` says that nobody will want to. What stands between backticks is a command, and
    like a word: one that no line holds goes over several as a shell reads it.
    """
    lines: list[str] = []
    line, hanging = indent, indent + "  " if indent else ""
    for word in visible(text).split() if break_words else _WORDS.findall(visible(text)):
        rest = word
        if " " in word and display_width(word) > width - len(hanging):
            lines += [line] if line.strip() else []
            *whole, rest = within([hanging + word], width)
            lines, line, rest = [*lines, *whole], rest, ""
        while rest:
            blank = " " if line.strip() else ""
            room = width - display_width(line + blank)
            longer = display_width(rest) > width - len(hanging)
            if display_width(rest) <= room:
                line, rest = line + blank + rest, ""
            elif break_words and (not line.strip() or (longer and room >= _LEAST_PIECE)):
                # What no line holds is cut in any case, so it may begin here.
                piece = _first_columns(rest, room)
                lines.append(line + blank + piece)
                line, rest = hanging, rest[len(piece) :]
            elif line.strip():
                lines.append(line)
                line = hanging
            else:
                line, rest = line + rest, ""
    return [*lines, line] if line.strip() else lines


def _first_columns(text: str, columns: int) -> str:
    """As much of the text's beginning as fits; at least one character."""
    used = 0
    for at, character in enumerate(text):
        used += display_width(character)
        if used > columns and at:
            return text[:at]
    return text
