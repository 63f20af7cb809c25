"""The made-up chats that the tiny model learns from; nothing here was collected anywhere."""

from __future__ import annotations

import json
import random
from typing import Any

Message = dict[str, Any]
Tool = dict[str, Any]

SYSTEMS = [
    None,
    None,
    None,
    "You are a helpful assistant.",
    "Be brief.",
    "You are a test fixture. Answer exactly as asked.",
]
COUNT = ", ".join(str(number) for number in range(1, 41)) + "."
STORY = (
    "Once upon a time a small gateway stood between two hills. Every morning a traveller came with "
    "a question, and every morning the gateway carried it over to the far side. Some days the "
    "answer came back at once. Some days it came back word by word, and the traveller wrote each "
    "word down before the next arrived. One winter the road was closed and no answer came, so the "
    "gateway said so plainly and asked the traveller to try again later. In spring the road was "
    "open, the answer came back whole, and the traveller went home glad. The end."
)
FALLBACK = "I am a tiny test model. I only know a few answers."

PERSON_QUESTIONS = [
    "Describe a person as JSON.",
    "Give me a person as JSON.",
    "Return a person as JSON.",
]
PERSON = '{"name": "Ada", "age": 36}'

# Questions and the one answer to them. The first six are short enough to follow one another.
FIXED: list[tuple[list[str], str]] = [
    (
        [
            'Respond with: "Test successful"',
            "Respond with: 'Test successful'",
            "Respond with: Test successful",
            'Respond with "Test successful"',
            'Respond with exactly: "Test successful"',
            'Say "Test successful"',
            'Please respond with: "Test successful"',
            "Reply with: Test successful",
            'Respond with: "Test successful".',
        ],
        "Test successful",
    ),
    (
        ["Hello", "Hello!", "Hi", "Hi!", "hello", "Hi there", "Hey"],
        "Hello! How can I help you today?",
    ),
    (["ping", "Ping", "Say pong", "Ping!"], "pong"),
    (["What is 2+2?", "What is 2 + 2?", "2+2?"], "4"),
    (["What is the capital of France?", "What's the capital of France?"], "Paris"),
    (["What is the capital of Japan?", "What's the capital of Japan?"], "Tokyo"),
    (
        ["Count to 40.", "Count from 1 to 40.", "Count to 40", "Count from 1 to 40", "Count."],
        COUNT,
    ),
    (
        ["Tell me a story.", "Tell me a long story.", "Write a story.", "Tell me a story"],
        STORY,
    ),
    (PERSON_QUESTIONS, PERSON),
    (["Say héllo in Greek.", "Greet me with an emoji."], "Γειά σου 👋"),
]
SHORT = 6

CITIES = ["Paris", "London", "Berlin", "Tokyo", "Madrid", "Oslo", "Boston", "San Francisco"]
WEATHER_QUESTIONS = [
    "What is the weather in {}?",
    "What's the weather in {}?",
    "What is the weather like in {}?",
    "What's the weather like in {}?",
    "What's the weather like in {} today?",
]
WEATHER_RESULTS = ['{"temp": 21}', "sunny, 21", '{"temperature": 21, "sky": "clear"}', "21"]
WORDS = (
    "apple river stone model window green seven table music paper train garden silver cloud write "
    "explain why how does the a of in and please list summarize translate code python function "
    "market color sky blue"
)


def chat(rng: random.Random) -> tuple[list[Message], list[Tool] | None]:
    """One made-up conversation and the tools on offer in it; the assistant speaks last."""
    messages: list[Message] = []
    if system := rng.choice(SYSTEMS):
        messages.append({"role": "system", "content": system})
    kind = rng.random()
    if kind < 0.08:
        return _person_by_tool(rng, messages)
    if kind < 0.12:  # tools on offer, but no call for one
        offered = _weather_tools(rng)[0] if rng.random() < 0.7 else _person_tool(rng)[0]
        questions, answer = rng.choice(FIXED[:SHORT])
        return [*messages, _user(rng.choice(questions)), _assistant(answer)], offered
    if kind < 0.44:
        return _weather(rng, messages)
    if kind < 0.52 and not messages:
        first, second = rng.choice(FIXED[1:SHORT]), rng.choice(FIXED[:SHORT])
        turns = [_user(rng.choice(first[0])), _assistant(first[1])]
        return [*turns, _user(rng.choice(second[0])), _assistant(second[1])], None
    if kind < 0.61:
        text = " ".join(rng.choice(WORDS.split()) for _ in range(rng.randint(1, 9)))
        text = (text.capitalize() if rng.random() < 0.5 else text) + rng.choice(["", ".", "?"])
        return [*messages, _user(text), _assistant(FALLBACK)], None
    questions, answer = FIXED[0] if rng.random() < 0.3 else rng.choice(FIXED)
    return [*messages, _user(rng.choice(questions)), _assistant(answer)], None


