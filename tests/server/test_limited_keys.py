"""What a key with limits cannot get by asking in another way."""

import json
import re
import time
from contextlib import closing

import pytest

from gatewayz.config import made_key_secret
from gatewayz.core import Allowance
from gatewayz.core.client_key import new_key
from gatewayz.core.units import utc_now
from gatewayz.server import callers, early_head
from gatewayz.server.foreseen import most_tokens
from gatewayz.server.routing import CHAT, COMPLETIONS, RESPONSES, Order
from gatewayz.store import open_store

TEXT = "hi" * 30


def foreseen(gateway, endpoint, **fields):
    body = {"model": "one", **fields}
    order = Order(
        endpoint=endpoint, gateway=gateway, model="one", body=body, stream=False, key=None
    )
    return sum(most_tokens(order, json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("fields", "least"),
    [
        ({"prompt": ["a"] * 100, "max_tokens": 500}, 50_000),
        ({"prompt": ["a"] * 3, "n": 4, "max_tokens": 500}, 6_000),
        ({"prompt": ["a"] * 3, "n": 2, "best_of": 5, "max_tokens": 500}, 7_500),
        ({"prompt": [[1, 2], [3]], "max_tokens": 500}, 1_000),
        ({"prompt": "a", "best_of": 3, "max_tokens": 500}, 1_500),
        ({"prompt": "a", "max_tokens": "500", "n": 2.0}, 1_000),
        ({"prompt": "a", "max_completion_tokens": 5}, 1_000),
        ({"prompt": "a", "N": 4, "max_tokens": 500}, 2_000),
    ],
)
def test_each_prompt_has_its_answers(acme, fields, least):
    assert least < foreseen(acme, COMPLETIONS, **fields) < least + 300


def test_one_prompt_in_tokens_has_one_answer_and_each_number_is_a_token(acme):
    found = foreseen(acme, COMPLETIONS, prompt=[1] * 9000, max_tokens=500)

    assert 9_500 <= found < 10_000


@pytest.mark.parametrize(
    ("limits", "answer"),
    [
        ({"max_tokens": 1, "max_completion_tokens": 2900}, 2900),
        ({"max_tokens": 2900, "max_completion_tokens": 1}, 2900),
        ({"max_new_tokens": 1}, 1000),
        ({"max_output_tokens": 1}, 1000),
        ({"max_new_tokens": 5000}, 5000),
        ({"max_tokens": 1, "max_new_tokens": 5000}, 5000),
        ({"max_tokens": 1}, 1),
        ({"max_tokens": None, "max_completion_tokens": 7}, 7),
        ({"max_tokens": -1}, 1000),
        ({"max_tokens": 1, "Max_Tokens": 2900}, 2900),
        ({"MAX_TOKENS": 1}, 1000),
    ],
)
def test_of_two_limits_the_longer_holds_and_one_that_nobody_knows_is_none(acme, limits, answer):
    found = foreseen(acme, CHAT, messages=[], **limits)

    assert answer <= found < answer + 60


def test_each_endpoint_has_a_name_of_its_own_for_the_limit(acme):
    assert foreseen(acme, RESPONSES, input="a", max_output_tokens=5) < 60
    assert foreseen(acme, RESPONSES, input="a", max_tokens=5) > 1000


PICTURE = "data:image/png;base64," + "x" * 9000


@pytest.mark.parametrize(
    ("endpoint", "field", "part"),
    [
        (CHAT, "messages", {"type": "image_url", "image_url": {"url": PICTURE}}),
        (CHAT, "messages", {"type": "image_url", "image_url": PICTURE}),
        (RESPONSES, "input", {"type": "input_image", "image_url": PICTURE}),
    ],
)
def test_a_picture_where_pictures_stand_is_not_counted(acme, endpoint, field, part):
    found = foreseen(acme, endpoint, **{field: [{"role": "user", "content": [part]}]})

    assert found < 1100


@pytest.mark.parametrize(
    "item",
    [
        {"type": "function_call_output", "output": [{"type": "input_image", "image_url": PICTURE}]},
        {"type": "computer_call_output",
         "output": {"type": "computer_screenshot", "image_url": PICTURE}},
        {"type": "image_generation_call", "id": "ig_1", "result": "x" * 9000},
    ],
)  # fmt: skip
def test_nor_is_one_that_a_tool_gave_back(acme, item):
    assert foreseen(acme, RESPONSES, input=[item]) < 1100


@pytest.mark.parametrize(
    "given",
    [
        {"messages": [{"role": "user", "content": PICTURE}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": PICTURE}]}]},
        {"messages": [{"content": [{"type": "image_url", "image_url": "data: " + "x" * 9000}]}]},
        {"messages": [], "tools": [{"type": "image_url", "image_url": {"url": PICTURE}}]},
        {"messages": [{"content": [{"type": "image_url", "result": "x" * 9000}]}]},
        {"messages": [{"content": [{"type": ["image_url"], "image_url": {"url": PICTURE}}]}]},
    ],
)
def test_text_that_calls_itself_a_picture_is_text(acme, given):
    assert foreseen(acme, CHAT, **given) > 4000


@pytest.fixture
def there(settings_with, tmp_path):
    return settings_with(
        ACME_API_KEY="acme-secret-key-0123456789",
        GATEWAYZ_STORE=str(tmp_path / "kept.db"),
        XDG_DATA_HOME=str(tmp_path / "data"),
    )


@pytest.fixture
def new(there):
    """Makes a key, and gives it."""

    def made(name="ci", **limits):
        value, key = new_key(
            name, made_key_secret(there), created_at=utc_now(), allowance=Allowance(**limits)
        )
        with closing(open_store(there.store)) as store:
            store.keys.add(key)
        return value

    return made


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"models": ["one", "expensive"], "route": "fallback"}, 403),
        ({"models": "expensive"}, 400),
        ({"models": [["expensive"]]}, 400),
        ({"Models": ["expensive"]}, 400),
        ({"MODEL": "expensive"}, 400),
        ({"models": ["one"], "route": "fallback"}, 200),
        ({"models": None}, 200),
    ],
)
def test_a_key_for_some_models_names_no_others_to_its_provider(
    start, acme, there, new, provider, fields, status
):
    limited = {"Authorization": f"Bearer {new(models=('acme/one',))}"}
    client = start(acme, settings=there)

    answer = client.chat(headers=limited, **fields)

    assert answer.status == status
    assert len(provider.chats()) == (status == 200)


