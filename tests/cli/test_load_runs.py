"""Load runs out of the store: kept by `bench`, and known to the commands on stored runs."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.loads import NOON, a_load, line

from gatewayz.cli import run_command
from gatewayz.cli.group import PROGRAM
from gatewayz.cli.history import in_their_order
from gatewayz.core.estimates import Estimate
from gatewayz.core.load import (
    LoadFailure,
    LoadLine,
    LoadShape,
    MetricLine,
    ObjectiveResult,
    Stage,
    Target,
)
from gatewayz.core.units import show_number
from gatewayz.load.objectives import read_objectives
from gatewayz.measure.load_changes import load_changes
from gatewayz.measure.loads_alike import asked_otherwise, loaded_otherwise
from gatewayz.reports._load_comparison import (
    asked_otherwise_words,
    load_comparison_lines,
    loaded_otherwise_words,
)
from gatewayz.simulator import running
from gatewayz.store import open_store

GROQ = "groq/llama-3.3-70b-versatile"


@pytest.fixture
def keep():
    """Keeps load runs in the store that the command uses."""

    place = Path(os.environ["XDG_DATA_HOME"]) / "gatewayz" / "gatewayz.db"

    def put(*results):
        store = open_store(place)
        for result in results:
            store.loads.keep(result)
        store.close()

    return put


@pytest.fixture
def stored(capsys, monkeypatch):
    """The command in this process, for what sends nothing."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        capsys.readouterr()
        code = run_command(lambda: PROGRAM, list(arguments), name="gatewayz")
        told = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=told.out, stderr=told.err)

    return run


def later(result, **more):
    return replace(result, id="20260302-120000-fedcba", started_at=NOON + timedelta(days=1), **more)


def narrow(text):
    return max(map(len, text.splitlines())) <= 80


def test_a_run_is_kept_before_it_is_printed_and_shown_again_as_it_was(gatewayz, stored):
    with running(seed=3, latency_s=0.005, gap_s=0.0005) as simulator:
        there = simulator.variables()
        printed = gatewayz("bench", GROQ, "-n", 8, "--max-tokens", 8, **there)
    kept = printed.stdout.splitlines()[-1].removeprefix("Kept: gatewayz show ")
    shown = stored("show", kept)
    listed = stored("history")
    of_model = stored("history", GROQ)

    figures = printed.stdout.partition("\n\n")[2].rpartition("Kept: ")[0]
    assert printed.returncode == shown.returncode == 0
    assert figures
    assert shown.stdout.partition("\n\n")[2] == figures
    assert shown.stdout.startswith(f"Load run {kept} of 20")
    assert listed.stdout.startswith(f"{kept}  20")
    assert "8 passed, 0 failed, load: 2 at once" in " ".join(listed.stdout.split())
    assert f"{GROQ} under load: medians" in of_model.stdout
    assert "2 at once: 8 of 8 passed" in of_model.stdout
    assert all(map(narrow, (shown.stdout, listed.stdout, of_model.stdout)))


def test_a_run_that_cannot_be_kept_is_printed_all_the_same_and_told(gatewayz, tmp_path):
    (tmp_path / "notes.db").write_text("my notes, and no store")
    with running(seed=3, latency_s=0.005, gap_s=0.0005) as simulator:
        there = {**simulator.variables(), "GATEWAYZ_STORE": str(tmp_path / "notes.db")}
        done = gatewayz("bench", GROQ, "-n", 3, "--max-tokens", 8, **there)

    assert done.returncode == 4
    assert "3 sent, 3 passed" in done.stdout
    assert "this run is not kept" in done.stderr
    assert "Kept:" not in done.stdout


def test_runs_stand_in_their_own_order_and_load_runs_between_them():
    def run(day):
        return SimpleNamespace(started_at=NOON + timedelta(days=day))

    # The clock was put back after the first one.
    runs, loads = [run(2), run(9), run(1)], [run(8), run(1.5), run(0)]

    assert in_their_order(runs, loads) == [loads[0], runs[0], runs[1], loads[1], runs[2], loads[2]]


def test_the_newest_run_of_either_kind_is_the_last_one(gatewayz, keep, groq, stored):
    gatewayz("test", "groq", "--models", "1", **groq)
    keep(a_load(seconds=2))
    after_the_test = stored("show").stdout
    keep(replace(later(a_load(seconds=2)), started_at=NOON + timedelta(days=9999)))
    told = json.loads(stored("history", "--format", "json").stdout)

    assert after_the_test.startswith("Run 20")
    assert [run["passed"] > 0 for run in told["loads"]] == [True, True]
    assert len(told["runs"]) == 1
    assert stored("show").stdout.startswith("Load run 20260302-120000-fedcba of ")
    assert json.loads(stored("show", "--format", "json").stdout)["schema"] == "gatewayz/load/1"


