"""`gatewayz rejudge`: today's rules over what a run kept."""

import asyncio
import json
from dataclasses import replace

import pytest
from tests.pretending import gateways_and_keys

from gatewayz import simulator as simulation
from gatewayz.cli.rejudging import rejudged
from gatewayz.client import WITHHELD, HttpClient
from gatewayz.core import (
    Attempt,
    Case,
    ErrorBody,
    Evidence,
    FaultName,
    Finding,
    Model,
    Observation,
    Outcome,
    Phase,
    Quirks,
    Rule,
    Run,
    Timeouts,
    Timing,
    Verdict,
    WireFault,
)
from gatewayz.core.failures import failure
from gatewayz.core.units import utc_now
from gatewayz.gateways import known_gateways
from gatewayz.measure import left_in, summarize
from gatewayz.probes import PROBES
from gatewayz.runner import Lane, RollCall, Selection, roll_call
from gatewayz.store import open_store

FAULTS = ("server-500-json", "empty-content", "billing-no-credit", "usage-missing")


async def called(simulator, *gateways, probes=("chat", "streaming")):
    found, keys = gateways_and_keys(simulator)
    lanes = tuple(Lane(name=n, way="direct", gateway=found[n]) for n in gateways)
    client = HttpClient(keys=keys, timeouts=Timeouts())
    order = RollCall(
        lanes=lanes, probes=tuple(PROBES[p] for p in probes), selection=Selection(models="4"),
        retries=0,
    )  # fmt: skip
    try:
        async for event in roll_call(order, executor=client):
            last = event
    finally:
        await client.aclose()
    return last.run


@pytest.fixture(scope="module")
def run():
    """A run over healthy and faulty answers of two gateways."""
    rules = [{"fault": fault, "every": 5, "after": n} for n, fault in enumerate(FAULTS)]
    with simulation.running(seed=6, faults=rules) as simulator:
        return asyncio.run(called(simulator, "groq", "openrouter"))


def quirks_of(case):
    return known_gateways({})[case.gateway].quirks


def test_the_same_rules_change_nothing(run):
    found = rejudged(run, PROBES.__getitem__, quirks_of)

    assert {v.outcome for v in run.verdicts} >= {Outcome.PASSED, Outcome.FAILED}
    assert (found.changed, found.kept) == ((), ())
    assert found.unchanged == len(run.verdicts) == 16


def test_a_changed_check_changes_exactly_the_verdicts_that_it_touches(run):
    def not_too_long(seen):
        asked = seen.case.model.id.startswith("openai/")
        return Finding(failure_class="semantic", saw="by openai") if asked else None

    def probe_of(name):
        probe = PROBES[name]
        return replace(probe, checks=(*probe.checks, not_too_long)) if name == "chat" else probe

    found = rejudged(run, probe_of, quirks_of)

    # Which case meets which fault is a matter of order; what a check has failed is touched, too.
    touched = {
        v.observation.case.id
        for v in run.verdicts
        if (v.outcome is Outcome.PASSED or v.failure.kind == "empty-content")
        and v.observation.case.probe == "chat"
        and v.observation.case.model.id.startswith("openai/")
    }
    assert touched
    assert {c.before.observation.case.id for c in found.changed} == touched
    assert {c.after.outcome for c in found.changed} == {Outcome.FAILED}
    assert len(found.verdicts) == len(run.verdicts)


def test_a_changed_rule_for_errors_renames_exactly_what_it_matches(run):
    def stricter(case):
        rule = Rule(kind="overloaded", statuses=(402,), text=".")
        return replace(quirks_of(case), rules=(rule,))

    found = rejudged(run, PROBES.__getitem__, stricter)

    unpaid = [v for v in run.verdicts if v.observation.attempts[-1].status == 402]
    assert unpaid
    assert [c.before for c in found.changed] == unpaid
    assert {c.after.failure.kind for c in found.changed} == {"overloaded"}


def test_a_reader_that_sees_more_is_believed(run):
    def unread(verdict):
        attempts = tuple(replace(a, reply=None, error=None) for a in verdict.observation.attempts)
        seen = replace(verdict.observation, attempts=attempts)
        return replace(verdict, observation=seen, outcome=Outcome.UNKNOWN, failure=None)

    blind = replace(run, verdicts=tuple(map(unread, run.verdicts)))

    found = rejudged(blind, PROBES.__getitem__, quirks_of)

    assert [v.outcome for v in found.verdicts] == [v.outcome for v in run.verdicts]
    assert len(found.changed) == len(run.verdicts)


