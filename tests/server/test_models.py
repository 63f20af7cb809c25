"""The model lists: shapes, pages, failures, and how often the providers are asked."""

import asyncio
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.waiting import until

from gatewayz.core import Allowance, Gateway, Price
from gatewayz.core.pricing import with_charges
from gatewayz.gateways import find_gateway
from gatewayz.server import catalogues, create_app, entries, running
from gatewayz.server.routing import unknown_model

PRICED = (
    b'{"data":[{"id":"org/one","name":"One","context_length":4096,'
    b'"pricing":{"prompt":"0.00000015","completion":"0"},'
    b'"supported_parameters":["tools","structured_outputs"],'
    b'"architecture":{"input_modalities":["text","image"],"output_modalities":["text"]}},'
    b'{"id":"org/two"}]}'
)


def _openrouter(url):
    return find_gateway("openrouter", environ={"OPENROUTER_BASE_URL": url})


def test_one_gateways_list_has_the_ids_as_it_wants_them(start, provider):
    provider.models = PRICED
    client = start(_openrouter(provider.url), OPENROUTER_API_KEY="k" * 20)

    answer = client.get("/models?gateway=openrouter")

    listing = answer.json
    assert answer.status == 200
    assert {name: listing[name] for name in ("object", "total", "returned", "offset")} == {
        "object": "list",
        "total": 2,
        "returned": 2,
        "offset": 0,
    }
    assert (listing["has_more"], listing["next_offset"]) == (False, None)
    assert listing["gateway"] == "openrouter"
    assert "T" in listing["timestamp"]
    one, two = listing["data"]
    assert one["id"] == "org/one"
    assert (one["object"], one["name"], one["owned_by"]) == ("model", "One", "org")
    assert (one["context_length"], one["source_gateway"]) == (4096, "openrouter")
    assert one["pricing"] == {"prompt": "0.00000015", "completion": "0"}
    assert one["capabilities"] == ["chat", "json_schema", "tools", "vision"]
    assert (two["pricing"], two["context_length"], two["name"]) == (None, None, "org/two")


def test_a_price_that_is_the_dearest_of_several_is_that_through_us_too(start, provider):
    tiers = b'"completion":"0","overrides":[{"min_prompt_tokens":9,"prompt":"0.00000025"}]'
    provider.models = PRICED.replace(b'"completion":"0"', tiers)
    client = start(_openrouter(provider.url), OPENROUTER_API_KEY="k" * 20)

    one, _ = client.get("/models?gateway=openrouter").json["data"]

    assert one["pricing"] == {"prompt": "0.00000025", "completion": "0", "is_most": True}
    price = with_charges(Price(0.25, 0.0), one["pricing"], 1e6)
    assert price == Price(0.25, 0.0, is_most=True)


def test_the_whole_catalogue_page_by_page_keeps_its_own_ids(start, acme, new_provider):
    other = Gateway(name="other", base_url=new_provider().url, key_required=False)
    client = start(acme, other)

    page = client.get("/v1/models?limit=2&offset=1").json
    found = client.get("/v1/models?search=TWO").json
    by_whole_id = client.get("/v1/models?search=acme/T").json
    by_own_id = client.get("/models?gateway=acme&search=acme/t").json

    assert [entry["id"] for entry in by_whole_id["data"]] == ["acme/two"]
    assert by_own_id["data"] == []
    assert [entry["id"] for entry in page["data"]] == ["acme/two", "other/one"]
    assert (page["total"], page["next_offset"]) == (4, 3)
    assert [entry["id"] for entry in found["data"]] == ["acme/two", "other/two"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=", "offset=10000001", "offset=-1"])
def test_a_page_of_the_whole_catalogue_that_cannot_be_is_refused(backend, query):
    answer = backend.get(f"/v1/models?{query}")

    assert (answer.status, answer.error["param"]) == (400, query.partition("=")[0])


def test_the_whole_catalogue_names_each_models_gateway(start, acme, new_provider):
    other = Gateway(name="other", base_url=new_provider().url, key_required=False)
    client = start(acme, other)

    everything = client.get("/v1/models").json
    same = client.get("/models?gateway=all").json

    ids = ["acme/one", "acme/two", "other/one", "other/two"]
    assert [entry["id"] for entry in everything["data"]] == ids
    assert everything["object"] == "list"
    assert all(isinstance(entry["created"], int) for entry in everything["data"])
    assert [entry["id"] for entry in same["data"]] == ["one", "two", "one", "two"]
    assert [entry["source_gateway"] for entry in same["data"]] == ["acme"] * 2 + ["other"] * 2
    assert client.get("/models").json["total"] == 4


def test_every_listed_id_can_be_asked_for(start, acme, new_provider):
    other = Gateway(name="other", base_url=new_provider().url, key_required=False)
    client = start(acme, other)

    for entry in client.get("/v1/models").json["data"]:
        answer = client.chat(model=entry["id"])

        assert answer.headers["x-gatewayz-gateway"] == entry["source_gateway"]


def test_a_list_is_given_page_by_page(backend):
    first = backend.get("/models?gateway=acme&limit=1").json
    second = backend.get("/models?gateway=acme&limit=1&offset=1").json
    beyond = backend.get("/models?gateway=acme&offset=9").json

    assert [e["id"] for e in first["data"]] == ["one"]
    assert (first["total"], first["has_more"], first["next_offset"]) == (2, True, 1)
    assert [e["id"] for e in second["data"]] == ["two"]
    assert (second["has_more"], second["next_offset"]) == (False, None)
    assert (beyond["data"], beyond["has_more"]) == ([], False)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "offset=1.5"])
