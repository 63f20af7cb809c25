"""Installs the inference engine where a wheel of it exists, and says so where none does.

The rest of the project works without it; with CI=true its absence is a failure.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements" / "engine.txt"
NONE_FITS = ("No matching distribution found", "Could not find a version that satisfies")


def main() -> int:
    """Install from the lock; 0 also when no wheel fits this machine."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Only as a wheel: building llama.cpp here would take a compiler and many minutes.
    command += ["--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return 0
    if not any(sign in done.stderr for sign in NONE_FITS):
        print(done.stderr, file=sys.stderr)
        return done.returncode
    print(
        f"No wheel of the inference engine fits this machine ({platform.system()} "
        f"{platform.machine()}): going on without it.",
        file=sys.stderr,
    )
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        print("With CI=true that is a failure.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
