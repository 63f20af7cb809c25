"""Reports of load runs: each opens in its own parser, whatever a provider wrote."""

import base64
import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from tests.hostile import FORBIDDEN, STRINGS
from tests.loads import a_load, empty_load, metric_line
from tests.outline import Outline

from gatewayz.core.load import LoadLine, MostLoad, Target
from gatewayz.core.text import well_formed
from gatewayz.measure import untold
from gatewayz.reports import LOAD_REPORTS, REPORTS

FORMATS = list(LOAD_REPORTS)


def rendered(name, result):
    return LOAD_REPORTS[name].render(result).decode("utf-8")


@cache
def hostile_load(text):
    """A run in which everything that is a text is this one."""
    names = {text: (text, text), f"2 {text}": (f"2 {text}", f"2 {text}")}
    return a_load(
        seconds=3,
        names=names,
        text=text,
        notes=(text,),
        stopped_why=text,
        settings={text: text},
        environment={text: [text]},
    )


@cache
def hostile_page(text):
    return Outline(rendered("html", hostile_load(text)))


@pytest.fixture(scope="module")
def run():
    return a_load((8, 16), seconds=5)


@pytest.fixture(params=STRINGS.values(), ids=list(STRINGS))
def text(request):
    return request.param


@pytest.fixture(scope="module")
def docs():
    return (Path(__file__).parents[3] / "docs" / "reports.md").read_text()


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_called_as_its_file_and_tells_a_run_without_a_request(name):
    report = LOAD_REPORTS[name]

    assert report.name == name
    assert report.suffix == f".{name}"
    assert "/" in report.media_type
    assert report.render(empty_load())


def test_formats_of_load_runs_are_no_formats_of_roll_calls():
    assert set(FORMATS) == {"csv", "html", "json"}
    assert "load" not in REPORTS
    assert "csv" not in REPORTS


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_gives_the_same_bytes_for_the_same_run(name, run):
    assert LOAD_REPORTS[name].render(run) == LOAD_REPORTS[name].render(run)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "json"])
def test_no_report_holds_what_is_obeyed_or_unseen(name, text):
    assert not re.search(FORBIDDEN, rendered(name, hostile_load(text)).replace("\r\n", "\n"))


def test_the_docs_name_every_format_of_load_runs(docs):
    for name, report in LOAD_REPORTS.items():
        assert f"| `{name}` | `{report.suffix}` | {report.title}" in docs


def schema_in(docs):
    blocks = re.findall(r"```json\n(\{\n  \"\$schema\".*?)```", docs, re.DOTALL)
    (schema,) = [one for one in map(json.loads, blocks) if one["title"] == "gatewayz/load/1"]
    return schema


def test_json_follows_the_schema_in_the_docs(docs, run):
    for result in (run, empty_load(), hostile_load(STRINGS["HTML"])):
        jsonschema.validate(json.loads(rendered("json", result)), schema_in(docs))


def test_json_holds_the_whole_run(run):
    document = json.loads(rendered("json", run))

    assert document["schema"] == "gatewayz/load/1"
    assert [target["name"] for target in document["targets"]] == [t.name for t in run.targets]
    line, kept = document["lines"][1], run.lines[1]
    assert line["failures"] == kept.failures == sum(line["failed"].values()) > 0
    assert line["metrics"]["ttft"]["quantiles"]["p95"]["value"] == (
        kept.metrics["ttft"].quantiles["p95"].value
    )
    assert sum(bucket["count"] for bucket in line["metrics"]["ttft"]["buckets"]) == kept.passed
    assert line["metrics"]["connect"]["quantiles"]["p50"]["value"] is None
    assert document["metrics"]["ttft"]["unit"] == "s"
    (failure,) = document["failures"]
    assert failure["examples"][0]["failure"]["kind"] == "rate-limit"
    assert failure["examples"][0]["curl"].startswith("curl ")


def test_json_is_strict_and_keeps_the_original(text):
    document = json.loads(rendered("json", hostile_load(text)))

    assert document["targets"][0]["name"] == well_formed(text)


def table(result):
    return list(csv.DictReader(io.StringIO(rendered("csv", result), newline="")))


