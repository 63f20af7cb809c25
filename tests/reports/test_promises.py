"""How promises stand, in every format: the same figures, and nothing that anybody obeys."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from markdown_it import MarkdownIt
from tests.browser import DARK, browsing
from tests.hostile import FORBIDDEN, STRINGS
from tests.sla.results import AVAILABLE, START, at, series, sla

from gatewayz.core.availability import SlaReport
from gatewayz.core.objectives import Maintenance, Objective
from gatewayz.core.text import display_width, well_formed
from gatewayz.measure.sla import assess, troubles_of
from gatewayz.reports import SLA_REPORTS
from gatewayz.reports.sla import _words as words
from gatewayz.reports.sla._lines import sla_lines

QUICK = Objective(name="ttft p95 <= 1.50s", kind="ttft", share=0.95, limit=1.5, probes=("chat",))
LETTERS = "g" * 60 + "bbbb" + "g" * 40 + "oo" + "g" * 20


def a_report(text="", models=3, letters=LETTERS):
    """A week in which some of the models of two gateways fail, with a text wherever one may stand."""
    text = well_formed(text)
    promise = sla(AVAILABLE, QUICK, name=f"chat{text}", targets=("*",))
    results = [
        one._replace(model=f"m{n}/{text}", gateway=gateway, ttft_s=0.5, kind=one.kind and f"{one.kind}{text}")
        for gateway in (f"groq{text}".replace("/", ""), "xai")
        for n in range(models)
        for one in series(letters if n % 2 == 0 else "g" * len(letters))
    ]  # fmt: skip
    planned = (Maintenance(targets=(text or "*",), start=at(100), end=at(101), reason=text),)
    found = assess([promise], results, at=at(168), maintenance=planned)
    return SlaReport(
        at=at(168), slas=(promise,), assessments=found, troubles=troubles_of(found), maintenance=planned
    )  # fmt: skip


def rendered(name, report):
    if name == "terminal":
        return "\n".join(sla_lines(report, width=78, everything=True))
    return SLA_REPORTS[name].render(report).decode()


def test_the_chart_and_the_table_behind_it_name_the_same_days():
    page = rendered("html", a_report())
    chart = page[page.index("Good results over the window") :]
    chart = chart[: chart.index("</svg>")]

    named = re.findall(r">(\d\d [A-Z][a-z]{2})<", chart)
    assert named == ["06 Oct", "08 Oct", "10 Oct", "12 Oct"]
    assert "time in UTC" in chart


@pytest.mark.parametrize("text", STRINGS.values(), ids=list(STRINGS))
@pytest.mark.parametrize("name", ["csv", "html", "markdown", "terminal"])
def test_no_format_holds_what_is_obeyed_or_unseen(name, text):
    shown = rendered(name, a_report(text, models=1, letters="gggbbb"))

    assert not re.search(FORBIDDEN, shown.replace("\r\n", "\n") if name == "csv" else shown)
    if name == "terminal":
        assert max(map(display_width, shown.split("\n"))) <= 78


def test_markdown_stays_the_document_it_was_to_be():
    def tags(text):
        page = (
            MarkdownIt("commonmark")
            .enable("table")
            .render(rendered("markdown", a_report(text, letters="gggbbb")))
        )
        return re.findall(r"</?[a-z0-9]+", page)

    for name in ("HTML", "Markdown", "fences"):
        assert tags(STRINGS[name]) == tags("harmless")


def test_the_formats_tell_the_same_figures():
    report = a_report()
    rows = list(csv.DictReader(io.StringIO(rendered("csv", report))))
    objectives = json.loads(rendered("json", report))["objectives"]

    assert len(rows) == len(objectives) == len(report.assessments) == 12
    for row, told, one in zip(rows, objectives, report.assessments, strict=True):
        assert (row["target"], row["state"], row["bad"]) == (
            one.target,
            one.state,
            str(one.tally.bad),
        )
        assert float(row["share"]) == told["share"] == one.tally.share
        assert told["budget_left"] == one.budget.allowed - one.tally.bad
    for name in ("html", "markdown", "terminal"):
        shown = rendered(name, report)
        assert "96.747 %" in shown  # 119 of 123, the maintenance and our own fault left out
        assert "overloaded" in shown
        assert "maintenance" in shown


def test_the_page_says_how_its_figures_are_worked_out_and_acts_in_nothing():
    page = rendered("html", a_report())

    assert "weighted by probes, not by time" in page
    assert "2 of the last 3 rounds are bad" in page
    assert "<script" not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    ("share", "shown"),
    [(1.0, "100 %"), (0.999999, "99.999 %"), (0.99, "99 %"), (0.29, "29 %"), (2 / 3, "66.666 %"), (None, "n/a")],
)  # fmt: skip
def test_a_share_is_never_rounded_up_to_what_it_is_not(share, shown):
    assert words.percent(share) == shown


def test_nothing_at_all_is_said_to_be_nothing():
    empty = SlaReport(at=START, slas=(sla(),), assessments=())

    for name in ("csv", "html", "json", "markdown", "terminal"):
        assert rendered(name, empty)
    assert "Nothing is known" in rendered("terminal", empty)
    assert "100 %" not in rendered("html", empty)


def test_a_trouble_that_lasts_is_said_to_be_still_on():
    promise = sla()
    found = assess([promise], series("g" * 20 + "bbb"), at=at(23))
    report = SlaReport(at=at(23), slas=(promise,), assessments=found, troubles=troubles_of(found))

    for name in ("html", "markdown", "terminal"):
        assert "still on" in rendered(name, report)
    assert "page: groq/llama burns its budget" in rendered("terminal", report)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_page_reads_well_at_every_width_in_both_themes(tmp_path):
    acting = "</title></style><script>window.ran = 1</script><img src=x onerror='window.ran=2'>"
    month = replace(a_report(models=30), month="2026-10")
    later = replace(month, at=month.at + timedelta(days=40))
    pages = {"usual": month, "hostile": a_report(acting), "later": later}
    pages = {f"{name}.html": SLA_REPORTS["html"].render(report) for name, report in pages.items()}
    with browsing(tmp_path) as browser:
        light, said = browser.open(pages)
        dark, _ = browser.open(pages, DARK)

    assert said == []
    for name, widths in light.items():
        for width, page in widths.items():
            assert page["wider"] == 0, f"{name} is wider than {width}"
            assert page["cut"] == page["overlapping"] == [], f"labels of {name} at {width}"
            assert page["ran"] is None
            assert page["links"], "a link leads nowhere"
            assert page["names"] == 0, "something that can be reached has no name"
    assert light["usual.html"]["768"]["background"] == "rgb(255, 255, 255)"
    assert dark["usual.html"]["768"]["background"] == "rgb(21, 24, 29)"
