"""Models that a request names beside `model`, for its provider to go on to: OpenRouter's `models`.

A key that is limited to some models must be allowed each of them.
"""

from __future__ import annotations

from typing import Any

from gatewayz.core import Allowance
from gatewayz.server.refusals import bad_request, not_allowed

OTHERS = "models"
_NAMING = ("model", OTHERS)


def check_others(asked: dict[str, Any], gateway: str, allowance: Allowance) -> None:
    """Whether all that a request's provider may be made to ask is allowed. Raises: Refusal."""
    if not allowance.models:  # and the gateway is one that may be asked
        return
    for name in asked:
        # Some servers (those of Go's standard library) read names of fields in any case.
        if name.lower() in _NAMING and name not in _NAMING:
            raise bad_request(f"this key may use some models only: write '{name}' in small letters")
    given = asked.get(OTHERS)
    if given is None:
        return
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise bad_request(f"'{OTHERS}' is a list of model ids", param=OTHERS)
    for one in given:
        if not allowance.allows(gateway, one):
            raise not_allowed(f"{gateway}/{one}", OTHERS)
