import time

import pytest

from gatewayz.checks._written_calls import written_call
from gatewayz.probes._tools import GET_TIME, GET_WEATHER

TOOLS = {t["function"]["name"]: t["function"]["parameters"] for t in (GET_WEATHER, GET_TIME)}
ARGS = '{"city": "Oslo", "unit": "celsius"}'

WRITTEN = {
    "hermes": f'<tool_call>\n{{"name": "get_weather", "arguments": {ARGS}}}\n</tool_call>',
    "hermes, unclosed": f'<tool_call>{{"name":"get_weather","arguments":{ARGS}}}',
    "arguments first": f'<tool_call>{{"arguments": {ARGS}, "name": "get_weather"}}</tool_call>',
    "after words": f'I will look.\n<tool_call>\n{{"name": "get_weather", "arguments": {ARGS}}}',
    "mistral": f'[TOOL_CALLS][{{"name": "get_weather", "arguments": {ARGS}}}]',
    "mistral, newer": f"[TOOL_CALLS]get_weather[ARGS]{ARGS}",
    "mistral, bare": f"[TOOL_CALLS] get_weather{ARGS}",
    "llama tag": f'<|python_tag|>{{"name": "get_weather", "parameters": {ARGS}}}',
    "llama code": '<|python_tag|>get_weather.call(city="Oslo", unit="celsius")',
    "llama function": f"<function=get_weather>{ARGS}</function>",
    "llama list": '[get_weather(city="Oslo", unit="celsius")]',
    "llama list of two": '[get_weather(city="Oslo"), get_weather(city="Lima")]',
    "qwen coder": "<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo\n</parameter>",
    "invoke": '<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n</invoke>',
    "arg keys": "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Oslo</arg_value>",
    "kimi": f"<|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{ARGS}",
    "deepseek": f"<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{ARGS}\n```",
    "harmony": f"<|channel|>commentary to=functions.get_weather <|message|>{ARGS}",
    "gemma": "<start_function_call>call:get_weather{city:Oslo,unit:celsius}",
    "call:name": "call:get_weather{city: 'Oslo', unit: 'celsius'}",
    "tool code": '```tool_code\nprint(get_weather(city="Oslo", unit="celsius"))\n```',
    "own line": 'Let me check.\n\nget_weather(city="Oslo", unit="celsius")',
    "over several lines": 'get_weather(\n    city="Oslo",\n    unit="celsius",\n)',
    "assigned": "result = get_weather('Oslo', 'celsius')\n",
    "with an object": f"get_weather({ARGS})",
    "name space": 'default_api.get_weather(city="Oslo")',
    "fence": f'```json\n{{"name": "get_weather", "arguments": {ARGS}}}\n```',
    "bare": f'{{"name": "get_weather", "arguments": {ARGS}}}',
    "bare, arguments packed": '{"name": "get_weather", "arguments": "{\\"city\\": \\"Oslo\\"}"}',
    "bare, in single quotes": "{'name': 'get_weather', 'arguments': {'city': 'Oslo'}}",
    "parameters": f'{{"type": "function", "name": "get_weather", "parameters": {ARGS}}}',
    "function inside": f'{{"type":"function","function":{{"name":"get_weather","arguments":{ARGS}}}}}',
    "tool and input": f'{{"tool": "get_weather", "input": {ARGS}}}',
    "tool_calls": f'{{"tool_calls": [{{"id": "c1", "function": {{"name": "get_weather", "arguments": {ARGS}}}}}]}}',
    "recipient": f'{{"recipient_name": "functions.get_weather", "parameters": {ARGS}}}',
    "name as key": f'{{"get_weather": {ARGS}}}',
    "action": f"Thought: I need it.\nAction: get_weather\nAction Input: {ARGS}",
    "action as JSON": f'{{"action": "get_weather", "action_input": {ARGS}}}',
    "yaml": "tool: get_weather\nargs:\n  city: Oslo\n",
    "functionary": f">>>get_weather\n{ARGS}",
    "functools": f'functools[{{"name": "get_weather", "arguments": {ARGS}}}]',
    "own tag": "<get_weather>\n<city>Oslo</city>\n<unit>celsius</unit>\n</get_weather>",
    "names in tags": f"<tool_use><name>get_weather</name><arguments>{ARGS}</arguments></tool_use>",
    "function marks": f"✿FUNCTION✿: get_weather\n✿ARGS✿: {ARGS}",
    "bold labels": f"**Tool call:** get_weather\n**Arguments:** {ARGS}",
    "label of another language": f"调用：get_weather{ARGS}",
    "label and code": 'Werkzeugaufruf: get_weather(city="Oslo", unit="celsius")',
    "yaml with a name": "name: get_weather\narguments:\n  city: Oslo\n  unit: celsius",
    "flags": "get_weather --city Oslo --unit celsius",
    "equals": 'get_weather city="Oslo" unit="celsius"',
    "mention": '@get_weather(city="Oslo")',
    "command": f'{{"command": "get_weather", "args": {ARGS}}}',
    "flat": '{"function": "get_weather", "city": "Oslo", "unit": "celsius"}',
    "packed in JSON": '{"content": "{\\"name\\": \\"get_weather\\", \\"arguments\\": {\\"city\\": \\"Oslo\\"}}"}',
    "markup escaped": "&lt;function=get_weather&gt;{&quot;city&quot;: &quot;Oslo&quot;}&lt;/function&gt;",
    "underscore escaped": 'get\\_weather(city="Oslo", unit="celsius")',
    "attributes": '<tool_call name="get_weather" city="Oslo" unit="celsius"/>',
    "tool_use": '{"type": "tool_use", "name": "get_weather", "input": {"city": "Oslo"}}',
    "brackets": '[[get_weather(city="Oslo")]]',
    "script": "await functions.get_weather({ city: 'Oslo', unit: 'celsius' });",
    "no parameters": '<tool_call>{"name": "get_time", "arguments": {}}</tool_call>',
    "no parameters, code": "get_time()",
    "no parameters, name only": '{"name": "get_time"}',
}  # fmt: skip

