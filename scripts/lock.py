"""Pins what pyproject.toml asks for: `make lock` writes the files under requirements/.

Every file holds exact versions with hashes, for all supported Pythons and systems at once, and no
address to fetch them from: that is the choice of whoever installs. Pins already there are kept
unless `--upgrade` is given.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
HEADER = "# Written by `make lock` from pyproject.toml: change that, and run it again.\n"


@dataclass(frozen=True)
class Lock:
    """One file to write: its name, what it must hold, and the locks it must agree with."""

    name: str
    wanted: list[str]
    agrees_with: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.txt"


def locks(pyproject: dict[str, Any]) -> Iterator[Lock]:
    """Every lock, in the order they must be made."""
    project = pyproject["project"]
    extras = project["optional-dependencies"]
    groups = pyproject["dependency-groups"]
    runtime = project["dependencies"]
    yield Lock("runtime", runtime)
    yield Lock("build", groups["build"])
    yield Lock("engine", extras["engine"], ["runtime"])
    everything = [*runtime, *groups["build"], *groups["dev"]]
    everything += [*extras["alerts"], *extras["mcp"], *extras["postgresql"]]
    everything += [*extras["prices"], *extras["pytest"]]
    yield Lock("dev", everything, ["runtime", "build"])
    yield Lock("pytest", extras["pytest"], ["dev"])
    yield Lock("installer", groups["installer"])
    yield Lock("lock", groups["lock"])
    yield Lock("peers-litellm", groups["peers-litellm"])
    yield Lock("clients-python", groups["clients-python"])
    yield Lock("fuzz", groups["fuzz"])


def write(lock: Lock, arguments: list[str], floor: str) -> None:
    """Resolve one lock and write its file.

    Raises: subprocess.CalledProcessError when nothing satisfies it; ValueError if an address
    slipped into the result.
    """
    command = ["uv", "pip", "compile", "-", "--output-file", str(lock.path), "--quiet"]
    command += ["--universal", "--python-version", floor, "--generate-hashes", "--no-header"]
    command += ["--no-config", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate"]
    for other in lock.agrees_with:
        command += ["--constraints", str(FOLDER / f"{other}.txt")]
    # The settings of this machine's installers must not find their way into the files.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    wanted = "\n".join(lock.wanted)
    subprocess.run([*command, *arguments], input=wanted, text=True, check=True, env=clean)
    pinned = lock.path.read_text(encoding="utf-8")
    if "://" in pinned:
        raise ValueError(f"{lock.path}: an address slipped in")
    lock.path.write_text(HEADER + pinned.removeprefix(HEADER), encoding="utf-8")
    print(f"{lock.path.relative_to(ROOT)}: {pinned.count('==')} packages")


def main(arguments: list[str]) -> int:
    """Write every lock; arguments go to the resolver (such as --upgrade)."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    floor = pyproject["project"]["requires-python"].removeprefix(">=")
    FOLDER.mkdir(exist_ok=True)
    for lock in locks(pyproject):
        try:
            write(lock, arguments, floor)
        except subprocess.CalledProcessError as failed:
            # The resolver has said why; the locks before this one are written and good.
            print(f"requirements/{lock.name}.txt was left as it is", file=sys.stderr)
            return failed.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
