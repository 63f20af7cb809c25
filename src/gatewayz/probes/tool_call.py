"""One tool, and the order to use it."""

from gatewayz.core import Probe
from gatewayz.probes._tools import NEEDS, ORDERED_CALLS, about_weather

PROBE = Probe(
    name="tool_call",
    title="One tool call",
    request=about_weather,
    checks=ORDERED_CALLS,
    needs=NEEDS,
    presets=frozenset({"standard", "agents"}),
    rank=40,
)