SPOKEN = {
    "named": "I would use get_weather to find that out.",
    "in backticks": "You can use the `get_weather` tool with a city and a unit.",
    "signature": "The function get_weather(city, unit) returns the current weather.",
    "typed signature": "The tool's signature is:\nget_weather(city: string, unit: string)",
    "how to, amid a sentence": 'To find out, call `get_weather(city="Oslo")` from your program.',
    "how to, first in a sentence": 'get_weather(city="Oslo") tells the weather (in celsius).',
    "colon": "There is one tool: get_weather. It needs a city: any will do.",
    "call": "I cannot call: get_weather is not available to me.",
    "definition": '{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}',
    "definition with words": '{"name": "get_weather", "description": "Tells the weather", "parameters": {"city": "a name"}}',
    "list": "Available tools:\n- get_weather: the weather in a city\n- get_time: the time\n",
    "angle brackets": "The tool <get_weather> takes a city and a unit.",
    "function word": "The function `get_weather` takes the city: a name.",
    "no parentheses": "get_time is a function that tells the time.",
    "empty parentheses": "I called get_time() and it failed.",
    "JSON of something else": '{"city": "Oslo", "unit": "celsius", "temperature": 4}',
    "another tool": f'<tool_call>{{"name": "get_forecast", "arguments": {ARGS}}}</tool_call>',
    "a longer name": f'<tool_call>{{"name": "get_weather_now", "arguments": {ARGS}}}</tool_call>',
    "answer": "The weather in Oslo is 4 °C and sunny.",
    "label": "Answer: I would need get_weather for that.",
    "name": "Its name: get_weather (with a city as input).",
    "to": "I have access to: get_weather, get_time.",
    "two of a list": "Tools: get_weather (city, unit), get_time ()",
    "definition after a tag": '<tool_call>get_weather {"description": "the weather", "city": "any"}',
    "question": "Shall I use get_weather with the city: Oslo?",
    "tags asked for": "<p>The weather in <b>Oslo</b> comes from get_weather.</p>",
    "JSON with a source": '{"city": "Oslo", "temperature": 4, "source": "get_weather"}',
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("form", WRITTEN)
def test_a_call_written_into_the_text_is_found(form):
    found = written_call(WRITTEN[form], TOOLS)

    assert 0 < len(found) <= 160


@pytest.mark.parametrize("form", SPOKEN)
def test_speaking_of_a_tool_is_not_calling_it(form):
    assert written_call(SPOKEN[form], TOOLS) == ""


@pytest.mark.parametrize(
    "piece",
    [
        "get_weather ", "<tool_call>", "<tool<call", "get_weather(", "get_weather(get_time",
        "[TOOL_CALLS]", "call:", '{"name": "', "<a>" * 20 + "get_weather", "<callcallcall ",
        ">>>get_weather\n", "\n" * 9 + "x = x = x = get_weather", '"""""get_weather', "\ud800{",
        "<tool call tool call tool call tool call=" * 5 + "get_weather(" + "(" * 300,
    ],
)  # fmt: skip
def test_a_megabyte_of_anything_is_searched_at_once(piece):
    text = piece * (1_000_000 // len(piece))
    began = time.thread_time()

    written_call(text, TOOLS)

    assert time.thread_time() - began < 0.5
