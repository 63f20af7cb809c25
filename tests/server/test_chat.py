"""Where a chat request goes, what is sent there, and what comes back."""

import json
from dataclasses import replace

import pytest

from gatewayz.core import Gateway, Quirks


def test_a_whole_answer_comes_back_byte_for_byte(backend, wire):
    answer = backend.chat()

    assert (answer.status, answer.body) == (200, wire.COMPLETION)
    assert answer.headers["content-type"] == "application/json"


def test_the_answer_says_who_served_it(backend):
    answer = backend.chat()

    assert answer.headers["x-gatewayz-gateway"] == "acme"
    assert answer.headers["x-gatewayz-model"] == "one"


def test_every_field_is_passed_on_but_the_gateways_name(backend, provider):
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    backend.chat(provider="acme", model="two", tools=tools, seed=7, made_up={"a": [1.5, None, "é"]})

    sent = provider.chats()[0].json
    assert sent == {
        "model": "two",
        "messages": [{"role": "user", "content": "hi"}],
        "tools": tools,
        "seed": 7,
        "made_up": {"a": [1.5, None, "é"]},
    }


def test_texts_that_are_no_unicode_are_passed_on_as_they_came(backend, provider):
    backend.chat(messages=[{"role": "user", "content": "\ud800"}])

    assert provider.chats()[0].json["messages"][0]["content"] == "\ud800"


def test_a_provider_object_is_the_gateways_own_field_and_stays(backend, provider):
    backend.chat(model="acme/one", provider={"order": ["a", "b"]})

    assert provider.chats()[0].json["provider"] == {"order": ["a", "b"]}


def test_with_a_provider_the_model_id_is_sent_as_it_is(backend, provider):
    backend.chat(provider="acme", model="acme/one")

    assert provider.chats()[0].json["model"] == "acme/one"


def test_a_gateway_answers_to_its_other_names(start, acme, provider):
    client = start(replace(acme, aliases=("ac",)))

    assert client.chat(provider="ac", model="one").headers["x-gatewayz-gateway"] == "acme"
    assert client.chat(model="ac/one").headers["x-gatewayz-gateway"] == "acme"


def test_the_prefix_comes_off_once(backend, provider):
    backend.chat(model="acme/org/one:free")

    assert provider.chats()[0].json["model"] == "org/one:free"


def test_a_bare_id_goes_where_it_is_listed(start, acme, new_provider):
    other = new_provider()
    other.models = b'{"data":[{"id":"org/three"}]}'
    client = start(acme, Gateway(name="other", base_url=other.url, key_required=False))

    answer = client.chat(model="org/three")

    assert answer.headers["x-gatewayz-gateway"] == "other"
    assert other.chats()[0].json["model"] == "org/three"


def test_an_id_that_two_list_goes_by_the_configured_order(start, acme, new_provider):
    other = Gateway(name="other", base_url=new_provider().url, key_required=False)
    by_name = start(acme, other)
    by_order = start(acme, other, GATEWAYZ_GATEWAYS="other")

    assert by_name.chat(model="one").headers["x-gatewayz-gateway"] == "acme"
    assert by_order.chat(model="one").headers["x-gatewayz-gateway"] == "other"


def test_a_prefix_of_a_gateway_without_key_may_be_part_of_an_id(start, acme, provider):
    provider.models = b'{"data":[{"id":"keyless/one"}]}'
    keyless = Gateway(name="keyless", base_url="http://127.0.0.1:9/v1", key_env="KEYLESS_API_KEY")
    client = start(acme, keyless)

    listed, unlisted = client.chat(model="keyless/one"), client.chat(model="keyless/two")

    assert listed.headers["x-gatewayz-gateway"] == "acme"
    assert unlisted.status == 401
    assert "KEYLESS_API_KEY" in unlisted.error["message"]


