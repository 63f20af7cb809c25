"""Whether promises are kept: results in, shares, budgets, incidents and alerts out. Pure functions."""

from gatewayz.measure.sla.assessing import LOOK_BACK, alerts, assess, since
from gatewayz.measure.sla.counting import AVAILABILITY, outcome_of, standing_of
from gatewayz.measure.sla.streams import availability_of, in_maintenance
from gatewayz.measure.sla.targets import is_meant, is_promised
from gatewayz.measure.sla.troubles import troubles_of

__all__ = [
    "AVAILABILITY",
    "LOOK_BACK",
    "alerts",
    "assess",
    "availability_of",
    "in_maintenance",
    "is_meant",
    "is_promised",
    "outcome_of",
    "since",
    "standing_of",
    "troubles_of",
]
