"""What answers cost is known without anybody asking for a list, and by the order of docs/money.md."""

from contextlib import closing
from dataclasses import replace

import pytest
from tests.server.conftest import CHAT
from tests.waiting import until

from gatewayz.core import Calls, Gateway
from gatewayz.core.catalog import Catalog, fields
from gatewayz.store import open_store

USAGE = b',"usage":{"prompt_tokens":2000,"completion_tokens":1000,"total_tokens":3000}}'
UNPRICED = b'{"data":[{"id":"one"}]}'
PRICED = b'{"data":[{"id":"one","pricing":{"prompt":"0.000001","completion":"0.000002"}}]}'
READ = fields(input_price="pricing.prompt", output_price="pricing.completion", price_unit=1e6)
WITH_PICTURES = PRICED.replace(b'"completion"', b'"image":"0.01","completion"')
READ_ALL = fields(
    input_price="pricing.prompt",
    output_price="pricing.completion",
    price_unit=1e6,
    charges="pricing",
)
PICTURE, WORDS = {"type": "input_image", "image_url": "data:,"}, {"type": "input_text", "text": "?"}
BY_LIST, BY_TOML = 0.004, 0.05


@pytest.fixture
def provider(new_provider):
    """One of each test's own: its lists are not for the backend that other tests share."""
    return new_provider()


@pytest.fixture
def priced(acme, provider, wire):
    """A gateway whose answers tell tokens, and whose list tells prices."""
    provider.script[:] = [wire.whole(wire.COMPLETION.rstrip()[:-1] + USAGE)]
    provider.models = PRICED
    return replace(acme, catalog=Catalog(read=READ))


@pytest.fixture
def given(tmp_path):
    """Writes a price for a gateway into gatewayz.toml."""

    def write(name):
        text = f"[gateways.{name}]\nprice = {{ input = 10, output = 30 }}\n"
        (tmp_path / "gatewayz.toml").write_text(text)

    return write


@pytest.fixture
def costs(kept_at, recorded):
    """A function: what the first of a client's requests cost that has a known cost."""

    def of(client, path=CHAT, **asked):
        count = 0
        asked = {"model": "acme/one", "messages": [{"role": "user", "content": "hi"}], **asked}

        def has_a_cost():
            nonlocal count
            count += 1
            assert client.ask("POST", path, asked).status == 200
            return recorded(count)[0].cost_usd is not None

        until(has_a_cost)
        return recorded(count)[0].cost_usd

    return of


@pytest.mark.parametrize(
    ("also", "cost"),
    [(b"", BY_LIST), (b',"input_cache_read":"0.0000001"', 0.00265),
     (b',"request":"0.01","input_cache_read":"0.0000001"', 0.01265)],
    ids=["no cached price", "a cached price", "and a fee"],
)  # fmt: skip
def test_cached_input_costs_what_the_list_says_else_as_much_as_other_input(
    start, priced, provider, wire, kept_at, costs, also, cost
):
    usage = USAGE[:-2] + b',"prompt_tokens_details":{"cached_tokens":1500}}}'
    provider.script[:] = [wire.whole(wire.COMPLETION.rstrip()[:-1] + usage)]
    provider.models = PRICED.replace(b'"0.000002"', b'"0.000002"' + also)
    gateway = replace(priced, catalog=Catalog(read=READ_ALL))

    assert costs(start(gateway, GATEWAYZ_STORE=kept_at)) == pytest.approx(cost)


@pytest.mark.parametrize(
    ("asked", "pictures"),
    [
        ("hi", 0),
        ([{"role": "user", "content": "hi"}], 0),
        ([{"role": "user", "content": [WORDS, PICTURE, PICTURE]}], 2),
        ([{"type": "function_call_output", "call_id": "c", "output": [PICTURE]}], 1),
        ([{"type": "computer_call_output", "output": {"type": "computer_screenshot"}}], 1),
        ([{"type": "image_generation_call", "id": "ig_1", "result": "aGk="}], 1),
        ([{"type": "message", "role": "assistant", "content": [{"type": "output_text"}]}], 0),
    ],
)
def test_pictures_for_responses_cost_as_those_for_chat_do(
    start, priced, provider, kept_at, costs, asked, pictures
):
    provider.models = WITH_PICTURES
    client = start(replace(priced, catalog=Catalog(read=READ_ALL)), GATEWAYZ_STORE=kept_at)
    found = costs(client, "/v1/responses", input=asked)

    assert found == pytest.approx(BY_LIST + pictures * 0.01)