def test_old_load_runs_are_pruned_with_the_others(keep, stored):
    keep(a_load(seconds=2))

    assert (
        "Would remove 1 load run from" in stored("prune", "--older-than", "1d", "--dry-run").stdout
    )
    assert "Removed 1 load run from" in stored("prune", "--older-than", "1d").stdout
    assert stored("show", "20260301").returncode == 2


def test_two_load_runs_are_compared_target_by_target(keep, stored):
    before = a_load(seconds=6)
    slower = tuple(
        line(one.target, 0, level=8, started_s=0, seconds=6, slow=3.0, seed=at)
        for at, one in enumerate(before.lines)
    )
    keep(before, later(before, lines=slower))
    done = stored("compare", "20260301", "last")
    told = json.loads(stored("compare", "--against", "20260301", "--format", "json").stdout)

    assert done.returncode == 1
    assert done.stdout.startswith("Load run 20260302-120000-fedcba of ")
    assert f"{GROQ}, 8 at once" in done.stdout
    assert "slower by" in done.stdout
    assert narrow(done.stdout)
    assert told["schema"] == "gatewayz/load-comparison/1"
    assert [one["slowed"] for one in told["compared"]] == [True, True]


def test_load_runs_that_asked_different_questions_are_not_compared(keep, stored):
    asked = {"prompt": "short", "max_tokens": 10, "temperature": 0.7, "no_stream": False}
    before = a_load(seconds=2, settings=asked)
    keep(before, later(before, settings={**asked, "prompt": "long", "max_tokens": 100}))
    done = stored("compare", "20260301", "last")
    told = json.loads(stored("compare", "20260301", "last", "--format", "json").stdout)

    assert done.returncode == 3
    assert "The two asked different questions, so there is nothing to compare:" in done.stdout
    assert "--prompt short, now long; --max-tokens 10, now 100." in " ".join(done.stdout.split())
    assert "slower" not in done.stdout
    assert narrow(done.stdout)
    assert told["compared"] == []
    assert told["asked_otherwise"] == [
        {"setting": "prompt", "before": "short", "after": "long"},
        {"setting": "max_tokens", "before": 10, "after": 100},
    ]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"no_stream": False}, {"no_stream": True}, "--no-stream now."),
        ({"as_written": True}, {"as_written": False}, "--as-written no more."),
        ({"temperature": 0.7}, {"temperature": None}, "--temperature 0.7, now unset."),
        ({"prompt": "short"}, {"prompt": "a.jsonl"}, "--prompt short, now a.jsonl."),
        ({"prompt": "short"}, {"prompt": "./short"}, "--prompt short, now ./short."),
        ({"prompt": "here/a.jsonl"}, {"prompt": "/there/a.jsonl"}, ""),
        (
            {"prompt": "a.jsonl", "prompt_digest": "01"},
            {"prompt": "a.jsonl", "prompt_digest": "02"},
            "other prompts stand in the file of --prompt.",
        ),
        (
            {"prompt": "a.jsonl", "prompt_digest": "01"},
            {"prompt": "b.jsonl", "prompt_digest": "01"},
            "",
        ),
        (
            {"prompt": "a.jsonl"},
            {"prompt": "b.jsonl", "prompt_digest": "01"},
            "--prompt a.jsonl, now b.jsonl.",
        ),
        ({"seed": 1, "timeout_s": 30}, {"seed": 2, "timeout_s": 60}, ""),
        ({"max_tokens": 10}, {}, ""),
    ],
)
def test_two_questions_differ_by_what_decides_them(before, after, words):
    one, other = (a_load(seconds=2, settings=settings) for settings in (before, after))
    found = asked_otherwise(one, other)

    assert bool(load_changes(one, other, floor=0.2)) is not bool(words)
    assert bool(found) is bool(words)
    assert not words or asked_otherwise_words(found).endswith(f"nothing to compare: {words}")


def test_a_target_that_shared_its_load_and_has_it_for_itself_now_is_not_compared(keep, stored):
    shared = a_load(seconds=6)
    alone = replace(
        shared,
        lines=(line(GROQ, 0, level=8, started_s=0, seconds=6, slow=3.0),),
        targets=shared.targets[:1],
    )
    keep(shared, later(alone))
    done = stored("compare", "20260301", "last")
    told = json.loads(stored("compare", "20260301", "last", "--format", "json").stdout)
    other = shared.targets[1].name

    assert done.returncode == 3
    assert (
        f"{GROQ}, 8 at once: it was under another load, so it is not compared: "
        f"shared with {other}, now shared with nobody."
    ) in " ".join(done.stdout.split())
    assert "slower" not in done.stdout
    assert "nothing to compare" not in done.stdout
    assert narrow(done.stdout)
    assert told["compared"] == []
    assert told["loaded_otherwise"] == [
        {
            "target": GROQ,
            "title": "8 at once",
            "differs": [{"setting": "shared_with", "before": [other], "after": []}],
        }
    ]


