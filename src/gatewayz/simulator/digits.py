"""Reads digits of a five by seven font off a picture, at any whole scale."""

from __future__ import annotations

from collections import Counter

from gatewayz.simulator.png import Picture

# Rows from the top, a mark for ink; several forms where fonts of this size differ.
_FONT = {
    "0": (" ### |#   #|#  ##|# # #|##  #|#   #| ### ", " ### |#   #|#   #|#   #|#   #|#   #| ### "),
    "1": (
        "  #  | ##  |  #  |  #  |  #  |  #  | ### ",
        "  #  | ##  |# #  |  #  |  #  |  #  |#####",
        "  #  | ##  |  #  |  #  |  #  |  #  |  #  ",
        "  #  | ##  |# #  |  #  |  #  |  #  |  #  ",
    ),
    "2": (" ### |#   #|    #|   # |  #  | #   |#####", " ### |#   #|    #| ### |#    |#    |#####"),
    "3": ("#####|   # |  #  |   # |    #|#   #| ### ", " ### |#   #|    #|  ## |    #|#   #| ### "),
    "4": ("   # |  ## | # # |#  # |#####|   # |   # ", "#   #|#   #|#   #|#####|    #|    #|    #"),
    "5": ("#####|#    |#### |    #|    #|#   #| ### ", "#####|#    |#    |#### |    #|    #|#### "),
    "6": ("  ## | #   |#    |#### |#   #|#   #| ### ", " ### |#    |#    |#### |#   #|#   #| ### "),
    "7": ("#####|    #|   # |  #  | #   | #   | #   ", "#####|    #|   # |  #  |  #  |  #  |  #  "),
    "8": (" ### |#   #|#   #| ### |#   #|#   #| ### ",),
    "9": (" ### |#   #|#   #| ####|    #|   # | ##  ", " ### |#   #|#   #| ####|    #|    #| ### "),
}
_ROWS, _COLUMNS = 7, 5
# Cells that may differ between a form we know and the one that was drawn.
_TOLERANCE = 5

Grid = frozenset[tuple[int, int]]


def digits_in(picture: Picture) -> str:
    """The digits of a picture from left to right; "" when it shows anything else."""
    ink = _ink(picture)
    rows = [n for n, row in enumerate(ink) if any(row)]
    if not rows:
        return ""
    ink = ink[rows[0] : rows[-1] + 1]
    scale, rest = divmod(len(ink), _ROWS)
    if rest or not scale:
        return ""
    read = [_digit(ink, left, right, scale) for left, right in _stretches(ink)]
    return "".join(read) if all(read) else ""


def _ink(picture: Picture) -> list[list[bool]]:
    """True where a pixel is far from the shade at the picture's border."""
    border = Counter(picture.rows[0] + picture.rows[-1])
    for row in picture.rows:
        border.update((row[0], row[-1]))
    paper = border.most_common(1)[0][0]
    return [[abs(shade - paper) > 100 for shade in row] for row in picture.rows]


def _stretches(ink: list[list[bool]]) -> list[tuple[int, int]]:
    """Columns of ink between columns of none: where each digit begins and ends."""
    inked = [any(row[n] for row in ink) for n in range(len(ink[0]))]
    found, start = [], None
    for n, here in enumerate([*inked, False]):
        if here and start is None:
            start = n
        elif not here and start is not None:
            found.append((start, n))
            start = None
    return found


def _digit(ink: list[list[bool]], left: int, right: int, scale: int) -> str:
    columns, rest = divmod(right - left, scale)
    if rest or columns > _COLUMNS:
        return ""
    drawn = frozenset(
        (y, x)
        for y in range(_ROWS)
        for x in range(columns)
        if ink[y * scale + scale // 2][left + x * scale + scale // 2]
    )
    digit, off = min(
        ((digit, len(drawn ^ form)) for digit, width, form in _FORMS if width == columns),
        key=lambda one: one[1],
        default=("", 0),
    )
    return digit if off <= _TOLERANCE else ""


def _forms() -> tuple[tuple[str, int, Grid], ...]:
    """Every form without its blank columns, with the width that is left."""
    found = []
    for digit, drawings in _FONT.items():
        for drawing in drawings:
            cells = [
                (y, x)
                for y, row in enumerate(drawing.split("|"))
                for x, mark in enumerate(row)
                if mark == "#"
            ]
            first = min(x for _, x in cells)
            width = max(x for _, x in cells) + 1 - first
            found.append((digit, width, frozenset((y, x - first) for y, x in cells)))
    return tuple(found)


_FORMS = _forms()
