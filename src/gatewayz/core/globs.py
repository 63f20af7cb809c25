"""What a glob means: the names it fits, and always the name that is written just so."""

from __future__ import annotations

from fnmatch import fnmatchcase


def is_meant_by(glob: str, name: str) -> bool:
    """Whether a glob means a name, case aside.

    Providers list ids such as `chat[beta]`, which as a glob is `chatb` and three more, but never
    itself. Beside the name written just so, what the glob fits is meant as well: else a model that a
    provider calls `*` would stand for all of them.
    """
    name, glob = name.lower(), glob.lower()
    return name == glob or fnmatchcase(name, glob)
