"""What bench shows while it goes on, and how its figures are written."""

import io
import re
from dataclasses import replace

import pytest

from gatewayz.cli.bench_display import LiveLine, sparkline
from gatewayz.cli.bench_session import code_of
from gatewayz.cli.bench_table import cell, number, table
from gatewayz.cli.benched import printed
from gatewayz.core import RunStatus
from gatewayz.core.estimates import Estimate, Shift
from gatewayz.core.load import (
    Comparison,
    LoadLine,
    LoadResult,
    LoadShape,
    MetricLine,
    MostLoad,
    Objective,
    ObjectiveResult,
    Sample,
    Stage,
    Target,
)
from gatewayz.core.units import utc_now
from gatewayz.load import Progress
from gatewayz.measure import METRICS

STAGE = Stage(index=0, title="4 at once", unit="concurrency", level=4)


class Tty(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def progress(ended=10, elapsed_s=2.0, **more):
    fresh = [Sample(target="t", values={"ttft": 0.123})]
    return Progress(
        stage=STAGE, warm_up=False, elapsed_s=elapsed_s, ended=ended, failed=1, in_flight=4,
        most=30, fresh=fresh, **more,
    )  # fmt: skip


def line(**more):
    latency = MetricLine(
        metric="latency",
        count=80,
        quantiles={
            "p50": Estimate(0.1, 0.09, 0.12, 80, enough=True),
            "p95": Estimate(0.2, 0.18, 0.3, 80, enough=True),
            "p99": Estimate(0.3, None, None, 80, enough=False),
        },
    )
    values = {"target": "groq/m", "sent": 80, "passed": 80, "elapsed_s": 2.0}
    values |= {"metrics": {"latency": latency}}
    return LoadLine(stage=0, title="4 at once", **{**values, **more})


def result(*lines, **more):
    shape = LoadShape(kind="steady", unit="concurrency", words="4 at once", stages=(STAGE,))
    values = {"id": "r", "started_at": utc_now(), "status": RunStatus.FINISHED, **more}
    return LoadResult(shape=shape, lines=lines, **values)


def test_the_line_on_a_terminal_tells_how_far_it_is():
    stream = Tty()
    live = LiveLine(stream=stream)
    live(progress())
    live(progress(ended=20, elapsed_s=3.0))
    live.close()
    told = stream.getvalue()

    assert "4 at once  20/30 done  1 failed  4 in flight" in told
    assert "▄█ 10.0/s  TTFT 123 ms" in told


def test_nothing_moves_in_a_pipe_or_when_quiet():
    pipe, quiet = io.StringIO(), Tty()
    LiveLine(stream=pipe)(progress())
    LiveLine(stream=quiet, quiet=True)(progress())

    assert pipe.getvalue() == quiet.getvalue() == ""


def test_sparks_are_as_high_as_the_values_and_left_out_where_they_cannot_be_written():
    plain = Tty()
    plain.encoding = "ascii"

    assert sparkline([0, 1, 2, 4, 8], Tty()) == "▁▁▂▄█"
    assert sparkline([0, 0], Tty()) == "▁▁"
    assert sparkline([1, 2], plain) == ""


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0"),
        (0.000123, "0.123"),
        (0.0012, "1.20"),
        (0.0123, "12.3"),
        (1.5, "1,500"),
        (0.09996, "100"),
        (1e-9, "< 0.01"),
    ],
)
def test_numbers_have_about_three_figures(seconds, shown):
    assert number(seconds, METRICS["latency"]) == shown


def test_a_figure_has_its_interval_or_the_word_for_none():
    latency = line().metrics["latency"]

    assert cell(latency, METRICS["latency"], "p95") == "200 (180-300)"
    assert cell(latency, METRICS["latency"], "p99") == "too few"
    assert cell(latency, METRICS["latency"], "p90") == ""


def test_a_median_of_few_says_of_how_many():
    few = MetricLine(
        metric="ttft", count=3, quantiles={"p50": Estimate(0.1, None, None, 3, enough=False)}
    )

    assert cell(few, METRICS["ttft"], "p50") == "100 (of 3)"


def metric(name, *values, **more):
    return MetricLine(
        metric=name, count=8, smallest=values[0], largest=values[-1],
        quantiles={"p50": Estimate(values[0], values[0], values[-1], 8, enough=True)}, **more,
    )  # fmt: skip


