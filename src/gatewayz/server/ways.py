"""Which way is taken to a gateway that can be reached natively and through Portkey."""

from __future__ import annotations

from dataclasses import replace

from gatewayz.config import Settings
from gatewayz.core.errors import ConfigError
from gatewayz.core.gateway import Gateway
from gatewayz.gateways import find_gateway, through_portkey


def reached(gateway: Gateway, settings: Settings) -> Gateway:
    """The gateway as it can be called from here: native where its key exists, else by Portkey.

    `via` (GATEWAYZ_VIA) says otherwise: native never goes through Portkey, portkey always.
    """
    gateway = settings.configured(gateway)
    if not gateway.portkey_slug or settings.via == "native":
        return gateway
    rerouted = by_portkey(gateway, settings)
    try:
        native = settings.keys.find(gateway) is not None
        takes_portkey = settings.via == "portkey" or not native
        return rerouted if takes_portkey and settings.keys.find(rerouted) else gateway
    except ConfigError:
        # A key that cannot be used is told when its gateway is asked for, and costs only that one.
        return gateway


def by_portkey(gateway: Gateway, settings: Settings) -> Gateway:
    """The gateway by way of Portkey, with what gatewayz.toml says about Portkey's key."""
    portkey = settings.configured(find_gateway("portkey", environ=settings.environ))
    return replace(
        through_portkey(gateway, settings.environ),
        key_env=portkey.key_env,
        older_key_envs=portkey.older_key_envs,
        headers=portkey.headers,
    )
