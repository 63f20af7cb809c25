"""What the pages of the dashboard tell, and that nothing in them acts."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from tests.hostile import FORBIDDEN, STRINGS
from tests.outline import Outline
from tests.watched import MODELS, fill, keep, list_verdict, run_of

from gatewayz.core.text import well_formed
from gatewayz.server.pages.frame import undotted
from gatewayz.store import open_store


def opened(client, path):
    answer = client.get(path)
    assert answer.status == 200, answer.body[:500]
    return Outline(answer.body.decode())


def text_of(page):
    return " ".join(" ".join(page.words).split())


def test_the_status_page_says_whether_all_answer(shown):
    page = opened(shown, "/status")
    words = text_of(page)

    assert "1 of 6 models do not answer" in words
    assert len(page.named("tr", "model")) == 6
    assert len(page.named("svg", "days")) == 2 + 6
    assert "2 models" not in words
    assert "3 models, 1 not answering" in words
    assert "going on" in words
    assert "xai/ qwen/ qwen3-32b" in words.replace("/qwen", "/ qwen")


def test_a_list_that_fails_since_is_an_outage_of_its_gateway_now(start, acme, filled):
    words = looked_at_after(start, acme, filled, "groq", "server-500-json")

    assert "4 of 6 models do not answer" in words["/status"]
    assert "Last asked less than a minute ago" in words["/status"]
    assert "3 models, 3 not answering" in words["/status"]
    assert "3 not answering" in words["/status/gateways/groq"]
    assert "does not answer" in words[f"/status/models/groq/{MODELS[0]}"]
    assert "fails by server-500-json" in words[f"/status/models/groq/{MODELS[0]}"]


def test_a_list_that_a_key_was_refused_for_leaves_its_gateway_unknown(start, acme, filled):
    words = looked_at_after(start, acme, filled, "xai", "auth-bad-key")

    assert "3 of 6 models answer; of the others nobody can tell" in words["/status"]
    assert "all answer" not in words["/status/gateways/xai"]
    assert "xai unknown" in words["/status/gateways/xai"]


def looked_at_after(start, acme, filled, gateway, kind):
    """The pages' words after one more run, in which the list of a gateway failed by this name."""
    now = datetime.now(UTC)
    store = open_store(filled)
    keep(store, run_of(now, [list_verdict(gateway, now, kind)]))
    store.close()
    client = start(acme, GATEWAYZ_STORE=filled)
    paths = ("/status", f"/status/gateways/{gateway}", f"/status/models/{gateway}/{MODELS[0]}")
    return {path: text_of(opened(client, path)) for path in paths}


def test_maintenance_is_told_while_it_goes_on_and_a_week_before(start, acme, filled, tmp_path):
    now = datetime.now(UTC).replace(second=0)
    tables = [
        f'[[maintenance]]\nmodels = ["{name}"]\nstart = {begin:%Y-%m-%dT%H:%M:%SZ}\n'
        f'end = {begin + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}\nreason = "<b>{name}</b>"\n'
        for name, begin in (
            ("groq/*", now - timedelta(hours=1)),
            ("xai/*", now + timedelta(days=3)),
            ("near/*", now + timedelta(days=30)),
            ("past/*", now - timedelta(days=2)),
        )
    ]
    (tmp_path / "gatewayz.toml").write_text("\n".join(tables))
    words = text_of(opened(start(acme, GATEWAYZ_STORE=filled), "/status"))

    assert "groq/ * now" in words.replace("/*", "/ *")
    assert "<b>xai/*</b>" in words
    assert "near/" not in words
    assert "past/" not in words


def test_days_without_a_probe_are_not_up(shown):
    page = opened(shown, "/status/models/groq/qwen/qwen3-32b")
    (bar,) = page.named("svg", "days")
    tones = [one["class"] for one in page.named("rect", "fill")]

    assert bar["role"] == "img"
    assert "100 % up" in bar["aria-label"]
    assert len(tones) == 90
    assert tones.count("fill idle") >= 86


def test_a_models_page_tells_of_its_probes_times_and_failures(shown):
    words = text_of(opened(shown, "/status/models/xai/qwen/qwen3-32b?span=7d"))

    assert "does not answer" in words
    assert "fails by server-500-json" in words
    assert "the gateway" in words
    assert "Time to first token" in words
    assert "/badge/xai/qwen/qwen3-32b.svg" in words


def test_a_gateways_page_lists_its_models_those_that_fail_first(shown):
    page = opened(shown, "/status/gateways/xai")
    links = [one["href"] for one in page.named("a") if one["href"].startswith("/status/models/")]

    assert links[0] == "/status/models/xai/qwen/qwen3-32b"
    assert {link.removeprefix("/status/models/xai/") for link in links} == set(MODELS)


