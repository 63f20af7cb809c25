"""What is said on standard error: a line each, broken at blanks where a terminal is narrower."""

from __future__ import annotations

import os
import sys

_FURTHER_IN = "  "


def complain(line: str, *, whole: bool = False) -> None:
    """Says a line with nothing in it that a terminal obeys.

    Whatever reads it that is no terminal, such as a log, gets it whole, and so does a terminal what is
    there to be copied: it goes on with it in its next row, and copies it as one line.
    """
    from gatewayz.core.text import visible
    from gatewayz.reports._wrapping import width_of, wrapped

    shown = visible(line)
    if sys.stderr.isatty() and not whole:
        lines = wrapped(shown, "", width=width_of(sys.stderr, os.environ) - len(_FURTHER_IN))
        shown = f"\n{_FURTHER_IN}".join(lines)
    print(shown, file=sys.stderr, flush=True)