@pytest.mark.parametrize(
    "more",
    [
        {"previous_response_id": "r1"},
        {"input": [{"type": "item_reference", "id": "msg_1"}]},
        {"input": [{"id": "msg_1"}]},
    ],
    ids=["an answer", "an item", "an item by its id alone"],
)
def test_what_is_charged_for_unseen_pictures_of_earlier_ones_nobody_knows(
    start, priced, provider, kept_at, costs, more
):
    provider.models = WITH_PICTURES
    client = start(replace(priced, catalog=Catalog(read=READ_ALL)), GATEWAYZ_STORE=kept_at)
    costs(client, "/v1/responses", input="hi")
    asked = {"model": "acme/one", "input": "hi", **more}
    client.ask("POST", "/v1/responses", asked, {"x-request-id": "later"})

    def kept():
        with closing(open_store(kept_at)) as store:
            return [one for one in store.requests.latest() if one.id == "later"]

    until(kept)
    assert kept()[0].input_tokens == 2000
    assert kept()[0].cost_usd is None


def lists_asked(provider):
    return [call for call in provider.calls if call.method == "GET"]


@pytest.mark.parametrize(
    "asked", [{"model": "acme/one"}, {"model": "one", "provider": "acme"}], ids=["prefix", "field"]
)
def test_who_names_the_gateway_makes_its_prices_known(
    start, priced, provider, new_provider, kept_at, costs, asked
):
    with_no_client = new_provider()
    other = Gateway(name="other", base_url=with_no_client.url, key_env="ACME_API_KEY")
    client = start(priced, other, GATEWAYZ_STORE=kept_at)
    found = costs(client, **asked)

    assert found == pytest.approx(BY_LIST)
    assert len(lists_asked(provider)) == 1
    assert with_no_client.calls == []


def test_a_list_that_hangs_holds_no_request_up(start, priced, provider):
    provider.models = ["watch"]
    client = start(priced)
    found = [client.chat().status for _ in range(3)]
    until(lambda: lists_asked(provider))

    assert found == [200] * 3
    assert len(lists_asked(provider)) == 1


def test_a_server_that_only_starts_asks_for_no_list(start, priced, provider):
    client = start(priced)
    client.get("/health/gateways")
    client.chat(messages=3)

    assert provider.calls == []


@pytest.mark.parametrize(
    ("listed", "cost"),
    [(PRICED, BY_LIST), (UNPRICED, BY_TOML), (b'{"data":[]}', BY_TOML), (None, BY_TOML)],
    ids=["told by the list", "told by none", "not on the list", "no list"],
)
def test_a_price_of_gatewayz_toml_is_for_what_the_list_does_not_tell(
    start, priced, provider, wire, kept_at, costs, given, listed, cost
):
    given("acme")
    missing = [wire.whole(b"{}", "404 Not Found")]
    provider.models = missing if listed is None else listed
    found = costs(start(priced, GATEWAYZ_STORE=kept_at))

    assert found == pytest.approx(cost), "before its list was read nobody knows what it tells"


def test_so_it_is_with_a_gateway_made_of_functions(start, kept_at, costs, given):
    given("mine")
    usage = {"prompt_tokens": 2000, "completion_tokens": 1000}
    functions = Calls(lambda: ["m1"], lambda *_, **__: {"choices": [], "usage": usage})
    mine = Gateway(name="mine", key_required=False, calls=functions)
    found = costs(start(mine, GATEWAYZ_STORE=kept_at), model="mine/m1")

    assert found == pytest.approx(BY_TOML)
