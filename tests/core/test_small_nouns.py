"""Units, names, addresses and prices."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayz.core import Catalog, CatalogError, ConfigError, Gateway, Registry, UnknownName
from gatewayz.core.catalog import as_count, as_usd_per_mtok, fields
from gatewayz.core.errors import (
    GatewayzError,
    MeasureError,
    MissingKey,
    ReportError,
    StoreError,
)
from gatewayz.core.gateway import Auth, Quirks
from gatewayz.core.model import Price
from gatewayz.core.probe import ChatRequest
from gatewayz.core.units import (
    CENTS_PER_100_MTOK,
    CENTS_PER_TOKEN,
    USD_E4_PER_MTOK,
    USD_PER_TOKEN,
    parse_duration_s,
    show_age,
    show_seconds,
    show_usd_per_mtok,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("1.5s", 1.5), ("250ms", 0.25), ("2m", 120), ("1h30m", 5400), ("6m0s", 360),
     (" 5 ", 5), ("0", 0), ("1d", 86400)],
)  # fmt: skip
def test_a_duration_is_read_as_people_write_it(text, seconds):
    assert parse_duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "-1", "soon", "5 m", "nan", "inf", "1x", "m5", "1s-2s"])
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match="30s"):
        parse_duration_s(text)


def test_durations_and_prices_are_shown_for_people():
    assert [show_seconds(s) for s in (None, 0.452, 12.34, 59.96, 125, 3725)] == [
        "n/a", "0.45s", "12.3s", "60.0s", "2m05s", "1h02m",
    ]  # fmt: skip
    assert [show_usd_per_mtok(p) for p in (None, 0, 0.15, 12.0, 0.0045, 300)] == [
        "?", "free", "$0.15", "$12", "$0.0045", "$300",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "unit", "usd"),
    [
        ("0.000003", USD_PER_TOKEN, 3.0),  # OpenRouter: USD per token, as text
        (30000, CENTS_PER_100_MTOK, 3.0),  # xAI
        (3900, USD_E4_PER_MTOK, 0.39),  # Novita
        (9e-5, CENTS_PER_TOKEN, 0.9),  # DeepInfra
        (0, 1.0, 0),
        ("0", USD_PER_TOKEN, 0),
        (-1, USD_PER_TOKEN, None),  # varies
        (0.15, USD_PER_TOKEN, None),  # a price per million read as one per token
        ("0.00000015", 1.0, None),  # and the reverse
        ("free", 1.0, None),
        (True, 1.0, None),
        (None, 1.0, None),
        (float("nan"), 1.0, None),
        (float("inf"), 1.0, None),
        (10**400, 1.0, None),
        ({}, 1.0, None),
    ],
)
def test_a_price_is_plausible_or_unknown(value, unit, usd):
    assert as_usd_per_mtok(value, unit) == (None if usd is None else pytest.approx(usd))


def test_a_cost_is_known_only_when_both_sides_are():
    assert Price(1.0, 2.0).usd(1_000_000, 500_000) == 2.0
    assert Price(1.0, None).usd(1, 1) is None
    assert not Price(0.0, None).known


@given(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6))
def test_a_count_is_a_positive_whole_number_or_unknown(value):
    found = as_count(value)

    assert found is None or (isinstance(found, int) and found >= 1)


def test_a_catalogue_is_read_in_any_plain_shape():
    rows = [{"id": "a"}, {"id": "a b"}]
    for document in (rows, {"data": rows}, {"models": rows}, {"list": rows}):
        catalog = Catalog(entries="list")
        assert [m.id for m in catalog.page(document).models] == ["a", "a b"]


@pytest.mark.parametrize("document", [None, "x", 7, {"x": []}, [1, 2], [{"id": ""}], {"data": "x"}])
def test_what_is_no_catalogue_is_refused(document):
    with pytest.raises(CatalogError):
        Catalog().page(document)


def test_a_reader_digs_where_it_is_told():
    read = fields(name="a.title", context_tokens="a.ctx", input_price="p", strip_prefix="models/")

    model = read({"id": "models/m", "a": {"title": "M", "ctx": "4096"}, "p": 2})

    assert (model.id, model.title, model.context_tokens) == ("m", "M", 4096)
    assert model.price == Price(2.0, None)


def test_a_gateways_variables_are_named_like_its_key_and_itself():
    found = Gateway(name="huggingface", key_env="HF_TOKEN")
    assert found.base_url_envs == ("HF_BASE_URL", "HUGGINGFACE_BASE_URL")
    assert Gateway(name="groq", key_env="GROQ_API_KEY").base_url_envs == ("GROQ_BASE_URL",)
    assert Gateway(name="my-own").base_url_envs == ("MY_OWN_BASE_URL",)
    assert Gateway(name="x", url_env="X_URL").base_url_envs == ("X_URL",)


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://h/v1", "/models", "https://h/v1/models"),
        ("https://h/v1/", "models?x=1", "https://h/v1/models?x=1"),
        ("https://h/v1/openai", "../../models/list", "https://h/models/list"),
        ("https://h/v1", "https://other/list", "https://other/list"),
    ],
)
def test_a_catalogues_address_starts_at_the_base_url(base, path, url):
    assert Gateway(name="x", base_url=base, catalog=Catalog(path)).catalog_url == url


def test_addresses_and_signatures():
    gateway = Gateway(name="x", base_url="https://h/v1/")

    assert gateway.chat_url == "https://h/v1/chat/completions"
    assert gateway.at("http://127.0.0.1:1/v1/").base_url == "http://127.0.0.1:1/v1"
    assert Auth().value("k") == "Bearer k"
    assert Auth("x-api-key", "").value("k") == "k"


def test_a_request_holds_what_was_set_and_nothing_else():
    asked = ChatRequest(messages=({"role": "user", "content": "x"},), max_tokens=8, stream=True)
    quirks = Quirks(max_tokens_field="max_completion_tokens", min_max_tokens=16,
                    stream_usage=False, never_send=frozenset({"temperature"}))  # fmt: skip

    assert asked.body("m", quirks) == {
        "model": "m", "messages": [{"role": "user", "content": "x"}],
        "max_completion_tokens": 16, "stream": True,
    }  # fmt: skip
    assert asked.body("m", Quirks())["stream_options"] == {"include_usage": True}


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'groq'"):
        raise UnknownName("gateway", "grok", ["groq", "google"])
    with pytest.raises(UnknownName, match="known: a, b"):
        raise UnknownName("gateway", "zzz", ["b", "a"])


def test_a_missing_key_names_every_variable():
    assert str(MissingKey("g", ["A", "B"])) == "g: no key found; set A or B"


def test_each_error_has_its_exit_code():
    codes = {ConfigError: 2, CatalogError: 3, MeasureError: 4, StoreError: 4, ReportError: 4}

    assert {kind: kind.exit_code for kind in codes} == codes
    assert all(issubclass(kind, GatewayzError) for kind in codes)


def test_a_room_is_listed_without_being_imported(tmp_path, monkeypatch):
    room = tmp_path / "aroom"
    room.mkdir()
    (room / "__init__.py").write_text("")
    (room / "good.py").write_text("THING = 7\n")
    (room / "broken.py").write_text("raise RuntimeError('imported')\n")
    (room / "_hidden.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    things = Registry("aroom", "thing", "THING", aliases={"nice": "good"})

    assert list(things) == ["broken", "good"]
    assert "nice" in things
    assert things["nice"] == things["good"] == 7
    with pytest.raises(UnknownName, match="did you mean 'good'"):
        things["goood"]
    with pytest.raises(RuntimeError):
        things["broken"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "less than a minute"), (59, "less than a minute"), (60, "1 minute"),
     (7199, "119 minutes"), (7200, "2 hours"), (172_799, "47 hours"), (172_800, "2 days")],
)  # fmt: skip
def test_an_age_is_told_in_one_unit(seconds, told):
    now = datetime(2026, 3, 1, tzinfo=UTC)

    assert show_age(now - timedelta(seconds=seconds), now) == told


def test_a_folder_in_a_room_is_no_thing_of_it():
    rooms = Registry("gatewayz.server", "module", "")

    assert "app" in rooms
    assert "routes" not in rooms
