"""Cells of a table for spreadsheets, whoever wrote what is in them."""

from __future__ import annotations

from gatewayz.core.text import visible

Cell = str | int | float | None

# What begins a formula, in the wide forms of East Asian keyboards too.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe(cell: Cell) -> Cell:
    """A cell that no spreadsheet works out and no terminal obeys; numbers stay numbers.

    A text that begins as a formula does, also behind blanks, gets an apostrophe before it.
    Source: OWASP, "CSV Injection" (read 2026-11-26).
    """
    if not isinstance(cell, str):
        return cell
    text = visible(cell)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
