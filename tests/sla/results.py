"""Results as the tests write them down: an hour, a letter, a fault."""

from datetime import UTC, datetime, timedelta

from gatewayz.core import Culprit, Outcome
from gatewayz.core.objectives import Objective, Sla, Window
from gatewayz.core.probe_results import ProbeResult

START = datetime(2026, 10, 5, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
AVAILABLE = Objective(name="availability", kind="availability", share=0.99, probes=("chat",))
WEEK = Window(rolling_s=7 * 86400.0)


def at(hour):
    return START + hour * HOUR


def result(hour, outcome="passed", culprit=None, **about):
    """One result; a culprit makes it a failure."""
    if culprit is not None:
        outcome = "failed"
        about = {
            "culprit": Culprit(culprit),
            "kind": "overloaded",
            "failure_class": "unavailable",
            **about,
        }
    about = {"gateway": "groq", "model": "llama", "probe": "chat", "run_id": f"run-{hour}", **about}
    return ProbeResult(at=at(hour), outcome=Outcome(outcome), **about)


def series(letters, **about):
    """A result an hour: g good, b bad, o our own fault, "." none."""
    faults = {"g": None, "b": "the gateway", "o": "our network"}
    return [
        result(hour, culprit=faults[letter], **about)
        for hour, letter in enumerate(letters)
        if letter != "."
    ]


def sla(*objectives, **about):
    return Sla(
        **{"name": "chat", "objectives": objectives or (AVAILABLE,), "window": WEEK, **about}
    )