def test_a_page_that_cannot_be_is_a_400(backend, query):
    answer = backend.get(f"/models?gateway=acme&{query}")

    assert (answer.status, answer.error["param"]) == (400, query.partition("=")[0])


def test_an_unknown_gateway_is_a_404_that_names_the_nearest(backend):
    answer = backend.get("/models?gateway=acne")

    assert (answer.status, answer.error["param"]) == (404, "gateway")
    assert "did you mean 'acme'?" in answer.error["message"]


def test_a_gateway_without_key_is_not_listed_and_says_why_when_asked_for(start, acme):
    keyless = Gateway(name="keyless", base_url="http://127.0.0.1:9/v1", key_env="KEYLESS_API_KEY")
    client = start(acme, keyless)

    assert client.get("/models").json["total"] == 2
    answer = client.get("/models?gateway=keyless")
    assert (answer.status, answer.error["type"]) == (401, "gateway_not_configured")
    assert "KEYLESS_API_KEY" in answer.error["message"]


def test_a_list_that_fails_is_told_by_kind_and_class(start, acme, provider):
    provider.models = b"<html>maintenance</html>"
    client = start(acme)

    answer = client.get("/models?gateway=acme")

    assert (answer.status, answer.error["kind"]) == (502, "html-with-200")
    assert (answer.error["class"], answer.error["gateway"]) == ("protocol", "acme")


def test_one_failing_list_does_not_spoil_the_others(start, acme, new_provider):
    broken = new_provider()
    broken.models = b"{}"
    other = Gateway(name="other", base_url=broken.url, key_required=False)
    client = start(acme, other)

    everything = client.get("/v1/models")

    assert everything.status == 200
    assert [entry["id"] for entry in everything.json["data"]] == ["acme/one", "acme/two"]
    assert everything.json["errors"]["other"]["class"] == "catalogue"


def test_the_last_good_list_is_served_with_its_age_when_the_next_read_fails(
    settings_with, acme, provider, client_at
):
    settings = settings_with(ACME_API_KEY="k" * 20)
    with running(app=create_app(settings, {"acme": acme}, catalogue_s=0.0)) as base:
        from_here = client_at(base)
        fresh = from_here.get("/models?gateway=acme")
        provider.models = b"not a list"
        # Nobody waits for the read that fails: it is told once it has.
        deadline = time.monotonic() + 20
        while True:
            kept = from_here.get("/models?gateway=acme")
            told = kept.json["errors"] and int(kept.headers["age"]) >= 1
            if told or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        whole = from_here.get("/v1/models")

    assert (fresh.json["errors"], fresh.headers["age"]) == ({}, "0")
    assert kept.status == 200
    assert [entry["id"] for entry in kept.json["data"]] == ["one", "two"]
    assert int(kept.headers["age"]) >= 1
    assert "acme" in kept.json["errors"]
    assert kept.json["ages_s"] == {"acme": kept.json["age_s"]}
    assert whole.json["age_s"] == whole.json["ages_s"]["acme"] == int(whole.headers["age"]) >= 1


