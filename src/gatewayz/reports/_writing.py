"""Reports on the disk: whole or not at all, and refused before the run rather than after it."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gatewayz.core import ConfigError, ReportError
from gatewayz.core.text import visible


def check_writable(path: str | Path, what: str = "report") -> None:
    """Raises ConfigError when no report can be written at this path; changes nothing.

    Called before a run, so that an hour of calls does not end without its report. `what` names in
    messages what is written.
    """
    target = Path(path).expanduser()
    shown = f"the {what} {visible(str(target))}"
    try:
        if _is_device(target):
            return
        folder = _behind(target).parent
        if target.is_dir():
            raise ConfigError(f"{shown}: that is a folder; give a file in it")
        if not folder.exists():
            raise ConfigError(f"{shown}: there is no folder {folder}; make it first")
        if not folder.is_dir():
            raise ConfigError(f"{shown}: {folder} is a file, not a folder")
        # Asked by doing: rights alone do not tell of a read-only file system or a full one.
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".gatewayz-") as probe:
            probe.write(b"x")
            probe.flush()
    except (OSError, RuntimeError, ValueError) as wrong:
        raise ConfigError(f"{shown} cannot be written: {_reason(wrong)}") from wrong
    if target.exists() and not os.access(target, os.W_OK):
        raise ConfigError(f"{shown} cannot be written: the file is write-protected")


def write_report(path: str | Path, data: bytes, *, of_run: bool = True) -> Path:
    """Writes a report; a reader sees the old file or the new one, never a part.

    A new file gets the rights that the user's umask gives, an existing one keeps its own.
    `of_run` says that it tells of a run, which the store keeps in any case.
    Returns the path written. Raises: ReportError.
    """
    kept = f"{'the run itself is kept, and ' if of_run else ''}an older report there is as it was"
    return write_whole(path, [data], "report", kept)


def write_whole(path: str | Path, pieces: Iterable[bytes], what: str, kept: str) -> Path:
    """The same for what comes in pieces, of which only one is held at a time.

    `what` names it in messages, `kept` says what is as it was when it fails. An error that the pieces
    raise leaves nothing behind either.
    """
    target = Path(path).expanduser()
    try:
        if _is_device(target):
            # /dev/stdout and the like are written to; a rename would put a file in their place.
            with target.open("wb") as device:
                device.writelines(pieces)
            return target
        # Through a link the file behind it is replaced, and the link stays.
        real = _behind(target)
        mode = real.stat().st_mode & 0o777 if real.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(dir=real.parent, prefix=".gatewayz-", suffix=".part")
        part = Path(name)
        try:
            with open(handle, "wb") as opened:
                opened.writelines(pieces)
                opened.flush()
                os.fchmod(opened.fileno(), mode)
                os.fsync(opened.fileno())
            part.replace(real)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _settle(real.parent)
    except (OSError, RuntimeError, ValueError) as wrong:
        raise ReportError(
            f"the {what} {visible(str(target))} was not written: {_reason(wrong)}; {kept}"
        ) from wrong
    return target


def _is_device(target: Path) -> bool:
    under = target.absolute().parts[1:2]
    is_other = target.exists() and not (target.is_file() or target.is_dir())
    return is_other or (under in (("dev",), ("proc",)) and target.is_file())


def _behind(target: Path) -> Path:
    """The file that a path means, through its links. Raises: OSError for links that go round."""
    real = target.resolve()
    if real.is_symlink():
        # From Python 3.13 on a loop is not resolved and not raised either.
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return real


def _settle(folder: Path) -> None:
    """The rename itself outlives a power cut once the folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    # The only way to read it is to set it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _reason(wrong: BaseException) -> str:
    return getattr(wrong, "strerror", None) or str(wrong)