def open_load(
    names=("a",),
    arrivals="constant",
    kind="steady",
    unsent=(),
    sent=None,
    requests=None,
    stopped_why="",
    passed=None,
    **settings,
):
    """An open load of 13 a second, of equal figures whatever the rest is; `sent` and `passed` by target."""
    stages = tuple(
        Stage(
            index=at,
            title=title,
            unit="rate",
            level=level,
            arrivals=arrivals,
            duration_s=5,
            requests=requests,
        )
        for at, (title, level) in enumerate([("13/s", 13.0), ("20/s", 20.0)])
    )
    figures = line("a", 0, level=4, started_s=0, seconds=5)
    count = figures.sent if sent is None else sent
    counts = count if isinstance(count, tuple) else (count,) * len(names)
    lines = tuple(
        replace(figures, target=name, title="13/s", sent=0 if name in unsent else each)
        for name, each in zip(names, counts, strict=True)
    )
    if passed is not None:
        lines = tuple(
            replace(one, passed=passed, failed={"server-error": one.sent - passed}) for one in lines
        )
    return replace(
        a_load(seconds=1, settings=settings, stopped_why=stopped_why),
        shape=LoadShape(kind=kind, unit="rate", words="", stages=stages),
        lines=lines,
        targets=tuple(Target(name=name, gateway="groq", model_id=name) for name in names),
    )


def closed_load(names=("a",), **more):
    """A closed load of as many at once as the other has starts a second."""
    told = open_load(names, **more)
    return replace(told, shape=replace(told.shape, unit="concurrency"))


def timed(timeout_s, *, late="", unit="concurrency", kind="steady"):
    """A load of two targets by a time limit, which ended some answers of those that are late."""
    told = (open_load if unit == "rate" else closed_load)("ab", kind=kind)
    return replace(
        told,
        settings={} if timeout_s is None else {"timeout_s": timeout_s},
        lines=tuple(
            replace(one, failed={"first-byte-timeout": 3} if one.target in late else {})
            for one in told.lines
        ),
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (open_load(), open_load(), ""),
        (open_load(), open_load(arrivals="poisson"), "evenly, now at random moments (Poisson)"),
        (open_load(), open_load(kind="ramp"), "in no ramp, now in a ramp from 13 to 20"),
        (open_load("ab"), open_load(), "for 2 targets together, now for 1 target together"),
        (open_load("ab"), open_load("ac"), ""),
        (open_load(in_flight="8"), open_load(in_flight=None), "--in-flight 8, now unset"),
        (open_load(in_flight="8"), open_load(), ""),
        (open_load(ignore_limits=True), open_load(ignore_limits=False), ""),
        (closed_load("ab"), closed_load("ba"), ""),
        (closed_load("ab"), closed_load("ac"), "shared with b, now shared with c"),
        (closed_load("ab", unsent="b"), closed_load("a"), ""),
        (closed_load(ignore_limits=False), closed_load(ignore_limits=True), "--ignore-limits now"),
        (
            closed_load(held_to={"groq": 300}),
            closed_load(held_to={"groq": 6000, "xai": 5}),
            "groq to 300 requests a minute, now groq to 6000 requests a minute",
        ),
        (
            closed_load(held_to={"groq": 300}),
            closed_load(held_to={}),
            "groq to 300 requests a minute, now to no limit",
        ),
        (closed_load(held_to={"groq": 300}), closed_load(), ""),
        (open_load(), closed_load(), "so many a second, now so many at once"),
        (timed(30.0), timed(0.12, late="a"), "--timeout 30s, now --timeout 0.12s"),
        (timed(0.12, late="a"), timed(30.0), "--timeout 0.12s, now --timeout 30s"),
        # Those it ended might have kept their places for longer.
        (timed(30.0), timed(0.12, late="b"), "--timeout 30s, now --timeout 0.12s"),
        (
            timed(30.0, kind="ramp", late="b"),
            timed(60.0, kind="ramp"),
            "--timeout 30s, now --timeout 60s",
        ),
        # What the longer limit ended the shorter would have ended, too.
        (timed(30.0), timed(60.0, late="a"), ""),
        (timed(30.0), timed(30.0, late="a"), ""),
        (timed(30.0, late="a"), timed(None), ""),
    ],
)
def test_two_loads_of_one_title_differ_by_what_decides_them(before, after, words):
    compared = [one.target for one in load_changes(before, after, floor=0.2)]
    told = [loaded_otherwise_words(one) for one in loaded_otherwise(before, after)]

    assert ("a" in compared) is not bool(words)
    assert bool(told) is bool(words)
    assert not words or told[0].endswith(f"so it is not compared: {words}.")


