"""Odd lists, first tries and what repeats show, in each report."""

import io
import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from gatewayz.core import (
    Attempt,
    Case,
    Finding,
    Habits,
    Model,
    Observation,
    Outcome,
    Reply,
    Run,
    TimingFinding,
    Verdict,
)
from gatewayz.core.units import utc_now
from gatewayz.measure import summarize
from gatewayz.reports import REPORTS
from gatewayz.reports.terminal import Terminal

ODD = Finding(
    kind="duplicate-ids", failure_class="catalogue", saw="'gpt' \x1b[31m twice", warning=True
)


def passed(model, *, first=Outcome.PASSED, habits=None):
    seen = Observation(
        case=Case(gateway="g", probe="chat", model=Model(id=model)),
        attempts=(Attempt(status=200, reply=Reply(text="hi")),),
        habits=habits or Habits(),
    )
    return Verdict(observation=seen, outcome=Outcome.PASSED, first_outcome=first)


def odd_list():
    seen = Observation(case=Case(gateway="g", probe="catalogue"), attempts=(Attempt(status=200),))
    return Verdict(observation=seen, outcome=Outcome.PASSED, warnings=(ODD,))


@pytest.fixture
def run():
    verdicts = (odd_list(), passed("a"), passed("b", first=Outcome.FAILED))
    plan = tuple(verdict.observation.case for verdict in verdicts)
    return Run(id="r", started_at=utc_now(), plan=plan, verdicts=verdicts)


def rendered(name, run, summary=None):
    return REPORTS[name].render(run, summary or summarize(run.verdicts)).decode()


def test_an_odd_list_is_told_below_the_fetching_and_counts_for_nothing(run):
    lines = rendered("terminal", run).splitlines()

    at = lines.index("Fetching models from g...")
    assert "warning: duplicate-ids" in lines[at + 1]
    assert "\x1b" not in "".join(lines)
    at = lines.index("TOTAL: 2/2 models passed (100.0%) (1 at the first try),")
    assert lines[at + 1] == "  1 model list with a warning"


def failed_list(gateway="h"):
    seen = Observation(
        case=Case(gateway=gateway, probe="catalogue"), attempts=(Attempt(status=500),)
    )
    return Verdict(observation=seen, outcome=Outcome.FAILED)


def total_of(*verdicts):
    """The last line that a run of these verdicts prints."""
    run = Run(id="r", started_at=utc_now(), verdicts=verdicts)
    return next(
        line for line in rendered("terminal", run).splitlines() if line.startswith("TOTAL: ")
    )


def moved(verdict, **case):
    seen = verdict.observation
    return replace(verdict, observation=replace(seen, case=replace(seen.case, **case)))


def test_a_list_that_failed_is_no_model_that_is_down():
    assert total_of(passed("a"), failed_list()) == (
        "TOTAL: 1/1 models passed (100.0%), 1 model list failed"
    )
    assert total_of(failed_list(), failed_list("i")) == (
        "TOTAL: 0/0 models passed (n/a), 2 model lists failed"
    )
    assert total_of(moved(passed("a"), way="api"), failed_list()) == (
        "TOTAL: 1/1 tests passed (100.0%), 1 model list failed"
    )


def test_only_what_stands_for_a_model_each_is_counted_as_models():
    a, b = passed("a"), passed("b")
    down = replace(b, outcome=Outcome.FAILED)

    assert total_of(a, down) == "TOTAL: 1/2 models passed (50.0%)"
    assert total_of(*(moved(v, probe="streaming") for v in (a, b))) == (
        "TOTAL: 2/2 models passed (100.0%)"
    )
    for again in ({"way": "api"}, {"repeat": 1}, {"probe": "vision"}):
        verdicts = (a, moved(replace(a, outcome=Outcome.FAILED), **again))
        assert total_of(*verdicts) == "TOTAL: 1/2 tests passed (50.0%)"


def test_a_feature_that_fails_is_no_model_that_is_down():
    blind = moved(replace(passed("a"), outcome=Outcome.FAILED), probe="vision")

    assert total_of(blind) == "TOTAL: 0/1 tests passed (0.0%)"


def test_where_all_passed_at_the_first_try_nothing_is_said_of_it(run):
    smooth = replace(run, verdicts=run.verdicts[:2])

    assert "first try" not in rendered("terminal", smooth)
    assert "first try" not in rendered("markdown", smooth)


def test_an_odd_list_is_no_test_case_of_junit_and_its_warnings_are_the_suites(run):
    (suite,) = ET.fromstring(rendered("junit", run))

    assert [case.get("name") for case in suite.iter("testcase")] == ["g-a-chat", "g-b-chat"]
    assert suite.get("tests") == "2"
    assert "duplicate-ids" in suite.find("system-out").text


def test_the_other_reports_tell_an_odd_list_too(run):
    document = json.loads(rendered("json", run))

    assert document["results"][0]["warnings"] == ["duplicate-ids"]
    assert document["summary"]["total"]["passed"] == 2
    assert document["summary"]["total"]["retried"] == 1
    assert "duplicate" in rendered("markdown", run)


def test_the_markdown_report_counts_those_that_passed_at_the_first_try(run):
    lines = rendered("markdown", run).splitlines()

    assert "2 passed (1 at the first try), 0 failed, 1 model list with a warning." in lines
    assert any("| 1 at the first try; 1 model list with a warning |" in line for line in lines)


def test_what_repeats_show_is_a_block_of_the_summary_with_samples_and_figures(run):
    found = TimingFinding(
        kind="ttft-spike", gateway="g", way="api", model="a\x1b]8;;x", probe="streaming", samples=9,
        measure="first token", usual_s=0.2, worst_s=4.0, saw="1 of 9 over 10 times the median, 0.20s",
    )  # fmt: skip
    summary = replace(summarize(run.verdicts), timing=(found,))

    text = rendered("terminal", run, summary)
    document = json.loads(rendered("json", run, summary))

    assert "Over the repeats:" in text
    assert "ttft-spike" in text
    assert "(n=9)" in text
    assert "\x1b" not in text
    assert all(len(line) <= 80 for line in text.splitlines())
    assert document["summary"]["timing"][0]["worst_s"] == 4.0


def test_verbose_tells_how_a_model_was_asked():
    verdict = passed("a", habits=Habits(max_tokens_field="max_completion_tokens"))
    told = {}
    for verbose in (False, True):
        out = io.StringIO()
        terminal = Terminal(out, color=False, live=False, verbose=verbose)
        terminal.gateway_block("g", chosen=1, verdicts=(verdict,))
        told[verbose] = out.getvalue()

    assert "asked with max_completion_tokens" in told[True]
    assert "max_completion_tokens" not in told[False]