def test_an_id_that_nobody_lists_is_a_404_that_names_the_nearest(backend, provider):
    answer = backend.chat(model="nothing-like-it")

    assert answer.status == 404
    assert answer.error["code"] == "model_not_found"
    assert answer.error["param"] == "model"
    assert answer.error["message"].endswith("GET /v1/models shows all")
    assert backend.chat(model="twoo").error["message"].endswith("did you mean 'acme/two'?")
    assert provider.chats() == []


def test_an_unknown_gateway_is_a_404_that_names_the_nearest(backend):
    answer = backend.chat(provider="acne")

    assert answer.status == 404
    assert "did you mean 'acme'?" in answer.error["message"]
    assert answer.error["param"] == "provider"


def test_a_gateway_without_its_key_says_which_variable_to_set(start, acme):
    answer = start(replace(acme, key_env="OTHER_API_KEY")).chat(provider="acme")

    assert answer.status == 401
    assert answer.error["type"] == "gateway_not_configured"
    assert (answer.error["kind"], answer.error["class"]) == ("auth-no-key", "auth")
    assert "OTHER_API_KEY" in answer.error["message"]


def test_a_gateway_that_cannot_run_says_why(start, acme):
    broken = replace(acme, testable=False, description="acme_client.py: SyntaxError")

    answer = start(broken).chat(provider="acme")

    assert "acme_client.py: SyntaxError" in answer.error["message"]


def test_the_token_limit_goes_by_the_name_the_gateway_reads(start, acme, provider):
    client = start(replace(acme, quirks=Quirks(max_tokens_field="max_completion_tokens")))

    renamed = client.chat(max_tokens=5)
    left_alone = client.chat(max_completion_tokens=6)

    first, second = (call.json for call in provider.chats())
    assert ("max_tokens" not in first, first["max_completion_tokens"]) == (True, 5)
    assert second["max_completion_tokens"] == 6
    assert renamed.headers["x-gatewayz-adapted"] == "max_tokens=max_completion_tokens"
    assert "x-gatewayz-adapted" not in left_alone.headers


def test_the_gateways_own_headers_and_fields_go_along(start, acme, provider):
    client = start(replace(acme, headers={"X-Title": "Gatewayz"}, extra_body={"route": "fast"}))

    client.chat()

    assert provider.chats()[0].headers["x-title"] == "Gatewayz"
    assert provider.chats()[0].json["route"] == "fast"


def test_nothing_of_the_clients_headers_goes_upstream(backend, provider):
    hop_by_hop = {"Connection": "x-mine", "X-Mine": "1", "TE": "trailers", "Cookie": "a=b"}
    backend.chat(headers={"Authorization": "Bearer client-key", **hop_by_hop})

    sent = provider.chats()[0].headers
    assert sent["authorization"] == "Bearer acme-secret-key-0123456789"
    assert not {"x-mine", "te", "cookie", "connection"} & set(sent)


def test_only_allowed_headers_come_back(backend, provider, wire):
    provider.script = [
        wire.whole(
            wire.COMPLETION,
            Set_Cookie="session=1",
            Server="nginx",
            X_Internal_Host="10.0.0.7",
            Keep_Alive="timeout=5",
            X_RateLimit_Remaining_Requests="17",
            X_Request_Id="theirs",
        )
    ]

    headers = backend.chat().headers

    assert headers["x-ratelimit-remaining-requests"] == "17"
    assert headers["x-request-id"] != "theirs"
    assert not {"set-cookie", "server", "x-internal-host", "keep-alive"} & set(headers)