def with_evidence(verdict, evidence, **more):
    last = replace(verdict.observation.attempts[-1], evidence=evidence, **more)
    return replace(verdict, observation=replace(verdict.observation, attempts=(last,)))


def test_what_cannot_be_judged_again_keeps_its_verdict_and_is_counted_apart(run):
    cut, bare, gone, listed, spelt, *rest = run.verdicts
    case = listed.observation.case
    seen = listed.observation
    odd = replace(
        run,
        verdicts=(
            with_evidence(cut, Evidence(text="{", cut=True)),
            with_evidence(bare, None),
            replace(gone, observation=replace(gone.observation, case=replace(case, probe="mine"))),
            replace(listed, observation=replace(seen, case=replace(case, model=None))),
            with_evidence(spelt, Evidence(cut=True), excerpt=WITHHELD),
            *rest,
        ),
    )

    found = rejudged(odd, dict(PROBES).get, quirks_of)

    reasons = [kept.reason for kept in found.kept]
    assert [words in reason for words, reason in zip(
        ("longer than what is kept", "no body", "no probe 'mine'", "model list", "withheld"),
        reasons, strict=True,
    )] == [True] * 5  # fmt: skip
    assert found.verdicts[:5] == odd.verdicts[:5]
    assert found.unchanged == len(rest)


def lost_at(host, moment_s):
    moment = utc_now().replace(microsecond=0)
    attempt = Attempt(
        url=f"https://{host}/v1", started_at=moment.replace(second=moment_s),
        fault=WireFault(name=FaultName.RESET, phase=Phase.HEADERS), timing=Timing(total_s=0.1),
    )  # fmt: skip
    case = Case(gateway=host, probe="chat", model=Model(id="m"))
    seen = Observation(case=case, attempts=(attempt,))
    found = failure("reset-before-response", "reset")
    return Verdict(observation=seen, outcome=Outcome.FAILED, failure=found)


def relayed_loss(gateway, moment_s):
    """What a backend on this machine told of a gateway that it could not reach."""
    before = lost_at(gateway, moment_s)
    seen = before.observation
    told = ErrorBody(
        message="reset", kind="reset-before-response", failure_class="network", gateway=gateway,
        shape="error",
    )  # fmt: skip
    attempt = replace(
        seen.attempts[0], url="http://127.0.0.1:8000/v1/chat/completions", fault=None, status=502,
        error=told,
    )  # fmt: skip
    seen = replace(seen, case=replace(seen.case, way="api"), attempts=(attempt,))
    return replace(before, observation=seen)


def test_what_a_backend_here_told_of_its_gateways_is_seen_again():
    both = Run(id="r", started_at=utc_now(), verdicts=(relayed_loss("a", 1), relayed_loss("b", 3)))
    one = Run(id="r", started_at=utc_now(), verdicts=(relayed_loss("a", 1), lost_at("a", 3)))

    together = rejudged(both, PROBES.__getitem__, lambda case: Quirks(names_failures=True))
    alone = rejudged(one, PROBES.__getitem__, lambda case: Quirks(names_failures=True))

    assert [v.outcome for v in together.verdicts] == [Outcome.UNKNOWN] * 2
    assert [v.outcome for v in alone.verdicts] == [Outcome.FAILED] * 2


def test_what_the_verdicts_say_together_is_seen_again():
    both = Run(id="r", started_at=utc_now(), verdicts=(lost_at("a.x", 1), lost_at("b.x", 3)))
    apart = Run(id="r", started_at=utc_now(), verdicts=(lost_at("a.x", 1), lost_at("b.x", 40)))

    together = rejudged(both, PROBES.__getitem__, lambda case: Quirks())
    separate = rejudged(apart, PROBES.__getitem__, lambda case: Quirks())

    assert [v.outcome for v in together.verdicts] == [Outcome.UNKNOWN] * 2
    assert [v.outcome for v in separate.verdicts] == [Outcome.FAILED] * 2


