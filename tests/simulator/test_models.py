"""An honest model does what it is asked, in every dialect, streamed and plain."""

import base64
import json
import struct
import zlib

import jsonschema
import pytest

PLACES = ["openrouter", "google", "cerebras", "novita", "deepinfra", "together", "fireworks",
          "nebius", "local", "backend-a", "litellm"]  # fmt: skip
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}
TIME = {"type": "function", "function": {"name": "get_time", "description": "What time it is"}}
MODELS = {
    "openrouter": "anthropic/claude-sonnet-5", "google": "gemini-2.5-flash",
    "cerebras": "zai-glm-4.7", "novita": "zai-org/glm-5", "deepinfra": "openai/gpt-oss-120b",
    "together": "openai/gpt-oss-120b", "fireworks": "accounts/fireworks/models/gpt-oss-120b",
    "nebius": "openai/gpt-oss-120b", "local": "tiny", "litellm": "groq/llama-3.3-70b-versatile",
    "backend-a": "openai/gpt-oss-120b",
}  # fmt: skip


class Asking:
    """Asks one model with a text or with messages."""

    def __init__(self, caller, place="local"):
        self._caller, self._place = caller, place

    def __call__(self, said, model=None, **fields):
        messages = [{"role": "user", "content": said}] if isinstance(said, str) else said
        model = model or MODELS[self._place]
        return self._caller.chat(self._place, model, messages=messages, **fields)


@pytest.fixture
def ask(caller):
    return Asking(caller)


def turns(*pairs):
    return [{"role": role, "content": content} for role, content in pairs]


def calls_in(seen):
    """The calls of an answer, put together from a stream's fragments by index."""
    if not seen.text.startswith("data") and not seen.text.startswith(":"):
        return seen.json["choices"][0]["message"].get("tool_calls") or []
    found = {}
    for chunk in seen.chunks:
        for choice in chunk["choices"]:
            for part in choice["delta"].get("tool_calls") or ():
                whole = found.setdefault(part["index"], {"arguments": ""})
                whole |= {key: part[key] for key in ("id", "type") if key in part}
                function = part["function"]
                whole["arguments"] += function["arguments"]
                if "name" in function:
                    whole["name"] = function["name"]
    return [
        {"id": c["id"], "type": c["type"],
         "function": {"name": c["name"], "arguments": c["arguments"]}}
        for _, c in sorted(found.items())
    ]  # fmt: skip


def arguments_in(seen):
    return [json.loads(call["function"]["arguments"]) for call in calls_in(seen)]


def finish_of(seen):
    documents = seen.chunks if seen.headers["content-type"].startswith("text/ev") else [seen.json]
    reasons = [c.get("finish_reason") for d in documents for c in d["choices"]]
    return [reason for reason in reasons if reason]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_a_tool_is_called_in_every_dialect(caller, place, stream):
    seen = Asking(caller, place)(
        "What is the weather in Zürich? Use the tool.", tools=[TIME, WEATHER], stream=stream
    )

    (call,) = calls_in(seen)
    assert call["function"]["name"] == "get_weather"
    jsonschema.validate(arguments_in(seen)[0], WEATHER["function"]["parameters"])
    assert arguments_in(seen)[0]["city"] == "Zürich"
    assert call["id"].startswith("call_")
    assert call["type"] == "function"
    assert finish_of(seen) == ["tool_calls"]
    assert not seen.said


