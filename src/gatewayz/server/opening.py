"""Sending a request, and sending it anew when an idle connection took it along as it closed."""

from __future__ import annotations

from gatewayz.client import Transport, WireError, WireRequest, WireResponse
from gatewayz.core.attempt import Attempt, Timing
from gatewayz.core.timeouts import Timeouts
from gatewayz.core.wire_faults import went_stale


async def open_anew(transport: Transport, request: WireRequest, timeouts: Timeouts) -> WireResponse:
    """The answer's headers; asked for a second time only where the first try went stale.

    The transport has let go of the stale connection's neighbours by then, so the second try goes
    over a fresh one, where the same fault is the provider's.
    Raises: WireError.
    """
    try:
        return await transport.open(request, timeouts)
    except WireError as broken:
        if not went_stale(_as_attempt(broken)):
            raise
    return await transport.open(request, timeouts)


def _as_attempt(broken: WireError) -> Attempt:
    first_byte = broken.times.first_byte if broken.times is not None else None
    return Attempt(
        fault=broken.fault,
        reused_connection=broken.reused,
        timing=Timing(first_byte_s=first_byte),
    )
