"""Numbers out of facts: pure functions, no clock of their own."""

from gatewayz.measure.percentiles import percentiles
from gatewayz.measure.repeats import timing_findings
from gatewayz.measure.summaries import count, is_a_list, left_in, summarize
from gatewayz.measure.times import chunk_gaps_s, latency_s, ttft_s, waited_s

__all__ = [
    "chunk_gaps_s",
    "count",
    "is_a_list",
    "latency_s",
    "left_in",
    "percentiles",
    "summarize",
    "timing_findings",
    "ttft_s",
    "waited_s",
]
