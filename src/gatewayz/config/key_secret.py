"""The secret that the digests of clients' keys are made with: its own variable, or its own file."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from gatewayz.config.files import data_folder, read_key_file
from gatewayz.config.settings import Settings
from gatewayz.core.errors import ConfigError
from gatewayz.core.text import visible

VARIABLE = "GATEWAYZ_KEY_SECRET"
_FILE = "key-secret"
_SHORTEST = 32


def key_secret(settings: Settings) -> bytes | None:
    """The secret in GATEWAYZ_KEY_SECRET, else in the data folder's file; None when there is none.

    Raises: ConfigError for one that cannot be read, or is too short to be one.
    """
    given = settings.keys.named(VARIABLE)
    if given is not None:
        return _long_enough(given.value, given.origin)
    file = _file(settings)
    return _long_enough(read_key_file(file, VARIABLE), str(file)) if file.exists() else None


def made_key_secret(settings: Settings) -> bytes:
    """The secret; where there is none, one is made and kept in a file of this user's alone.

    Raises: ConfigError when it cannot be.
    """
    file = _file(settings)
    while (found := key_secret(settings)) is None:
        # Under a name of its own first: whoever reads the file at this moment finds all of it.
        fresh = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.touch(mode=0o600, exist_ok=False)
            fresh.write_text(secrets.token_urlsafe(_SHORTEST))
            os.link(fresh, file)
        except FileExistsError:
            continue  # another process was faster, and its secret is the one
        except OSError as error:
            raise ConfigError(
                f"cannot keep a secret in {visible(str(file))}: {error.strerror}; set {VARIABLE}"
            ) from None
        finally:
            with contextlib.suppress(OSError):
                fresh.unlink()
    return found


def _file(settings: Settings) -> Path:
    return data_folder(settings.environ) / _FILE


def _long_enough(value: str, where: str) -> bytes:
    if len(value) < _SHORTEST:
        raise ConfigError(f"{visible(where)}: a secret has {_SHORTEST} characters or more")
    return value.encode()
