"""Every quantity that is measured of an attempt, declared once.

Docs, tables and reports take names, units and definitions from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from gatewayz.core import Attempt
from gatewayz.measure.measured import Measured, missing
from gatewayz.measure.times import (
    connect,
    first_byte,
    gaps,
    icl,
    latency,
    longest_stall,
    tls,
    ttfa,
    ttft,
)
from gatewayz.measure.tokens import decode_rate, e2e_rate, itl


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One quantity: what it is called, how it is come by, and what it needs.

    `of` gives the one value of an attempt, in `unit`; `each`, where a reply has many values (the
    gaps between its chunks), gives them all. `shown` turns `unit` into `display_unit` by
    `display_factor`. `better` says which way is the good one.
    """

    name: str
    title: str
    unit: Literal["s", "tokens/s", "tokens"]
    display_unit: Literal["ms", "tokens/s", "tokens"]
    formula: str
    needs: str
    source: str
    better: Literal["lower", "higher"]
    of: Callable[[Attempt], Measured]
    each: Callable[[Attempt], tuple[float, ...]] | None = None

    @property
    def display_factor(self) -> float:
        """How many display units one unit is."""
        return 1000.0 if (self.unit, self.display_unit) == ("s", "ms") else 1.0


def _seconds(name: str, title: str, of: Callable[[Attempt], Measured], *, formula: str, needs: str,
             source: str, each: Callable[[Attempt], tuple[float, ...]] | None = None) -> Metric:  # fmt: skip
    return Metric(
        name=name, title=title, unit="s", display_unit="ms", formula=formula, needs=needs,
        source=source, better="lower", of=of, each=each,
    )  # fmt: skip


def _rate(name: str, title: str, of: Callable[[Attempt], Measured], *, formula: str, needs: str,
          source: str) -> Metric:  # fmt: skip
    return Metric(
        name=name, title=title, unit="tokens/s", display_unit="tokens/s", formula=formula,
        needs=needs, source=source, better="higher", of=of,
    )  # fmt: skip


def _of_the_plan(_attempt: Attempt) -> Measured:
    return missing("no send time was intended")


_ALL = (
    _seconds(
        "connect", "connect", connect,
        formula="socket connected - start, name lookup included",
        needs="a new connection",
        source="curl (time_connect)",
    ),
    _seconds(
        "tls", "TLS", tls,
        formula="TLS agreed - socket connected",
        needs="a new connection with TLS",
        source="curl (time_appconnect)",
    ),
    _seconds(
        "first_byte", "first byte", first_byte,
        formula="first byte of the answer - request sent",
        needs="any answer, an error's too",
        source="curl (time_starttransfer)",
    ),
    _seconds(
        "ttft", "time to first token", ttft,
        formula="first chunk with any generated token - request sent",
        needs="a stream that generated something; reasoning counts",
        source="ai-dynamo/aiperf (TTFT), vllm-project/guidellm#742",
    ),
    _seconds(
        "ttfa", "time to first answer", ttfa,
        formula="first chunk with answer text or a tool call - request sent",
        needs="a stream with an answer; reasoning does not count, and may not stand in the content",
        source="ai-dynamo/aiperf (TTFO), vllm-project/guidellm#760",
    ),
    _seconds(
        "itl", "inter-token latency", itl,
        formula="(latency - TTFT) / (output tokens - tokens in the first chunk)",
        needs="a whole stream of two chunks or more, usage",
        source="ai-dynamo/aiperf, ai-dynamo/aiperf#1279",
    ),
    _seconds(
        "icl", "inter-chunk latency", icl,
        formula="content chunk - content chunk before it, for each but the first",
        needs="a stream of two content chunks or more",
        source="ai-dynamo/aiperf#291",
        each=gaps,
    ),
    _seconds(
        "longest_stall", "longest stall", longest_stall,
        formula="largest gap between content chunks",
        needs="a stream of two content chunks or more",
        source="the largest of the gaps above",
    ),
    _rate(
        "decode_rate", "decode rate", decode_rate,
        formula="(output tokens - tokens in the first chunk) / (last content - first token)",
        needs="what inter-token latency needs",
        source="ai-dynamo/aiperf (1 / ITL)",
    ),
    _rate(
        "e2e_rate", "end-to-end rate", e2e_rate,
        formula="output tokens / latency",
        needs="a whole answer, usage",
        source="ai-dynamo/aiperf (end-to-end output token throughput)",
    ),
    _seconds(
        "latency", "latency", latency,
        formula="last content chunk (whole answers: last byte) - request sent",
        needs="a whole answer",
        source="ai-dynamo/aiperf (request latency)",
    ),
    _seconds(
        "schedule_delay", "schedule delay", _of_the_plan,
        formula="request sent - moment it was to be sent",
        needs="a run with intended send times",
        source="kubernetes-sigs/inference-perf, vllm-project/guidellm#1053",
    ),
    _seconds(
        "ttft_since_due", "time to first token since due", _of_the_plan,
        formula="first chunk with any generated token - moment it was to be sent",
        needs="a run with intended send times, and what TTFT needs",
        source="Gil Tene, wrk2 (coordinated omission)",
    ),
    _seconds(
        "latency_since_due", "latency since due", _of_the_plan,
        formula="last content chunk (whole answers: last byte) - moment it was to be sent",
        needs="a run with intended send times, and a whole answer",
        source="Gil Tene, wrk2 (coordinated omission)",
    ),
)  # fmt: skip

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
# By these load runs and their targets are compared: the wait, the pace, the whole.
COMPARED = ("ttft", "itl", "latency")
# Those that need a moment at which a request was to be sent, which only an open load has.
OF_THE_PLAN = ("schedule_delay", "ttft_since_due", "latency_since_due")
# The worst moment of an answer: the worst of our own may be in it, however seldom we were late.
OF_A_MOMENT = ("longest_stall",)


def measure(attempt: Attempt) -> dict[str, Measured]:
    """What every metric gives for one attempt, by its name."""
    return {name: metric.of(attempt) for name, metric in METRICS.items()}