def test_a_key_for_any_model_may_name_others(start, acme, there, new, provider):
    client = start(acme, settings=there, headers={"Authorization": f"Bearer {new()}"})

    assert client.chat(models=["expensive"]).status == 200
    assert provider.chats()[0].json["models"] == ["expensive"]


def test_what_the_limit_of_tokens_refuses_counts_for_nothing(
    start, acme, there, new, provider, wire, logged
):
    """Neither as one of the key's requests, nor as a failure of a gateway that was not asked."""
    counted = wire.COMPLETION.rstrip()[:-1] + b',"usage":{"total_tokens":900}}'
    provider.script[:] = [wire.whole(counted)]
    limits = {"tokens_per_minute": 1000, "requests_per_minute": 3, "concurrency": 1}
    client = start(acme, settings=there, headers={"Authorization": f"Bearer {new(**limits)}"})
    assert client.chat(max_tokens=500).status == 200

    for more in ({}, {}, {"fallbacks": ["acme/two"]}, {"stream": True}):
        refused = client.chat(max_tokens=500, **more)
        assert (refused.status, refused.error["type"], refused.error["gateway"]) == (
            429, "tokens", None,
        )  # fmt: skip
        assert "x-gatewayz-gateway" not in refused.headers
    assert client.chat(max_tokens=5000).error["code"] == "tokens_over_limit"

    provider.script[:] = [wire.whole(wire.COMPLETION)]
    assert [client.chat(max_tokens=1).status for _ in range(3)] == [200, 200, 429]
    (acmes,) = client.get("/health/gateways").json["data"]
    assert (acmes["traffic"]["requests"], acmes["traffic"]["failed"]) == (3, 0)
    assert [line["gateway"] for line in logged(10)] == [
        "acme",
        *["-"] * 5,
        "acme",
        "acme",
        "-",
        "-",
    ]
    assert {row.status for row in kept(there, 3)} == {200}