def test_what_a_provider_means_for_the_next_hop_alone_ends_here(backend, provider, wire):
    limits = {"X_RateLimit_Bar": "1", "X_RateLimit_Foo": "2", "Retry_After": "3"}
    provider.script[:] = [wire.whole(b"{}", Connection="keep-alive, X-RateLimit-Bar", **limits)]
    good = backend.chat().headers
    provider.script[:] = [wire.whole(b"{}", "429 Slow", Connection="X-RateLimit-Foo", **limits)]
    bad = backend.chat().headers

    assert (good["x-ratelimit-foo"], good["retry-after"]) == ("2", "3")
    assert "x-ratelimit-bar" not in good
    assert (bad["x-ratelimit-bar"], bad["retry-after"]) == ("1", "3")
    assert "x-ratelimit-foo" not in bad


@pytest.mark.parametrize("field", ["api_base", "base_url", "api_url", "api_key"])
def test_a_request_cannot_choose_the_address_or_the_key(backend, provider, field):
    answer = backend.chat(**{field: "http://169.254.169.254/"})

    assert (answer.status, answer.error["param"]) == (400, field)
    assert provider.calls == []


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"model": 7}, "model"),
        ({"model": "m" * 501}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"stream": "yes"}, "stream"),
        ({"provider": 7}, "provider"),
    ],
)
def test_what_is_needed_is_asked_for_by_name(backend, fields, param):
    answer = backend.chat(**fields)

    assert (answer.status, answer.error["param"]) == (400, param)
    assert answer.error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "7", '"text"', "null", "{'a': 1}", '{"a": NaN}', "\xff", "[" * 100_000],
)
def test_what_is_no_json_object_is_a_400(backend, body):
    answer = backend.ask("POST", "/v1/chat/completions", body.encode("latin-1"))

    assert answer.status == 400
    assert answer.error["class"] == "bad-request"


def test_a_number_out_of_range_is_a_400_and_not_passed_on(backend, provider):
    messages = '[{"role":"user","content":"hi"}]'
    body = f'{{"model":"acme/one","messages":{messages},"temperature":1e999}}'

    assert backend.ask("POST", "/v1/chat/completions", body).status == 400
    assert provider.calls == []


def test_a_body_that_is_too_large_is_a_413_declared_or_not(backend, provider):
    # So much that the client is still sending when the refusal is made.
    farewell = {"Connection": "close"}
    large = b"x" * (30 * 1024 * 1024)
    declared = backend.ask("POST", "/v1/chat/completions", large, headers=farewell)
    pieces = (b"x" * 1_048_576 for _ in range(11))
    chunked = backend.ask("POST", "/v1/chat/completions", pieces)

    assert [declared.status, chunked.status] == [413, 413]
    assert chunked.error["kind"] == "payload-too-large-413"
    assert provider.calls == []


def test_model_ids_that_no_header_may_hold_are_encoded(backend, provider):
    answer = backend.chat(model="acme/mödel\r\nx: y")

    assert answer.headers["x-gatewayz-model"] == "m%C3%B6del%0D%0Ax: y"
    assert json.loads(provider.chats()[0].body)["model"] == "mödel\r\nx: y"


def test_what_is_not_changed_goes_on_in_the_bytes_it_came_in(backend, provider):
    fields = '"temperature": 1.10 , "seed":12345678901234567890123,"user":"caf\\u00e9 é"'
    body = f'{{"model":"acme/one", "messages": [ {{"role":"user","content":"\\u0041"}} ],{fields}}}'
    backend.ask("POST", "/v1/chat/completions", body.encode())

    sent = provider.chats()[0].body.decode()
    assert '"model":"one"' in sent
    assert '[ {"role":"user","content":"\\u0041"} ]' in sent
    assert '"temperature":1.10' in sent
    assert '"seed":12345678901234567890123' in sent
    assert '"user":"caf\\u00e9 é"' in sent


def test_of_a_field_given_twice_the_last_counts(backend, provider):
    body = b'{"model":"acme/one","messages":[],"seed":1,"model":"acme/two","seed":2}'
    backend.ask("POST", "/v1/chat/completions", body)

    assert provider.chats()[0].json == {"model": "two", "messages": [], "seed": 2}
    assert provider.chats()[0].body.count(b"seed") == 1