FEW = "requests in all, now enough requests to hold the level"
CAPPED = "the cap on calls is reached"
FAILED = "10 of 10 requests failed, more than 50%"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        # 39 hold a level of 13.
        (closed_load(sent=39, requests=39), closed_load(sent=64, requests=64), ""),
        (closed_load(sent=38, requests=38), closed_load(sent=64, requests=64), f"38 {FEW}"),
        (closed_load("ab", sent=19, requests=19), closed_load("ab"), f"38 {FEW}"),
        (closed_load("ab", sent=20, requests=20), closed_load("ab"), ""),
        (
            closed_load(sent=30, requests=30),
            closed_load(sent=20, requests=20),
            "30 requests in all, now 20 requests in all",
        ),
        (closed_load(sent=30, requests=30), closed_load(sent=30, requests=30), ""),
        (
            closed_load(sent=64, requests=64),
            closed_load(sent=16, requests=64, stopped_why=CAPPED),
            "enough requests to hold the level, now 16 requests in all",
        ),
        (
            closed_load(sent=16, requests=64, stopped_why=CAPPED),
            closed_load(sent=17, requests=64, stopped_why=CAPPED),
            "",
        ),
        (closed_load(sent=64), closed_load(sent=45, stopped_why=CAPPED), ""),
        # Slower answers make fewer of them within a time.
        (closed_load(sent=64), closed_load(sent=16), ""),
        (closed_load(sent=30, requests=30), closed_load(sent=14, requests=30), ""),
        # One of two was stopped on the way.
        (
            closed_load("ab", sent=64),
            closed_load("ab", sent=(64, 12)),
            "b in all of 64 turns, now b in 12 of 64 turns",
        ),
        (
            closed_load("ab", sent=64),
            closed_load("ab", sent=(12, 64)),
            "a in all of 64 turns, now a in 12 of 64 turns",
        ),
        (closed_load("ab", sent=(640, 12)), closed_load("ab", sent=(641, 13)), ""),
        (
            closed_load("ab", sent=(640, 12)),
            closed_load("ab", sent=(640, 400)),
            "b in 12 of 640 turns, now b in 400 of 640 turns",
        ),
        (closed_load("ab", sent=64), closed_load("ab", sent=(64, 62)), ""),
        (closed_load("ab", sent=64), closed_load("ab", sent=(32, 31)), ""),
        (closed_load("ab", sent=640), closed_load("ab", sent=(640, 600)), ""),
        (open_load("ab", sent=64), open_load("ab", sent=(64, 12)), ""),
        (open_load(sent=5, requests=5), open_load(sent=64), ""),
        (closed_load(sent=5, requests=5, kind="ramp"), closed_load(sent=64, kind="ramp"), ""),
    ],
)
def test_no_time_is_compared_of_closed_loads_that_went_different_ways(before, after, words):
    for change in load_changes(before, after, floor=0.2):
        told = " ".join(" ".join(load_comparison_lines([change], width=80)).split())

        assert bool(change.speeds) is not bool(words)
        assert told.endswith(f"no time is compared: {words}") is bool(words)
    assert loaded_otherwise(before, after) == ()


def all_failed():
    told = closed_load(sent=64, requests=64, passed=0)
    return replace(told, lines=tuple(replace(one, metrics={}) for one in told.lines))


def test_a_target_that_healed_ends_no_comparison_as_one_that_could_not_be_made(keep, stored):
    keep(all_failed(), later(closed_load(sent=64, requests=64, passed=64)))
    codes = {
        which: stored("compare", "20260301", "last", "--fail-on", which).returncode
        for which in ("any", "broke", "slowed")
    }

    assert codes == {"any": 0, "broke": 0, "slowed": 3}  # no time was measured on both sides


def test_a_target_that_fails_throughout_both_loads_could_not_be_compared(keep, stored):
    keep(all_failed(), later(all_failed()))

    assert stored("compare", "20260301", "last", "--fail-on", "broke").returncode == 3


