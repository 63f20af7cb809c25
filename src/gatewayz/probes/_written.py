"""Probes that users write: a YAML file, or a Python file with `PROBE = Probe(...)`."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

from gatewayz.core import ConfigError, Probe
from gatewayz.core.text import excerpt, visible
from gatewayz.core.verdict import Check
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._recipes import probe_from

_YAML = (".yaml", ".yml")
_LARGEST_BYTES = 1_000_000


def is_file(word: str) -> bool:
    """Whether a word on the command line means a file and not a name."""
    return word.endswith((*_YAML, ".py")) or "/" in word or "\\" in word


def read_probe(path: Path) -> Probe:
    """The probe that a file describes.

    Raises: ConfigError, one line with the file, the place in it and what to do.
    """
    if path.suffix not in (*_YAML, ".py"):
        raise ConfigError(f"{path}: not a probe's file; name one whose name ends in .yaml or .py")
    try:
        # A pipe would be waited for, without end.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ConfigError(f"{path}: neither a file nor a folder; name a probe's file")
        data = path.read_bytes()[: _LARGEST_BYTES + 1]
        text = data.decode()
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        raise ConfigError(f"{path}: {reason}; {_remedy(error)}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: line {line}: not UTF-8; save the file as UTF-8") from None
    if len(data) > _LARGEST_BYTES:
        raise ConfigError(f"{path}: over {_LARGEST_BYTES:,} bytes; a probe is a page or less")
    return _from_python(path) if path.suffix == ".py" else probe_from(_yaml(path, text), path)


def _remedy(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "make it readable to you"
    return "name a file in it" if isinstance(error, IsADirectoryError) else "check the path"


def _yaml(path: Path, text: str) -> Any:
    # The library is loaded when there is a file to read.
    from gatewayz.probes._yaml import read_yaml

    return read_yaml(path, text)


def _from_python(path: Path) -> Probe:
    """The `PROBE` of a Python file, which is run: it is the user's own."""
    name = f"gatewayz_probe_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path}: Python cannot load it; name it like a module")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses in the file look their module up.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SystemExit:
        raise ConfigError(f"{path}: it ends the program while it is loaded; mend it") from None
    except Exception as error:
        raise ConfigError(f"{path}: {_place_of(error, path)}{_said(error)}; mend it") from error
    probe = getattr(module, "PROBE", None)
    if not isinstance(probe, Probe):
        raise ConfigError(f"{path}: PROBE is missing; write PROBE = gatewayz.core.Probe(...)")
    return _with_delivery(probe)


def _with_delivery(probe: Probe) -> Probe:
    """The same probe; its own checks come after what every answer is held to."""
    then = (replace(step, checks=_held_to(step.checks)) for step in probe.then)
    return replace(probe, checks=_held_to(probe.checks), then=tuple(then))


def _held_to(own: tuple[Check, ...]) -> tuple[Check, ...]:
    return (*DELIVERY, *(check for check in own if check not in DELIVERY))


def _place_of(error: Exception, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: "
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    return f"line {lines[-1]}: " if lines else ""


def _said(error: Exception) -> str:
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return visible(excerpt(f"{type(error).__name__}: {' '.join(said.split())}", 160))
