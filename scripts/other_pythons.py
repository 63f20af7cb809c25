"""Runs the tests under every other supported Python found on this machine: part of `make nightly`.

Each gets an environment of its own from the same locks, under .venv/others/, kept for next time.
Options pass through to pytest.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARKS = "not peers and not clients and not fuzz and not slow and not network"
SIDE_BY_SIDE = ("-n", "auto", "--dist", "worksteal")
SUPPORTED = re.compile(r"Programming Language :: Python :: 3\.(\d+)$")


def supported() -> list[int]:
    """The minor versions that pyproject.toml declares, oldest first."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = (SUPPORTED.match(line) for line in document["project"]["classifiers"])
    return sorted(int(match[1]) for match in found if match)


def interpreters() -> Iterator[tuple[int, str]]:
    """(minor version, program) of each supported Python but this one that works here."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for minor in supported():
        if minor == sys.version_info.minor:
            continue
        name = f"python3.{minor}"
        kept = sorted(str(path) for path in pyenv.glob(f"versions/3.{minor}.*/bin/{name}"))
        for program in filter(None, [shutil.which(name), *reversed(kept)]):
            # A pyenv shim answers to every name and then may have nothing behind it.
            command = [program, "-c", "import venv, ensurepip"]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                yield minor, program
                break


def prepare(minor: int, program: str) -> Path:
    """An environment for one Python, made if it is not there; returns its interpreter.

    Raises: subprocess.CalledProcessError when a lock cannot be installed under that Python.
    """
    folder = ROOT / ".venv" / "others" / f"3.{minor}"
    python = folder / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if not python.exists():
        subprocess.run([program, "-m", "venv", str(folder)], check=True)
    locked = [*install, "--require-hashes", "-r", str(ROOT / "requirements" / "dev.txt")]
    subprocess.run(locked, check=True)
    subprocess.run([str(python), str(ROOT / "scripts" / "install_engine.py")], check=True)
    editable = ["--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    subprocess.run([*install, *editable], check=True)
    return python


def main(arguments: list[str]) -> int:
    """Test under each; 1 if any of them failed."""
    failed = []
    for minor, program in interpreters():
        print(f"\n== Python 3.{minor} ({program}) ==", flush=True)
        python = prepare(minor, program)
        command = [str(python), "-m", "pytest", *SIDE_BY_SIDE, "-m", MARKS, *arguments]
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            failed.append(f"3.{minor}")
    print(f"failed under: {', '.join(failed)}" if failed else "no other Python failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
