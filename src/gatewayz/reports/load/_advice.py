"""Causes and remedies in the terms of a load run, where those of a roll call name what it lacks."""

from __future__ import annotations

from dataclasses import replace

from gatewayz.core import Gateway, Verdict
from gatewayz.core.access import Access
from gatewayz.core.remedies import Advice, advise
from gatewayz.reports._panel import Advisor

# What the table of failures says of `gatewayz test`, and what is said of `gatewayz bench` instead.
_INSTEAD = {
    " Then ask again what failed: `gatewayz test --failed`.": "",
    " --retries and GATEWAYZ_RETRY_BUDGET bound what is waited for.": "",
    " with --exclude": "",
    " (--repeat)": "",
    "or --exclude it": "or try another model",
    "; that was not waited for": "",
    "Lower `concurrency` or `requests_per_minute` under": "Ask for less at once, or see",
}


def of_a_load(text: str) -> str:
    """A cause or a remedy, with what only a roll call has left out or put otherwise."""
    for words, ours in _INSTEAD.items():
        text = text.replace(words, ours)
    return text


def advise_on_load(
    verdict: Verdict, access: Gateway | Access | None = None, *, advisor: Advisor = advise
) -> Advice:
    """Cause and remedy of a verdict that did not pass under load; `advisor` has them to begin with."""
    told = advisor(verdict, access)
    return replace(told, cause=of_a_load(told.cause), remedy=of_a_load(told.remedy))