def test_a_streamed_call_begins_with_its_name_and_goes_on_by_index(ask):
    seen = ask("What is the weather in Oslo in fahrenheit?", tools=[WEATHER], stream=True)

    deltas = [c["delta"]["tool_calls"][0] for x in seen.chunks for c in x["choices"]
              if "tool_calls" in c["delta"]]  # fmt: skip
    first, *later = deltas
    assert set(first) == {"index", "id", "type", "function"}
    assert first["function"] == {"name": "get_weather", "arguments": ""}
    assert all(set(part) == {"index", "function"} for part in later)
    assert len(later) > 3
    assert arguments_in(seen) == [{"city": "Oslo", "unit": "fahrenheit"}]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("text", "cities"),
    [
        ("What is the weather in Oslo and in Quito? Call the tool once for each city.",
         ["Oslo", "Quito"]),
        ("Tell me the weather for New York, São Paulo and 東京.",
         ["New York", "São Paulo", "東京"]),
        ("weather in Bern", ["Bern"]),
    ],
)  # fmt: skip
def test_each_city_gets_a_call_of_its_own(ask, text, cities, stream):
    seen = ask(text, tools=[WEATHER], stream=stream, max_tokens=200)

    calls = calls_in(seen)
    assert [arguments["city"] for arguments in arguments_in(seen)] == cities
    assert len({call["id"] for call in calls}) == len(cities)


def test_one_call_at_a_time_when_that_is_asked_for(ask):
    text = "What is the weather in Oslo and in Quito?"

    assert len(calls_in(ask(text, tools=[WEATHER], parallel_tool_calls=False))) == 1


def test_tool_choice_is_obeyed(ask):
    tools = [WEATHER, TIME]
    weather = "What is the weather in Lima?"
    named = {"type": "function", "function": {"name": "get_time"}}

    required = ask('Respond with: "Test successful"', tools=tools, tool_choice="required")
    none = ask(weather, tools=tools, tool_choice="none")
    chosen = ask(weather, tools=tools, tool_choice=named)
    auto = ask('Respond with: "Test successful"', tools=tools)

    assert len(calls_in(required)) == 1
    assert calls_in(none) == []
    assert none.said
    assert [call["function"]["name"] for call in calls_in(chosen)] == ["get_time"]
    assert auto.said == "Test successful"


def test_a_tool_without_parameters_gets_an_empty_object(ask):
    assert arguments_in(ask("What time is it? Use the tool.", tools=[TIME])) == [{}]


@pytest.mark.parametrize("stream", [False, True])
def test_what_a_tool_said_is_told(ask, stream):
    question = turns(("user", "What is the weather in Lima? Use the tool."))
    call = calls_in(ask(question, tools=[WEATHER]))[0]
    answered = [
        *question,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": '{"temperature_c": 17}'},
    ]
    seen = ask(answered, tools=[WEATHER], stream=stream)

    assert "17" in seen.said
    assert finish_of(seen) == ["stop"]


SCHEMA = {
    "type": "object",
    "properties": {
        "k_3fa9": {"type": "string", "enum": ["qozu", "vami", "treb"]},
        "k_77b1": {"type": "integer", "minimum": 3, "maximum": 9},
        "k_list": {"type": "array", "items": {"type": "number"}, "minItems": 2},
        "k_in": {"type": "object", "properties": {"deep": {"type": "boolean"}},
                 "required": ["deep"], "additionalProperties": False},
        "k_maybe": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
        "k_const": {"const": "x-19"},
    },
    "required": ["k_3fa9", "k_77b1", "k_list", "k_in", "k_maybe", "k_const"],
    "additionalProperties": False,
}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_a_schema_is_enforced_whatever_the_text_asks_for(caller, place, stream):
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}}
    text = 'Describe the weather as JSON. Use the key "mood" with the value "happy".'
    seen = Asking(caller, place)(text, response_format=form, stream=stream, max_tokens=200)

    jsonschema.validate(json.loads(seen.said), SCHEMA)


def test_a_json_object_is_one_and_has_the_keys_that_the_text_asks_for(ask):
    form = {"type": "json_object"}

    assert set(json.loads(ask("Describe a person as JSON.", response_format=form).said)) >= {"name"}
    text = 'Describe the weather as JSON. Use the key "mood" with the value "happy".'
    assert json.loads(ask(text, response_format=form).said) == {"mood": "happy"}


