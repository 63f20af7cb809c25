"""A call where one is required, none where none may be, and the tool that is named.

A pass says that each of the three orders was kept.
"""

from dataclasses import replace

from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.core.probe import Step
from gatewayz.core.usual_question import TEST_MESSAGE
from gatewayz.probes._tools import GET_TIME, GET_WEATHER, NEEDS, SOUND_CALLS, cities, with_tools

_QUESTION = "What is the weather in {}?"


def _required(occasion: Occasion) -> ChatRequest:
    # A message that needs no tool: only the order to call makes a model call one.
    return with_tools(occasion, TEST_MESSAGE, [], tool_choice="required")


def _none(occasion: Occasion) -> ChatRequest:
    return with_tools(occasion, _QUESTION, cities(occasion.rng, 1), tool_choice="none")


def _named(occasion: Occasion) -> ChatRequest:
    # The question is about the one tool and the order is for the other, either way round.
    name = occasion.rng.choice([GET_TIME, GET_WEATHER])["function"]["name"]
    text = "What time is it?" if name == "get_weather" else _QUESTION
    choice = {"type": "function", "function": {"name": name}}
    asked = with_tools(occasion, text, cities(occasion.rng, 1), tool_choice=choice)
    return replace(asked, extra={**asked.extra, "tools": [GET_WEATHER, GET_TIME]})


PROBE = Probe(
    name="tool_choice",
    title="Calls as tool_choice says",
    request=_required,
    checks=SOUND_CALLS,
    then=(Step(put=_none, checks=SOUND_CALLS), Step(put=_named, checks=SOUND_CALLS)),
    needs=NEEDS,
    presets=frozenset({"agents"}),
    rank=43,
    marked=True,
)
