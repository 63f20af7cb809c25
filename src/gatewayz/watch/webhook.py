"""A webhook: one JSON document for each notice, signed where a secret is set.

The signature is that of Standard Webhooks
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, read
2026-11-26), for which there are libraries in every language: HMAC-SHA256 over "id.timestamp.body".
Nothing is followed elsewhere: an answer that redirects is a fault.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from gatewayz.client import HttpTransport, Network, WireError, WireRequest
from gatewayz.core import Timeouts
from gatewayz.core.watching import Notice
from gatewayz.watch.words import document

_TIMEOUTS = Timeouts(
    connect_s=5.0,
    first_byte_s=10.0,
    first_event_s=10.0,
    idle_s=10.0,
    error_body_s=1.0,
    total_s=15.0,
)
_MOST_ANSWER = 64 * 1024
_BASE64_SECRET = "whsec_"  # noqa: S105 -- how such a secret begins


def signature(secret: str, notice_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`; a secret that begins with `whsec_` is base64 after it."""
    key = secret.encode()
    if secret.startswith(_BASE64_SECRET):
        try:
            key = base64.b64decode(secret.removeprefix(_BASE64_SECRET), validate=True)
        except binascii.Error:
            key = secret.encode()
    signed = b".".join((notice_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Webhook:
    """Posts notices to one address. It shows its host and nothing after it."""

    def __init__(
        self, url: str, secret: str, network: Network, now: Callable[[], datetime]
    ) -> None:
        self._url, self._secret, self._network, self._now = url, secret, network, now
        self.name = f"webhook {urlsplit(url).hostname}"

    def __repr__(self) -> str:
        return f"Webhook({self.name})"

    async def send(self, notice: Notice) -> str:
        """Posts the document; any 2xx is well."""
        body = json.dumps(document(notice), ensure_ascii=False).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("User-Agent", "gatewayz"),
            ("webhook-id", notice.id),
        ]
        timestamp = int(self._now().timestamp())
        headers.append(("webhook-timestamp", str(timestamp)))
        if self._secret:
            signed = signature(self._secret, notice.id, timestamp, body)
            headers.append(("webhook-signature", signed))
        transport = HttpTransport(self._network, most_idle=0)
        try:
            response = await transport.open(
                WireRequest(
                    method="POST", url=self._url, headers=tuple(headers), body=body,
                    max_body=_MOST_ANSWER,
                ),
                _TIMEOUTS,
            )  # fmt: skip
            status = response.status
            await response.close()
        except WireError as error:
            # The fault's own words may hold the address.
            return f"{error.fault.name.value} at {error.fault.phase.value}"
        finally:
            await transport.aclose()
        return "" if 200 <= status < 300 else f"HTTP {status}"