def test_a_list_is_read_once_however_many_ask_at_once(own_backend, provider):
    together = threading.Barrier(8)

    def ask(_):
        together.wait(20)
        return own_backend.get("/models?gateway=acme").status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(8)))

    assert statuses == [200] * 8
    assert len(provider.calls) == 1


def test_one_model_is_found_by_its_full_and_its_bare_id(backend):
    full, bare = backend.get("/v1/models/acme/two"), backend.get("/v1/models/two")
    missing = backend.get("/v1/models/acme/twoo")

    assert (full.json["id"], full.json["object"]) == ("acme/two", "model")
    assert bare.json["source_gateway"] == "acme"
    assert missing.status == 404
    assert missing.error["code"] == "model_not_found"
    assert missing.error["message"].endswith("did you mean 'acme/two'?")


def test_a_model_whose_name_is_dots_is_found_where_the_slash_is_escaped(start, acme, provider):
    provider.models = b'{"data":[{"id":".."},{"id":"a/../b"}]}'
    client = start(acme)

    for path in ("acme%2F..", "acme/a%2F..%2Fb"):
        assert client.get(f"/v1/models/{path}").json["id"] == path.replace("%2F", "/")


def test_a_model_with_a_line_end_in_its_name_is_found(start, acme, provider):
    provider.models = b'{"data":[{"id":"a\\nb"}]}'

    assert start(acme).get("/v1/models/acme/a%0Ab").json["id"] == "acme/a\nb"


def test_openais_list_takes_a_gateway_too(backend):
    assert [e["id"] for e in backend.get("/v1/models?gateway=acme").json["data"]] == ["one", "two"]


def test_all_simulated_gateways_are_listed(in_front, simulator):
    listing = in_front.get("/models?limit=1000").json

    assert listing["errors"] == {}
    assert len({entry["source_gateway"] for entry in listing["data"]}) == 14


def test_a_list_is_read_anew_before_it_is_old_though_nobody_asks(
    settings_with, acme, provider, client_at, monkeypatch
):
    monkeypatch.setattr(catalogues, "LOOK_EVERY_S", 0.05)
    settings = settings_with(ACME_API_KEY="k" * 20)
    with running(app=create_app(settings, {"acme": acme}, catalogue_s=0.4)) as base:
        time.sleep(0.5)
        assert provider.calls == []  # a list nobody asked for
        client_at(base).get("/models?gateway=acme")
        provider.models = b'{"data":[{"id":"three"}]}'
        deadline = time.monotonic() + 20
        while len(provider.calls) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(provider.calls) >= 3
        found = client_at(base).get("/models?gateway=acme").json

    assert [entry["id"] for entry in found["data"]] == ["three"]


def test_lists_fall_due_at_moments_of_their_own(monkeypatch):
    """Ten gateways whose lists were read at one moment are not read again at one moment."""
    now, begun = [0.0], {}

    async def sleep(_seconds):
        now[0] += 0.5
        if now[0] > 100:
            raise asyncio.CancelledError

    lists = catalogues.Catalogues(None, fresh_s=100.0, clock=lambda: now[0], sleep=sleep)
    names = [f"g{n}" for n in range(10)]
    lists._kept = {n: catalogues.Catalogue(read_at=0.0, asked_at=0.0) for n in names}
    lists._gateways = {n: Gateway(name=n, base_url="http://127.0.0.1:9/v1") for n in names}
    monkeypatch.setattr(
        lists, "_begin_read", lambda gateway: begun.setdefault(gateway.name, now[0])
    )

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(lists.keep_fresh())

    assert set(begun) == set(names)
    assert all(65 < moment < 97 for moment in begun.values())
    assert len(set(begun.values())) > 3