def test_the_command_shows_what_changes_and_keeps_it_as_a_run_that_names_the_old_one(gatewayz):
    rules = [{"fault": "empty-content", "every": 3}]
    with simulation.running(seed=6, faults=rules) as pretending:
        there = pretending.variables()
        gatewayz("test", "groq", "--models", "3", "--retries", "0", **there)
        served = len(pretending.log)
        first = json.loads(gatewayz("history", "--format", "json").stdout)["runs"][0]["id"]
        done = gatewayz("rejudge", "--save", "--format", "json")
        words = gatewayz("rejudge", first[:-1])

        assert len(pretending.log) == served
    told = json.loads(done.stdout)
    newest, oldest = json.loads(gatewayz("history", "--format", "json").stdout)["runs"]
    assert done.returncode == words.returncode == 0
    assert (told["run"], told["unchanged"], told["changed"]) == (first, 3, [])
    assert (newest["id"], oldest["id"]) == (told["saved"], first)
    assert newest["counts"] == oldest["counts"]
    assert "TOTAL: 3 unchanged, 0 changed, 0 not re-judgeable" in words.stdout


def test_what_a_stop_left_open_stays_open_when_the_run_is_judged_again(gatewayz, groq, tmp_path):
    gatewayz("test", "groq", "--models", "2", "--store", "s.db", **groq)
    store = open_store(str(tmp_path / "s.db"))
    run = store.run("last")
    left = {("groq", "direct"): 1, ("xai", "direct"): 0}
    stopped = replace(run, id="stopped", summary=summarize(run.verdicts, left=left))
    store.begin_run(stopped)
    store.record(stopped.id, stopped.verdicts)
    store.finish_run(stopped)
    store.close()
    gatewayz("rejudge", "stopped", "--save", "--store", "s.db")
    store = open_store(str(tmp_path / "s.db"))
    again = store.run("last")
    store.close()

    assert again.id != "stopped"
    assert left_in(again.summary) == left
    assert again.summary.total == stopped.summary.total


def test_a_run_that_is_not_there_is_told(gatewayz):
    assert gatewayz("rejudge", "nosuch").returncode == 2


def test_a_probe_of_the_users_own_is_judged_by_its_file_while_that_is_there(
    gatewayz, groq, tmp_path
):
    file = tmp_path / "mine.yaml"
    file.write_text("message: 'Respond with: \"Test successful\"'\nexpect: {contains: Test}\n")
    gatewayz("test", "groq", "--models", "1", "--probe", "./mine.yaml", **groq)

    same = json.loads(gatewayz("rejudge", "--format", "json").stdout)
    file.write_text(
        "message: 'Respond with: \"Test successful\"'\nexpect: {contains: no such words}\n"
    )
    stricter = json.loads(gatewayz("rejudge", "--format", "json").stdout)
    file.unlink()
    gone = json.loads(gatewayz("rejudge", "--format", "json").stdout)

    assert (same["changed"], same["not_rejudgeable"]) == ([], [])
    assert len(stricter["changed"]) == 1
    assert [kept["reason"] for kept in gone["not_rejudgeable"]] == ["there is no probe 'mine' here"]


@pytest.mark.parametrize(
    ("field", "value", "was", "now"),
    [
        ("also", (failure("status-flattened"),), "also: nothing", "also: status-flattened, the"),
        ("first_outcome", Outcome.FAILED, "first try: passed", "first try: failed"),
        (
            "warnings",
            (Finding(kind="usage-missing", failure_class="semantic", warning=True),),
            "was: unknown",
            "warning: usage-missing",
        ),
    ],
)
def test_what_changed_is_what_is_shown(capsys, field, value, was, now):
    from gatewayz.cli.rejudge import _print
    from gatewayz.cli.rejudging import Change, Rejudged

    case = Case(gateway="g", probe="chat", model=Model(id="m"))
    before = Verdict(
        observation=Observation(case=case), outcome=Outcome.UNKNOWN, first_outcome=Outcome.PASSED
    )
    after = replace(before, **{field: value})
    found = Rejudged(verdicts=(after,), changed=(Change(before, after),), kept=())

    _print(Run(id="r", started_at=utc_now()), found, "")

    told = capsys.readouterr().out.splitlines()
    (first,) = (line for line in told if line.startswith("  was:"))
    (second,) = (line for line in told if line.startswith("  now:"))
    assert first.removeprefix("  was:") != second.removeprefix("  now:")
    assert was in first
    assert now in second
