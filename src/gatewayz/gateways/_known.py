"""The gateways there are: one file each in this folder, and client files of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from gatewayz.core import ConfigError, Gateway, Registry, UnknownName
from gatewayz.core.text import visible
from gatewayz.gateways._addresses import at_own_address
from gatewayz.gateways._clients import BrokenClient, ClientError, client_files, load_client

# Kept here as well, so that a name is recognized without importing every gateway.
BUILT_IN: Registry[Gateway] = Registry(
    package="gatewayz.gateways",
    what="gateway",
    attribute="GATEWAY",
    aliases={"hug": "huggingface"},
)


def gateway_names(folder: Path | None = None) -> tuple[str, ...]:
    """Every name that can be asked for, without aliases; no gateway or client file is imported."""
    return (*BUILT_IN, *sorted(set(client_files(folder)) - set(BUILT_IN)))


def check_names(names: Iterable[str], where: str, more: Iterable[str] = ()) -> None:
    """Returns where all are names of gateways, or among `more`, which are known beside those.

    Raises: ConfigError with the nearest name; `where` says where they stood.
    """
    known = {*gateway_names(), *more}
    for name in names:
        if name not in known:
            raise ConfigError(f"{where}: {UnknownName('gateway', visible(name), known)}")


def known_gateways(
    environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> dict[str, Gateway]:
    """Every gateway by name: the built-in ones, then those of client files.

    `<NAME>_BASE_URL` in `environ` (the process's when None) moves one elsewhere. `folder` is where
    `src/services` is looked for beside the checkout (the working directory when None). A server of
    one's own waits, not testable, until its address is set; a client file that cannot be used
    stands as a gateway that is not testable, with the reason as its description.
    Raises: ConfigError when a variable holds no usable base URL.
    """
    environ = os.environ if environ is None else environ
    known = {name: _unless_unasked(gateway, environ) for name, gateway in BUILT_IN.items()}
    for name, path in sorted(client_files(folder).items()):
        if name in known:
            continue
        try:
            known[name] = at_own_address(load_client(name, path), environ)
        except ClientError as problem:
            known[name] = BrokenClient(name=name, testable=False, description=str(problem))
    return known


def find_gateway(
    name: str, *, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Gateway:
    """The gateway of that name or alias; a built-in one wins over a client file.

    `environ` and `folder` are as for `known_gateways`.
    Raises: UnknownName with the nearest name, ClientError when its client file cannot be used,
    ConfigError when its `<NAME>_BASE_URL` cannot be.
    """
    environ = os.environ if environ is None else environ
    if name in BUILT_IN:
        return at_own_address(BUILT_IN[name], environ)
    files = client_files(folder)
    if name in files:
        return at_own_address(load_client(name, files[name]), environ)
    raise UnknownName("gateway", name, {*BUILT_IN, *BUILT_IN.aliases, *files})


def _unless_unasked(gateway: Gateway, environ: Mapping[str, str]) -> Gateway:
    """A gateway that takes no key runs when its address is set; the others run when a key is."""
    moved = at_own_address(gateway, environ)
    if gateway.key_required or any(environ.get(v, "").strip() for v in gateway.base_url_envs):
        return moved
    reason = f"set {gateway.base_url_envs[0]} to the address of your server"
    return replace(moved, testable=False, description=reason)
