"""The client that a run's settings come to, and whether the backend answers."""

from __future__ import annotations

from pathlib import Path

from gatewayz.cli.lanes import api_url
from gatewayz.client import HttpClient, HttpTransport, Network, WireError, WireRequest
from gatewayz.config import Settings
from gatewayz.core import ConfigError, Gateway
from gatewayz.core.text import Redactor

START_COMMAND = "python -m uvicorn src.main:app"


def client_for(settings: Settings) -> HttpClient:
    """The client of one run: keys read when a request is signed, secrets taken out of replies."""

    def key_of(gateway: Gateway) -> str | None:
        key = settings.keys.find(gateway)
        return key.value if key else None

    return HttpClient(
        keys=key_of,
        timeouts=settings.timeouts,
        network=network_for(settings),
        redact=Redactor(settings.keys.secrets()),
    )


def network_for(settings: Settings) -> Network:
    """The way to the network that was asked for.

    Raises: ConfigError when the certificates cannot be read.
    """
    if settings.ca_file:
        import ssl

        where = f"{settings.origin('ca_file')}: {settings.ca_file}"
        try:
            ssl.create_default_context(cafile=Path(settings.ca_file).expanduser())
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror if isinstance(error, FileNotFoundError) else "no PEM file"
            raise ConfigError(f"{where}: {reason}; give a file of certificates") from None
    return Network(
        proxy=settings.proxy,
        ca_file=str(Path(settings.ca_file).expanduser()) if settings.ca_file else "",
    )


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
        return f"API is unreachable at {root} ({detail}); start it with: {START_COMMAND}"
    finally:
        await transport.aclose()
    return ""
