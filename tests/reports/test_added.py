"""What the backend adds, and how sure percentiles are, as people read it."""

import io
from dataclasses import replace

import pytest

from gatewayz.core import AddedTime, GatewaySummary, Interval, PairedTime, Percentiles
from gatewayz.reports import REPORTS
from gatewayz.reports.terminal import Terminal

SURE = PairedTime(
    pairs=20, median_s=0.0123, interval=Interval(low=0.0081, high=0.1502), told="slower"
)
EVEN = PairedTime(
    pairs=20,
    median_s=-0.0004,
    interval=Interval(low=-0.004, high=0.003),
    told="no difference seen",
)
FEW = PairedTime(pairs=1, median_s=1.5, interval=None, told="too few")


def added(**more):
    fields = {"gateway": "groq", "model": "llama-3", "probe": "streaming", "ttft": SURE,
              "latency": EVEN, "own_s": 0.00031, "own_count": 20}  # fmt: skip
    return AddedTime(**{**fields, **more})


def summary_with(make, *lines):
    return replace(make.summary(make.verdict()), added=lines)


def printed(make, *lines, columns=100):
    out = io.StringIO()
    terminal = Terminal(out, color=False, live=False, environ={"COLUMNS": str(columns)})
    terminal.summary(summary_with(make, *lines))
    return out.getvalue()


def marked(make, *lines):
    run = make.run(make.verdict())
    return REPORTS["markdown"].render(run, summary_with(make, *lines)).decode()


def test_the_printout_says_what_the_backend_adds_and_how_sure_that_is(make):
    words = " ".join(printed(make, added(warm_up=2, left_out=1)).split())

    assert "What the backend adds (the API's time less the direct one's" in words
    assert "groq / llama-3 / streaming" in words
    assert "first token +12.3 ms (+8.10 ms to +150 ms), 20 pairs: slower" in words
    assert "whole answer -0.40 ms (-4.00 ms to +3.00 ms), 20 pairs: no difference seen" in words
    assert "own account 0.31 ms (n=20)" in words
    assert "not counted 2 to warm up, 1 failed, retried or one way only" in words


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (
            {"warm_up": 2},
            "n/a: every pair opened a connection; --repeat 12 with concurrency = 1 leaves enough",
        ),
        ({"warm_up": 1, "left_out": 1}, "n/a: every pair was to warm up, failed, was retried"),
    ],
)
def test_where_no_pair_is_left_it_says_why(make, counts, why):
    words = " ".join(printed(make, added(ttft=None, latency=None, own_s=None, **counts)).split())

    assert f"whole answer {why}" in words


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (
            {"warm_up": 2},
            "n/a: every pair opened a connection; --repeat 12 with concurrency = 1 leaves enough",
        ),
        (
            {"left_out": 2},
            "n/a: every pair was to warm up, failed, was retried or came one way only",
        ),
        ({"held_up": 9}, "n/a: our own event loop was held up in every pair that would count"),
        ({"not_sent": 2}, "n/a: no pair was sent"),
        (
            {"warm_up": 1, "not_sent": 2},
            "n/a: every pair was to warm up, failed, was retried, came one way only or was not sent",
        ),
    ],
)
def test_a_table_says_why_there_is_no_difference(make, counts, why):
    text = marked(make, added(ttft=None, latency=None, own_s=None, **counts))

    assert f"| {why} | {why} |" in text


def test_the_first_token_alone_may_be_our_own_doing(make):
    text = marked(make, added(ttft=None, held_up=3))

    assert "| n/a: our own event loop was held up in every pair that would count | -0.40 ms" in text


def test_too_few_pairs_are_said_to_be_too_few(make):
    words = " ".join(printed(make, added(ttft=None, latency=FEW, own_s=None)).split())

    assert "whole answer +1500 ms, 1 pair: too few for an interval" in words
    assert "first token" not in words
    assert "own account" not in words
    assert "not counted" not in words


def test_where_warming_up_leaves_too_few_pairs_it_says_what_leaves_enough(make):
    words = " ".join(printed(make, added(ttft=None, latency=FEW, warm_up=4)).split())
    with_failures = " ".join(printed(make, added(latency=FEW, warm_up=4, left_out=1)).split())

    assert "not counted 4 to warm up (--repeat 12 with concurrency = 1 leaves enough)" in words
    assert "not counted 4 to warm up, 1 failed, retried or one way only" in with_failures


def test_what_a_cap_left_out_is_no_failure_and_no_reason_to_warm_up_for_longer(make):
    words = " ".join(printed(make, added(latency=FEW, warm_up=4, not_sent=10)).split())

    assert "not counted 4 to warm up, 10 not sent" in words


def test_a_line_over_all_models_of_a_gateway_says_so(make):
    assert "groq / all models / streaming" in printed(make, added(model=""))


def test_without_pairs_nothing_is_printed(make):
    assert "What the backend adds" not in printed(make)
    assert "What the backend adds" not in marked(make)


@pytest.mark.parametrize("columns", [78, 100, 200])
def test_it_keeps_to_the_width_of_the_terminal(make, columns):
    lines = printed(make, added(model="a-model-" * 3), columns=columns).splitlines()

    assert max(map(len, lines)) <= columns


def test_what_a_provider_calls_its_model_is_obeyed_by_nobody(make, hostile):
    text = printed(make, added(model=hostile))

    assert "\x1b" not in text
    assert "\u202e" not in text
    row = next(line for line in marked(make, added(model=hostile)).splitlines() if "+12.3" in line)
    assert row.count(" | ") == 6


def test_markdown_has_it_as_a_table(make):
    text = marked(make, added(), added(ttft=None, latency=FEW))

    assert "### What the backend adds" in text
    assert "+12.3 ms (+8.10 ms to +150 ms), 20 pairs: slower" in text
    assert "| n/a: not streamed | +1500 ms, 1 pair: too few for an interval |" in text


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Percentiles(), "| n/a |"),
        (Percentiles(count=3, median=0.5), "| 0.50s (n=3, few) |"),
        (
            Percentiles(count=9, median=0.5, median_interval=Interval(low=0.4, high=0.75)),
            "| 0.50s (0.40s to 0.75s) |",
        ),
    ],
)
def test_a_median_has_its_interval_beside_it_or_is_marked_as_one_of_few(make, found, told):
    summary = make.summary(make.verdict())
    line = GatewaySummary(
        gateway="groq", way="direct", counts=summary.gateways[0].counts, latency_s=found
    )

    text = REPORTS["markdown"].render(make.run(), replace(summary, gateways=(line,))).decode()

    assert told in text
