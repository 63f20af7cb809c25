"""The same tool call twice: whole, then streamed.

A pass says the same of both forms: the calls agree, and their fragments join soundly.
"""

from gatewayz.checks.tool_calls_agree import tool_calls_agree
from gatewayz.core import Probe
from gatewayz.core.probe import Step
from gatewayz.probes._tools import NEEDS, ORDERED_CALLS, about_weather, streamed_again

PROBE = Probe(
    name="tool_call_streaming",
    title="A tool call, streamed",
    request=about_weather,
    checks=ORDERED_CALLS,
    then=(Step(put=streamed_again, checks=(*ORDERED_CALLS, tool_calls_agree)),),
    needs=NEEDS,
    presets=frozenset({"agents"}),
    rank=41,
)
