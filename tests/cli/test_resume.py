"""A run that was interrupted is gone on with: no finished call is repeated, and the whole is one run."""

import json
import os
import re
import shlex
import signal
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace

import pytest

from gatewayz import simulator as simulation
from gatewayz.core import Model, RunStatus
from gatewayz.core.units import utc_now
from gatewayz.store import open_store

# More than are asked at once.
WANTED = ("groq", "cerebras", "--models", "all", "--probe", "chat,streaming")


class Pace:
    """A tenth of a second an answer; of a run that is to be met in its middle only the first ones."""

    quick = None

    def __call__(self, *_):
        if self.quick is None:
            return 0.1
        self.quick -= 1
        return 0.1 if self.quick >= 0 else 60.0


PACE = Pace()


@pytest.fixture(scope="module")
def steady():
    """Gateways that answer at that pace."""
    with simulation.running(seed=3, latency_s=PACE) as running:
        yield running


def asked(entries):
    """How often each model was asked."""
    return Counter(
        (entry.gateway, entry.model) for entry in entries if entry.path.endswith("completions")
    )


def lists_in(entries):
    return sum(entry.path.endswith("models") for entry in entries)


def run_of(path, name="last"):
    store = open_store(path)
    try:
        return store.run(name)
    finally:
        store.close()


def in_its_middle(started, running, path, *, asked=WANTED, quick=12, kept=3):
    """The process of a run that has kept some of its verdicts."""
    PACE.quick = quick
    child = started("test", *asked, "--store", path, **running.variables())
    deadline = time.monotonic() + 30
    store = None
    while store is None or not any(line.recorded > kept for line in store.runs()):
        assert time.monotonic() < deadline, "it kept nothing"
        assert child.poll() is None, "it ended too early"
        time.sleep(0.02)
        if store is None and path.exists():
            store = open_store(path)
    store.close()
    return child


def interrupt(started, running, path, number, **how):
    """A run that is met by a signal then; what it said on standard error."""
    child = in_its_middle(started, running, path, **how)
    child.send_signal(number)
    _, said = child.communicate(timeout=20)
    PACE.quick = None
    return said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_resumed_run_asks_what_is_missing_and_nothing_else(
    gatewayz, started, steady, tmp_path, number
):
    path, began = tmp_path / "store.db", len(steady.log)
    interrupt(started, steady, path, number)
    before, resumed_at = run_of(path), len(steady.log)

    listed = gatewayz("history", "--store", path)
    done = gatewayz("test", "--resume", before.id, "--store", path, **steady.variables())
    whole = run_of(path)
    again = steady.log[resumed_at:]

    assert f"{before.id}  " in listed.stdout
    assert "  cancelled" in listed.stdout  # also where nobody was left to say so
    assert done.returncode == 0, done.stdout + done.stderr
    assert (whole.id, whole.status) == (before.id, "finished")
    names = [verdict.observation.case.name for verdict in whole.verdicts]
    assert len(names) == len(set(names)) == len(whole.plan)
    # Each question that has no verdict yet is put once, and no other; no list is read again.
    missing = set(names) - {verdict.observation.case.name for verdict in before.verdicts}
    assert missing
    assert asked(again) == Counter((gateway, model) for gateway, _, model, _, _ in missing)
    assert (lists_in(steady.log[began:resumed_at]), lists_in(again)) == (2, 0)
    assert f"{len(whole.plan)}/{len(whole.plan)} tests passed" in done.stdout
    # What it took is that of both parts. One that was killed has no account of what was under way.
    first = sum(len(verdict.observation.attempts) for verdict in before.verdicts)
    if before.summary is not None:
        first = before.summary.spend.calls
        assert whole.elapsed_s > before.elapsed_s + 0.1
    spend = whole.summary.spend
    assert spend.calls == first + asked(again).total()
    usages = [a.reply.usage for v in whole.verdicts for a in v.observation.attempts]
    assert spend.input_tokens == sum(usage.input_tokens for usage in usages)
    assert spend.output_tokens == sum(usage.output_tokens for usage in usages)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_resumed_run_asks_what_it_had_planned_whatever_is_listed_by_now(
    gatewayz, started, steady, tmp_path, number
):
    path = tmp_path / "store.db"
    interrupt(started, steady, path, number)
    gatewayz("history", "--store", path)
    before, resumed_at = run_of(path), len(steady.log)
    with closing(open_store(path)) as store:
        for gateway in ("groq", "cerebras"):
            listed = store.catalog(gateway).models
            store.save_catalog(gateway, (*listed[:2], Model(id="new/one")), utc_now())
    done = gatewayz("test", "--resume", before.id, "--store", path, **steady.variables())
    whole = run_of(path)

    judged = {verdict.observation.case.name for verdict in before.verdicts}
    planned = {case.name for case in before.plan}
    missing = planned - judged
    assert len(missing) > 4
    assert done.returncode == 0, done.stdout + done.stderr
    again = steady.log[resumed_at:]
    assert asked(again) == Counter((gateway, model) for gateway, _, model, _, _ in missing)
    assert lists_in(again) == 0
    assert {verdict.observation.case.name for verdict in whole.verdicts} == planned
    assert [case.name for case in whole.plan] == [case.name for case in before.plan]


