"""Whether promises are kept: results in, shares, budgets, incidents and alerts out. Pure functions."""

from gatewayz.measure.sla.assessing import LOOK_BACK, alerts, assess, in_maintenance, since

__all__ = ["LOOK_BACK", "alerts", "assess", "in_maintenance", "since"]