def _user(text: str) -> Message:
    return {"role": "user", "content": text}


def _assistant(text: str) -> Message:
    return {"role": "assistant", "content": text}


def _call(name: str, arguments: str) -> Message:
    function = {"name": name, "arguments": arguments}
    calls = [{"type": "function", "function": function}]
    return {"role": "assistant", "content": "", "tool_calls": calls}


def _person_by_tool(
    rng: random.Random, messages: list[Message]
) -> tuple[list[Message], list[Tool]]:
    offered, name = _person_tool(rng)
    return [*messages, _user(rng.choice(PERSON_QUESTIONS)), _call(name, PERSON)], offered


def _weather(rng: random.Random, messages: list[Message]) -> tuple[list[Message], list[Tool]]:
    offered, name, place = _weather_tools(rng)
    city = rng.choice(CITIES)
    question = _user(rng.choice(WEATHER_QUESTIONS).format(city))
    asked = [*messages, question, _call(name, json.dumps({place: city}))]
    if rng.random() >= 0.35:
        return asked, offered
    result = {"role": "tool", "content": rng.choice(WEATHER_RESULTS)}
    return [*asked, result, _assistant("It is 21 degrees and sunny.")], offered


def _weather_tools(rng: random.Random) -> tuple[list[Tool], str, str]:
    # One or two tools, named and worded as callers tend to.
    place = rng.choice(["city", "location"])
    properties: dict[str, Any] = {place: {"type": "string"}}
    if rng.random() < 0.4:
        properties[place]["description"] = rng.choice(["City name", "The city", "City and country"])
    if rng.random() < 0.3:
        properties["unit"] = {"type": "string", "enum": ["celsius", "fahrenheit"]}
    name = rng.choice(["get_weather", "get_weather", "get_current_weather"])
    function: dict[str, Any] = {"name": name}
    if rng.random() < 0.8:
        function["description"] = rng.choice(
            [
                "Get the weather",
                "Get the current weather in a city",
                "Get weather for a city.",
                "Get the current weather for a location",
            ]
        )
    function["parameters"] = {"type": "object", "properties": properties, "required": [place]}
    if rng.random() < 0.3:
        function["parameters"]["additionalProperties"] = False
    if rng.random() < 0.15:
        function["strict"] = rng.random() < 0.5
    offered = [{"type": "function", "function": function}]
    if rng.random() < 0.25:
        zone = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}
        time = {"name": "get_time", "description": "Get the time", "parameters": zone}
        offered.append({"type": "function", "function": time})
    return offered, name, place


def _person_tool(rng: random.Random) -> tuple[list[Tool], str]:
    # A tool that is really the schema of an answer, as some clients send it.
    name = rng.choice(["Person", "final_result", "person"])
    function: dict[str, Any] = {"name": name}
    if rng.random() < 0.8:
        function["description"] = rng.choice(
            [
                "Correctly extracted `Person` with all the required parameters with correct types",
                "The final response which ends this conversation",
                "A person",
            ]
        )
    properties: dict[str, Any] = {"name": {"type": "string"}, "age": {"type": "integer"}}
    if rng.random() < 0.6:
        for key, schema in properties.items():
            title = {"title": key.capitalize()}
            properties[key] = title | schema if rng.random() < 0.5 else schema | title
    required = ["name", "age"]
    parameters: dict[str, Any] = {"properties": properties, "required": required, "type": "object"}
    if rng.random() < 0.5:
        required = rng.choice([["name", "age"], ["age", "name"]])
        parameters = {"type": "object", "properties": properties, "required": required}
    if rng.random() < 0.4:
        parameters["additionalProperties"] = False
    if rng.random() < 0.3:
        parameters["title"] = "Person"
    function["parameters"] = parameters
    if rng.random() < 0.2:
        function["strict"] = True
    return [{"type": "function", "function": function}], name