def test_no_part_s_account_is_lost_where_a_later_one_was_killed(
    gatewayz, started, steady, tmp_path
):
    path, again = tmp_path / "store.db", ("--resume", "last")
    interrupt(started, steady, path, signal.SIGINT)
    first = run_of(path)
    for _ in range(2):
        kept = len(run_of(path).verdicts)
        interrupt(started, steady, path, signal.SIGKILL, asked=again, quick=4, kept=kept)
    shown = gatewayz("show", "last", "--verbose", "--store", path)
    killed, resumed_at = run_of(path), len(steady.log)
    done = gatewayz("test", *again, "--store", path, **steady.variables())
    spend = run_of(path).summary.spend

    assert killed.summary.spend.calls == first.summary.spend.calls
    after = killed.verdicts[len(first.verdicts) :]
    assert after
    assert f"after the first {len(first.verdicts)} verdicts not counted" in " ".join(
        shown.stdout.split()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert spend.verdicts is None
    judged = sum(len(verdict.observation.attempts) for verdict in after)
    last = asked(steady.log[resumed_at:]).total()
    assert spend.calls == first.summary.spend.calls + judged + last


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
@pytest.mark.parametrize("again", [(), ("--max-calls", "24"), ("--max-calls", "none")], ids=str)
def test_all_parts_of_a_run_keep_to_its_cap_together(
    gatewayz, started, steady, tmp_path, number, again
):
    path, capped = (
        tmp_path / "store.db",
        (*WANTED, "--max-calls", "22", "--max-tokens-total", 10**6),
    )
    interrupt(started, steady, path, number, asked=capped)
    gatewayz("history", "--store", path)
    before, resumed_at = run_of(path), len(steady.log)
    done = gatewayz("test", "--resume", "last", *again, "--store", path, **steady.variables())
    whole = run_of(path)

    assert done.returncode == 0, done.stdout + done.stderr
    first = sum(len(verdict.observation.attempts) for verdict in before.verdicts)
    if before.summary is not None and before.summary.spend is not None:
        first = before.summary.spend.calls
    missing = len(whole.plan) - len(before.verdicts)
    cap = {(): 22, ("--max-calls", "24"): 24}.get(again)
    left = missing if cap is None else cap - first
    assert left > 0, (first, missing)
    assert asked(steady.log[resumed_at:]).total() == left
    assert whole.settings["max_calls"] == cap
    assert whole.settings["max_tokens_total"] == 10**6
    assert whole.summary.spend.calls == first + left
    assert whole.summary.spend.left_out.cases == missing - left


def test_a_run_that_had_no_cap_keeps_to_the_one_that_is_set_now(
    gatewayz, started, steady, tmp_path
):
    path = tmp_path / "store.db"
    interrupt(started, steady, path, signal.SIGINT)
    spent, resumed_at = run_of(path).summary.spend.calls, len(steady.log)
    there = {**steady.variables(), "GATEWAYZ_MAX_CALLS": str(spent + 2)}
    gatewayz("test", "--resume", "last", "--store", path, **there)

    assert asked(steady.log[resumed_at:]).total() == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_pause_between_two_parts_is_no_time_that_a_killed_run_took(
    gatewayz, started, steady, tmp_path, number
):
    path, again, pause_s = tmp_path / "store.db", ("--resume", "last"), 0.5
    interrupt(started, steady, path, number)
    gatewayz("history", "--store", path)
    first = run_of(path)
    time.sleep(pause_s)
    interrupt(started, steady, path, signal.SIGKILL, asked=again, quick=4, kept=len(first.verdicts))
    gatewayz("history", "--store", path)
    second = run_of(path)
    done = gatewayz("test", *again, "--store", path, **steady.variables())
    whole = run_of(path)

    assert (second.status, done.returncode) == ("cancelled", 0), done.stderr
    assert first.elapsed_s < second.elapsed_s < whole.elapsed_s
    from_first_to_last_s = (second.finished_at - second.started_at).total_seconds()
    assert from_first_to_last_s - second.elapsed_s > pause_s


@pytest.mark.parametrize("read_since", [False, True], ids=["its own", "another since"])
def test_a_list_by_which_nothing_was_planned_yet_is_taken_in_its_own_order_or_read_again(
    gatewayz, steady, tmp_path, read_since
):
    path, variables = tmp_path / "store.db", steady.variables()
    gatewayz("test", "groq", "--models", "1", "--store", path, **variables)
    with closing(open_store(path)) as store:
        whole, listed = store.run(), store.catalog("groq").models
        store.begin_run(
            replace(whole, id="stopped", status=RunStatus.CANCELLED, plan=(), verdicts=())
        )
        store.catalogues.keep("stopped", "groq", listed)
        if read_since:
            store.save_catalog("groq", (Model(id="new/one"), *listed), utc_now())
    resumed_at = len(steady.log)
    done = gatewayz("test", "--resume", "stopped", "--store", path, **variables)

    by_id = min(model.id for model in listed)
    assert by_id != listed[0].id
    assert done.returncode == 0, done.stdout + done.stderr
    assert asked(steady.log[resumed_at:]) == {("groq", listed[0].id): 1}
    assert lists_in(steady.log[resumed_at:]) == read_since


def test_a_list_that_was_read_by_a_resumed_run_is_kept_as_any_other(gatewayz, started, tmp_path):
    path, again = tmp_path / "store.db", ("--resume", "last")
    wanted = ("groq", "cerebras", "--models", "2", "--probe", "chat,streaming")
    once = {"path": "models", "gateway": "cerebras", "fault": "headers-then-silence", "nth": [1]}
    with simulation.running(seed=3, latency_s=PACE, faults=[once]) as running:
        interrupt(started, running, path, signal.SIGKILL, asked=wanted, kept=3)
        gatewayz("history", "--store", path)
        first = run_of(path)
        interrupt(started, running, path, signal.SIGKILL, asked=again, quick=3, kept=5)
        with closing(open_store(path)) as store:
            offered = store.catalogues.of(first.id)
        plan = gatewayz("plan", "cerebras", "--store", path, **running.variables())
        resumed_at = len(running.log)
        done = gatewayz("test", *again, "--store", path, **running.variables())
        log = running.log
    whole = run_of(path)

    assert {case.gateway for case in first.plan} == {"groq"}  # the other list was yet to come
    assert set(offered) == {"groq", "cerebras"}
    assert "no stored catalogue" not in plan.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    assert (lists_in(log[:resumed_at]), lists_in(log[resumed_at:])) == (3, 0)
    assert len(whole.verdicts) == len(whole.plan) == 8
    assert {case.gateway for case in whole.plan} == {"groq", "cerebras"}


def test_a_run_whose_probe_is_there_no_more_is_not_gone_on_with(gatewayz, groq, tmp_path):
    path = tmp_path / "s.db"
    gatewayz("test", "groq", "--models", "1", "--store", path, **groq)
    with closing(open_store(path)) as store:
        run = store.run()
        gone = replace(run.plan[0], probe="gone")
        store.finish_run(replace(run, status=RunStatus.CANCELLED, plan=(*run.plan, gone)))
    done = gatewayz("test", "--resume", "last", "--store", path, **groq)

    assert done.returncode == 2, done.stdout
    assert "asks the probe gone, which is there no more; begin a new run" in done.stderr


def test_a_run_whose_probe_has_another_text_by_now_is_not_gone_on_with(gatewayz, groq, tmp_path):
    path, file = tmp_path / "s.db", tmp_path / "mine.yaml"
    first, then = ("name: mine\nmessage: Say hi\n", "name: mine\nmessage: Say more\n")
    file.write_text(first)
    gatewayz("test", "groq", "--models", "1", "--probe", "mine.yaml", "--store", path, **groq)
    with closing(open_store(path)) as store:
        whole = store.run()

        def resumed(name, settings):
            store.begin_run(
                replace(whole, id=name, status=RunStatus.CANCELLED, verdicts=(), settings=settings)
            )
            return gatewayz("test", "--resume", name, "--store", path, **groq)

        file.write_text(then)
        refused = resumed("changed", whole.settings)
        older = {name: kept for name, kept in whole.settings.items() if name != "own_probes"}
        untold = resumed("older", older)
        file.write_text(first)
        done = gatewayz("test", "--resume", "changed", "--store", path, **groq)

    assert refused.returncode == 2, refused.stdout
    assert "asks the probe in mine.yaml, whose text is another now; begin a new run" in (
        refused.stderr
    )
    for one in (untold, done):  # an older version kept no word of it
        assert one.returncode == 0, one.stdout + one.stderr


def test_a_resumed_run_asks_nothing_that_passed_within_the_time_it_was_given(
    gatewayz, steady, tmp_path
):
    path, variables = tmp_path / "store.db", steady.variables()
    test = ("test", "groq", "--models", "2", "--store", path)
    gatewayz(*test, **variables)
    with closing(open_store(path)) as store:
        first = store.run()
        for name, max_age_s in (("all", None), ("fresh", 3600.0), ("stale", 0.001)):
            settings = {**first.settings, "max_age_s": max_age_s}
            one = replace(first, id=name, status=RunStatus.CANCELLED, plan=(), settings=settings)
            store.begin_run(one)
        calls, taken_from = {}, {}
        for name in ("fresh", "stale", "all"):
            resumed_at = len(steady.log)
            done = gatewayz("test", "--resume", name, "--store", path, **variables)
            assert done.returncode == 0, done.stdout + done.stderr
            calls[name] = asked(steady.log[resumed_at:]).total()
            taken_from[name] = {verdict.taken_from for verdict in store.run(name).verdicts}

    assert calls == {"fresh": 0, "stale": 2, "all": 2}
    assert taken_from == {"fresh": {first.id}, "stale": {""}, "all": {""}}


def without_keys(variables, *gateways):
    """The same shell in which the keys of these gateways were not exported."""
    return {**variables, **{f"{name.upper()}_API_KEY": "" for name in (*gateways, "portkey")}}


@pytest.mark.parametrize("missing", [("groq",), ("groq", "cerebras")], ids=" and ".join)
def test_a_run_with_questions_left_waits_for_the_keys_that_it_had(
    gatewayz, started, steady, tmp_path, missing
):
    path, variables = tmp_path / "store.db", steady.variables()
    interrupt(started, steady, path, signal.SIGKILL)
    gatewayz("history", "--store", path)
    before, resumed_at = run_of(path), len(steady.log)
    again = ("test", "--resume", before.id, "--store", path)
    refused = gatewayz(*again, **without_keys(variables, *missing))
    kept, between = run_of(path), steady.log[resumed_at:]
    done = gatewayz(*again, **variables)
    whole = run_of(path)

    assert refused.returncode == 2, refused.stdout
    (line,) = refused.stderr.splitlines()
    named = ", ".join(f"{one} (no key: set {one.upper()}_API_KEY)" for one in missing)
    assert f"run {before.id} has questions left for {named}; nothing was asked" in line
    assert (between, kept.status, kept.verdicts) == ([], "cancelled", before.verdicts)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {case.name for case in whole.plan} == {v.observation.case.name for v in whole.verdicts}
    assert {verdict.outcome for verdict in whole.verdicts} == {"passed"}


def test_a_key_is_waited_for_only_where_something_is_left_to_ask(gatewayz, steady, tmp_path):
    path, variables = tmp_path / "store.db", steady.variables()
    wanted = ("groq", "cerebras", "deepinfra", "--models", "2", "--store", path)
    gatewayz("test", *wanted, **without_keys(variables, "deepinfra"))
    with closing(open_store(path)) as store:
        whole = store.run()

        def resumed(name, missing, *, plan, verdicts):
            one = replace(whole, id=name, status=RunStatus.CANCELLED, plan=plan)
            store.begin_run(one)
            store.record(name, verdicts)
            gone = without_keys(variables, "deepinfra", missing)
            return gatewayz("test", "--resume", name, "--store", path, **gone)

        of_it = [v for v in whole.verdicts if v.observation.case.gateway == "cerebras"]
        others = [verdict for verdict in whole.verdicts if verdict not in of_it]
        plan_of_others = tuple(case for case in whole.plan if case.gateway != "cerebras")
        unread = resumed("unread", "cerebras", plan=plan_of_others, verdicts=others)
        one_left = [*others, *of_it[:-1]]
        planned = resumed("planned", "cerebras", plan=whole.plan, verdicts=one_left)
        # The last gateway had no key from the start: the run skipped it, and has nothing left there.
        settled = resumed("settled", "groq", plan=whole.plan, verdicts=one_left)
        ended = store.run("settled")

    for refused in (unread, planned):
        assert refused.returncode == 2, refused.stdout
        assert "questions left for cerebras (no key: set CEREBRAS_API_KEY);" in refused.stderr
    assert settled.returncode == 0, settled.stdout + settled.stderr
    assert (ended.status, len(ended.verdicts)) == ("finished", len(whole.verdicts))


def test_a_killed_run_took_as_long_as_its_answers(gatewayz, started, tmp_path):
    path, answer_s = tmp_path / "store.db", 0.8
    with simulation.running(seed=3, latency_s=answer_s) as slow:
        began = time.monotonic()
        interrupt(started, slow, path, signal.SIGKILL, kept=0)
        lasted_s = time.monotonic() - began
    gatewayz("history", "--store", path)
    run = run_of(path)

    assert run.status == "cancelled"
    assert answer_s < run.elapsed_s < lasted_s
    assert answer_s < (run.finished_at - run.started_at).total_seconds() < lasted_s


def test_a_killed_process_is_gone_also_while_nobody_has_asked_how_it_ended(
    gatewayz, started, steady, tmp_path
):
    path = tmp_path / "store.db"
    child = in_its_middle(started, steady, path)
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    PACE.quick = None
    listed = gatewayz("history", "--store", path)
    done = gatewayz("test", "--resume", "last", "--store", path, **steady.variables())

    assert "  cancelled" in listed.stdout
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_command_that_ctrl_c_names_goes_on_with_its_run(gatewayz, started, steady, tmp_path):
    path, config = tmp_path / "a store.db", tmp_path / "my settings.toml"
    config.write_text("repeat = 2\n")
    serving = started("serve", "--port", "0", **steady.variables())
    said = ""
    while "http://" not in said:
        said = serving.stderr.readline()
    backend = re.search(r"http://[\w.:]+", said)[0]
    places = ("--api-url", backend, "--config", config)
    asked = ("groq", "--both", "--models", "all", *places)
    said = interrupt(started, steady, path, signal.SIGINT, asked=asked)
    program, *words = shlex.split(re.search(r"to go on with it: `(.+)`$", said, re.MULTILINE)[1])
    elsewhere = gatewayz("test", "--resume", "last", "--store", path, **steady.variables())
    done = gatewayz(*words, **steady.variables())
    whole = run_of(path)

    assert program == "gatewayz"
    assert f"{backend}/v1, which is http://localhost:8000/v1 now" in elsewhere.stderr
    assert "name that backend with --api-url, or begin a new run" in elsewhere.stderr
    assert (elsewhere.returncode, done.returncode) == (2, 0), done.stdout + done.stderr
    assert (whole.id, whole.status) == (words[-1], "finished")
    assert {case.way for case in whole.plan} == {"direct", "api"}


def test_a_run_that_came_to_its_end_has_nothing_to_go_on_with(gatewayz, groq, tmp_path):
    gatewayz("test", "groq", "--models", "1", "--store", "s.db", **groq)
    done = gatewayz("test", "--resume", "last", "--store", "s.db", **groq)
    unknown = gatewayz("test", "--resume", "nobody", "--store", "s.db", **groq)
    besides = gatewayz("test", "groq", "--resume", "last", "--store", "s.db", **groq)

    for one in (done, unknown, besides):
        assert one.returncode == 2, one.stdout
        assert "Traceback" not in one.stderr
    assert "came to its end; there is nothing to go on with" in done.stderr


def test_a_run_that_goes_on_is_left_to_its_process(gatewayz, started, steady, tmp_path):
    path = tmp_path / "store.db"
    child = started("test", *WANTED, "--store", path, **steady.variables())
    deadline = time.monotonic() + 30
    while (
        not path.exists()
        or not json.loads(gatewayz("history", "--format", "json", "--store", path).stdout)["runs"]
    ):
        assert time.monotonic() < deadline
    done = gatewayz("test", "--resume", "last", "--store", path, **steady.variables())
    child.communicate(timeout=60)

    assert child.returncode == 0
    assert done.returncode == 2
    assert "goes on in another process" in done.stderr or "came to its end" in done.stderr
    assert run_of(path).status == "finished"