def test_csv_has_a_row_for_each_target_stage_and_metric(run):
    rows = table(run)

    assert len(rows) == sum(len(line.metrics) for line in run.lines)
    kept = run.lines[1]
    row = next(
        row for row in rows if (row["target"], row["stage"], row["metric"]) == (kept.target, "0", "ttft")
    )  # fmt: skip
    assert (row["gateway"], row["load"], row["load_unit"]) == ("together", "8", "concurrency")
    assert (int(row["sent"]), int(row["passed"]), int(row["failed"])) == (
        kept.sent, kept.passed, kept.failures,
    )  # fmt: skip
    assert float(row["p95"]) == kept.metrics["ttft"].quantiles["p95"].value
    assert float(row["largest"]) == kept.metrics["ttft"].largest


def test_csv_leaves_a_cell_empty_where_there_is_no_number(run):
    row = next(row for row in table(run) if row["metric"] == "connect")

    assert (row["count"], row["smallest"], row["p50"], row["p99_low"]) == ("0", "", "", "")
    assert int(row["not_measured"]) > 0


@pytest.mark.parametrize(
    "formula",
    ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1", "＠x", "=1\n=2"],
)
def test_no_spreadsheet_works_out_what_a_provider_wrote(formula):
    rows = table(hostile_load(formula))

    cells = [cell for row in rows for cell in row.values()]
    assert any("=" in cell or "1" in cell for cell in cells)
    assert not [cell for cell in cells if cell.strip()[:1] in set("=+-@＝＋－＠\t\r")]


def test_csv_keeps_its_columns_whatever_is_in_a_cell(text):
    rows = table(hostile_load(text))

    assert all(None not in row and None not in row.values() for row in rows)
    assert len({row["target"] for row in rows}) == 2


INERT = {
    "a", "bdi", "body", "circle", "dd", "desc", "details", "div", "dl", "dt", "figcaption", "figure",
    "footer", "h1", "h2", "h3", "head", "header", "html", "li", "line", "main", "meta", "nav", "p",
    "path", "pre", "rect", "section", "span", "strong", "style", "summary", "svg", "table", "tbody",
    "td", "text", "th", "thead", "title", "tr", "ul", "wbr",
}  # fmt: skip


def test_a_page_holds_nothing_that_acts_or_reaches_out(text):
    page = hostile_page(text)

    assert {tag for tag, _ in page.tags} <= INERT
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        assert attributes.get("href", "#").startswith("#")
        assert "style" not in attributes
    assert len(page.named("style")) == 1


def test_a_text_forges_no_part_of_a_page(text):
    plain = hostile_page("plain")
    page = hostile_page(text)

    for tag in ("section", "figure", "table", "h2", "h3", "pre", "meta"):
        assert len(page.named(tag)) == len(plain.named(tag))


def test_the_policy_of_a_page_allows_its_own_style_and_nothing_else(run):
    text = rendered("html", run)
    page = Outline(text)

    (policy,) = [m["content"] for m in page.named("meta") if m.get("http-equiv")]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_a_page_can_be_read_without_its_pictures(run):
    page = Outline(rendered("html", run))

    for svg in page.named("svg"):
        assert svg.get("aria-hidden") == "true" or (svg["role"] == "img" and svg["aria-label"])
    frames = [d for d in page.named("div") if d.get("class") == "scroll"]
    assert len(frames) == len(page.named("table")) > 5
    assert all(f["tabindex"] == "0" and f["role"] == "region" and f["aria-label"] for f in frames)
    assert all(th["scope"] in ("row", "col") for th in page.named("th"))
    ids = {section["id"] for section in page.named("section")}
    assert {link["href"][1:] for link in page.named("a")} <= ids
    assert dict(page.tags)["html"]["lang"] == "en"


def test_a_page_shows_the_figures_of_the_run(run):
    words = " ".join(Outline(rendered("html", run)).words)

    median = run.lines[0].metrics["ttft"].quantiles["p50"]
    assert f"{median.value * 1000:,.0f}" in words
    assert f"{median.low * 1000:,.0f} – {median.high * 1000:,.0f}" in words
    assert "+100 to +150" in words
    assert "< 0.001 slower" in words
    assert run.most[0].words in words
    assert run.shape.words in words
    assert "connection reused" in words
    assert "rate-limit: 17 at" in words
    assert "curl -sS" in words


