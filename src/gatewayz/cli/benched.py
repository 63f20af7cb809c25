"""What `gatewayz bench` shows at the end: a block per target and step, comparisons, our own part."""

from __future__ import annotations

from collections.abc import Sequence

from gatewayz.cli.network import access_over
from gatewayz.config import Settings
from gatewayz.core import RunStatus
from gatewayz.core.access import access_in_settings
from gatewayz.core.estimates import Estimate
from gatewayz.core.load import LoadFailure, LoadLine, LoadResult, MetricLine
from gatewayz.core.text import display_width, visible
from gatewayz.core.units import show_seconds
from gatewayz.measure import METRICS, Metric
from gatewayz.reports._panel import Panels
from gatewayz.reports._wrapping import wrapped