@pytest.mark.parametrize("stream", [False, True])
def test_choices_are_as_many_as_asked_and_take_turns(ask, stream):
    seen = ask('Respond with: "Test successful"', n=3, stream=stream)

    if not stream:
        choices = seen.json["choices"]
        assert [c["index"] for c in choices] == [0, 1, 2]
        assert [c["message"]["content"] for c in choices] == ["Test successful"] * 3
        assert seen.json["usage"]["completion_tokens"] == 6
        return
    said = [c for x in seen.chunks for c in x["choices"] if c["delta"].get("content")]
    assert [c["index"] for c in said] == [0, 1, 2, 0, 1, 2]
    assert len(finish_of(seen)) == 3
    assert seen.chunks[-1]["usage"]["completion_tokens"] == 6


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities_come_for_each_token(ask, stream):
    seen = ask('Respond with: "Test successful"', logprobs=True, top_logprobs=2, stream=stream)

    documents = seen.chunks if stream else [seen.json]
    told = [
        token
        for document in documents
        for choice in document["choices"]
        for token in (choice.get("logprobs") or {"content": ()})["content"]
    ]
    assert "".join(token["token"] for token in told) == "Test successful"
    assert all(token["logprob"] <= 0 for token in told)
    assert all(bytes(token["bytes"]).decode() == token["token"] for token in told)
    assert all(len(token["top_logprobs"]) == 2 for token in told)