@pytest.mark.parametrize(("culprit", "code"), [("the key", 3), ("the gateway", 1)])
def test_a_target_whose_requests_all_failed_on_our_own_side_was_not_judged(
    keep, stored, culprit, code
):
    (objective,) = read_objectives("ttft_p90=900ms", "--slo")

    def load(passed, met):
        told = closed_load(sent=64, requests=64, passed=passed)
        of = ObjectiveResult(objective=objective, met=met)
        lines = tuple(replace(one, objectives=(of,)) for one in told.lines)
        return replace(told, lines=lines)

    before, after = load(64, met=True), load(0, met=False)
    failures = tuple(
        LoadFailure(target=one.target, label=label, culprit=culprit, count=count)
        for one in after.lines
        for label, count in one.failed.items()
    )
    lines = tuple(replace(one, metrics={}) for one in after.lines)
    keep(before, later(replace(after, lines=lines, failures=failures)))
    done = stored("compare", "20260301", "last", "--fail-on", "any")

    assert failures
    assert done.returncode == code
    told = "could not be judged: 0 of 64 failed, now 64 of 64 failed"
    assert (told in done.stdout) is (code == 3)


@pytest.mark.parametrize(("passed", "code"), [(20, 3), (62, 0)])
def test_a_target_of_which_much_failed_on_our_own_side_was_not_judged_by_the_rest(
    keep, stored, passed, code
):
    before, after = (closed_load(sent=64, requests=64, passed=count) for count in (64, passed))
    failures = tuple(
        LoadFailure(target=one.target, label=label, culprit="billing or quota", count=count)
        for one in after.lines
        for label, count in one.failed.items()
    )
    keep(before, later(replace(after, failures=failures)))
    done = stored("compare", "20260301", "last", "--fail-on", "broke")
    told = json.loads(stored("compare", "20260301", "last", "--format", "json").stdout)

    assert done.returncode == code
    assert (told["compared"][0]["fared"] == "not judged") is (code == 3)
    assert "on our own side" in " ".join(done.stdout.split())


def test_an_objective_that_failures_alone_missed_is_nothing_that_slowed(keep, stored):
    (objective,) = read_objectives("ttft_p90=900ms", "--slo")

    def load(passed, met):
        told = closed_load(sent=64, requests=64, passed=passed)
        of = ObjectiveResult(objective=objective, met=met)
        return replace(told, lines=tuple(replace(one, objectives=(of,)) for one in told.lines))

    before, after = load(64, met=True), later(load(40, met=False))
    (change,) = load_changes(before, after, floor=0.2)
    keep(before, after)
    codes = {
        which: stored("compare", "20260301", "last", "--fail-on", which).returncode
        for which in ("any", "broke", "slowed")
    }

    assert change.objectives == ("ttft_p90=900ms",)
    assert not change.slowed
    assert codes == {"any": 1, "broke": 1, "slowed": 0}


def test_that_a_target_broke_is_told_though_its_failures_ended_the_load(keep, stored):
    before = closed_load(sent=64, requests=64, passed=64)
    broken = closed_load(sent=20, requests=64, passed=0, stopped_why=FAILED)
    keep(before, later(broken))
    done = stored("compare", "20260301", "last", "--fail-on", "broke")
    told = json.loads(stored("compare", "20260301", "last", "--format", "json").stdout)

    assert done.returncode == 1
    assert "broke: 0 of 64 failed, now 20 of 20 failed" in done.stdout
    assert "slower" not in done.stdout
    assert narrow(done.stdout)
    (change,) = told["compared"]
    assert change["went_otherwise"] == [{"setting": "requests", "before": None, "after": 20}]
    assert change["speed"] == []


def at_url(url, variable="URL"):
    told = closed_load()
    access = {"base_url": url, "base_url_env": variable}
    return replace(told, settings={"gateways": {"groq": access}})


def test_another_url_at_the_same_host_is_another_endpoint():
    one, two = at_url("http://127.0.0.1:9/one/v1"), at_url("http://127.0.0.1:9/two/v1")
    moved = [at_url(url, "GROQ_BASE_URL") for url in ("http://a/v1", "http://b/v1")]

    assert load_changes(one, two, floor=0.2) == ()
    (told,) = map(loaded_otherwise_words, loaded_otherwise(one, two))
    assert told.endswith("at http://127.0.0.1:9/one/v1, now at http://127.0.0.1:9/two/v1.")
    assert len(load_changes(one, one, floor=0.2)) == len(load_changes(*moved, floor=0.2)) == 1


def by_way(way, name="a"):
    told = closed_load()
    return replace(
        told,
        targets=(Target(name=name, gateway="groq", model_id="a", way=way),),
        lines=tuple(replace(one, target=name) for one in told.lines),
    )


def test_a_target_is_compared_with_what_went_the_same_way_whatever_it_is_called():
    direct, api, both = by_way("direct"), by_way("api"), by_way("api", "a (api)")

    assert load_changes(direct, api, floor=0.2) == ()
    (change,) = load_changes(api, both, floor=0.2)
    assert change.target == "a (api)"


