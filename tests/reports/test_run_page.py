"""The page of a run: everything is told in it, to everybody, and nothing in it acts but its own search."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from tests.hostile import STRINGS, verdicts
from tests.outline import Outline

from gatewayz.core import CATALOG_PROBE, Difference, Finding, Outcome, Spend, Summary
from gatewayz.core.access import Access
from gatewayz.core.codec import to_json
from gatewayz.measure import summarize
from gatewayz.reports import LOAD_REPORTS, REPORTS

INERT = {
    "a", "article", "bdi", "body", "circle", "code", "dd", "desc", "details", "div", "dl", "dt", "figcaption",
    "fieldset", "figure", "footer", "h1", "h2", "h3", "head", "header", "html", "input", "label", "legend", "li", "line",
    "main", "meta", "nav", "ol", "output", "p", "path", "pre", "rect", "script", "section", "small",
    "span", "strong", "style", "summary", "svg", "table", "tbody", "td", "text", "th", "thead",
    "title", "tr", "ul", "wbr",
}  # fmt: skip


def rendered(run, summary=None):
    return REPORTS["html"].render(run, summary or summarize(run.verdicts)).decode()


@pytest.fixture
def run(make):
    """Two gateways, three models, two probes; one model fails at both, the list of a third failed."""
    found = [
        make.verdict(model, gateway=gateway, probe=probe, outcome=outcome, **how)
        for gateway in ("groq", "xai")
        for model in ("m/one", "m/two", "m/three")
        for probe in ("chat", "streaming")
        for outcome, how in [
            (Outcome.FAILED, {"kind": "overloaded", "evidence": f"{model} is busy", "status": 503})
            if model == "m/two"
            else (Outcome.PASSED, {})
        ]
    ]
    warned = make.verdict("m/one", warnings=(Finding(kind="usage-missing", warning=True),), repeat=1)  # fmt: skip
    access = {"groq": to_json(Access(key_env="GROQ_API_KEY"))}
    return make.run(*found, warned, make.skipped("near", "no key found"), settings={"gateways": access})  # fmt: skip


@pytest.fixture
def page(run):
    return Outline(rendered(run))


def test_html_tells_of_roll_calls_and_of_load_runs_in_their_own_ways():
    assert REPORTS["html"].render is not LOAD_REPORTS["html"].render


@pytest.mark.parametrize(
    ("spend", "told"),
    [
        (None, "no account was kept"),
        (Spend(calls=9, usd=0.1), "9 calls"),
        (Spend(calls=9, usd=0.1, dearest_calls=1), "at most, for 9 calls"),
        (Spend(calls=9, usd=0.1, unpriced_calls=1), "9 calls, not all counted"),
        (Spend(calls=9, usd=0.1, verdicts=4), "9 calls, not all counted"),
        (Spend(calls=9, unpriced_calls=9), "9 calls"),
    ],
)
def test_the_cost_at_the_top_says_how_far_it_goes(run, spend, told):
    page = rendered(run, replace(summarize(run.verdicts), spend=spend))

    assert f">{told}<" in page


def test_every_model_has_a_row_and_every_probe_a_column(page):
    rows = page.named("tr", "model")
    marks = [one for tag in ("a", "span") for one in page.named(tag, "mark")]

    assert len(rows) == 6
    # Six models at two probes, and the five signs below the table.
    assert len(marks) == 6 * 2 + 5
    assert [row["class"] for row in rows].count("model is-bad") == 2


def test_a_failing_cell_leads_to_its_panel(page):
    links = [link["href"][1:] for link in page.named("a", "mark")]
    panels = [card["id"] for card in page.named("article") if "id" in card]

    assert links == ["f1", "f1", "f2", "f2"]
    assert panels == ["f1", "f2"]


def test_every_failure_is_told_in_its_own_words_with_its_command(run, page):
    words = " ".join(" ".join(page.words).split())

    failed = [v for v in run.verdicts if v.outcome is Outcome.FAILED]
    assert words.count("curl -sS") == len(failed)
    assert words.count("m/two is busy") >= len(failed)
    assert "$GROQ_API_KEY" in words
    assert "HTTP 503 overloaded" in words
    assert "usage-missing" in words
    assert "no key found" in words


def test_a_page_can_be_used_without_its_script(run):
    text = rendered(run)
    page = Outline(text)

    (label,) = page.named("label", "find")
    assert "hidden" in label
    assert [box["id"] for box in page.named("input") if box["type"] == "radio"] == ["show-all", "show-bad"]  # fmt: skip
    assert ".matrix:has(#show-bad:checked) tr" in text


def test_the_policy_allows_the_pages_own_style_and_script_alone(run):
    text = rendered(run)
    (policy,) = [m["content"] for m in Outline(text).named("meta") if m.get("http-equiv")]

    for tag, source in (("style", "style-src"), ("script", "script-src")):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{source} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


@pytest.mark.parametrize("text", STRINGS.values(), ids=list(STRINGS))
def test_a_text_becomes_no_part_of_a_page(make, text):
    plain, page = (Outline(rendered(make.run(*verdicts(one, one)))) for one in ("plain", text))

    assert {tag for tag, _ in page.tags} <= INERT
    for tag in ("section", "table", "tr", "article", "h2", "h3", "pre", "meta", "script", "style"):
        assert len(page.named(tag)) == len(plain.named(tag))
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style")]  # fmt: skip
        assert attributes.get("href", "#").startswith("#")


def test_gateways_have_a_column_of_notes_only_where_one_has_a_note(make):
    whole, noted = (
        Outline(rendered(make.run(make.verdict("m"), *more)))
        for more in ((), (make.skipped("near", "no key found"),))
    )

    assert "Note" not in whole.words
    assert "Note" in noted.words
    assert len(whole.named("th")) == len(noted.named("th")) - 2  # the column, and the other gateway


def test_a_page_can_be_read_without_its_pictures(page):
    for svg in page.named("svg"):
        assert svg.get("aria-hidden") == "true" or (svg["role"] == "img" and svg["aria-label"])
    frames = page.named("div", "scroll")
    assert len(frames) == len(page.named("table")) + 1 > 3  # and the timeline
    assert all(f["tabindex"] == "0" and f["role"] == "region" and f["aria-label"] for f in frames)
    assert all(th["scope"] in ("row", "col", "rowgroup") for th in page.named("th"))
    assert all(one.get("aria-label") for tag in ("a", "span") for one in page.named(tag, "mark"))
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {link["href"][1:] for link in page.named("a")} <= ids


def test_the_calls_of_a_run_are_told_beside_their_picture(make):
    once, failed = make.verdict("m"), make.verdict("n", Outcome.FAILED, kind="overloaded")
    (last,) = once.observation.attempts
    tries = (replace(last, status=503), last)
    again = replace(once, observation=replace(once.observation, attempts=tries))
    page = Outline(rendered(make.run(again, failed)))
    words = " ".join(page.words)

    assert "The calls of each gateway, from the start of the run on" in words
    assert {"1 passed", "1 failed", "1 tried again"} <= set(page.words)
    for head in ("Calls", "Tried again", "First began after"):
        assert head in page.words
    assert "Skipped" not in page.words


def test_both_ways_and_where_they_differ_are_told(make):
    both = [make.verdict("m"), make.verdict("m", Outcome.FAILED, way="api", kind="overloaded")]
    told = Difference(gateway="groq", model="m", probe="chat", direct="passed", api="failed", points_at="the backend")  # fmt: skip
    words = " ".join(Outline(rendered(make.run(*both), make.summary(*both, differences=(told,)))).words)  # fmt: skip

    assert "groq (through the API)" in words
    assert "Ended differently on the two ways" in words
    assert "the backend" in words


def test_a_model_list_that_failed_has_a_panel_and_no_row(make):
    verdict = make.verdict("m", Outcome.FAILED, probe=CATALOG_PROBE, kind="auth-bad-key", status=401)  # fmt: skip
    case = verdict.observation.case
    object.__setattr__(case, "model", None)
    page = Outline(rendered(make.run(verdict)))

    assert len(page.named("article")) == 1
    assert not page.named("tr", "model")


def test_a_run_without_a_case_is_a_page_too(make):
    words = " ".join(Outline(REPORTS["html"].render(make.run(), Summary()).decode()).words)

    assert "Nothing was asked." in words
    assert "100.0%" not in words


def test_calls_of_an_earlier_run_are_none_of_this_ones(make):
    fresh, older = make.verdict("m/fresh"), make.verdict("m/older", taken_from="run-0")
    both, alone = (rendered(make.run(*found)) for found in ((fresh, older), (older,)))

    assert "<title>m/fresh / chat: passed, " in both
    assert "<title>m/older / chat: passed, " not in both
    assert "When each call was made" not in alone
    assert "No call was made: the verdicts are those of earlier runs." in alone
