"""Every format opens in its own parser, whatever a provider wrote, and is the same each time."""

import html
import json
import re
import shlex
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from markdown_it import MarkdownIt

from gatewayz.core import CATALOG_PROBE, Difference, Failure, Finding, Outcome, Summary
from gatewayz.core.access import Access, section_for
from gatewayz.core.codec import to_json
from gatewayz.core.failures import failure
from gatewayz.reports import REPORTS

XML_LEGAL = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


@pytest.fixture
def mixed(make):
    """A run with every outcome."""
    return (
        make.verdict("a"),
        make.verdict("b", warnings=(Finding(kind="usage-missing", saw="no usage", warning=True),)),
        make.verdict("c", Outcome.FAILED, kind="auth-bad-key", evidence="bad key", status=401),
        make.verdict("d", Outcome.UNKNOWN, reason="a check failed with ValueError()\nTraceback"),
        make.verdict("a", probe="streaming"),
        make.skipped("xai", "no key found; set XAI_API_KEY"),
    )


def hostile_run(make, hostile):
    verdict = make.verdict(
        hostile,
        Outcome.FAILED,
        gateway=hostile,
        probe=hostile,
        kind="model-not-found",
        evidence=hostile,
        status=404,
        warnings=(Finding(saw=hostile, expected=hostile, failure_class="semantic"),),
        also=(
            Failure(kind=None, failure_class="protocol", culprit="the gateway", evidence=hostile),
        ),
    )
    passed = make.verdict(hostile, gateway=hostile, warnings=verdict.warnings)
    unknown = make.verdict("u", Outcome.UNKNOWN, gateway=hostile, reason=hostile)
    verdicts = (verdict, passed, unknown, make.skipped(hostile, hostile))
    access = to_json(
        Access(base_url=hostile, key_env=hostile, headers={hostile: hostile}, id_form=hostile)
    )
    run = make.run(*verdicts, settings={section_for("direct"): {hostile: access}, hostile: hostile})
    difference = Difference(gateway=hostile, model=hostile, probe=hostile, direct=hostile, api=hostile, points_at=hostile)  # fmt: skip
    return run, make.summary(*verdicts, differences=(difference,))


@pytest.mark.parametrize("name", REPORTS)
def test_a_format_is_called_as_its_file_and_renders_an_empty_run(name, make):
    report = REPORTS[name]

    assert report.name == name
    assert report.title
    assert report.suffix.startswith(".")
    assert "/" in report.media_type
    assert report.render(make.run(), Summary())


@pytest.mark.parametrize("name", REPORTS)
def test_a_format_gives_the_same_bytes_for_the_same_run(name, make, mixed):
    run, summary = make.run(*mixed), make.summary(*mixed)

    assert REPORTS[name].render(run, summary) == REPORTS[name].render(run, summary)


@pytest.mark.parametrize("name", REPORTS)
def test_hostile_text_is_valid_text_without_a_control_character(name, make, hostile):
    text = REPORTS[name].render(*hostile_run(make, hostile)).decode("utf-8")

    # JSON keeps the original text, with every control character as an escape of its own.
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    if name != "json":
        assert not re.search(r"[\x80-\x9f\u200b\u202e]", text)


def test_json_holds_the_whole_run(make, mixed):
    run = make.run(*mixed, settings={"models": 3})

    document = json.loads(REPORTS["json"].render(run, make.summary(*mixed)))

    assert document["schema"] == "gatewayz/run/1"
    assert document["settings"] == {"models": 3}
    assert document["summary"]["total"]["rate"] == pytest.approx(0.75)
    assert [r["outcome"] for r in document["results"]] == [v.outcome for v in mixed]
    assert len(document["plan"]) == len(mixed)
    first, third = document["results"][0], document["results"][2]
    assert first["text"] == "Test successful"
    assert first["usage"]["output_tokens"] == 3
    assert first["model_served"] == "llama-3-turbo"
    assert first["latency_s"] == 2.45
    measured = document["results"][4]["metrics"]
    assert (measured["ttft"]["value"], measured["ttft"]["reason"]) == (0.25, "")
    assert (measured["tls"]["value"], measured["tls"]["reason"]) == (None, "no TLS")
    assert document["results"][4]["ttft_s"] == 0.25
    assert third["failure"]["kind"] == "auth-bad-key"
    assert third["failure"]["class"] == "auth"
    assert third["failure"]["culprit"] == "the key"
    assert "key" in third["failure"]["remedy"]
    assert third["failure"]["evidence"] == "bad key"


def test_json_follows_the_schema_in_the_docs(make, mixed, hostile, docs):
    (block,) = re.findall(r"```json\n(\{\n  \"\$schema\".*?)```", docs, re.DOTALL)
    schema = json.loads(block)

    for run, summary in ((make.run(*mixed), make.summary(*mixed)), hostile_run(make, hostile)):
        jsonschema.validate(json.loads(REPORTS["json"].render(run, summary)), schema)


