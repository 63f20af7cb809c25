"""Every fault of an answer's meaning does on the wire what its row says, and nothing else."""

import importlib
import json
import pkgutil
import random
import re

import jsonschema
import pytest

from gatewayz.core import KINDS
from gatewayz.simulator import all_faults, faults

SAID = "Test successful"
UNICODE = "Grüße, 東京 🦙 naïve “quotes” don’t"
NONCE = "tavomi-4821"


def user(text):
    return [{"role": "user", "content": text}]


def tool(name, properties):
    schema = {
        "type": "object", "properties": properties, "required": list(properties),
        "additionalProperties": False,
    }  # fmt: skip
    return {"type": "function", "function": {"name": name, "parameters": schema}}


WEATHER = tool(
    "get_weather",
    {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
)
TIME = {"type": "function", "function": {"name": "get_time"}}
SCHEMA = {
    "type": "object",
    "properties": {
        "k_3fa9": {"type": "string", "enum": ["qozu", "vami"]}, "k_17": {"type": "integer"},
    },
    "required": ["k_3fa9", "k_17"], "additionalProperties": False,
}  # fmt: skip
JSON_OBJECT = {"type": "json_object"}
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}

PLAIN = {}
CALL = {"messages": user("What is the weather in Oslo? Use the tool."), "tools": [WEATHER]}
CALLS = {
    "messages": user("What is the weather in Oslo and in Lima? Call the tool for each."),
    "tools": [WEATHER], "max_tokens": 200,
}  # fmt: skip
NO_ARGUMENTS = {"messages": user("What time is it? Use the tool."), "tools": [TIME]}
CHOICES = (
    {"tools": [WEATHER], "tool_choice": "required"},
    CALL | {"tool_choice": "none"},
    CALL | {"tools": [WEATHER, TIME],
            "tool_choice": {"type": "function", "function": {"name": "get_time"}}},
)  # fmt: skip
COUNT = {"messages": user("Count to 40."), "max_tokens": 16}
STOP = {"messages": user("Count to 40."), "max_tokens": 200, "stop": ["17"]}
STORY = {"messages": user("Tell me a story."), "seed": 5, "temperature": 0, "max_tokens": 120}
ECHO = {"messages": user(f'Repeat exactly, and nothing else: "{UNICODE}"')}
NUMBER = {"messages": user(f'Repeat this code word and nothing else: "{NONCE}"')}
OBJECT = {"messages": user("Describe a person as JSON."), "response_format": JSON_OBJECT}
STRICT = {"messages": user("Describe the weather as JSON."), "response_format": JSON_SCHEMA}
SYSTEM = {
    "messages": [{"role": "system", "content": 'Begin every answer with the word "Zunto".'},
                 *user("What is the capital of France?")]
}  # fmt: skip
HISTORY = {
    "messages": [
        *user(f'Remember this: the code word is "{NONCE}".'),
        {"role": "assistant", "content": "I will remember it."},
        *user("What is the code word? Answer with the code word only."),
    ]
}
THREE = {"n": 3}


class Read:
    """An answer put together from a document or from chunks, with nothing mended."""

    def __init__(self, seen):
        self.seen = seen
        self.stream = seen.headers["content-type"].startswith("text/event-stream")
        self.documents = seen.chunks if self.stream else [seen.json]
        self.choices = [c for d in self.documents for c in d.get("choices") or ()]
        self.messages = [c.get("message") or c.get("delta") for c in self.choices]
        self.usages = [d["usage"] for d in self.documents if d.get("usage")]
        self.finishes = [c["finish_reason"] for c in self.choices
                         if c.get("finish_reason") is not None]  # fmt: skip
        self.parts = [p for m in self.messages for p in m.get("tool_calls") or ()]

    @property
    def text(self):
        return "".join(m.get("content") or "" for m in self.messages)

    def field(self, name):
        return [document.get(name) for document in self.documents]

    def heard(self, *names):
        """What stands in fields of messages, joined."""
        return "".join(m.get(n) or "" for m in self.messages for n in names
                       if isinstance(m.get(n) or "", str))  # fmt: skip

    @property
    def arguments(self):
        """Each call's arguments: as they stand, or joined by index."""
        found = {}
        for n, part in enumerate(self.parts):
            key = part.get("index", 0) if self.stream else n
            found[key] = found.get(key, "") + part["function"]["arguments"]
        return list(found.values())

    @property
    def names(self):
        return [p["function"]["name"] for p in self.parts if p["function"].get("name")]

    @property
    def told_tokens(self):
        return self.usages[-1]["completion_tokens"]


