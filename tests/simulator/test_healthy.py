"""Healthy look-alikes: odd on the wire, and the whole answer is there all the same."""

import json
import re

import pytest

from gatewayz.core import KINDS
from gatewayz.simulator import all_faults

SAID = "Test successful"
NAMES = [name for name in all_faults() if name.startswith("healthy-")]
CASES = [
    pytest.param(name, stream, id=f"{name}-{'stream' if stream else 'plain'}")
    for name in NAMES
    for stream in (False, True)
    if any(fault.fits("chat", stream) for fault in all_faults()[name])
]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
        },
    },
}  # fmt: skip
CALL = {
    "messages": [{"role": "user", "content": "What is the weather in Oslo? Use the tool."}],
    "tools": [WEATHER],
}


def documents(seen):
    return seen.chunks if "event-stream" in seen.headers["content-type"] else [seen.json]


def choices(seen):
    return [choice for document in documents(seen) for choice in document.get("choices") or ()]


def messages(seen):
    return [choice.get("message") or choice.get("delta") or {} for choice in choices(seen)]


def text(seen):
    found = ""
    for message in messages(seen):
        content = message.get("content") or ""
        found += content if isinstance(content, str) else "".join(part["text"] for part in content)
    return found


def finishes(seen):
    return [choice["finish_reason"] for choice in choices(seen) if choice.get("finish_reason")]


def usages(seen):
    """Every usage, with where it stands."""
    found = []
    for document in documents(seen):
        if document.get("usage"):
            where = "own" if document.get("choices") == [] else "finish"
            found.append((where if "choices" in document else "bare", document["usage"]))
        if (document.get("x_groq") or {}).get("usage"):
            found.append(("x_groq", document["x_groq"]["usage"]))
    return found


def last_document(seen):
    return documents(seen)[-1]


ODD = {
    "healthy-model-alias": lambda s: s.text.count("healthy-model-alias") or "Healthy" in s.text,
    "healthy-extra-fields": lambda s: True,
    "healthy-finish-extras": lambda s: re.search(
        "native_finish_reason|stop_reason|matched_stop|finish_details", s.text),
    "healthy-null-fields": lambda s: re.search(r'null|:\[\]|"reasoning_content":""', s.text),
    "healthy-float-numbers": lambda s: re.search(r"\d\.0[,}]", s.text),
    "healthy-content-parts": lambda s: isinstance(messages(s)[0]["content"], list),
    "healthy-reasoning-counted-apart": lambda s: "reasoning_tokens" in s.text
    or usages(s)[-1][1]["total_tokens"] >= 18,
    "healthy-key-order": lambda s: True,
    "healthy-json-style": lambda s: True,
    "healthy-usage-place": lambda s: usages(s),
    "healthy-no-choices-key": lambda s: "choices" not in last_document(s),
    "healthy-empty-first-delta": lambda s: not any(messages(s)[0].values())
    or messages(s)[0] == {"role": "assistant"},
    "healthy-single-chunk": lambda s: len([m for m in messages(s) if m.get("content")]) == 1,
    "healthy-last-delta": lambda s: messages(s)[-1],
    "healthy-word-error": lambda s: "error" in text(s).lower(),
    "healthy-json-looking-text": lambda s: re.search(r"[{\[]", text(s)),
    "healthy-markup": lambda s: re.search(r"[<#`]", text(s)),
    "healthy-capitals": lambda s: SAID.upper() in text(s),
    "healthy-blank-edges": lambda s: text(s) != text(s).strip(),
    "healthy-wordy": lambda s: text(s) != SAID,
}  # fmt: skip


def test_there_are_a_dozen_and_none_is_a_kind_of_failure():
    assert set(ODD) == set(NAMES)
    assert not set(NAMES) & set(KINDS)


@pytest.mark.parametrize(("name", "stream"), CASES)
def test_the_answer_is_all_there_in_five_forms_or_more(caller, sim, name, stream):
    forms = set()
    for _ in range(40):
        seen = caller.chat("local", f"fault/{name}", stream=stream)

        assert seen.status == 200
        assert sim.log[-1].fault == name
        assert ODD[name](seen), seen.text
        assert SAID.lower() in text(seen).lower(), seen.text
        assert finishes(seen) == ["stop"]
        assert usages(seen)[-1][1]["completion_tokens"] >= 2
        form = re.sub(r"[0-9a-f]{24}|178\d{7}", "", seen.text)
        forms.add(form)
    assert len(forms) >= 5


def test_usage_comes_in_each_of_its_places(caller):
    places = set()
    for _ in range(40):
        seen = caller.chat("local", "fault/healthy-usage-place", stream=True)
        found = usages(seen)
        places |= {where for where, _ in found}

        assert len({json.dumps(usage) for _, usage in found}) == 1
    assert places == {"own", "finish", "x_groq"}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("place", ["openrouter", "google", "cerebras", "novita", "groq", "xai",
                                   "together", "fireworks", "backend-a", "nebius", "local"])  # fmt: skip
def test_calls_stay_whole_in_every_dialect(caller, place, stream):
    for name in NAMES:
        seen = caller.chat(place, f"fault/{name}", stream=stream, **CALL)
        parts = [part for message in messages(seen) for part in message.get("tool_calls") or ()]
        arguments = "".join(part["function"]["arguments"] for part in parts)

        assert json.loads(arguments) == {"city": "Oslo"}, name
        assert finishes(seen) == ["tool_calls"]


def test_a_text_that_was_asked_for_exactly_is_left_as_it_is(caller, sim):
    asked = [{"role": "user", "content": 'Repeat this and nothing else: "tavomi-4821"'}]
    for name in NAMES:
        seen = caller.chat("local", f"fault/{name}", messages=asked)

        assert text(seen).strip() == "tavomi-4821", name