def shown(*metrics, width=78):
    found = line(metrics={one.metric: one for one in metrics})
    return "\n".join(table(found, width))


def test_a_figure_that_rests_on_an_estimate_is_marked_and_says_on_which():
    share = "tokens of the first chunk by its share of the text"
    told = shown(metric("itl", 0.02, 0.021, estimated={share: 3}), metric("ttft", 0.1))

    assert "~20.0 (20.0-21.0)" in told
    assert " ~100" not in told
    assert "~ about, inter-token: estimated in 3 of 8: tokens of the first chunk" in told


def test_the_first_answer_is_told_where_it_is_not_the_first_token():
    first = metric("ttft", 0.1)

    assert "first answer" not in shown(first, metric("ttfa", 0.1))
    assert "400 (400-400)" in shown(first, metric("ttfa", 0.4)).split("first answer")[1]


def test_gaps_that_nobody_saw_and_gaps_that_are_not_exact_are_told():
    told = shown(metric("icl", 0.0, 0.02, together=5, relative_error=0.005))

    assert "chunk gaps: 5 of 8 are 0, between chunks that came together" in told
    assert "to within 0.5%" in told
    assert "came together" not in shown(metric("icl", 0.02))


def test_long_times_keep_to_their_columns():
    told = shown(metric("latency", 12.34, 12.5), metric("ttft", 0.1)).splitlines()

    assert "12,340 (12,340-12,500)" in told[2]
    assert len(set(map(len, told[1:3]))) == 1


SHIFT = Shift(0.0802, 0.0794, 0.0811, 1e-9, 1.0, 80, enough=True)


def compared(told, shift=SHIFT, **more):
    names = {"first": "groq/" + "long-" * 9, "second": "together/" + "long-" * 9}
    return Comparison(
        metric="ttft",
        stage=0,
        shift=shift,
        told=told,
        p_adjusted=1e-9,
        floor=0.001,
        **names,
        **more,
    )


def test_differences_are_a_table_that_fits():
    few = Shift(0.01, None, None, None, None, 3, enough=False)
    found = (compared("slower"), compared("under the floor"), compared("too few", few))
    rows = printed(result(line(), comparisons=found), 78)

    assert "  B - A first token   +80.2 ms (+79.4 to +81.1)    slower, p < 0.001" in rows
    assert any(row.endswith("under the floor of 1.00 ms") for row in rows)
    assert any(re.fullmatch(r"  B - A first token +too few", row) for row in rows)
    assert max(map(len, rows)) <= 78


def test_intervals_of_differences_are_said_to_be_each_for_itself():
    rows = printed(result(line(), comparisons=(compared("no difference seen"),)), 78)

    assert any(row.endswith("its own 95 % interval, uncorrected") for row in rows)


def test_of_several_steps_those_without_a_row_are_counted_by_what_they_come_to():
    few = replace(compared("too few", Shift(None, None, None, None, None, 3, enough=False)))
    found = (compared("slower"), compared("no difference seen"), few, few)
    stages = (STAGE, replace(STAGE, index=1, title="8 at once"))
    several = result(line(), comparisons=found)
    several = replace(several, shape=replace(several.shape, stages=stages))
    rows = " ".join(printed(several, 78))

    assert "In 1 more comparison no difference to speak of was seen; for 2 more comparisons" in rows
    assert "there were too few turns" in rows


def test_what_a_difference_leaves_out_is_told_once_for_all_metrics_of_two():
    few = Shift(None, None, None, None, None, 0, enough=False)
    limits = "over the 12 of 68 turns in which both have a value"
    why = "60 of 68 of b failed"
    both = tuple(
        replace(compared("slower", limits=limits), metric=name) for name in ("ttft", "itl")
    )
    rows = printed(result(line(), comparisons=both), 78)
    none = printed(result(line(), comparisons=(compared("not compared", few, limits=why),)), 78)

    assert [row for row in rows if "turns" in row] == [
        "  B - A, first token, inter-token: over the 12 of 68 turns in which both have"
    ]
    assert any("not compared: 60 of 68 of b failed" in row for row in none)


