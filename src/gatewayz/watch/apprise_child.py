"""The process that sends one notice by Apprise: an order on standard input, a fault on the output.

The URL never stands in the arguments, where others could read it, and nothing that a plugin logs
gets out.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any


def main() -> None:
    """Sends what standard input orders; prints why not, or nothing."""
    order: dict[str, Any] = json.load(sys.stdin)
    print(_sent(order), end="", flush=True)


def _sent(order: dict[str, Any]) -> str:
    logging.disable(logging.CRITICAL)
    import apprise

    # A host that the user has not named is not called.
    asset = apprise.AppriseAsset(
        app_id="Gatewayz", app_desc="Gatewayz", app_url="", http_redirects=False
    )
    service = apprise.Apprise(asset=asset)
    if not service.add(order["url"]) or not len(service):
        return "Apprise knows no such URL, or something is missing in it"
    told = service.notify(
        title=order["title"],
        body=order["body"],
        notify_type=order["type"],
        body_format=apprise.NotifyFormat.TEXT,
    )
    return "" if told else "the service did not take it"


if __name__ == "__main__":
    main()
