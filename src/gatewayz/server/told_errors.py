"""An error that a gateway tells in the midst of a success: it passes as it came, and is remembered."""

from __future__ import annotations

from dataclasses import replace

from gatewayz.client.cleaning import Clean, clean_error
from gatewayz.core.attempt import Attempt
from gatewayz.core.failures import classify, unnamed
from gatewayz.core.gateway import Gateway
from gatewayz.server.last_usage import Told
from gatewayz.server.upstream_errors import refusal_of
from gatewayz.server.visits import Visit


def note_told(visit: Visit, told: Told, attempt: Attempt, gateway: Gateway, clean: Clean) -> None:
    """Remembers what an answer tells, as the common table names it, unless it ended badly anyway.

    `attempt` is what else is known of it.
    """
    if visit.failure_class:
        return
    attempt = replace(attempt, error=clean_error(told.error, clean))
    found = classify(attempt, gateway.quirks) or unnamed("server-error")
    visit.note(refusal_of(attempt, found, gateway))
    visit.only_error = told.alone