@pytest.fixture
def docs():
    return (Path(__file__).parents[2] / "docs" / "reports.md").read_text()


def test_the_docs_name_every_format(docs):
    for name, report in REPORTS.items():
        assert f"| `{name}` | `{report.suffix}` | {report.title}" in docs


def test_no_number_over_nothing_is_a_full_success(make):
    document = json.loads(REPORTS["json"].render(make.run(), Summary()))
    markdown = REPORTS["markdown"].render(make.run(), Summary()).decode()

    assert document["summary"]["total"]["rate"] is None
    assert "0/0 passed (n/a)" in markdown


def test_the_curl_repeats_the_call_with_the_key_as_a_variable(make):
    verdict = make.verdict("it's $(reboot) `x`", Outcome.FAILED, kind="auth-bad-key", status=401)
    access = Access(key_env="GROQ_API_KEY", headers={"X-Title": "our 'tests'"})
    run = make.run(verdict, settings={"gateways": {"groq": to_json(access)}})

    document = json.loads(REPORTS["json"].render(run, make.summary(verdict)))
    curl = document["results"][0]["curl"]
    words = shlex.split(curl)

    assert '"Authorization: Bearer $GROQ_API_KEY"' in curl
    assert words[:4] == ["curl", "-sS", "-i", "https://api.example/v1/chat/completions"]
    assert json.loads(words[words.index("-d") + 1])["model"] == "it's $(reboot) `x`"
    assert "X-Title: our 'tests'" in words


def test_junit_opens_with_right_counts_per_gateway(make, mixed):
    document = REPORTS["junit"].render(make.run(*mixed), make.summary(*mixed))

    root = ET.fromstring(document)
    suites = {suite.get("name"): suite for suite in root}
    groq = suites["groq"]
    assert root.tag == "testsuites"
    assert list(suites) == ["groq", "xai"]
    assert {k: groq.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5", "failures": "1", "errors": "1", "skipped": "0",
    }  # fmt: skip
    assert suites["xai"].get("skipped") == "1"
    assert root.get("tests") == "6"
    assert float(root.get("time")) == pytest.approx(5 * 2.45)
    assert "XAI_API_KEY" in suites["xai"].find("testcase/skipped").get("message")
    assert groq.find("testcase/failure").get("type") == "auth-bad-key"
    assert "warning: usage-missing" in groq.find("testcase/system-out").text


def test_junit_keeps_to_the_common_schema(make, mixed, hostile):
    for run, summary in ((make.run(*mixed), make.summary(*mixed)), hostile_run(make, hostile)):
        root = ET.fromstring(REPORTS["junit"].render(run, summary))
        for suite in root:
            assert suite.tag == "testsuite"
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
            cases = list(suite)
            assert int(suite.get("tests")) == len(cases)
            for tag, count in (
                ("failure", "failures"),
                ("error", "errors"),
                ("skipped", "skipped"),
            ):
                assert int(suite.get(count)) == len(suite.findall(f"testcase/{tag}"))
            assert len({case.get("name") for case in cases}) == len(cases)
            for case in cases:
                assert case.tag == "testcase"
                assert {"name", "classname", "time"} == set(case.keys())
                tags = [child.tag for child in case]
                assert len(set(tags) & {"failure", "error", "skipped"}) <= 1
                assert set(tags) <= {"failure", "error", "skipped", "system-out"}


def test_junit_holds_no_character_that_xml_forbids(make, hostile):
    text = REPORTS["junit"].render(*hostile_run(make, hostile)).decode()

    assert XML_LEGAL.fullmatch(text)
    assert "]]>" not in text
    assert "<!DOCTYPE" not in text


def test_an_id_that_a_catalogue_lists_twice_is_two_test_cases(make):
    twins = (make.verdict("a"), make.verdict("a", Outcome.FAILED, kind="auth-bad-key"))
    root = ET.fromstring(REPORTS["junit"].render(make.run(*twins), make.summary(*twins)))

    assert [case.get("name") for case in root.iter("testcase")] == [
        "groq-a-chat", "groq-a-chat (2)",
    ]  # fmt: skip


def test_both_ways_are_suites_of_their_own(make):
    verdicts = (make.verdict("a"), make.verdict("a", way="api"))
    root = ET.fromstring(REPORTS["junit"].render(make.run(*verdicts), make.summary(*verdicts)))

    assert [s.get("name") for s in root] == ["groq (direct)", "groq (through the API)"]


def markdown_tokens(document):
    parser = MarkdownIt("gfm-like", {"linkify": False}).enable("table")
    for token in parser.parse(document):
        yield token
        yield from token.children or ()


