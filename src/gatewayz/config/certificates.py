"""Certificates to trust, looked at before the first call needs them."""

from __future__ import annotations

from gatewayz.config.settings import Settings
from gatewayz.core.errors import ConfigError


def check_certificates(settings: Settings) -> None:
    """Returns where the file of `ca_file` can be used, or none is named. Raises: ConfigError."""
    if not settings.ca_file:
        return
    import ssl

    where = f"{settings.origin('ca_file')}: {settings.ca_file}"
    try:
        ssl.create_default_context(cafile=settings.ca_path)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, FileNotFoundError) else "no PEM file"
        raise ConfigError(f"{where}: {reason}; give a file of certificates") from None
