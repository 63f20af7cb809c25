"""Apprise: over a hundred services by URL, in a process of its own (`gatewayz[alerts]`).

Whatever a service's plugin does, it does there: it holds nothing up, is ended when it hangs, sees
no proxy and no .netrc that nobody asked for, and follows no redirect to another host.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import sys
from collections.abc import Mapping

from gatewayz.core import ConfigError
from gatewayz.core.watching import Notice

# What Apprise calls the weight of a message.
_TYPES: Mapping[str, str] = {
    "down": "failure", "worse": "failure", "reminder": "failure", "budget": "failure",
    "degraded": "warning", "unknown": "warning", "unwatched": "warning",
    "recovered": "success", "budget-over": "success",
}  # fmt: skip
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR")


def is_there() -> bool:
    """Whether Apprise is installed; it is not imported for the answer."""
    return importlib.util.find_spec("apprise") is not None


def require() -> None:
    """Raises ConfigError where Apprise is wanted and not there."""
    if not is_there():
        raise ConfigError("alerts by Apprise need its package: pip install 'gatewayz[alerts]'")


class Service:
    """One Apprise URL. It shows the service's name and nothing else, since all else may be a token."""

    def __init__(self, url: str, number: int, *, proxy: str = "", ca_file: str = "") -> None:
        self._url, self._proxy, self._ca_file = url, proxy, ca_file
        self.name = f"alert {number} {masked(url)}"

    def __repr__(self) -> str:
        return f"Service({self.name})"

    async def send(self, notice: Notice) -> str:
        """Sends it by a child process; what the child says of it."""
        order = {
            "url": self._url,
            "title": notice.title,
            "body": notice.text,
            "type": _TYPES.get(notice.kind, "info"),
        }
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gatewayz.watch.apprise_child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # What a plugin prints there may hold the URL.
            stderr=asyncio.subprocess.DEVNULL,
            env=self._environment(),
            # A signal from the terminal is ours to hear; the message is let out.
            start_new_session=True,
        )  # fmt: skip
        try:
            said, _ = await child.communicate(json.dumps(order).encode())
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
            raise
        if child.returncode:
            return "Apprise ended with an error"
        return said.decode("utf-8", "replace").strip()[:200]

    def _environment(self) -> dict[str, str]:
        found = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        if self._proxy:
            found |= {"HTTP_PROXY": self._proxy, "HTTPS_PROXY": self._proxy}
        if self._ca_file:
            found["REQUESTS_CA_BUNDLE"] = self._ca_file
        # Logins for hosts that stand there are not for us.
        return {**found, "NETRC": os.devnull, "NO_PROXY": "localhost,127.0.0.1,::1"}


def masked(url: str) -> str:
    """The service of an Apprise URL: "slack://***"."""
    scheme, separator, _ = url.partition("://")
    return f"{scheme[:20]}://***" if separator and scheme.isascii() else "***"