def test_what_was_not_measured_has_no_picture_and_no_number(run):
    lines = [replace(line, metrics={"connect": line.metrics["connect"]}) for line in run.lines]
    page = rendered("html", replace(run, lines=lines, most=(), comparisons=()))

    assert "share below" not in page
    assert "Not measured" in page


def test_a_client_that_was_the_bottleneck_says_so_first(run):
    check = replace(run.self_check, bottleneck=True, words="Our own loop was late by 80 ms.")
    page = rendered("html", replace(run, self_check=check))

    assert page.index("Our own loop was late by 80 ms.") < page.index("<main>")


def test_more_lines_than_colours_are_told_to_be_in_the_table():
    names = {f"gateway-{n}/model": (f"gateway-{n}", "model") for n in range(11)}
    result = a_load(seconds=2, names=names)
    page = Outline(rendered("html", result))

    words = " ".join(page.words)
    assert "3 of 11 lines are in the table only." in words
    assert all(name in words for name in names)


def test_a_target_that_is_not_listed_is_told_all_the_same(run):
    result = replace(run, targets=(Target(name="other", gateway="x", model_id="y"),))

    words = "".join(Outline(rendered("html", result)).words)
    assert all(line.target in words for line in run.lines)
    assert {row["target"] for row in table(result)} == {line.target for line in run.lines}


def test_remedies_are_those_of_a_load_run(run):
    (failure,) = json.loads(rendered("json", run))["failures"]
    page = "".join(Outline(rendered("html", run)).words)

    for told in (failure["examples"][0]["failure"]["remedy"], page):
        assert "Ask for less at once, or see [gateways.together] in gatewayz.toml." in told
        assert "gatewayz test" not in told


def test_each_comparison_is_told_once_by_its_figures_and_a_word(run):
    under = replace(run.comparisons[0], told="under the floor", floor=0.2, words="Not this.")
    page = " ".join(
        Outline(rendered("html", replace(run, comparisons=(*run.comparisons, under)))).words
    )

    assert page.count("< 0.001 slower") == 2
    assert "under the floor of 200 ms" in page
    assert "Not this." not in page
    assert run.comparisons[0].words not in page


def test_what_is_too_few_or_not_compared_has_no_figure_in_any_format(docs, run):
    bare = {"shift": untold(5), "p_adjusted": None}
    told = (("too few", "5 turns, and 6 are needed for 20 comparisons"),
            ("not compared", "7 of 9 of b failed"))  # fmt: skip
    found = [replace(run.comparisons[0], told=word, limits=why, **bare) for word, why in told]
    one = replace(run, comparisons=tuple(found))
    page = " ".join(Outline(rendered("html", one)).words)

    assert "n/a n/a n/a too few: 5 turns, and 6 are needed for 20 comparisons" in page
    assert "n/a n/a n/a not compared: 7 of 9 of b failed" in page
    document = json.loads(rendered("json", one))
    jsonschema.validate(document, schema_in(docs))
    for comparison in document["comparisons"]:
        shift = comparison["shift"]
        assert {comparison["p_adjusted"], shift["value"], shift["effect"], shift["p_value"]} == {
            None
        }


def test_a_page_says_that_intervals_of_differences_are_each_for_itself(run):
    page = " ".join(Outline(rendered("html", run)).words)

    assert "its own 95 % interval, uncorrected" in page


def unasked(run):
    """The run with a third target, to which nothing was sent."""
    more = Target(name="third/m", gateway="third", model_id="m")
    lines = (*run.lines, LoadLine(target=more.name, stage=0, title=run.lines[0].title))
    return replace(run, targets=(*run.targets, more), lines=lines)


def test_a_target_that_is_in_no_comparison_is_named_on_the_page_too(run):
    alone = replace(unasked(run), comparisons=(), lines=unasked(run).lines[::4])

    told = "Not compared:third/m: it has no values: nothing was sent"
    assert told in "".join(Outline(rendered("html", unasked(run))).words)
    assert "Not compared:together/meta" in "".join(Outline(rendered("html", alone)).words)
    assert "Not compared" not in "".join(Outline(rendered("html", run)).words)


