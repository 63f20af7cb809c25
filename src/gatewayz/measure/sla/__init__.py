"""Whether promises are kept: results in, shares, budgets, incidents and alerts out. Pure functions."""

from gatewayz.measure.sla.assessing import LOOK_BACK, alerts, assess, in_maintenance, since
from gatewayz.measure.sla.troubles import troubles_of

__all__ = ["LOOK_BACK", "alerts", "assess", "in_maintenance", "since", "troubles_of"]
