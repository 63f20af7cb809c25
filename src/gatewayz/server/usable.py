"""Whether what a server was given can be used: told before it starts, not to its clients."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from gatewayz.config import Settings, check_certificates
from gatewayz.core.errors import ConfigError, UnsendableKey
from gatewayz.core.gateway import Gateway
from gatewayz.gateways import check_names
from gatewayz.server.this_machine import own_name


def check_usable(settings: Settings, gateways: Mapping[str, Gateway]) -> None:
    """Returns where these settings name gateways that there are, hosts that can be asked for, and files that
    can be read.

    Raises: ConfigError, in one line, as other commands do.
    """
    aliases = [alias for gateway in gateways.values() for alias in gateway.aliases]
    check_names(settings.tables, f"{settings.toml_name} [gateways]", gateways)
    check_names(settings.gateways, settings.origin("gateways"), (*gateways, *aliases))
    for host in settings.hosts:
        try:
            own_name(host)
        except ConfigError as problem:
            raise ConfigError(f"{settings.origin('hosts')}: {problem}") from None
    check_certificates(settings)
    for gateway in gateways.values():
        if gateway.testable and settings.keys.files(gateway):
            # A key that no header may hold costs only its own gateway; who asks for that is told.
            with suppress(UnsendableKey):
                settings.keys.find(gateway)
