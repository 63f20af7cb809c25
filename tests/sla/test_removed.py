"""A report over a time of which results were removed, or are missing, says so, and does not call it kept."""

import csv
import io
import json
import random
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.sla.results import AVAILABLE
from tests.watched import list_verdict, run_of, verdict

from gatewayz.cli.sla_report import sla_report
from gatewayz.core.objectives import Objective, Sla, Window
from gatewayz.reports import SLA_REPORTS
from gatewayz.reports.sla._lines import sla_lines
from gatewayz.simulator import week
from gatewayz.store import open_store
from gatewayz.store.copies import read_lines

START = datetime(2026, 10, 5, tzinfo=UTC)
END, CUT = START + timedelta(days=7), START + timedelta(days=3)
TOLD = "esults before 2026-10-08 02:00 (Europe/Berlin) were removed"
HALF = replace(AVAILABLE, share=0.5, probes=("streaming",))
PROMISE = Sla(
    name="chat",
    objectives=(HALF,),
    window=Window(rolling_s=7 * 86400.0, time_zone="Europe/Berlin"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Four days of one model that are left of seven."""
    store = open_store(tmp_path_factory.mktemp("removed") / "week.db")
    script = week.part_of(week.read_script(), ("groq",), (0,))
    store.add_runs(list(week.week(script, START)))
    whole = sla_report(store, [PROMISE], at=END)
    assert whole.removed_before == {}
    store.copies.prune(CUT)
    yield store
    store.close()


def shown(report):
    found = {name: one.render(report).decode() for name, one in SLA_REPORTS.items()}
    return {**found, "terminal": "\n".join(sla_lines(report, width=200))}


def test_every_format_says_before_which_moment_results_were_removed(store):
    report = sla_report(store, [PROMISE], at=END)
    told = shown(report)

    assert [one.state for one in report.assessments] == ["kept"]
    for name in ("html", "markdown", "terminal"):
        assert "Every promise was kept" not in told[name]
        assert f"Kept as far as it is known; r{TOLD}." in told[name]
        assert f"{TOLD}: of the time before" in told[name]
    (row,) = csv.DictReader(io.StringIO(told["csv"]))
    assert row["removed_before"] == "2026-10-08T00:00:00.000000Z"
    assert json.loads(told["json"])["removed_before"] == {"chat": row["removed_before"]}


def test_a_month_of_which_nothing_is_left_says_why(store):
    report = sla_report(store, [PROMISE], at=END, month="2026-09")

    assert report.assessments == ()
    told = shown(report)
    for name in ("html", "markdown", "terminal"):
        assert f"no result counts; r{TOLD}." in told[name]
    assert json.loads(told["json"])["removed_before"] == {"chat": "2026-10-08T00:00:00.000000Z"}


def test_a_window_of_which_all_is_kept_says_nothing_of_it(store):
    short = Sla(name="chat", objectives=(HALF,), window=Window(rolling_s=4 * 86400.0))
    report = sla_report(store, [short], at=END)

    assert report.removed_before == {}
    assert "Every promise was kept." in shown(report)["markdown"]


def test_a_promise_of_which_nothing_is_known_is_not_told_as_kept(store):
    short = Sla(name="chat", objectives=(HALF,), window=Window(rolling_s=4 * 86400.0))
    report = sla_report(store, [short], at=END)
    (kept,) = report.assessments
    told = shown(replace(report, assessments=(kept, replace(kept, state="no data"))))

    for name in ("html", "markdown", "terminal"):
        assert "Every promise was kept" not in told[name]
        assert "Kept as far as it is known: 1 no data, 1 kept." in told[name]


def test_promises_without_any_result_are_counted_in_what_is_told_first(store):
    asked = replace(PROMISE, objectives=(HALF,), window=Window(rolling_s=4 * 86400.0))
    others = [
        replace(asked, name="others", targets=("xai/*",)),
        replace(asked, name="served", source="traffic"),
    ]
    report = sla_report(store, [asked, *others], at=END)
    (kept,) = report.assessments
    told = shown(report)
    broken = shown(replace(report, assessments=(replace(kept, state="broken"),)))

    assert report.unseen == tuple(others)
    for name in ("html", "markdown", "terminal"):
        assert "Every promise was kept" not in told[name]
        assert "Kept as far as it is known: 1 kept, 2 promises without a result." in told[name]
        assert "1 broken of 1 objectives, 2 promises without a result." in broken[name]
    assert '<dt>Without a result</dt><dd><span class="unknown">2</span>' in told["html"]
    assert "1 kept, 2 without a result" in told["html"]


def test_a_report_of_one_target_says_nothing_of_promises_about_others(tmp_path):
    """Neither that they have no result."""
    script = week.part_of(week.read_script(), ("groq", "xai"), (0,))
    names = ("groq", "xai", "nobody")
    slas = [replace(PROMISE, name=name, targets=(f"{name}/*",)) for name in names]
    with closing(open_store(tmp_path / "two.db")) as two:
        two.add_runs(list(week.week(script, START)))
        whole = sla_report(two, slas, at=END)
        one = sla_report(two, slas, at=END, target="groq")

    assert [sla.name for sla in whole.unseen] == [sla.name for sla in one.unseen] == ["nobody"]
    assert [sla.name for sla in one.slas] == ["groq", "nobody"]


def test_probes_and_requests_are_removed_each_for_itself(store):
    served = Sla(name="served", objectives=(HALF,), window=PROMISE.window, source="traffic")

    assert set(sla_report(store, [PROMISE, served], at=END).removed_before) == {"chat"}


def test_what_was_kept_is_not_broken_since_only_failures_were_left(tmp_path):
    """`prune --keep-failed` leaves failures and what ended them, of which a share says nothing."""
    script = week.part_of(week.read_script(), ("groq",), (0,))
    strict = replace(AVAILABLE, probes=("streaming",), share=0.8)
    promise = replace(PROMISE, objectives=(strict,))
    with closing(open_store(tmp_path / "week.db")) as store:
        store.add_runs(list(week.week(script, START)))
        (before,) = sla_report(store, [promise], at=END).assessments
        lines = [line.encode() for line in store.copies.lines(store.copies.ids())]
        store.copies.prune(END - timedelta(hours=2), keep_failed=True)
        report = sla_report(store, [promise], at=END)
        (after,) = report.assessments
        store.copies.take(lambda: read_lines(lines, "all.jsonl"))
        (back,) = sla_report(store, [promise], at=END).assessments
        store.copies.prune(END - timedelta(hours=1))
        (nothing_picked,) = sla_report(store, [promise], at=END).assessments
    with closing(open_store(tmp_path / "other.db")) as other:
        other.copies.take(lambda: read_lines(lines, "all.jsonl"))
        (elsewhere,) = sla_report(other, [promise], at=END).assessments

    assert before.state == elsewhere.state == "kept"
    assert before.incidents
    assert before.tally == elsewhere.tally
    assert back.tally == after.tally, "nobody knows whether all of it came back"
    assert after.state == "kept"
    assert (after.tally.bad, after.tally.counted) == (0, 2)
    assert [(one.start, one.until) for one in after.incidents] == [
        (one.start, one.until) for one in before.incidents
    ]
    assert not after.alerts
    moment = END - timedelta(hours=2)
    assert report.shares_since == report.removed_before == {"chat": moment}
    for name, text in shown(report).items():
        if name in ("html", "markdown", "terminal"):
            assert "were removed, but for failures and what ended them" in text
    assert nothing_picked.incidents == ()


def test_of_slow_answers_nothing_is_told_of_a_time_of_which_only_failures_were_left(tmp_path):
    quick = Objective(name="latency p50", kind="latency", share=0.5, limit=2.0, probes=("chat",))
    promise = replace(PROMISE, objectives=(quick,))

    def slow(seen):
        (attempt,) = seen.observation.attempts
        late = replace(attempt.timing, last_content_s=6.0, last_byte_s=6.0, total_s=6.0)
        seen_late = replace(seen.observation, attempts=(replace(attempt, timing=late),))
        return replace(seen, observation=seen_late)

    with closing(open_store(tmp_path / "slow.db")) as store:
        for hour in range(40):
            at = START + timedelta(hours=hour)
            found = verdict("groq", "a", "chat", at, bad=hour in range(20, 24))
            found = slow(found) if hour in range(5, 10) else found
            store.add_runs([run_of(at, [found])])
        (before,) = sla_report(store, [promise], at=END).assessments
        store.copies.prune(START + timedelta(hours=30), keep_failed=True)
        (after,) = sla_report(store, [promise], at=END).assessments

    assert before.incidents
    assert after.incidents == ()
    assert after.state == "kept"


JOBS = {
    "all": (("a", "chat"), ("b", "chat")),
    "some": (("a", "chat"),),
    "other": (("b", "chat"),),
    "feature": (("a", "json_object"), ("b", "json_object")),
    "both": (("a", "chat"), ("a", "json_object"), ("b", "chat"), ("b", "json_object")),
}


def runs_of_several_jobs(seed):
    """A day of runs that ask now this and now that, of models that fail and lists that do."""
    drawn, at, trouble, left = random.Random(seed), START, "", 0
    for _ in range(60):
        if not left:
            trouble = drawn.choice(["", "", "", "", "", "list", "model"])
            left = drawn.randint(1, 4) if trouble else 1
        left -= 1
        if trouble == "list":
            yield run_of(at, [list_verdict("groq", at, "server-500-json")])
        else:
            bad = trouble == "model"
            asked = JOBS[drawn.choice([*JOBS, "all", "all"])]
            # A long run may ask late what another one asks meanwhile.
            later = at + timedelta(minutes=drawn.choice([0, 0, 0, 25]))
            yield run_of(at, [verdict("groq", *one, later, bad=bad) for one in asked])
        at += timedelta(minutes=drawn.choice([7, 20, 20]))
    for _ in range(4):
        yield run_of(at, [verdict("groq", *one, at) for one in JOBS["both"]])
        at += timedelta(minutes=20)


@pytest.mark.parametrize("seed", range(12))
def test_incidents_are_what_they_were_once_all_but_failures_are_removed(tmp_path, seed):
    feature = replace(HALF, name="json_object", kind="feature", probes=("json_object",))
    answers = replace(HALF, probes=("chat",))
    promise = replace(PROMISE, objectives=(answers, feature), per="model")

    def incidents():
        found = sla_report(store, [promise], at=END).assessments
        return {
            (one.objective.name, one.target): [(i.start, i.end) for i in one.incidents]
            for one in found
            if one.incidents
        }

    with closing(open_store(tmp_path / "jobs.db")) as store:
        store.add_runs(list(runs_of_several_jobs(seed)))
        before = incidents()
        removed = store.copies.prune(END - timedelta(days=1), keep_failed=True)

        assert removed.runs
        assert before
        assert incidents() == before
