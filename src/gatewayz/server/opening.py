"""Whether a request is sent anew, since an idle connection took it along as it closed."""

from __future__ import annotations

from gatewayz.client import WireError
from gatewayz.core.attempt import Attempt, Timing
from gatewayz.core.wire_faults import went_stale


def is_to_be_sent_anew(broken: WireError) -> bool:
    """Whether a request failed because the connection it went over had gone stale.

    The transport has let go of that one's neighbours by then, so that a second try goes over a fresh
    one, where the same fault is the provider's.
    """
    first_byte = broken.times.first_byte if broken.times is not None else None
    attempt = Attempt(
        fault=broken.fault,
        reused_connection=broken.reused,
        timing=Timing(first_byte_s=first_byte),
    )
    return went_stale(attempt)
