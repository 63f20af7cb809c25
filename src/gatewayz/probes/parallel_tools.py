"""Two tool calls in one answer: whole, then streamed.

A pass without a warning says that two sound calls came in one answer; one at a time is a warning, and
one call for both cities together is a failure.
"""

from gatewayz.checks.tool_calls_agree import tool_calls_agree
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.core.probe import Step
from gatewayz.probes._tools import NEEDS, ORDERED_CALLS, cities, streamed_again, with_tools


def _about_two_cities(occasion: Occasion) -> ChatRequest:
    text = "What is the weather in {} and in {}? Call the tool once for each city."
    return with_tools(occasion, text, cities(occasion.rng, 2))


PROBE = Probe(
    name="parallel_tools",
    title="Two tool calls at once",
    request=_about_two_cities,
    checks=ORDERED_CALLS,
    then=(Step(put=streamed_again, checks=(*ORDERED_CALLS, tool_calls_agree)),),
    needs=NEEDS,
    presets=frozenset({"agents"}),
    rank=42,
)