def by_client(told, late_s=None, missed=()):
    """A load whose own event loop was so late, and of which some objectives were missed by 15 ms."""
    objectives = read_objectives(
        "ttft_since_due_p95=100ms,ttft_p95=100ms,decode_rate_p50=9", "--slo"
    )
    found = tuple(
        ObjectiveResult(
            objective=one,
            met=one.metric not in missed,
            estimate=Estimate(
                one.limit * 0.9 if one.metric == "decode_rate" else one.limit + 0.015,
                None,
                None,
                80,
                enough=False,
            ),
        )
        for one in objectives
    )
    lag = MetricLine(
        metric="loop_lag", quantiles={"p99": Estimate(late_s or 0.0, None, None, 9, enough=False)}
    )
    check = replace(told.self_check, bottleneck=late_s is not None, loop_lag=lag)
    lines = tuple(replace(one, objectives=found) for one in told.lines)
    return replace(told, lines=lines, self_check=check)


ALL_MISSED = ("ttft_since_due", "ttft", "decode_rate")


@pytest.mark.parametrize(
    ("before_s", "after_s", "missed"),
    [
        (None, None, ALL_MISSED),
        (None, 0.01, ("ttft", "decode_rate")),
        (0.01, None, ALL_MISSED),
        (None, 0.02, ("decode_rate",)),
        (None, 10.0, ()),
    ],
)
def test_an_objective_that_our_own_client_may_have_missed_is_unsure(before_s, after_s, missed):
    before, after = by_client(open_load(), before_s), by_client(open_load(), after_s, ALL_MISSED)
    (change,) = load_changes(before, after, floor=0.2)
    told = " ".join(" ".join(load_comparison_lines([change], width=80)).split())

    assert tuple(text.partition("_p")[0] for text in change.objectives) == missed
    assert len(change.objectives) + len(change.objectives_unsure) == len(ALL_MISSED)
    assert change.unsure is bool(change.objectives_unsure)
    for which, late_s in (("first", before_s), ("second", after_s)):
        assert (f"this client itself did not keep up in the {which}" in told) is bool(late_s)
        assert not late_s or f"it was {show_number(late_s * 1000)} ms late (p99)" in told
    for text in change.objectives_unsure:
        assert f"{text}: was met, and is missed now; that may be this client's own lateness" in told


@pytest.mark.parametrize(
    ("at_worst_s", "stall_s", "is_unsure"),
    # Whoever was held up for so long as in the last one is in no value.
    [(0.03, 0.035, True), (0.01, 0.035, False), (0.15, 0.145, False)],
)
def test_a_longest_stall_may_hold_the_worst_of_our_own_moments(at_worst_s, stall_s, is_unsure):
    (objective,) = read_objectives("longest_stall_p80=15ms", "--slo")

    def stalled(value, worst_s):
        told = by_client(open_load())
        found = ObjectiveResult(
            objective=objective, met=value <= objective.limit,
            estimate=Estimate(value, None, None, 80, enough=False),
        )  # fmt: skip
        check = replace(
            told.self_check, loop_lag=replace(told.self_check.loop_lag, largest=worst_s)
        )
        lines = tuple(replace(one, objectives=(found,)) for one in told.lines)
        return replace(told, lines=lines, self_check=check)

    (change,) = load_changes(stalled(0.012, 0.0), stalled(stall_s, at_worst_s), floor=0.2)

    assert (bool(change.objectives_unsure), bool(change.objectives)) == (is_unsure, not is_unsure)


@pytest.mark.parametrize(("often_s", "is_unsure"), [(0.002, False), (0.03, True)])
def test_one_stop_of_ours_is_not_in_half_of_all_stalls(often_s, is_unsure):
    """`often_s` is how late it was once in a thousand times; an answer of a second has a hundred."""
    (objective,) = read_objectives("longest_stall_p50=15ms", "--slo")

    def stalled(value, **lag):
        told = by_client(open_load())
        found = ObjectiveResult(
            objective=objective, met=value <= objective.limit,
            estimate=Estimate(value, None, None, 80, enough=False),
        )  # fmt: skip
        own = replace(told.self_check.loop_lag, **lag)
        took = MetricLine(
            metric="latency", quantiles={"p50": Estimate(1.0, None, None, 80, enough=False)}
        )
        lines = tuple(
            replace(one, objectives=(found,), metrics={**one.metrics, "latency": took})
            for one in told.lines
        )
        return replace(told, lines=lines, self_check=replace(told.self_check, loop_lag=own))

    known = {"p99": 0.001, "p99.9": often_s}
    lags = {name: Estimate(value, None, None, 900, enough=False) for name, value in known.items()}
    after = stalled(0.035, largest=0.06, quantiles=lags)
    (change,) = load_changes(stalled(0.012, largest=0.0), after, floor=0.2)

    assert bool(change.objectives_unsure) is is_unsure


