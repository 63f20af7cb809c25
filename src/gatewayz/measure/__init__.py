"""Numbers out of facts: pure functions, no clock of their own."""

from gatewayz.core.estimates import Estimate, Shift
from gatewayz.measure.differences import (
    holm,
    paired_shift,
    shift_between,
    tellable,
    told,
    untold,
    values_needed,
)
from gatewayz.measure.intervals import quantile_of
from gatewayz.measure.measured import Measured
from gatewayz.measure.metrics import COMPARED, METRICS, OF_THE_PLAN, Metric, measure
from gatewayz.measure.percentiles import percentiles
from gatewayz.measure.repeats import timing_findings
from gatewayz.measure.summaries import count, is_a_list, left_in, summarize
from gatewayz.measure.times import gaps, latency_s, schedule_delay, ttft_s, waited_s
from gatewayz.measure.tokens import output_tokens
from gatewayz.measure.typical import Typical, typical

__all__ = [
    "COMPARED",
    "METRICS",
    "OF_THE_PLAN",
    "Estimate",
    "Measured",
    "Metric",
    "Shift",
    "Typical",
    "count",
    "gaps",
    "holm",
    "is_a_list",
    "latency_s",
    "left_in",
    "measure",
    "output_tokens",
    "paired_shift",
    "percentiles",
    "quantile_of",
    "schedule_delay",
    "shift_between",
    "summarize",
    "tellable",
    "timing_findings",
    "told",
    "ttft_s",
    "typical",
    "untold",
    "values_needed",
    "waited_s",
]
