"""The files that settings and keys are read from. Nothing here shows what a file holds."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gatewayz.core.errors import ConfigError
from gatewayz.core.text import visible

TOML_NAME = "gatewayz.toml"
DOTENV_NAME = ".env"

_MOST_BYTES = 1024 * 1024


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML document; the error names the file and the line."""
    import tomllib

    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}; it should be TOML, such as: models = 3") from None


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables in a .env file, taken literally; names without a value are left out."""
    import io

    from dotenv import dotenv_values

    # Without interpolation: a `$` in a key is a `$`.
    found = dotenv_values(stream=io.StringIO(read_text(path)), interpolate=False)
    return {name: value for name, value in found.items() if value is not None}


def read_key_file(path: Path, what: str) -> str:
    """The key in a file of its own; the line end that editors add is taken off."""
    try:
        held = read_text(path)
    except ConfigError as error:
        raise ConfigError(f"{what}: {error}") from None
    return held.removesuffix("\n").removesuffix("\r")


def read_text(path: Path) -> str:
    """A small UTF-8 text file."""
    try:
        with path.open("rb") as file:
            held = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"no file at {visible(str(path))}") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        raise ConfigError(f"cannot read {visible(str(path))}: {why}") from None
    if len(held) > _MOST_BYTES:
        raise ConfigError(f"{visible(str(path))} is too large for settings (over 1 MiB)")
    try:
        return held.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{visible(str(path))} is not UTF-8 text") from None


def readable_by_others(path: Path) -> str:
    """A warning when others may read the file, "" when they may not (or there is none)."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    if not stat.S_ISREG(mode) or not mode & (stat.S_IRGRP | stat.S_IROTH):
        return ""
    shown = visible(str(path))
    return f"{shown} holds keys and others may read it; chmod 600 {shown}"


def data_folder(environ: Mapping[str, str]) -> Path:
    """Where this user's data lives: $XDG_DATA_HOME/gatewayz, else ~/.local/share/gatewayz."""
    base = environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".local", "share")
    return Path(base) / "gatewayz"
