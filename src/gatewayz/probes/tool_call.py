"""One tool, and the order to use it.

A pass says that the tool was called, with arguments that parse and fit its schema, under an id,
for the city that was asked about and for no other.
"""

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
