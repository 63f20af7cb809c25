"""How the figures are worked out, on the page that shows them; docs/sla.md says the same at length."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from gatewayz.core.availability import SlaReport
from gatewayz.core.objectives import THEIR_FAULTS
from gatewayz.reports._markup import el

_OF_REQUESTS = (
    'Where it says "by the requests served", each request of a customer is a result, and those of five '
    "minutes are a round. What the caller asked wrongly, and what the client did not wait for, is left out."
)


def definition(report: SlaReport) -> ET.Element:
    """The written definition."""
    faults = sorted(
        {one.value for sla in report.slas for one in sla.faults} or {o.value for o in THEIR_FAULTS}
    )
    told = (
        (
            "Availability is good results over good and bad results, of the probes that ask whether a model "
            "delivers. It is weighted by probes, not by time: between two probes nothing is known, and "
            "nothing is made up."
        ),
        (
            f"Good is a probe that passed. Bad is one that failed by a fault of {', '.join(faults)}. Where a "
            "gateway could not even tell its models, that counts for each of them."
        ),
        (
            "Left out, and counted above: faults of ours (our probe, our network, keys, quota, rate limits), "
            "what a feature alone cannot do, what could not be judged or was skipped, and announced "
            "maintenance."
        ),
        (
            "A limit, such as a p95, is kept when so large a share of the answers stays within it. An answer "
            "that did not come is in the availability, not in the times."
        ),
        (
            "An interval says where the true share lies with 95 % confidence (Wilson); with few results it is "
            "wide, and a promise inside of it may be kept or broken by chance."
        ),
        "An incident begins with the first bad round when "
        + _confirmations(report)
        + ", and ends with the first good one of as many good ones in a row as its end takes.",
    )
    by_requests = [_OF_REQUESTS] if any(sla.source == "traffic" for sla in report.slas) else []
    return el(
        "section",
        el("h2", "How it is worked out"),
        el("ul", *(el("li", words) for words in (*told, *by_requests))),
        id="definition",
    )


def _confirmations(report: SlaReport) -> str:
    each = dict.fromkeys((s.confirmation.bad, s.confirmation.of) for s in report.slas) or {
        (2, 3): None
    }
    return " or ".join(f"{bad} of the last {of} rounds are bad" for bad, of in each)