@pytest.mark.parametrize(
    ("path", "asked", "field"),
    [
        ("responses", {"input": "hi", "max_output_tokens": 5000}, "max_output_tokens"),
        ("responses", {"input": "hi"}, "max_output_tokens"),
        ("responses", {"input": "hi" * 2000, "max_output_tokens": 5}, "input"),
        ("chat/completions", {"messages": []}, "max_tokens"),
        (
            "chat/completions",
            {"messages": [], "max_completion_tokens": 10**7, "max_tokens": 5},
            "max_completion_tokens",
        ),
        ("chat/completions", {"messages": [], "max_tokens": 20, "n": 1000}, "n"),
        ("completions", {"prompt": "a", "max_tokens": 20, "n": 2, "best_of": 1000}, "best_of"),
        ("completions", {"prompt": ["a"] * 100, "max_tokens": 20, "n": 1}, "prompt"),
        ("embeddings", {"input": "a" * 9000}, "input"),
    ],
)
def test_who_asks_for_too_much_is_told_the_field_that_is(
    start, acme, there, new, path, asked, field
):
    client = start(
        acme, settings=there, headers={"Authorization": f"Bearer {new(tokens_per_minute=900)}"}
    )
    refused = client.ask("POST", f"/v1/{path}", {"model": "acme/one", **asked}).error

    assert (refused["code"], refused["param"]) == ("tokens_over_limit", field)
    assert f"ask for less with '{field}'" in refused["message"]


INSIDE = b'{"error":{"message":"slow down","code":429}}'
AS_EVENT = b"data: " + INSIDE + b"\n\n"


@pytest.mark.parametrize("way", ["whole", "event", "late", "behind text"])
def test_an_error_under_a_200_costs_no_tokens_where_nothing_else_came(
    start, acme, there, new, provider, wire, monkeypatch, way
):
    monkeypatch.setattr(early_head, "COMMENT_EVERY_S", 0.2)
    monkeypatch.setattr(callers.Callers.__init__, "__defaults__", (30.0, 0.05))
    provider.script[:] = {
        "whole": [wire.whole(INSIDE)],
        "event": [wire.STREAM, wire.chunk(AS_EVENT), wire.LAST],
        "late": [0.5, wire.whole(INSIDE, "429 Slow down")],
        "behind text": [wire.STREAM, wire.chunk(wire.event("a") * 200 + AS_EVENT), wire.LAST],
    }[way]
    key = new(tokens_per_minute=2000)
    client = start(acme, settings=there, headers={"Authorization": f"Bearer {key}"})

    first = client.chat(max_tokens=1900, stream=way != "whole")
    second = client.chat(max_tokens=1900)

    assert first.status == 200
    assert b"slow down" in first.body
    refused_here = "x-gatewayz-gateway" not in second.headers
    assert refused_here is (way == "behind text")


def response_event(kind, **fields):
    told = json.dumps({"type": f"response.{kind}", **fields})
    return f"event: response.{kind}\ndata: {told}\n\n".encode()


@pytest.mark.parametrize("text", [b"", response_event("output_text.delta", delta="a") * 200])
def test_a_response_that_fails_before_its_first_word_costs_no_tokens(
    start, acme, there, new, provider, wire, text
):
    begun = {"response": {"status": "in_progress", "error": None}}
    failed = {"response": {"status": "failed", "error": {"code": "server_error", "message": "x"}}}
    events = response_event("created", **begun) + response_event("in_progress", **begun) + text
    events += response_event("failed", **failed)
    provider.script[:] = [wire.STREAM, wire.chunk(events), wire.LAST]
    key = new(tokens_per_minute=2000)
    client = start(acme, settings=there, headers={"Authorization": f"Bearer {key}"})
    body = {"model": "acme/one", "input": "a", "stream": True, "max_output_tokens": 1900}

    first, second = (client.ask("POST", "/v1/responses", body) for _ in range(2))

    assert (first.status, first.body) == (200, events)
    refused_here = "x-gatewayz-gateway" not in second.headers
    assert refused_here is bool(text)


def test_a_clients_key_in_the_wrong_place_is_not_kept(start, acme, there, new, logged):
    key = new()
    client = start(acme, settings=there, headers={"Authorization": f"Bearer {key}"})
    another = "gwz_" + "Ab-_" * 10 + "Abc"

    for one in (key, another):
        client.chat(headers={"X-Request-Id": one})
        client.chat(model=f"acme/{one}")
        client.get(f"/nowhere/{one}")
        client.get(f"/v1/models/{one}")

    lines = logged(8)
    assert not [line for line in lines if another in str(line) or key in str(line)]
    assert not [line for line in lines if re.search(r"gwz_[\w-]{7}", str(line))]
    assert {line["key"] for line in lines} == {key[:10]}
    assert key not in client.get("/health/gateways").body.decode()
    rows = kept(there, 4)
    assert not [row for row in rows if another in str(row) or key in str(row)]


def kept(there, count):
    """What the store has of requests, once it is so many."""
    deadline = time.monotonic() + 10
    while True:
        with closing(open_store(there.store)) as store:
            rows = list(store.requests.latest())
        if len(rows) >= count or time.monotonic() > deadline:
            assert len(rows) == count
            return rows
        time.sleep(0.05)