def test_of_the_time_of_a_token_little_is_our_own_however_late_we_were():
    """As measured: ITL 1.35 and 3.79 ms, latency 654 and 749 ms, the client 8 ms late in the second."""

    def paced(itl_s, latency_s, late_s):
        told = by_client(a_load(seconds=6), late_s)
        metrics = {
            name: MetricLine(
                metric=name,
                quantiles={"p50": Estimate(value, value * 0.98, value * 1.02, 80, enough=True)},
            )
            for name, value in (("itl", itl_s), ("latency", latency_s))
        }
        lines = tuple(
            replace(
                one,
                metrics=metrics,
                output_tokens=4000,
                token_sources={"usage": 100},
                objectives=(),
            )
            for one in told.lines
        )
        return replace(told, lines=lines)

    def told(one, other):
        changes = load_changes(one, other, floor=0.1)
        return {(each.metric, each.told) for change in changes for each in change.speeds}

    quick, slow = paced(0.00135, 0.654, None), paced(0.00379, 0.749, 0.0082)
    assert told(quick, slow) == {("itl", "slower"), ("latency", "slower")}
    # An eighth of an answer's time is an eighth less for the target to do at once.
    late = paced(0.00135, 0.654, 0.08)
    assert told(late, paced(0.00147, 0.72, None)) == {
        ("itl", "no difference seen"),
        ("latency", "may be ours"),
    }
    assert told(late, paced(0.0025, 0.72, None)) == {("itl", "slower"), ("latency", "may be ours")}


SURE, UNSURE = ("slower", "faster"), ("may be ours", "may be ours")


@pytest.mark.parametrize(
    ("load", "before_s", "after_s", "slower_faster"),
    [
        # One at a time follows the answer before, however late: that makes none of them quicker.
        (1, None, None, SURE),
        (1, None, 0.001, SURE),
        (1, None, 10.0, ("may be ours", "faster")),
        (1, 10.0, None, ("slower", "may be ours")),
        # Of several the others have less to wait for.
        (8, None, None, SURE),
        (8, 0.001, 0.001, SURE),
        (8, None, 10.0, UNSURE),
        (8, 10.0, None, UNSURE),
    ],
)
def test_what_our_own_lateness_may_make_is_not_told_as_the_target_s(
    load, before_s, after_s, slower_faster
):
    quick = a_load(seconds=6)
    shape = replace(
        quick.shape, stages=tuple(replace(one, level=load) for one in quick.shape.stages)
    )
    quick = replace(quick, shape=shape)
    lines = tuple(
        line(one.target, 0, level=8, started_s=0, seconds=6, slow=3.0, seed=at)
        for at, one in enumerate(quick.lines)
    )
    slow = replace(quick, lines=lines)

    def told(one, other):
        changes = load_changes(by_client(one, before_s), by_client(other, after_s), floor=0.2)
        return {
            each.told for change in changes for each in change.speeds if each.metric == "latency"
        }

    assert (told(quick, slow), told(slow, quick)) == tuple({each} for each in slower_faster)


def test_a_difference_that_may_be_ours_is_neither_well_nor_the_target_s_fault(keep, stored):
    before = by_client(a_load(seconds=6), 10.0)
    slower = tuple(
        line(one.target, 0, level=8, started_s=0, seconds=6, slow=3.0, seed=at)
        for at, one in enumerate(before.lines)
    )
    keep(before, later(replace(before, lines=slower)))
    told = stored("compare", "--against", before.id)

    assert told.returncode == 3
    assert "that may be this client's own lateness" in " ".join(told.stdout.split())
    assert stored("compare", "--against", before.id, "--fail-on", "broke").returncode == 0


def test_an_interrupted_load_tells_how_many_were_under_way(keep, stored):
    told = a_load(seconds=6)
    cut = tuple(
        replace(one, sent=one.passed + one.failures + 4, unfinished=4) for one in told.lines
    )
    keep(replace(told, lines=cut))
    printed = " ".join(stored("history", GROQ).stdout.split())
    (first, _) = cut

    assert f"{first.passed} of {first.passed + first.failures} passed, 4 unfinished" in printed


def test_a_shorter_limit_of_an_open_load_is_anothers_load_only_where_it_ended_something():
    before, after = timed(30.0, unit="rate"), timed(0.12, unit="rate", late="b")

    assert [one.target for one in load_changes(before, after, floor=0.2)] == ["a"]
    assert [one.target for one in loaded_otherwise(before, after)] == ["b"]