def test_an_id_that_nobody_lists_costs_others_no_moment():
    """Of thousands that look like it, the nearest is found in a few thousandths of a second."""
    words = ("gpt", "oss", "llama", "turbo", "mini", "70b", "coder", "distill")
    ids = ["gpt-" + "-".join(order) for order in itertools.permutations(words, 5)]
    lists = {
        name: catalogues.Catalogue(by_id=dict.fromkeys(ids), read_at=0.0)
        for name in ("acme", "other")
    }
    taken = []
    for _ in range(3):
        began = time.process_time()
        told = unknown_model("gpt-gpt-oss-llama-turbo-minni", lists, Allowance()).message
        taken.append(time.process_time() - began)

    assert told.endswith("did you mean 'acme/gpt-gpt-oss-llama-turbo-mini'?")
    assert min(taken) < 0.04  # comparing each took 0.15


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("twoo", "acme/two"),
        ("acne/two", "acme/two"),
        ("meta/lama-3", "acme/meta/llama-3"),
        ("acne/meta/llama-3", "acme/meta/llama-3"),
        ("zzz", ""),
        ("x/", ""),
    ],
)
def test_the_nearest_id_is_found_in_the_form_that_was_asked(asked, near):
    ids = dict.fromkeys(["one", "two", "meta/llama-3"])
    lists = {"acme": catalogues.Catalogue(by_id=ids, read_at=0.0)}
    told = unknown_model(asked, lists, Allowance()).message

    assert told.endswith(f"did you mean '{near}'?" if near else "shows all")


def test_one_model_is_the_one_that_a_request_goes_to(start, acme, provider, new_provider):
    """An id that begins with a gateway's name is that gateway's, whoever else lists the whole."""
    theirs = new_provider()
    theirs.models = b'{"data":[{"id":"acme/dup"},{"id":"acme/two"},{"id":"other/own"}]}'
    other = Gateway(name="other", base_url=theirs.url, key_required=False)
    client = start(other, acme, GATEWAYZ_GATEWAYS="other,acme")

    def both(model):
        """Which id stands for what is asked for, and where a chat with it goes."""
        answer = client.chat(model=model)
        where = answer.headers["x-gatewayz-gateway"], answer.headers["x-gatewayz-model"]
        return client.get(f"/v1/models/{model}").json.get("id"), *where

    assert both("acme/two") == ("acme/two", "acme", "two")
    assert both("acme/dup") == (None, "acme", "dup")
    assert both("other/acme/dup") == ("other/acme/dup", "other", "acme/dup")
    assert both("two") == ("acme/two", "acme", "two")


def test_an_id_that_begins_with_its_gateways_own_name_is_sent_whole(start, acme, provider):
    provider.models = b'{"data":[{"id":"acme/compound"},{"id":"acme/dup"},{"id":"dup"}]}'
    client = start(acme)

    def sent(model):
        client.chat(model=model)
        return provider.chats()[-1].json["model"]

    assert sent("acme/compound") == "compound"  # no list was asked for yet
    listed = [one["id"] for one in client.get("/v1/models").json["data"]]
    assert listed == ["acme/acme/compound", "acme/acme/dup", "acme/dup"]
    for model in ("acme/compound", "acme/acme/compound"):
        assert sent(model) == "acme/compound"
        assert client.get(f"/v1/models/{model}").json["id"] == "acme/acme/compound"
    assert sent("acme/dup") == "dup"
    assert sent("acme/acme/dup") == "acme/dup"
    assert client.get("/v1/models/acme/dup").json["id"] == "acme/dup"
    assert sent("acme/new") == "new"


def test_a_list_is_written_once_however_often_it_is_asked_for(
    settings_with, acme, provider, client_at, monkeypatch
):
    """Writing some thousand entries takes tens of milliseconds, in which nobody else is answered."""
    written, entry = [], entries.entry
    monkeypatch.setattr(
        entries, "entry", lambda model, *a, **k: written.append(model.id) or entry(model, *a, **k)
    )
    settings = settings_with(ACME_API_KEY="k" * 20)
    with running(app=create_app(settings, {"acme": acme}, catalogue_s=0.5)) as base:
        client = client_at(base)
        found = [client.get("/v1/models").json["data"] for _ in range(5)]
        assert written == ["one", "two"]
        pages = [client.get(f"/v1/models?limit=1&search=t{n}").json for n in ("", "w", "wo")]
        assert written == ["one", "two"]
        provider.models = b'{"data":[{"id":"three \xc3\xa9"}]}'
        until(lambda: client.get("/v1/models").json["data"][0]["id"] == "acme/three é")

    assert all(one == found[0] for one in found)
    assert [entry["id"] for entry in found[0]] == ["acme/one", "acme/two"]
    assert [page["data"][0]["id"] for page in pages] == ["acme/two"] * 3
    assert written == ["one", "two", "three é"]