def parses(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def sound_but_for_its_length(read):
    return not any(map(parses, read.arguments[-1:])) and read.finishes == ["length"]


def violates(schema, text):
    return parses(text) and not jsonschema.Draft202012Validator(schema).is_valid(json.loads(text))


def objects(read):
    return [v for p in read.parts if (v := p["function"].get("arguments")) is not None]


PARAMETERS = WEATHER["function"]["parameters"]
SPECIAL = re.compile(r"<\|?[\w｜▁|]+\|?>|\[/INST\]|</s>|\[gMASK\]")
CALL_TEXT = re.compile(r"get_weather", re.DOTALL)
FAMILY = re.compile("gpt|claude|llama|mi[sx]tral|gemini|qwen|deepseek|phi", re.IGNORECASE)

# Texts of which a reader sees nothing.
UNSEEN = ("\u202e\u2066", "\u3164\u2800", "\x1b[0m\x00")

# What is asked, and what then must be true of the answer.
FAULTS = {
    "empty-content": (
        PLAIN,
        lambda r: r.messages[0]["content"] in ("", *UNSEEN) and r.finishes == ["stop"],
    ),
    "null-content": (PLAIN, lambda r: r.messages[0].get("content") is None and not r.parts),
    "stream-no-content": (
        PLAIN, lambda r: r.text == "" and r.finishes == ["stop"] and r.seen.data[-1] == "[DONE]"
    ),
    "reasoning-only": (
        PLAIN, lambda r: r.text == "" and r.heard("reasoning_content") and r.finishes == ["stop"]
    ),
    "reasoning-ate-budget": (
        PLAIN, lambda r: r.text == "" and r.finishes == ["length"] and r.told_tokens == 50
    ),
    "reasoning-field-variant": (
        PLAIN, lambda r: r.text == SAID and re.search('"(reasoning|thinking)', r.seen.text)
    ),
    "think-tags-in-content": (
        PLAIN, lambda r: re.search(r"</\w+>\n\n" + SAID + "$", r.text) and r.finishes == ["stop"]
    ),
    "special-token-leak": (PLAIN, lambda r: SAID in r.text and SPECIAL.search(r.text)),
    "refusal": (
        PLAIN,
        lambda r: SAID not in r.text
        and (r.heard("refusal") or r.finishes == ["content_filter"]),
    ),
    "gibberish": (NUMBER, lambda r: NONCE not in r.text and len(r.text) > 60),
    "repetition-loop": (
        PLAIN,
        lambda r: r.finishes == ["length"] and r.told_tokens == 50
        and len(set(r.text)) < 25 and len(r.text) >= 50,
    ),
    "wrong-language": (PLAIN, lambda r: SAID not in r.text and len(r.text) > 10),
    "mojibake": (ECHO, lambda r: r.text != UNICODE and r.text.isprintable() is not None
                 and "東" not in r.text and "\ufffd" not in r.text),
    "replacement-chars": (ECHO, lambda r: "\ufffd" in r.text and "Gr" in r.text),
    "stale-cached-answer": (
        NUMBER, lambda r: NONCE not in r.text and r.text and r.finishes == ["stop"]
    ),
    "max-tokens-ignored": (COUNT, lambda r: len(r.text.split()) > 9 and r.text.startswith("1, 2")),
    "truncated-answer": (
        PLAIN, lambda r: r.finishes == ["length"] and 0 < len(r.text) < len(SAID)
        and r.told_tokens < 10
    ),
    "stop-ignored": (STOP, lambda r: re.search(r"17,? ?\d", r.text)),
    "n-ignored": (THREE, lambda r: len({c.get("index") for c in r.choices}) == 1),
    "seed-ignored": (STORY, lambda r: len(r.text) > 50),
    "logprobs-ignored": (
        {"logprobs": True},
        lambda r: not any((c.get("logprobs") or {}).get("content") for c in r.choices)
        and r.text == SAID,
    ),
    "system-prompt-ignored": (SYSTEM, lambda r: "Zunto" not in r.text and "Paris" in r.text),
    "history-ignored": (HISTORY, lambda r: NONCE not in r.text and len(r.text) > 10),
    "json-mode-fenced": (
        OBJECT, lambda r: r.text.startswith("```") and r.text.rstrip().endswith("```")
    ),
    "json-mode-prose": (
        OBJECT, lambda r: not parses(r.text) and "```" not in r.text
        and parses(r.text[r.text.index("{") : r.text.rindex("}") + 1])
    ),
    "schema-violated": (STRICT, lambda r: violates(SCHEMA, r.text)),
    "wrong-model-served": (
        PLAIN, lambda r: all(FAMILY.search(m) for m in r.field("model")) and r.text == SAID
    ),
    "unknown-model-accepted": (PLAIN, lambda r: r.text == SAID),
    "model-changes-mid-stream": (
        PLAIN, lambda r: len(set(r.field("model"))) > 1 and r.text == SAID
    ),
    "model-field-empty": (
        PLAIN, lambda r: not any((m or "").strip() for m in r.field("model")) and r.text == SAID
    ),
    "id-changes-mid-stream": (PLAIN, lambda r: len(set(r.field("id"))) > 1 and r.text == SAID),
    "id-repeated-across-requests": (PLAIN, lambda r: len(set(r.field("id"))) == 1),
    "created-odd": (
        PLAIN, lambda r: not any(10**9 < m < 4 * 10**9 for m in r.field("created"))
    ),
    "role-missing-or-odd": (PLAIN, lambda r: r.text == SAID),
    "finish-unknown": (
        PLAIN, lambda r: r.text == SAID and r.finishes
        and not set(r.finishes) & {"stop", "length", "tool_calls"}
    ),
    "usage-missing": (PLAIN, lambda r: r.text == SAID and not any(
        isinstance(u, dict) and u.get("total_tokens") for u in r.usages)),
    "usage-zero": (PLAIN, lambda r: r.text == SAID and not any(r.usages[-1].get(n) for n in (
        "prompt_tokens", "completion_tokens", "total_tokens"))),
    "usage-inconsistent": (PLAIN, lambda r: r.text == SAID and not sound_sum(r.usages[-1])),
    "usage-implausible": (
        PLAIN, lambda r: sound_sum(r.usages[-1])
        and not 2 <= r.usages[-1]["prompt_tokens"] <= 100
    ),
    "usage-every-chunk": (
        PLAIN, lambda r: len(r.usages) > 2 and sound_sum(r.usages[-1]) and r.text == SAID
    ),
    "tool-call-as-text": (
        CALL, lambda r: not r.parts and "Oslo" in r.text and CALL_TEXT.search(r.text)
    ),
    "tool-args-invalid-json": (
        CALL, lambda r: not parses(r.arguments[0]) and r.finishes == ["tool_calls"]
    ),
    "tool-args-cut-by-length": (CALL, sound_but_for_its_length),
    "tool-args-empty-string": (NO_ARGUMENTS, lambda r: r.arguments == [""]),
    "tool-args-object": (CALL, lambda r: {"city": "Oslo", "unit": "celsius"} in objects(r)
                         or {"city": "Oslo", "unit": "fahrenheit"} in objects(r)),
    "tool-args-not-object": (
        CALL, lambda r: not isinstance(json.loads(r.arguments[0]), dict)
    ),
    "tool-args-schema-violated": (CALL, lambda r: violates(PARAMETERS, r.arguments[0])),
    "tool-id-missing": (CALL, lambda r: r.parts and not any(p.get("id") for p in r.parts)),
    "tool-id-duplicate": (
        CALLS, lambda r: len({p["id"] for p in r.parts if p.get("id")}) == 1
        and len(r.names) == 2
    ),
    "tool-name-missing": (CALL, lambda r: r.parts and not r.names),
    "tool-name-split": (
        CALL, lambda r: len(r.names) > 1 and ("".join(r.names) == "get_weather"
                                              or set(r.names) == {"get_weather"})
    ),
    "tool-null-fields-in-delta": (
        CALL, lambda r: any(None in (*p.values(), *p["function"].values()) for p in r.parts)
        and parses(r.arguments[0])
    ),
    "tool-index-all-zero": (CALLS, lambda r: {p["index"] for p in r.parts} == {0}
                            and len({p["id"] for p in r.parts if p.get("id")}) == 2),
    "tool-index-missing": (
        CALLS, lambda r: all(p.get("index") is None for p in r.parts) and len(r.names) == 2
    ),
    "tool-unknown-name": (
        CALL, lambda r: r.names and "get_weather" not in r.names and parses(r.arguments[0])
    ),
    "finish-stop-with-tool-calls": (
        CALL, lambda r: r.finishes == ["stop"] and parses(r.arguments[0])
    ),
}  # fmt: skip
FAULTS |= {f"tool-choice-violated/{n}": (asked, None) for n, asked in enumerate(CHOICES)}


def sound_sum(usage):
    counts = [usage.get(f"{n}_tokens") for n in ("prompt", "completion", "total")]
    whole = all(isinstance(count, int) and count >= 0 for count in counts)
    return whole and counts[0] + counts[1] == counts[2]


def obeys(asked, read):
    choice = asked["tool_choice"]
    if choice == "none":
        return not read.parts
    if choice == "required":
        return bool(read.parts)
    return read.names == [choice["function"]["name"]]


CASES = [
    pytest.param(key, stream, id=f"{key}-{'stream' if stream else 'plain'}")
    for key in FAULTS
    for stream in (False, True)
    if any(fault.fits("chat", stream) for fault in all_faults()[key.split("/")[0]])
]
# Faults that can be drawn in few ways, and why.
FEW = {
    "unknown-model-accepted": 4,  # the id's own manners; a bare id has no vendor to leave out
    "tool-choice-violated/2": 2,  # two tools are offered: the other one, or a text
    "tool-choice-violated/1": 3,
    "tool-index-all-zero": 4,
}  # fmt: skip

# Told apart by ids and times alone, which the looks below leave out.
BY_ID = ("id-repeated-across-requests", "id-changes-mid-stream", "created-odd", "tool-id-duplicate")


def look_of(read):
    """An answer without what differs in every answer."""
    text = json.dumps(read.documents, ensure_ascii=False)
    text = re.sub(r'call_\w{20,}|"(id|created|x_request)": [^,}]+', "", text)
    return re.sub(r"chatcmpl-\w+|[0-9a-f]{16,}|\b178\d{7}\b", "", text)


def test_every_fault_of_meaning_has_a_test():
    tested = {key.split("/")[0] for key in FAULTS} | {"pause-inside-tool-call", "cost-differs"}
    files = [m.name for m in pkgutil.iter_modules(faults.__path__) if "semantic" in m.name]
    planted = {
        fault.name
        for file in files
        for fault in importlib.import_module(f"{faults.__name__}.{file}").FAULTS
    }
    semantic = {name for name, row in KINDS.items() if row.failure_class == "semantic"}

    assert planted == tested
    assert semantic <= tested | {"moderation-block", "answer-differs", "not-as-asked"}


@pytest.mark.parametrize("place", ["openrouter", "deepinfra", "xai"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_cost_that_differs_is_far_from_what_the_counts_come_to(caller, sim, place, stream):
    shares = set()
    for _ in range(40):
        asked = {"stream_options": {"include_usage": True}} if stream else {}
        seen = caller.chat(place, "fault/cost-differs", stream=stream, **asked)
        (usage,) = (u for u in Read(seen).usages if u)
        told = usage.get(
            "cost", usage.get("estimated_cost", usage.get("cost_in_usd_ticks", 0) / 1e10)
        )
        # The simulator's price for what is on no list.
        honest = (usage["prompt_tokens"] * 0.15 + usage["completion_tokens"] * 0.6) / 1e6

        assert sim.log[-1].fault == "cost-differs"
        assert not 0.04 < told / honest < 1.5
        shares.add(round(told / honest, 4))
    assert len(shares) == 5


def test_a_place_that_tells_no_cost_cannot_tell_a_wrong_one(caller, sim):
    caller.chat("groq", "fault/cost-differs")

    assert (sim.log[-1].asked, sim.log[-1].fault) == ("cost-differs", "")


@pytest.mark.parametrize(("key", "stream"), CASES)
def test_a_fault_does_what_its_row_says_in_five_ways_or_more(caller, sim, key, stream):
    name = key.split("/")[0]
    asked, holds = FAULTS[key]
    looks = set()
    for _ in range(40):
        seen = caller.chat("local", f"fault/{name}", stream=stream, **asked)

        assert seen.status == 200
        assert (sim.log[-1].fault, sim.log[-1].asked) == (name, name)
        read = Read(seen)
        assert holds(read) if holds else not obeys(asked, read), seen.text
        looks.add(look_of(read))
    if name not in BY_ID:
        assert len(looks) >= FEW.get(key, 5), looks


def test_an_id_comes_again_whoever_asks(caller):
    ids = {
        Read(caller.chat("local", "fault/id-repeated-across-requests", stream=s)).field("id")[0]
        for s in (False, True, False)
    }

    assert len(ids) == 1


def test_the_one_id_of_all_calls_is_written_in_several_ways(caller):
    asked = [caller.chat("local", "fault/tool-id-duplicate", **CALLS) for _ in range(40)]
    ids = {re.sub(r"\w{22}", "", Read(seen).parts[0]["id"]) for seen in asked}

    # Of one manner the letters are drawn, too.
    assert len(ids) >= 5


@pytest.mark.parametrize("name", ["id-changes-mid-stream", "created-odd"])
def test_ids_and_times_are_odd_in_several_ways(caller, name):
    field = "created" if name == "created-odd" else "id"
    shapes = set()
    for _ in range(40):
        values = Read(caller.chat("local", f"fault/{name}", stream=True)).field(field)
        shapes.add(tuple(re.sub(r"[0-9a-f]+", lambda m: str(len(m[0])), str(v)) for v in values))

    assert len(shapes) >= 5


def test_a_seed_that_is_ignored_gives_another_text_each_time(caller):
    for asked in (STORY, {"seed": 5, "temperature": 0}):
        said = [caller.chat("local", "fault/seed-ignored", **asked).said for _ in range(4)]

        assert len(set(said)) > 1


def test_another_model_is_never_a_name_of_the_asked_one(caller):
    rule = [("x-simulate-fault", "wrong-model-served")]
    for _ in range(40):
        model = caller.chat("openrouter", "openai/gpt-oss-120b", headers=rule).json["model"]

        assert "gpt" not in model


def test_a_made_up_id_is_answered(caller, sim):
    rule = [("x-simulate-fault", "unknown-model-accepted")]
    seen = caller.chat("groq", "no-such-model-77", headers=rule)
    known = caller.chat("groq", "llama-3.3-70b-versatile", headers=rule)

    assert (seen.status, seen.said) == (200, SAID)
    assert "no-such-model-77" in seen.json["model"].lower()
    assert known.said == SAID
    assert sim.log[-1].fault == ""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("tool-args-invalid-json", PLAIN),
        ("tool-call-as-text", PLAIN),
        ("tool-choice-violated", CALL),
        ("tool-args-empty-string", CALL),
        ("tool-id-duplicate", CALL),
        ("json-mode-fenced", PLAIN),
        ("schema-violated", OBJECT),
        ("stop-ignored", COUNT),
        ("n-ignored", PLAIN),
        ("seed-ignored", PLAIN),
        ("logprobs-ignored", PLAIN),
        ("system-prompt-ignored", PLAIN),
        ("history-ignored", PLAIN),
        ("mojibake", PLAIN),
        ("replacement-chars", PLAIN),
        ("stale-cached-answer", CALL),
        ("gibberish", OBJECT),
    ],
)
def test_where_there_is_nothing_to_spoil_the_answer_is_honest_and_the_sheet_says_so(
    caller, sim, name, asked, stream
):
    seen = caller.chat("local", f"fault/{name}", stream=stream, **asked)

    assert (sim.log[-1].fault, sim.log[-1].asked) == ("", name)
    read = Read(seen)
    if asked is CALL:
        assert all(map(parses, read.arguments))
        assert read.finishes == ["tool_calls"]
    elif asked is PLAIN:
        assert read.text == SAID


@pytest.mark.parametrize(
    "place",
    ["openrouter", "google", "backend-a", "nebius",
     *(pytest.param(name, marks=pytest.mark.slow)
       for name in ("cerebras", "novita", "groq", "xai", "together", "fireworks"))],
)  # fmt: skip
@pytest.mark.parametrize("asked", [CALL, CALLS, STRICT, SYSTEM, ECHO])
def test_every_fault_works_in_every_dialect_whatever_is_asked(caller, sim, place, asked):
    for name in {key.split("/")[0] for key in FAULTS}:
        for stream in (False, True):
            seen = caller.chat(place, f"fault/{name}", stream=stream, **asked)

            assert seen.status == 200, (name, seen.text)
            assert sim.log[-1].asked == name


def test_a_call_that_begins_and_never_goes_on_holds_the_socket(caller, sim):
    looks = set()
    for _ in range(12):
        seen = caller.chat(
            "local", "fault/pause-inside-tool-call", stream=True, patience_s=0.3, **CALL
        )
        read = Read(seen)
        looks.add((len(seen.comments), len(read.parts)))

        assert sim.log[-1].fault == "pause-inside-tool-call"
        assert (seen.end, seen.last_chunk) == ("open", False)
        assert read.names == ["get_weather"]
        assert "".join(read.arguments) == ""
        assert not read.finishes
    assert len(looks) > 2


@pytest.mark.parametrize("asked", [CALL, CALLS, STRICT, SYSTEM, ECHO])
def test_two_faults_at_once_never_break_the_simulator(caller, sim, asked):
    rng = random.Random(17)
    names = [key.split("/")[0] for key in FAULTS]
    names += [name for name in all_faults() if name.startswith("healthy-")]
    for _ in range(250):
        pair = "+".join(rng.sample(names, 2))
        seen = caller.chat("local", f"fault/{pair}", stream=rng.random() < 0.6, **asked)

        assert seen.status == 200, pair
        assert sim.log[-1].asked.count("+") == pair.count("+") or len(set(pair.split("+"))) == 1
