"""Puts this folder first on the import path, so that a bare checkout runs as an installed one.

Being a real package, it also wins over a stray `src` elsewhere on the machine.
"""

import sys
from pathlib import Path

_here = str(Path(__file__).resolve().parent)
if _here not in sys.path:
    sys.path.insert(0, _here)