def test_a_load_run_of_an_older_version_that_tells_less_is_compared():
    before = a_load(seconds=6)
    old = replace(before, shape=replace(before.shape, stages=()), settings={})

    assert len(load_changes(old, before, floor=0.2)) == 2


def test_a_load_run_and_another_run_are_not_compared(gatewayz, keep, groq, stored):
    keep(a_load(seconds=2))
    gatewayz("test", "groq", "--models", "1", **groq)
    (other,) = json.loads(stored("history", "--format", "json").stdout)["runs"]

    done = stored("compare", "20260301-120000-abcdef", other["id"])
    against = stored("compare", "20260301-120000-abcdef", "--against", "last-good")

    assert (done.returncode, against.returncode) == (2, 2)
    assert "is a load run, and the other is none" in done.stderr
    assert "name another one to set it against" in against.stderr


def test_a_run_against_itself_shows_no_difference():
    result = a_load(seconds=6)

    for change in load_changes(result, result, floor=0.2):
        assert change.fared == ""
        assert {one.told for one in change.speeds} <= {"no difference seen"}
        assert not change.slowed


def test_a_small_change_that_is_sure_is_under_the_floor_and_a_large_one_is_not():
    base = a_load(seconds=60).lines[0]
    other = line(base.target, 0, level=8, started_s=0, seconds=60, slow=1.15)

    def told(floor):
        before, after = (replace(a_load(seconds=1), lines=(one,)) for one in (base, other))
        (change,) = load_changes(before, after, floor=floor)
        return {one.metric: one.told for one in change.speeds}["ttft"]

    assert (told(0.2), told(0.02)) == ("no difference seen", "slower")


def test_more_failures_than_chance_brings_are_told_and_fewer_are_not():
    def fared(before, after):
        lines = [
            LoadLine(
                target="a", stage=0, sent=100, passed=100 - n, failed={"rate-limit": n} if n else {}
            )
            for n in (before, after)
        ]
        one, other = (replace(a_load(seconds=1), lines=(each,)) for each in lines)
        (change,) = load_changes(one, other, floor=0.2)
        return change.fared, load_comparison_lines([change], width=80)[1].strip()

    assert fared(0, 100)[0] == "broke"
    assert fared(2, 20) == ("fails more", "fails more: 2 of 100 failed, now 20 of 100 failed")
    assert fared(20, 2)[0] == "fails less"
    assert (
        fared(2, 4)[1] == "failed: 2 of 100 failed, now 4 of 100 failed; no more than chance brings"
    )


@pytest.mark.parametrize("levels", [(4, 8), (8, 4)])
def test_a_matched_model_shows_what_the_last_load_run_measured_at_its_least_load(tmp_path, levels):
    from gatewayz.cli.matched import Shelf, match, wanted_name
    from gatewayz.cli.matched_shown import document, lines_of
    from gatewayz.core import Model

    store = open_store(tmp_path / "kept.db")
    store.loads.keep(a_load(levels=levels, seconds=2))
    groq = Shelf(gateway="groq", way="direct", models=(Model(id="llama-3.3-70b-versatile"),))
    found = match(wanted_name("llama-3.3-70b"), [groq], store)
    store.close()

    printed = " ".join("\n".join(lines_of(found, NOON + timedelta(hours=3))).split())
    assert "under load (4 at once," in printed
    assert "answers, 3 hours ago): first token" in printed
    assert "1 further step: gatewayz show 20260301-120000-abcdef" in printed
    (offer,) = document(found)["models"]
    assert [one["line"]["title"] for one in offer["under_load"]] == ["4 at once", "8 at once"]


def test_a_stored_run_gives_the_bytes_of_the_run_s_own_reports(gatewayz, tmp_path):
    def reports(name):
        files = {kind: tmp_path / f"{name}.{kind}" for kind in ("json", "html", "csv")}
        return files, [word for kind, at in files.items() for word in ("--report", f"{kind}={at}")]

    own, asked = reports("own")
    again, asked_again = reports("again")
    rules = [{"gateway": "groq", "fault": "rate-limit", "nth": [2, 3, 5, 6]}]
    with running(seed=3, latency_s=0.002, gap_s=0.0005, faults=rules) as simulator:
        gatewayz(
            "bench", GROQ, "-n", 9, "--max-tokens", 9, "--warm-up", 0,
            "--max-errors", "100%", *asked, **simulator.variables(),
        )  # fmt: skip
    gatewayz("show", "last", *asked_again)

    assert b'"count": 4' in own["json"].read_bytes()
    for kind, at in own.items():
        assert again[kind].read_bytes() == at.read_bytes(), kind
