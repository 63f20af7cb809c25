"""The words that the measuring programs are started with: a wrong one ends them before anything is measured."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def words_of(
    program: str, about: str, given: Sequence[str], *more: str, has_short: bool = True
) -> argparse.Namespace:
    """`print` of a program, `short` where it has a brief form, and what `more` options or places take.

    Ends the process, as argparse does, for `--help` and for what nobody knows. A name that ends with `*` takes any
    number of words.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=about)
    if has_short:
        parser.add_argument("--short", action="store_true", help="briefly, and not to be quoted")
    parser.add_argument("--print", action="store_true", help="leave the pages as they are")
    for name in more:
        parser.add_argument(name.rstrip("*"), nargs="*" if name.endswith("*") else None)
    return parser.parse_intermixed_args(list(given))