def test_a_difference_that_rests_on_an_estimate_is_marked_as_well():
    one = compared("slower")
    guessed = line(target=one.first, metrics={"ttft": metric("ttft", 0.1, estimated={"text": 8})})
    rows = printed(result(guessed, comparisons=(one,)), 78)

    assert any("B - A first token  ~+80.2 ms (+79.4" in row for row in rows)


def test_a_search_is_told_from_the_least_load_to_the_most():
    stages = tuple(
        Stage(index=at, title=f"{level} at once", unit="concurrency", level=level)
        for at, level in enumerate((4, 8, 6))
    )
    lines = [replace(line(target="t"), stage=one.index, title=one.title) for one in stages]
    most = MostLoad(target="t", unit="concurrency", level=6, beyond=8, words="6 at once")
    found = result(*lines, most=(most,), targets=(Target(name="t", gateway="g", model_id="m"),))
    found = replace(found, shape=replace(found.shape, kind="most", stages=stages))
    told = printed(found, 78)

    steps = told.index("t, step by step")
    assert [row.split()[0] for row in told[steps + 2 : steps + 5]] == ["4", "6", "8"]
    assert "Most load: t: 6 at once" in told


def test_of_a_target_that_was_asked_nothing_no_time_and_no_rate_is_told():
    nothing = {"sent": 0, "passed": 0, "elapsed_s": None, "metrics": {}}
    told = printed(result(line(**nothing), line(target="due", **nothing, unsent=40)), 78)

    assert told[:2] == ["groq/m, 4 at once", "  nothing was sent"]
    assert "  nothing was sent, 40 due" in told
    assert not any("0 sent" in row for row in told)


@pytest.mark.parametrize("width", [40, 60, 78])
def test_it_fits_whatever_the_width(width):
    name = "groq/" + "long-" * 20 + "\x1b[31mname"
    told = result(
        line(target=name, failed={"rate-limit": 3}, unfinished=2, unsent=1),
        notes=("a note " * 20,),
        most=(MostLoad(target=name, unit="rate", level=3.0, words="3/s, " + "and so on " * 10),),
        stopped_why="interrupted",
    )
    lines = printed(told, width)

    assert max(map(len, lines)) <= width
    assert "\x1b" not in "".join(lines)
    assert all(len(row) <= width for row in table(line(), width))


def test_what_is_not_known_is_said_and_no_number_stands_for_it():
    told = "\n".join(printed(result(line(cost_usd=None, output_tokens=None, chunks=7)), 78))

    assert "tokens: none reported; 7 chunks; cost not known" in told
    assert "$0" not in told


def test_cost_says_for_how_many_it_is_known():
    told = "\n".join(printed(result(line(cost_usd=0.0123, costed=40)), 78))

    assert "$0.0123 for 40 of 80" in told
    assert "at most" not in told


def test_a_cost_that_is_only_the_most_it_can_be_says_so():
    told = "\n".join(printed(result(line(cost_usd=0.0123, costed=80, costed_at_most=3)), 78))

    assert "at most $0.0123" in told


def objective(met):
    one = Objective(text="ttft_p95=1s", metric="ttft", share=0.95, limit=1.0)
    return ObjectiveResult(objective=one, met=met)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (result(line()), 0),
        (result(line(passed=75, failed={"timeout": 5})), 0),
        (result(line(passed=70, failed={"timeout": 10})), 1),
        (result(line(passed=0, sent=0)), 3),
        (result(line(), line(target="groq/n", passed=0, sent=0)), 3),
        (result(line(passed=0, failed={"timeout": 2})), 1),
        (result(line(objectives=(objective(True),))), 0),
        (result(line(objectives=(objective(True), objective(False)))), 1),
        (result(line(objectives=(objective(None),))), 3),
    ],
)
def test_the_exit_code_is_that_of_what_was_asked_for(told, code):
    assert code_of(told, 0.1) == code


@pytest.mark.parametrize(
    ("level", "beyond", "code"), [(4.0, 5.0, 0), (4.0, None, 0), (None, 1.0, 1), (None, None, 3)]
)
def test_a_search_fails_where_nothing_kept_to_the_objectives(level, beyond, code):
    found = MostLoad(target="t", unit="concurrency", level=level, beyond=beyond)
    told = result(line(objectives=(objective(False),)), most=(found,))
    told = replace(told, shape=replace(told.shape, kind="most"))

    assert code_of(told, 0.1) == code
