"""What the tool probes share: the tools they offer, and the checks of a sound call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from gatewayz.checks.calls_cover_question import calls_cover_question
from gatewayz.checks.finish_says_tool_calls import finish_says_tool_calls
from gatewayz.checks.no_tool_call_as_text import no_tool_call_as_text
from gatewayz.checks.streams_as_it_goes import streams_as_it_goes
from gatewayz.checks.streams_evenly import streams_evenly
from gatewayz.checks.streams_fast_enough import streams_fast_enough
from gatewayz.checks.tool_arguments_are_objects import tool_arguments_are_objects
from gatewayz.checks.tool_arguments_fit_schema import tool_arguments_fit_schema
from gatewayz.checks.tool_arguments_parse import tool_arguments_parse
from gatewayz.checks.tool_called import tool_called
from gatewayz.checks.tool_calls_named import tool_calls_named
from gatewayz.checks.tool_choice_kept import tool_choice_kept
from gatewayz.checks.tool_ids_distinct import tool_ids_distinct
from gatewayz.checks.tool_ids_given import tool_ids_given
from gatewayz.checks.tool_names_offered import tool_names_offered
from gatewayz.core import ChatRequest, Occasion
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room

NEEDS = frozenset({"chat", "tools"})

# Sound servers hold a call back until it is whole, so that its pieces say nothing of streaming.
_OF_PIECES = (streams_as_it_goes, streams_evenly, streams_fast_enough)
_DELIVERY = tuple(check for check in DELIVERY if check not in _OF_PIECES)

# In the order in which a client reads a call. What is missing from a call comes before what the
# answer lacks for want of it.
SOUND_CALLS = (
    tool_calls_named,
    tool_ids_given,
    tool_ids_distinct,
    tool_names_offered,
    tool_arguments_parse,
    tool_arguments_are_objects,
    tool_arguments_fit_schema,
    no_tool_call_as_text,
    tool_choice_kept,
    *_DELIVERY,
    finish_says_tool_calls,
)
# For questions that order a call and say what about.
ORDERED_CALLS = (*SOUND_CALLS, tool_called, calls_cover_question)


def _tool_of_a_city(name: str, description: str, units: tuple[str, str]) -> Mapping[str, Any]:
    """A tool that wants a city and one of two units."""
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "The city's name"},
                    "unit": {"type": "string", "enum": list(units)},
                },
                "required": ["city", "unit"],
            },
        },
    }


GET_WEATHER = _tool_of_a_city(
    "get_weather", "Tells the current weather in a city.", ("celsius", "fahrenheit")
)
READ_METER = _tool_of_a_city(
    "read_water_meter", "Tells what the water meter in a city reads.", ("litres", "gallons")
)
GET_TIME: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_time",
        "description": "Tells the current time.",
        "parameters": {"type": "object", "properties": {}},
    },
}

# Spelt alike in most languages, so that a call can be told to be for one of them.
# So many that one of them, canned, is hardly ever the one; none is a country's or a region's name.
_CITIES = (
    "Aberdeen", "Accra", "Adelaide", "Almaty", "Amman", "Amsterdam", "Ankara", "Atlanta",
    "Auckland", "Austin", "Baku", "Baltimore", "Bangkok", "Bergen", "Berlin", "Bilbao", "Boise",
    "Bologna", "Boston", "Brisbane", "Bristol", "Budapest", "Buffalo", "Calgary", "Canberra",
    "Cardiff", "Casablanca", "Chicago", "Cincinnati", "Cleveland", "Dakar", "Dallas", "Denver",
    "Detroit", "Dortmund", "Douala", "Dresden", "Dubai", "Dublin", "Durban", "Edmonton", "Essen",
    "Fresno", "Geelong", "Glasgow", "Graz", "Halifax", "Hamburg", "Hanoi", "Harare", "Helsinki",
    "Honolulu", "Houston", "Islamabad", "Istanbul", "Jakarta", "Kampala", "Karachi", "Kigali",
    "Kyoto", "Lagos", "Leeds", "Leicester", "Leipzig", "Lima", "Linz", "Liverpool", "Lusaka",
    "Madrid", "Malaga", "Manchester", "Manila", "Melbourne", "Memphis", "Miami", "Milwaukee",
    "Minsk", "Montevideo", "Mumbai", "Nagoya", "Nairobi", "Nantes", "Nashville", "Nottingham",
    "Oakland", "Odessa", "Omaha", "Orlando", "Osaka", "Oslo", "Ottawa", "Oxford", "Perth",
    "Philadelphia", "Phoenix", "Pittsburgh", "Quito", "Rabat", "Riga", "Rotterdam", "Sacramento",
    "Salzburg", "Santiago", "Sapporo", "Seattle", "Seoul", "Sheffield", "Stockholm", "Stuttgart",
    "Sydney", "Taipei", "Tallinn", "Tampa", "Toledo", "Toronto", "Toulouse", "Tucson", "Tunis",
    "Utrecht", "Valencia", "Vancouver", "Vilnius", "Windhoek", "Winnipeg", "Yokohama", "Zagreb",
    "Zaragoza",
)  # fmt: skip


def cities(rng: Random, count: int) -> list[str]:
    """So many different cities."""
    return rng.sample(_CITIES, count)


def about_weather(occasion: Occasion) -> ChatRequest:
    """A question about the weather in one city, with a tool for it and the order to use it."""
    return with_tools(occasion, "What is the weather in {}? Use the tool.", cities(occasion.rng, 1))


def with_tools(occasion: Occasion, text: str, subjects: list[str], **extra: Any) -> ChatRequest:
    """A question about some subjects, with the weather tool; `extra` are further fields."""
    return ChatRequest(
        messages=({"role": "user", "content": text.format(*subjects)},),
        max_tokens=room(occasion.ask, 100 + 50 * len(subjects)),
        temperature=0,
        oracle={
            "subjects": subjects,
            "others": [city for city in _CITIES if city not in subjects],
        },
        extra={"tools": [GET_WEATHER], **extra},
        feature="tools",
    )


def streamed_again(occasion: Occasion) -> ChatRequest:
    """The question before, its answer streamed."""
    return replace(occasion.questions[-1], stream=True)
