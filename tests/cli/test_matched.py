"""`gatewayz models --match`: one model behind several gateways."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gatewayz.cli.matched import Shelf, match, shelves, wanted_name
from gatewayz.cli.matched_shown import document, lines_of
from gatewayz.core import Attempt, Case, ConfigError, Model, Observation, Outcome, Run, Verdict
from gatewayz.core.attempt import Timing
from gatewayz.core.failures import failure
from gatewayz.core.model import Price
from gatewayz.gateways import known_gateways
from gatewayz.money import Quote
from gatewayz.runner import Lane
from gatewayz.store import open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GROQ = Model(id="llama-3.3-70b-versatile", context_tokens=131_072, price=Price(0.59, 0.79))
TOGETHER = Model(
    id="meta-llama/Llama-3.3-70B-Instruct-Turbo",
    price=Price(0.88, 0.88),
    capabilities=frozenset({"chat", "tools"}),
)
CLOUD = Model(id="@cf/meta/llama-3.3-70b-instruct-fp8-fast", price=Price(0.29, 2.25))


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "gatewayz.db")
    yield opened
    opened.close()


def shelf(gateway, *models, **more):
    return Shelf(gateway=gateway, way="direct", models=models, **more)


def answer(model, gateway="groq", *, probe="chat", outcome=Outcome.PASSED, at=NOON, ttft=None):
    attempt = Attempt(
        status=200,
        streamed=ttft is not None,
        started_at=at,
        timing=Timing(sent_s=0, first_token_s=ttft, last_content_s=ttft, last_byte_s=1, total_s=1),
    )
    failed = failure("rate-limit", "slow down") if outcome is Outcome.FAILED else None
    case = Case(gateway=gateway, probe=probe, model=model)
    seen = Observation(case=case, attempts=(attempt,))
    return Verdict(observation=seen, outcome=outcome, failure=failed)


def keep(store, run_id, *verdicts):
    store.begin_run(Run(id=run_id, started_at=NOON))
    store.record(run_id, verdicts)


def printed(found):
    return "\n".join(lines_of(found, NOON + timedelta(hours=3)))


def test_one_model_is_found_under_every_gateways_name_for_it(store):
    places = [shelf("groq", GROQ, Model(id="llama-3.1-8b-instant")), shelf("together", TOGETHER)]

    found = match(wanted_name("meta-llama/Llama-3.3-70B-Instruct"), places, store)

    assert [offer.model for offer in found.offers] == [GROQ, TOGETHER]
    assert (found.listed, found.gateways) == (3, 2)
    assert "llama-3.3-70b: 2 ids at 2 gateways (of 3 models at 2 gateways)" in printed(found)


def test_what_is_kept_apart_is_named_with_its_gateways(store):
    places = [shelf("groq", GROQ), shelf("portkey", CLOUD, replace(CLOUD, id="llama-3.3-8b"))]

    plain = match(wanted_name("llama-3.3-70b"), places, store)
    quantised = match(wanted_name("llama-3.3-70b-fp8"), places, store)

    assert plain.apart == {"llama-3.3-70b-fp8": ("portkey",)}
    assert [offer.model for offer in quantised.offers] == [CLOUD]
    assert quantised.apart == {"llama-3.3-70b": ("groq",)}


def test_what_differs_by_its_generation_alone_is_named_where_one_of_the_two_tells_none(store):
    known = [Model(id=f"mistralai/Mistral-7B-Instruct-v0.{n}") for n in (1, 3)]
    places = [shelf("together", *known, Model(id="mistral-small-7b-v0.1"))]

    unsaid = match(wanted_name("mistral-7b"), places, store)
    said = match(
        wanted_name("mistral-7b-v0.3"), [*places, shelf("groq", Model(id="mistral-7b"))], store
    )

    assert list(unsaid.apart) == ["mistral-v0.1-7b", "mistral-v0.3-7b"]
    assert list(said.apart) == ["mistral-7b"]


def test_of_many_names_those_of_most_gateways_are_printed_and_the_rest_counted(store):
    tunes = [Model(id=f"llama-3.3-70b-tune{n}x") for n in range(30)]
    places = [shelf("featherless", *tunes), shelf("chutes", tunes[25])]

    found = match(wanted_name("llama-3.3-70b"), places, store)
    lines = printed(found).split("\n")

    assert len(found.apart) == len(document(found)["kept_apart"]) == 30
    at = next(n for n, line in enumerate(lines) if line.startswith("Kept apart"))
    assert lines[at + 1] == "  llama-3.3-tune-25x-70b: featherless, chutes"
    assert lines[-1] == "  and 18 more (--format json has them all)"
    assert len(lines) - at == 1 + 12 + 1


def test_those_that_deliver_come_first_then_the_cheaper_ones(store):
    routes = (("free", 0), ("nitro", 2))
    free, dear = (Model(id=f"gpt-oss-120b:{n}", price=Price(p, p)) for n, p in routes)
    unknown = Model(id="gpt-oss-120b")
    failing = Model(id="gpt-oss-120b:floor", price=Price(0.1, 0.1))
    keep(store, "one", answer(dear), answer(failing, outcome=Outcome.FAILED))

    found = match(wanted_name("gpt-oss-120b"), [shelf("groq", failing, unknown, free, dear)], store)

    assert [offer.model for offer in found.offers] == [dear, free, unknown, failing]
    assert [offer.delivers for offer in found.offers] == [True, None, None, False]


def test_a_price_that_a_list_lacks_is_told_with_who_tells_it(store):
    asked = []

    def quote(place, model):
        asked.append(model.id)
        return Quote(Price(0.5, 1.4), "genai-prices 1", date(2026, 11, 9))

    own = Model(id="gpt-oss-120b", price=Price(9.0, 9.0))
    bare, odd = (
        Model(id="openai/gpt-oss-120b"),
        Model(id="a/gpt-oss-120b", price=Price(unreckoned="?")),
    )
    found = match(wanted_name("gpt-oss-120b"), [shelf("groq", own, bare, odd)], store, quote)

    assert asked == [bare.id]
    assert [offer.priced_by for offer in found.offers] == ["genai-prices 1 of 2026-11-09", "", ""]
    assert "price by genai-prices 1 of 2026-11-09" in printed(found)
    assert document(found)["models"][0]["price"]["input_usd_per_mtok"] == 0.5


def test_a_price_that_is_the_dearest_of_several_is_told_as_such(store):
    tiers = replace(GROQ, price=replace(GROQ.price, is_most=True))

    plain, dearest = (
        printed(match(wanted_name("llama-3.3-70b"), [shelf("groq", model)], store))
        for model in (GROQ, tiers)
    )
    assert "the dearest of several prices" not in plain
    assert "the dearest of several prices" in dearest


def test_the_last_verdict_of_each_question_stands_with_its_age(store):
    keep(store, "old", answer(GROQ, outcome=Outcome.FAILED), answer(GROQ, probe="vision"))
    keep(store, "new", answer(GROQ, at=NOON + timedelta(hours=1)))

    found = match(wanted_name("llama-3.3-70b"), [shelf("groq", GROQ)], store)

    (offer,) = found.offers
    assert [(t.probe, t.outcome, t.run_id) for t in offer.tested] == [
        ("chat", "passed", "new"), ("vision", "passed", "old"),
    ]  # fmt: skip
    assert "passed chat (2 hours ago)" in printed(found)


def test_speeds_are_medians_of_plain_answers_that_passed_with_their_number(store):
    slow = [
        answer(GROQ, probe="streaming", ttft=t, at=NOON + timedelta(seconds=t)) for t in (1, 2, 4)
    ]
    other = answer(GROQ, probe="long_context", ttft=90)
    keep(store, "one", *slow, other, answer(GROQ, outcome=Outcome.FAILED, ttft=50))

    found = match(wanted_name("llama-3.3-70b"), [shelf("groq", GROQ)], store)

    ttft = document(found)["models"][0]["speed"]["ttft"]
    assert (ttft["median"], ttft["count"], ttft["unit"]) == (2, 3, "s")
    assert ttft["not_measured"] is None
    assert re.search(r"2,000 +\(3\)", printed(found))


def test_what_was_not_measured_says_why_and_has_no_number(store):
    keep(store, "one", answer(GROQ), answer(TOGETHER, "together", outcome=Outcome.FAILED))
    places = [shelf("groq", GROQ), shelf("together", TOGETHER), shelf("xai", TOGETHER)]

    found = match(wanted_name("llama-3.3-70b"), places, store)

    told = {model["gateway"]: model["speed"]["ttft"] for model in document(found)["models"]}
    assert {name: one["not_measured"] for name, one in told.items()} == {
        "groq": "not streamed", "together": "of 1 plain answer none passed", "xai": "not tested yet",
    }  # fmt: skip
    assert all(one["median"] is None for one in told.values())


def test_a_date_that_is_asked_for_leaves_other_dates_out(store):
    dated = [Model(id=f"Qwen/Qwen3-235B-A22B-Instruct-{day}") for day in ("2507", "2512")]
    place = shelf("nebius", *dated, Model(id="qwen3-235b-a22b"))

    found = match(wanted_name("qwen3-235b-a22b-2507"), [place], store)

    assert [offer.model.id for offer in found.offers] == [dated[0].id, "qwen3-235b-a22b"]


def test_a_name_that_nobody_has_gets_the_nearest_ones(store):
    found = match(wanted_name("llama-3.4-70b"), [shelf("groq", GROQ), shelf("xai", GROQ)], store)

    assert found.nearest == {"llama-3.3-70b": ("groq", "xai")}
    assert printed(found).startswith("llama-3.4-70b: none of 2 models at 2 gateways")


@pytest.mark.parametrize("pattern", ["*llama*", "llama-?", "", " "])
def test_a_pattern_is_no_name(pattern):
    with pytest.raises(ConfigError, match="--models takes patterns"):
        wanted_name(pattern)


def test_a_list_that_is_not_read_comes_from_the_store_with_its_age(store):
    store.save_catalog("groq", [GROQ], NOON)
    gateways = known_gateways()
    lanes = [
        Lane(name=name, way="direct", gateway=gateways[name], skip=f"no key: set {name}")
        for name in ("groq", "xai")
    ]

    found = match(wanted_name("llama-3.3-70b"), shelves(lanes, {}, {}, store), store)

    assert [offer.shelf.gateway for offer in found.offers] == ["groq"]
    assert "listed 3 hours ago (no key: set groq)" in printed(found)


def test_lines_fit_80_columns_and_no_id_is_cut_or_obeyed(store):
    odd = Model(
        id="accounts/" + "x" * 90 + "/models/llama-v3p3-70b-instruct\x1b]0;x\x07",
        context_tokens=10**9,
        price=Price(999.25, 0.0012345),
        capabilities=frozenset(
            {"chat", "tools", "vision", "json_schema", "json_object", "\x1b[2J"}
        ),
    )
    found = match(wanted_name(odd.id), [shelf("fireworks", odd)], store)

    lines = printed(found).split("\n")

    assert "\x1b" not in "".join(lines)
    assert any("x" * 90 + "/models/llama-v3p3-70b-instruct" in line for line in lines)
    assert all(len(line) <= 80 for line in lines if "x" * 90 not in line)


def test_the_command_prints_offers_and_says_when_there_are_none(gatewayz, there):
    gatewayz("test", "groq", "--models", "llama-3.3-70b-v*", "--probe", "streaming", **there)
    done = gatewayz("models", "groq", "deepinfra", "--match", "llama-3.3-70b", **there)
    none = gatewayz("models", "groq", "--match", "llama-3.4-70b", **there)
    wrong = gatewayz("models", "groq", "--match", "llama*", **there)

    assert done.returncode == 0
    assert done.stdout.startswith("llama-3.3-70b: 2 ids at 2 gateways")
    assert done.stdout.index("groq  llama-3.3-70b-versatile") < done.stdout.index("deepinfra  ")
    assert "passed streaming (less than a minute ago)" in done.stdout
    assert (none.returncode, wrong.returncode) == (3, 2)
    assert "The nearest names:\n  llama-3.3-70b: groq" in none.stdout


def test_without_a_key_the_command_goes_by_the_stored_list(gatewayz, groq):
    gatewayz("models", "groq", **groq)
    keyless = {"GROQ_BASE_URL": groq["GROQ_BASE_URL"]}
    done = gatewayz("models", "groq", "--match", "gpt-oss-120b", "--format", "json", **keyless)

    (model,) = json.loads(done.stdout)["models"]
    assert done.returncode == 0
    assert (model["id"], model["gateway"]) == ("openai/gpt-oss-120b", "groq")
    assert model["listed_at"]
    assert "GROQ_API_KEY" in model["why_stored"]
