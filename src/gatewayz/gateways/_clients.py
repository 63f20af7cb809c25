"""Gateways of one's own: files `src/services/<name>_client.py`, found by name, loaded when wanted.

The interface is described in docs/adding-a-gateway.md. What goes wrong in such a file is told in
one line and is nobody else's trouble.
"""

from __future__ import annotations

import importlib.util
import sys
import zlib
from pathlib import Path
from types import ModuleType

import gatewayz
from gatewayz.core import Calls, ConfigError, Gateway
from gatewayz.core.text import excerpt, visible

_SUFFIX = "_client"


class ClientError(ConfigError):
    """A client file that is missing, cannot be loaded, or does not hold what it should."""


class BrokenClient(Gateway):
    """Stands for a client file that cannot be used; `description` says why, in one line."""

    __slots__ = ()


def client_files(folder: Path | None = None) -> dict[str, Path]:
    """The client files there are, by gateway name; nothing is imported.

    Looked for in `src/services` of the checkout that this package lies in, then of `folder` (the
    working directory when None), whose files win.
    """
    found: dict[str, Path] = {}
    for services in _services(folder):
        for path in sorted(services.glob(f"*{_SUFFIX}.py")):
            name = path.stem.removesuffix(_SUFFIX)
            if name.isidentifier():
                found[name] = path
    return found


def _services(folder: Path | None) -> list[Path]:
    source = Path(gatewayz.__path__[0]).resolve().parent
    # Installed, the package lies in site-packages, where `services` would be somebody else's.
    own = [source / "services"] if source.name == "src" else []
    return [*own, (folder or Path.cwd()) / "src" / "services"]


def load_client(name: str, path: Path) -> Gateway:
    """The gateway that a client file holds.

    Raises: ClientError, one line with the file, the kind of error and its message.
    """
    module = _load(name, path)
    gateway = getattr(module, "GATEWAY", None)
    if isinstance(gateway, Gateway):
        if gateway.name != name:
            raise ClientError(
                f"{path}: GATEWAY is named '{visible(gateway.name)}'; name it '{name}' like its file"
            )
        return gateway
    if gateway is not None:
        raise ClientError(f"{path}: GATEWAY is a {type(gateway).__name__}, not a gatewayz Gateway")
    return _from_functions(name, path, module)


def _from_functions(name: str, path: Path, module: ModuleType) -> Gateway:
    wanted = (f"fetch_models_from_{name}", f"make_{name}_request_openai")
    for function in wanted:
        if not callable(getattr(module, function, None)):
            raise ClientError(f"{path}: no function {function}(), and no GATEWAY")
    stream = getattr(module, f"make_{name}_request_openai_stream", None)
    return Gateway(
        name=name,
        title=name,
        key_required=False,
        calls=Calls(
            list_models=getattr(module, wanted[0]),
            request=getattr(module, wanted[1]),
            stream=stream if callable(stream) else None,
        ),
    )


def _load(name: str, path: Path) -> ModuleType:
    """The file as a module, loaded once for as long as it stays the same."""
    try:
        stamp = f"{path.resolve()}:{path.stat().st_mtime_ns}"
        module_name = f"_gatewayz_{name}{_SUFFIX}_{zlib.crc32(stamp.encode()):08x}"
        if module_name in sys.modules:
            return sys.modules[module_name]
        spec = importlib.util.spec_from_file_location(module_name, path)
        if spec is None or spec.loader is None:
            raise ImportError("not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[module_name]
            raise
    except (Exception, SystemExit) as bug:  # noqa: BLE001 -- a file of one's own may do anything
        message = excerpt(visible(str(bug)), 200)
        raise ClientError(f"{path}: {type(bug).__name__}: {message}") from None
    return module