def test_markdown_begins_with_the_table_and_shows_remedies(make, mixed):
    text = REPORTS["markdown"].render(make.run(*mixed), make.summary(*mixed)).decode()

    assert text.index("| gateway |") < text.index("### Failed or unknown") < text.index("Remedy")
    assert "| groq | ⚠️ WARN | 3/4 | 75.0% | n/a | 1 unknown |" in text
    assert "### Warnings" in text
    assert "XAI_API_KEY" in text


def test_markdown_takes_nothing_of_a_provider_for_markup(make, hostile):
    text = REPORTS["markdown"].render(*hostile_run(make, hostile)).decode()

    tokens = list(markdown_tokens(text))
    kinds = {token.type for token in tokens}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "em_open", "hr"}
    assert all(token.type != "fence" or token.info in ("text", "sh") for token in tokens)
    cells = [token.type for token in tokens if token.type in ("tr_open", "th_open", "td_open")]
    rows = " ".join(cells).split("tr_open")[1:]
    assert {row.count("_open") for row in rows} == {6, 3}
    headings = [token.tag for token in tokens if token.type == "heading_open"]
    assert headings.count("h2") == 1
    assert headings.count("h3") == 5


def test_markdown_stays_below_the_size_of_a_step_summary(make):
    verdicts = tuple(
        make.verdict(
            f"m{n}" + "x" * 300,
            Outcome.FAILED,
            gateway=f"g{n % 100}" + "y" * 100,
            probe=f"p{n % 7}",
            kind="auth-bad-key",
            evidence="e" * 400,
        )
        for n in range(7000)
    )
    text = REPORTS["markdown"].render(make.run(*verdicts), make.summary(*verdicts))

    assert len(text) < 1024 * 1024
    assert b"and 50 more" in text
    assert b"and 61 more" in text


def test_markdown_tells_a_failure_once_and_names_the_cases_that_met_it(make):
    verdicts = [
        make.verdict(f"m{n}", Outcome.FAILED, kind=kind, probe=probe, evidence="no")
        for n in range(3)
        for kind, probe in (("overloaded", "chat"), ("tool-call-as-text", "tool_call"))
    ]
    text = REPORTS["markdown"].render(make.run(*verdicts), make.summary(*verdicts)).decode()

    assert text.count("#### ") == 2
    assert "The same in groq / m1 / chat, groq / m2 / chat." in text
    assert text.count("**Points at:** the gateway") == 1
    assert text.count("curl -sS -i ") == 2


def test_files_tell_the_status_and_whose_side_it_lies_on(make):
    verdict = make.verdict("m", Outcome.FAILED, kind="rate-limit", status=429)
    run, summary = make.run(verdict), make.summary(verdict)

    heading = "#### groq / m / chat: HTTP 429 rate-limit\n"
    assert heading in REPORTS["markdown"].render(run, summary).decode()
    assert "points at: rate limit\n" in REPORTS["junit"].render(run, summary).decode()


def test_files_tell_the_further_failures_and_which_status_was_inside_which(make):
    inside = failure("status-flattened", "HTTP 500 around HTTP 401")
    verdict = make.verdict("m", Outcome.FAILED, kind="auth-bad-key", status=500, also=(inside,))
    run, summary = make.run(verdict), make.summary(verdict)

    for name in ("markdown", "junit"):
        text = html.unescape(REPORTS[name].render(run, summary).decode())
        assert re.search(r"[Aa]lso:(\*\*)? status-flattened: .*: HTTP 500 around HTTP 401", text)


@pytest.mark.parametrize("probe", [CATALOG_PROBE, "chat"])
def test_a_model_list_that_differs_between_the_ways_is_called_so(make, probe):
    told = Difference(
        gateway="groq", model="", probe=probe, direct="passed", api="x", points_at="the backend"
    )
    verdict = make.verdict()
    summary = make.summary(verdict, differences=(told,))
    text = REPORTS["markdown"].render(make.run(verdict), summary).decode()

    assert ("| model list | passed |" in text) is (probe == CATALOG_PROBE)
    assert "catalogue" not in text


def test_markdown_has_models_against_probes(make):
    verdicts = [
        make.verdict("a|b"),
        make.verdict("a|b", Outcome.FAILED, probe="vision", kind="overloaded"),
    ]
    text = REPORTS["markdown"].render(make.run(*verdicts), make.summary(*verdicts)).decode()
    alone = REPORTS["markdown"].render(make.run(verdicts[0]), make.summary(verdicts[0])).decode()

    assert "### What works: groq\n\n| model | chat | vision |\n|---|:-:|:-:|\n" in text
    assert "| a&#124;b | ✓ | ✗ |\n\n✓ works, ✗ fails, " in text
    assert "What works" not in alone
