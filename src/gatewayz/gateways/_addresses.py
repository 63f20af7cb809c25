"""Another base URL than the provider's own: where it is read, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from gatewayz.core import ConfigError, Gateway


def checked_base_url(url: str, origin: str) -> str:
    """The URL without a trailing slash, fit to have `/chat/completions` appended.

    `origin` names where it was read, for the message; the URL itself is never repeated, since it
    may hold a secret.
    Raises: ConfigError for anything but http(s)://host[:port][/path].
    """
    url = url.strip()
    example = "write it like https://api.example.com/v1"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ConfigError(f"{origin} is not a URL; {example}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{origin} does not start with http:// or https:// and a host; {example}")
    if any(ch.isspace() or not ch.isprintable() for ch in url):
        raise ConfigError(f"{origin} has a blank or a control character in it; {example}")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            f"{origin} holds a user name or password; take it out and put the key into its own "
            "variable"
        )
    if "?" in url or "#" in url:
        raise ConfigError(
            f"{origin} goes on after the path with ? or #; take that off, and put a key into its "
            "own variable"
        )
    url = url.rstrip("/")
    if url.endswith("/chat/completions"):
        raise ConfigError(f"{origin} ends in /chat/completions; leave that off, it is appended")
    return url


def at_own_address(gateway: Gateway, environ: Mapping[str, str]) -> Gateway:
    """The gateway at the address that `<NAME>_BASE_URL` gives, or as it is.

    Raises: ConfigError when that variable holds no usable base URL.
    """
    for variable in gateway.base_url_envs:
        url = environ.get(variable, "").strip()
        if url:
            return gateway.at(checked_base_url(url, variable))
    return gateway