@pytest.mark.parametrize("stream", [False, True])
def test_a_stop_sequence_ends_the_answer_before_it(ask, stream):
    seen = ask("Count to 40.", stop=["17"], stream=stream, max_tokens=200)

    assert seen.said.startswith("1, 2, 3, ")
    assert seen.said.rstrip().endswith("16,")
    assert finish_of(seen) == ["stop"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_choices_and_probabilities_come_in_every_dialect(caller, place, stream):
    seen = Asking(caller, place)("Count to 5.", n=3, logprobs=True, stream=stream)

    documents = seen.chunks if stream else [seen.json]
    told = {0: "", 1: "", 2: ""}
    for choice in (choice for document in documents for choice in document["choices"]):
        for token in (choice.get("logprobs") or {"content": ()})["content"]:
            told[choice["index"]] += token["token"]
    assert set(told.values()) == {"1, 2, 3, 4, 5"}
    assert finish_of(seen) == ["stop"] * 3


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_token_limit_cuts_the_answer(ask, field):
    seen = ask("Count to 40.", **({"max_tokens": None} | {field: 16}))

    assert finish_of(seen) == ["length"]
    assert seen.json["usage"]["completion_tokens"] == 16
    assert seen.said == "1, 2, 3, 4, 5, 6, 7, 8,"


def test_a_token_limit_cuts_arguments_too(ask):
    seen = ask("What is the weather in Lima?", tools=[WEATHER], max_tokens=4)

    assert finish_of(seen) == ["length"]
    assert not calls_in(seen)[0]["function"]["arguments"].endswith("}")


def test_a_seed_decides_the_story(ask):
    story = [ask("Tell me a story.", seed=7, temperature=0, max_tokens=90).said for _ in range(3)]
    other = ask("Tell me a story.", seed=8, temperature=0, max_tokens=90).said
    free = {ask("Tell me a story.", max_tokens=90).said for _ in range(3)}

    assert len(set(story)) == 1
    assert story[0] != other
    assert len(free) > 1
    assert len(story[0].split()) > 40


def test_a_story_can_be_long(ask):
    assert len(ask("Write a story of 400 words.", max_tokens=None).said.split()) > 300


@pytest.mark.parametrize(
    ("order", "check"),
    [
        ('Begin every answer with the word "Zunto".', lambda s: s.startswith("Zunto ")),
        ("Start each reply with “Zunto”", lambda s: s.startswith("Zunto ")),
        ('Always finish your answers with the word "Zunto".', lambda s: s.endswith(" Zunto")),
    ],
)
def test_a_system_order_is_obeyed(ask, order, check):
    said = ask(turns(("system", order), ("user", "What is the capital of France?"))).said

    assert check(said)
    assert "Paris" in said


def test_a_fact_of_an_earlier_turn_is_known(ask):
    talk = turns(
        ("user", 'Remember this: the code word is "tavomi-4821".'),
        ("assistant", "I will remember it."),
        ("user", "What is the code word? Answer with the code word only."),
    )

    assert ask(talk).said == "tavomi-4821"
    assert "tavomi-4821" not in ask(talk[-1:]).said


@pytest.mark.parametrize(
    "text",
    [
        "Grüße, 東京 🦙 naïve “quotes” don’t",
        'a "b" c',
        "é",
        "👩‍🚀 x\u0301 — …",
        "tavomi-4821",
        "it's",
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_text_comes_back_exactly(ask, text, stream):
    for order in (f'Repeat exactly, and nothing else: "{text}"', f'Say "{text}"'):
        assert ask(order, stream=stream).said == text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is 417 + 385? Answer with the number only.", "802"),
        ("What is 12 times 12? Number only", "144"),
        ("What is 9 - 30? Only the number.", "-21"),
        ("84 / 7, just the number", "12"),
        ("What is 2 + 2?", "2 + 2 = 4"),
        ("Count from 3 to 6.", "3, 4, 5, 6"),
        ("Count from 3 to 1.", "3, 2, 1"),
    ],
)
def test_it_can_count_and_reckon(ask, question, answer):
    assert ask(question).said == answer


def test_needles_are_found_at_any_depth_of_a_long_text(ask):
    hay = "The river was slow that year and nobody counted the boats. " * 900
    third = len(hay) // 3
    text = (
        f"The code for red is 4711.\n{hay[:third]}\nThe code for blue is 0815.\n{hay[third:]}\n"
        "The code for green is 1234.\nThe code for pink is 9999.\n"
        "List the codes for green, red and blue, digits only."
    )

    assert ask(text).said == "1234, 4711, 0815"


def test_a_reasoning_model_thinks_in_its_own_field_and_answers_in_the_text(caller):
    seen = Asking(caller, "groq")(
        "What is 20 + 22? Answer with the number only.", model="openai/gpt-oss-120b"
    )

    message = seen.json["choices"][0]["message"]
    assert message["content"] == "42"
    assert message["reasoning"]


def test_what_a_model_cannot_do_is_refused_as_its_provider_does(caller):
    image = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]
    tools = Asking(caller, "together")("hi", model="deepseek-ai/DeepSeek-R2", tools=[WEATHER])
    vision = Asking(caller)(image, model="tiny")
    routed = Asking(caller, "openrouter")(image, model="meta-llama/llama-3.3-70b-instruct")

    assert (tools.status, tools.json["error"]["param"]) == (400, "tools")
    assert vision.status == 400
    assert routed.status == 404
    assert routed.json["error"]["message"] == "No endpoints found that support image input"


# Drawn by hand, apart from the simulator's own forms.
FONT = {
    "0": "01110 10001 10011 10101 11001 10001 01110", "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00010 00100 01000 11111", "3": "11110 00001 00001 01110 00001 00001 11110",
    "4": "00010 00110 01010 10010 11111 00010 00010", "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110", "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110", "9": "01110 10001 10001 01111 00001 00010 01100",
}  # fmt: skip


def drawing(digits, scale, margin=9, gap=1):
    """Rows of shades, black on white."""
    rows = [""] * 7
    for digit in digits:
        for y, row in enumerate(FONT[digit].split()):
            rows[y] += row + "0" * gap
    width = len(rows[0]) * scale + 2 * margin
    blank = [bytes([255] * width)] * margin
    inside = [
        bytes([255] * margin + [0 if m == "1" else 255 for m in r for _ in range(scale)]
              + [255] * margin)
        for r in rows for _ in range(scale)
    ]  # fmt: skip
    return [*blank, *inside, *blank]