def test_what_is_not_known_is_not_found(shown):
    for path in ("/status/gateways/nobody", "/status/models/groq/nothing", "/badge/nobody.svg",
                 "/status/runs/nothing"):  # fmt: skip
        assert shown.get(path).status == 404


def test_a_browser_is_told_on_a_page_that_nothing_is_found_and_a_program_in_the_envelope(shown):
    page = shown.get("/status/models/groq/no<b>thing", accept="text/html,*/*;q=0.8")
    told = shown.get("/status/models/groq/nothing")

    assert (page.status, page.headers["content-type"].split(";")[0]) == (404, "text/html")
    assert "Nothing is known of groq/no&lt;b&gt;thing." in page.body.decode()
    assert told.json["error"]["code"] == "model_not_found"


def test_runs_are_listed_and_each_opens_as_its_report(shown):
    page = opened(shown, "/status/runs")
    runs = [one["href"] for one in page.named("a") if one["href"].startswith("/status/runs/")]

    assert len(runs) == 4
    report = opened(shown, runs[0])
    assert "Roll call" in text_of(report)
    assert "/status/runs" in [one["href"] for one in report.named("a")]


def test_a_badge_says_how_a_model_is(shown):
    good, bad = (shown.get(f"/badge/{name}.svg") for name in ("groq/qwen/qwen3-32b", "xai/qwen/qwen3-32b"))  # fmt: skip

    assert good.headers["content-type"] == "image/svg+xml"
    assert b"up, 100 % in 3 d" in good.body
    assert b"down, " in bad.body


def test_a_server_without_a_store_says_that_nothing_was_asked(start, acme):
    client = start(acme)

    assert "Nothing has been asked yet" in text_of(opened(client, "/status"))
    assert client.get("/api/v1/status").error["code"] == "nothing_asked"
    assert opened(client, "/status/live")


def test_pages_are_shown_under_a_policy_that_lets_nothing_else_in(shown):
    for path in ("/status", "/status/gateways/xai", "/status/live", "/status/runs"):
        headers = shown.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert int(headers["age"]) >= 0


@pytest.mark.parametrize("name", ["HTML", "bidirectional", "XML", "templates", "paths", "long"])
def test_what_a_provider_wrote_is_text_on_every_page(start, acme, store_file, name):
    text = well_formed(STRINGS[name])
    fill(store_file, gateways=("groq",), models=(text,), hours=(2, 1), text=text)
    client = start(acme, GATEWAYZ_STORE=store_file)
    model = f"/status/models/groq/{quote(text, safe='')}"

    for path in ("/status", "/status/gateways/groq", model, "/status/live", "/status/runs"):
        page = opened(client, path)
        assert not re.search(FORBIDDEN, " ".join(page.words))
        scripts = page.named("script")
        assert len(scripts) == (path in ("/status", "/status/live"))
        assert not {"base", "iframe", "object", "link"} & {tag for tag, _ in page.tags}
        for tag, attributes in page.tags:
            assert not [one for one in attributes if one.startswith("on") or one == "style"]
            assert attributes.get("href", "/").startswith(("/", "#"))
            assert not attributes.get("href", "/").startswith("//")
            assert tag != "img" or attributes["src"].startswith("/badge/")
    links = [one["href"] for one in opened(client, "/status").named("a") if "/models/" in one["href"]]  # fmt: skip
    assert client.get(links[0]).status == 200, "the page's own link leads to the model"


@pytest.mark.parametrize("name", ["a\nb", "a\n", "\n", "a\u2028b", "a/\r\nb"])
def test_links_to_a_model_with_a_line_end_in_its_name_lead_to_it(start, acme, store_file, name):
    fill(store_file, gateways=("groq",), models=(name,), hours=(2,))
    client = start(acme, GATEWAYZ_STORE=store_file)
    (link,) = {one["href"] for one in opened(client, "/status").named("a") if "/models/" in one["href"]}  # fmt: skip
    (picture,) = opened(client, link).named("img")

    assert client.get(picture["src"]).status == 200


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("/status/models/groq/..", "/status/models/groq%2F.."),
        ("/status/models/groq/a/./b", "/status/models/groq/a%2F.%2Fb"),
        ("/status/models/../a", "/status/models%2F..%2Fa"),
        ("/status/models/groq/.../%252e", "/status/models/groq/.../%252e"),
    ],
)
def test_no_part_of_an_address_is_dots(place, told):
    assert undotted(place) == told


def test_after_the_key_one_is_on_the_page_with_dots_in_its_name(locked):
    form = locked.get("/status/models/groq%2F..").body.decode()

    assert 'value="/status/models/groq%2F.."' in form
