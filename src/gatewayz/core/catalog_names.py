"""The names under which catalogues are kept: ids through the API may differ from the gateway's own."""

from __future__ import annotations

from gatewayz.core.case import Way

_BY_API = " (api)"


def catalog_named(name: str) -> tuple[str, Way]:
    """The gateway and the way of a catalogue by its name."""
    gateway = name.removesuffix(_BY_API)
    return (name, "direct") if gateway == name else (gateway, "api")


def catalog_name(gateway: str, way: Way) -> str:
    """The name under which a catalogue is kept: ids through the API may differ."""
    return gateway if way == "direct" else gateway + _BY_API