def filtered(row, before, step, kind):
    """A row as PNG's filter `kind` leaves it."""
    out = bytearray()
    for n, value in enumerate(row):
        a = row[n - step] if n >= step else 0
        b, c = before[n], before[n - step] if n >= step else 0
        p = a + b - c
        paeth = min((a, b, c), key=lambda v: abs(p - v))
        out.append((value - (0, a, b, (a + b) // 2, paeth)[kind]) & 255)
    return bytes([kind]) + bytes(out)


def png(rows, *, colour=0, depth=8, kinds=(0,)):
    """A PNG of grey rows in a colour type, its rows filtered by `kinds` in turn."""
    width = len(rows[0])
    if depth == 1:
        rows = [bytes(int("".join("1" if v else "0" for v in r[n:n + 8]).ljust(8, "0"), 2)
                      for n in range(0, width, 8)) for r in rows]  # fmt: skip
    extra = b""
    if colour == 3:
        extra = chunk(b"PLTE", bytes(3) + b"\xff" * 3)
        rows = [bytes(1 if v else 0 for v in r) for r in rows]
    spread = {0: lambda v: (v,), 2: lambda v: (v, v, v), 3: lambda v: (v,),
              4: lambda v: (v, 255), 6: lambda v: (v, v, v, 255)}[colour]  # fmt: skip
    rows = [bytes(s for v in r for s in spread(v)) for r in rows]
    step = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    before, raw = bytes(len(rows[0])), b""
    for n, row in enumerate(rows):
        raw += filtered(row, before, step, kinds[n % len(kinds)])
        before = row
    head = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    packed = zlib.compress(raw)
    cut = len(packed) // 2
    parts = [(b"IHDR", head), (b"tEXt", b"a\0b"), (b"IDAT", packed[:cut]), (b"IDAT", packed[cut:])]
    first, *rest = [chunk(kind, data) for kind, data in parts]
    return b"\x89PNG\r\n\x1a\n" + first + extra + b"".join(rest) + chunk(b"IEND", b"")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def look(ask, data):
    url = "data:image/png;base64," + base64.b64encode(data).decode()
    content = [
        {"type": "text", "text": "Read the digits in the image. Answer with the digits only."},
        {"type": "image_url", "image_url": {"url": url}},
    ]
    return ask([{"role": "user", "content": content}], model="small")


@pytest.mark.parametrize("digits", ["0123", "4567", "8901", "1111", "7049"])
@pytest.mark.parametrize("scale", [1, 2, 3, 8])
def test_digits_are_read_off_the_pixels_at_any_scale(ask, digits, scale):
    assert look(ask, png(drawing(digits, scale))).said == digits


@pytest.mark.parametrize("colour", [0, 2, 3, 4, 6])
@pytest.mark.parametrize("kinds", [(0,), (1,), (2,), (3,), (4,), (0, 1, 2, 3, 4)])
def test_every_filter_and_colour_type_is_understood(ask, colour, kinds):
    assert look(ask, png(drawing("3986", 4), colour=colour, kinds=kinds)).said == "3986"


def test_small_depths_are_understood(ask):
    assert look(ask, png(drawing("52", 3), depth=1)).said == "52"


def test_white_on_black_is_read_too(ask):
    inverse = [bytes(255 - shade for shade in row) for row in drawing("52", 3)]

    assert look(ask, png(inverse)).said == "52"


def test_a_picture_without_digits_is_said_to_have_none(ask):
    blank = look(ask, png([bytes([255] * 30)] * 20)).said
    stripes = look(ask, png([bytes([0, 255] * 15)] * 21)).said

    assert "30 by 20" in blank
    assert "no digits" in stripes


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8\xff\xe0 a JPEG", png(drawing("1", 2))[:60], png(drawing("1", 2))[:-30] + b"x" * 30],
    ids=["nothing", "jpeg", "cut", "damaged"],
)  # fmt: skip
def test_what_is_no_png_is_not_seen(ask, data):
    assert look(ask, data).said.startswith("I cannot see the image")
