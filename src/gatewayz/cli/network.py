"""The client that a run's settings come to, and whether the backend answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gatewayz.cli.lanes import api_url
from gatewayz.client import HttpClient, HttpTransport, Network, WireError, WireRequest, is_loopback
from gatewayz.client.transport import MAX_IDLE_PER_ORIGIN
from gatewayz.config import Settings, check_certificates
from gatewayz.config.values import without_login
from gatewayz.core import ConfigError, Gateway
from gatewayz.core.access import Access, access_to
from gatewayz.core.remedies import serve_command
from gatewayz.core.text import MASK, Redactor

if TYPE_CHECKING:
    from gatewayz.client import Listing
    from gatewayz.core import Way
    from gatewayz.runner import Lane

# Where a clone of the repository is all there is, as beside the scripts.
_IN_A_CLONE = "python -m uvicorn src.main:app"


def client_for(settings: Settings, *, most_idle: int = MAX_IDLE_PER_ORIGIN) -> HttpClient:
    """The client of one run: keys read when a request is signed, secrets taken out of replies.

    `most_idle` connections to one server are kept at rest.
    """

    def key_of(gateway: Gateway) -> str | None:
        key = settings.keys.find(gateway)
        return key.value if key else None

    return HttpClient(
        keys=key_of,
        timeouts=settings.timeouts,
        transport=HttpTransport(network_for(settings), most_idle=most_idle),
        redact=Redactor(settings.keys.secrets()),
    )


async def read_lists(lanes: Sequence[Lane], settings: Settings) -> dict[tuple[str, Way], Listing]:
    """What the gateways list at this moment, by name and way; nothing for a lane that is skipped."""
    from gatewayz.runner import Reading, read_catalogs

    client = client_for(settings)
    try:
        reading = Reading(retries=settings.retries, retry_budget_s=settings.retry_budget_s)
        return await read_catalogs(lanes, client, reading)
    finally:
        await client.aclose()


def network_for(settings: Settings) -> Network:
    """The way to the network that was asked for.

    Raises: ConfigError when the certificates cannot be read.
    """
    check_certificates(settings)
    return Network(proxy=settings.proxy, ca_file=settings.ca_path)


def access_over(gateway: Gateway, settings: Settings) -> Access:
    """How a gateway is reached over this network; the proxy's login is taken out, and secret headers."""
    address = urlsplit(gateway.base_url)
    variable, origin = _key_in_use(gateway, settings)
    # What calls this machine itself goes past the proxy, as the transport does.
    past_it = is_loopback((address.hostname or "").lower())
    access = access_to(gateway)
    return replace(
        access,
        headers={
            name: MASK if settings.keys.secrets_in([(name, value)]) else value
            for name, value in access.headers.items()
        },
        key_env=variable,
        key_origin=origin,
        proxy="" if past_it else without_login(settings.proxy),
        ca_file=settings.ca_file if address.scheme == "https" else "",
    )


def _key_in_use(gateway: Gateway, settings: Settings) -> tuple[str, str]:
    """The variable that the gateway's key is found under, and where it stands if in no shell.

    Without a key, the variable to set.
    """
    try:
        key = settings.keys.find(gateway)
    except ConfigError:
        key = None  # told where the key is used
    if key is None or not key.variable:
        return gateway.key_env, ""
    return key.variable, "" if key.exported else key.origin


async def unreachable_api(settings: Settings) -> str:
    """Why the backend cannot be tested through, and what starts it; "" when it answers."""
    root = api_url(settings).removesuffix("/v1")
    transport = HttpTransport(network_for(settings))
    try:
        request = WireRequest(method="GET", url=f"{root}/health", max_body=64 * 1024)
        response = await transport.open(request, settings.timeouts)
        await response.close()
    except WireError as error:
        fault = error.fault
        detail = fault.detail or fault.name.value
        command = serve_command(root)
        clone = f"{_IN_A_CLONE}{command.removeprefix('gatewayz serve')}"
        return (
            f"API is unreachable at {root} ({detail}); start it with: {command}, "
            f"or in a clone: {clone}"
        )
    finally:
        await transport.aclose()
    return ""
