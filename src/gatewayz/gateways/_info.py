"""What a `GATEWAY_INFO` may hold, turned into gateways."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from gatewayz.core import Calls, ConfigError, Gateway, UnknownName
from gatewayz.core.text import visible
from gatewayz.gateways._clients import BrokenClient, ClientError
from gatewayz.gateways._known import find_gateway

_NOTES = ("testable", "description")
_CALLS = ("fetch_func", "make_request", "make_stream")


def gateway_from(
    name: str,
    value: object,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Gateway:
    """One entry of GATEWAY_INFO as a Gateway.

    `value` is a Gateway, the original's small dict ({'testable': ..., 'description': ...}) for a
    gateway that has a client, or a dict of callables (fetch_func, make_request, make_stream).
    Raises: UnknownName when the name is close to a known one, ClientError when its client file is
    missing or broken, ConfigError for a value that is none of these.
    """
    label = f"GATEWAY_INFO['{visible(name)}']"
    if isinstance(value, Gateway):
        return value if value.name == name else replace(value, name=name)
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"{label} is a {type(value).__name__}; write a dict such as {{'testable': True}}"
        )
    _check_keys(label, value)
    if any(key in value for key in _CALLS):
        gateway = Gateway(
            name=name, title=name, key_required=False, calls=_calls_from(label, value)
        )
    else:
        gateway = _with_client(name, environ, folder)
    return replace(
        gateway,
        testable=value.get("testable", True),
        description=value.get("description", gateway.description),
    )


def gateways_from(
    info: Mapping[str, object],
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> tuple[dict[str, Gateway], tuple[str, ...]]:
    """All of a GATEWAY_INFO: the gateways by name, and one line for each that cannot be used.

    A client file that is broken or missing costs its own gateway and a line, never the others.
    Raises: ConfigError for a mistyped name or key.
    """
    gateways: dict[str, Gateway] = {}
    problems: list[str] = []
    for name, value in info.items():
        if isinstance(value, BrokenClient):
            problems.append(value.description)
            continue
        try:
            gateway = gateway_from(name, value, environ=environ, folder=folder)
        except ClientError as problem:
            problems.append(str(problem))
        else:
            gateways[gateway.name] = gateway
    return gateways, tuple(problems)


def _with_client(name: str, environ: Mapping[str, str] | None, folder: Path | None) -> Gateway:
    try:
        return find_gateway(name, environ=environ, folder=folder)
    except UnknownName as unknown:
        if unknown.nearest:
            raise
        raise ClientError(
            f"gateway '{visible(name)}' has no client; drop src/services/{visible(name)}_client.py"
        ) from None


def _check_keys(label: str, value: Mapping[Any, Any]) -> None:
    for key in value:
        if key not in (*_NOTES, *_CALLS):
            near = difflib.get_close_matches(str(key), (*_NOTES, *_CALLS), n=1, cutoff=0.0)[0]
            raise ConfigError(f"{label}: unknown key '{visible(str(key))}'; did you mean '{near}'?")
    if not isinstance(value.get("testable", True), bool):
        raise ConfigError(f"{label}: 'testable' must be True or False")
    if not isinstance(value.get("description", ""), str):
        raise ConfigError(f"{label}: 'description' must be text")


def _calls_from(label: str, value: Mapping[str, Any]) -> Calls:
    for key in ("fetch_func", "make_request"):
        if not callable(value.get(key)):
            raise ConfigError(f"{label}: '{key}' must be a function")
    stream = value.get("make_stream")
    if stream is not None and not callable(stream):
        raise ConfigError(f"{label}: 'make_stream' must be a function or None")
    return Calls(
        list_models=cast("Callable[..., Any]", value["fetch_func"]),
        request=cast("Callable[..., Any]", value["make_request"]),
        stream=stream,
    )