def test_of_a_target_that_was_asked_nothing_there_is_no_time_and_no_rate(docs, run):
    one = unasked(run)
    page = " ".join(Outline(rendered("html", one)).words)
    document = json.loads(rendered("json", one))
    rows = [row for row in table(one) if row["target"] == "third/m"]

    assert "0 nothing was sent 0 0 n/a n/a n/a n/a" in page
    jsonschema.validate(document, schema_in(docs))
    kept = document["lines"][-1]
    assert (kept["sent"], kept["elapsed_s"], kept["requests_per_s"]) == (0, None, None)
    assert [(row["sent"], row["elapsed_s"], row["requests_per_s"]) for row in rows] == [
        ("0", "", "")
    ]


def test_the_most_load_is_told_with_the_target_it_is_of(run):
    most = [
        MostLoad(target=target.name, unit="concurrency", level=4, words=f"{level} at once")
        for level, target in enumerate(run.targets, 4)
    ]
    page = "".join(Outline(rendered("html", replace(run, most=tuple(most)))).words)

    for one in most:
        assert f"{one.target}: {one.words}" in page


def test_what_was_estimated_or_came_together_is_told_beside_the_count(run):
    share = "tokens of the first chunk by its share of the text"
    line = run.lines[0]
    metrics = {
        **line.metrics,
        "decode_rate": replace(line.metrics["decode_rate"], estimated={share: 3}),
        "icl": replace(line.metrics["icl"], together=5, relative_error=0.005),
    }
    changed = replace(run, lines=(replace(line, metrics=metrics),))
    words = " ".join(Outline(rendered("html", changed)).words)
    rows = {row["metric"]: row for row in table(changed)}

    assert "3 estimated" in words
    assert f"3 of {line.metrics['decode_rate'].count:,} values: {share}" in words
    assert "5 came together" in words
    assert "to within 0.5%" in words
    assert (rows["decode_rate"]["estimated"], rows["ttft"]["estimated"]) == ("3", "0")
    assert (rows["icl"]["together"], rows["icl"]["relative_error"]) == ("5", "0.005")


def test_gaps_of_nothing_are_drawn_from_nothing_on(run):
    gaps = metric_line("icl", [0.0] * 30 + [0.02] * 60 + [0.1])
    line = replace(run.lines[0], metrics={**run.lines[0].metrics, "icl": gaps})
    page = rendered("html", replace(run, lines=(line,), shape=replace(run.shape, stages=())))
    picture = page[page.index("Inter-chunk latency: share below") :]
    ticks = re.findall(r"<text[^>]*>([0-9.]+)</text>", picture[: picture.index("</svg>")])

    assert {"0", "20", "40", "60", "80", "100"} <= set(ticks)


def test_one_more_metric_is_one(run):
    page = rendered("html", run)
    more = replace(run.lines[0].metrics["ttft"], metric="longest_stall")
    line = replace(run.lines[0], metrics={**run.lines[0].metrics, "longest_stall": more})

    assert "more metric" not in page
    assert ">1 more metric<" in rendered("html", replace(run, lines=(line,)))


def test_what_is_measured_of_an_objective_has_its_unit(run):
    words = " ".join(Outline(rendered("html", run)).words)

    assert re.search(r"ttft_p95=800ms  ?(met|missed)  ?[\d,]+ ms", words)


def test_of_values_that_hang_together_no_interval_is_missed(run):
    page = rendered("html", run)
    gaps = page[page.index("Inter-chunk latency in ms") :]
    gaps = gaps[: gaps.index("</table>")]

    assert "the values of one answer hang together" in gaps
    assert "too few" not in gaps
    assert "95 % interval" in page


def test_a_cost_that_is_only_the_most_it_can_be_is_marked(run):
    most = replace(run, lines=tuple(replace(line, costed_at_most=1) for line in run.lines))

    assert "≤ $" in rendered("html", most)
    assert "≤ $" not in rendered("html", run)


def test_a_percentile_of_too_few_answers_is_marked_and_in_no_curve():
    page = rendered("html", a_load((1, 8), seconds=2))
    curve = page[page.index("Time to first token, p95, against load") :].split("</figure>")[0]

    assert "too few" in page
    assert re.search(r"Too few answers for an interval: \d+ at most at one load\.", curve)
    assert "Not measured." not in curve
