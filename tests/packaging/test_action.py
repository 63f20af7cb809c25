"""The action for GitHub: its steps, executed as they stand in action.yml."""

import json
import os
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from gatewayz import simulator as simulation

SRC = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture
def job(script, simulator, tmp_path):
    """A job of its own, with gatewayz already installed for it and groq pretended."""
    Job = script("run_action").Job  # noqa: N806 -- it is a class

    def start(pretending=simulator, name="roll-call", **inputs):
        groq = {n: at for n, at in pretending.variables().items() if n.startswith("GROQ_")}
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(SRC), **groq}
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        made = Job(tmp_path, env, given, name)
        folder = made.temp / "gatewayz/bin"
        folder.mkdir(parents=True, exist_ok=True)
        for program, words in (("gatewayz", " -m gatewayz"), ("python", "")):
            (folder / program).write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
            (folder / program).chmod(0o755)
        return made

    return start


def test_a_roll_call_that_passes_lets_the_job_pass_and_leaves_its_reports(job):
    done = job(gateways="groq", options="--models 2")

    assert done.run(but=("Install",)) == 0
    assert done.outputs["roll"]["exit-code"] == "0"
    reports = done.workspace / "gatewayz-reports"
    assert json.loads((reports / "run.json").read_text())["summary"]["total"]["passed"] == 2
    assert len(list(ET.parse(reports / "run.xml").iter("testcase"))) == 2
    assert done.summary.read_text() == (reports / "run.md").read_text()


def test_what_fails_fails_the_job_unless_only_what_broke_is_to(job):
    with simulation.running(faults=[{"fault": "server-500-json"}]) as broke:
        failed = job(broke, gateways="groq", options="--models 1")
        assert failed.run(but=("Install",)) == 1
        # In the next job, with the store of the first: it failed before, so nothing broke.
        as_before = job(
            broke, gateways="groq", options="--models 1", against="last-good", fail_on="broke"
        )
        code = as_before.run(but=("Install",))

    run = json.loads((as_before.workspace / "gatewayz-reports/run.json").read_text())["id"]
    assert as_before.outputs["roll"] == {"exit-code": "1", "earlier": "yes", "run": run}
    assert (code, as_before.outputs["compare"]["exit-code"]) == (0, "0")
    assert "### Against last-good" in as_before.summary.read_text()


def test_what_broke_since_fails_the_job(job):
    good = job(gateways="groq", options="--models llama-3.3-70b-versatile")
    assert good.run(but=("Install",)) == 0

    with simulation.running(faults=[{"fault": "server-500-json"}]) as broke:
        broken = job(
            broke, gateways="groq", options="--models llama-3.3-70b-versatile",
            against="last-good", fail_on="broke",
        )  # fmt: skip
        assert broken.run(but=("Install",)) == 1

    assert broken.outputs["compare"]["exit-code"] == "1"


def test_an_account_that_is_empty_fails_the_job_as_not_judged_and_not_as_broken(job):
    how = {"gateways": "groq", "options": "--models llama-3.3-70b-versatile"}
    assert job(**how).run(but=("Install",)) == 0

    with simulation.running(faults=[{"fault": "billing-no-credit"}]) as empty:
        lost = job(empty, **how, against="last-good", fail_on="broke")
        assert lost.run(but=("Install",)) == 3


@pytest.mark.parametrize(
    "given", ["--config 'ci/the settings.toml'", "'--config=ci/the settings.toml'"]
)
def test_what_the_settings_of_the_options_quarantine_fails_no_job(job, given):
    how = {"gateways": "groq", "options": f"--models llama-3.3-70b-versatile {given}"}
    good = job(**how)
    settings = good.workspace / "ci/the settings.toml"
    settings.parent.mkdir()
    settings.write_text('[[quarantine]]\ngateway = "groq"\nreason = "known"\nuntil = 2999-12-31\n')
    assert good.run(but=("Install",)) == 0

    with simulation.running(faults=[{"fault": "server-500-json"}]) as broke:
        quiet = job(broke, **how, against="last-good", fail_on="broke")
        assert quiet.run(but=("Install",)) == 0

    assert quiet.outputs["compare"]["exit-code"] == "0"


def test_inputs_of_several_lines_are_read_to_the_last(job):
    done = job(gateways="groq\n", options="--models 2\n--max-calls 1\n")

    assert done.run(but=("Install",)) == 0
    report = json.loads((done.workspace / "gatewayz-reports/run.json").read_text())
    assert report["summary"]["total"]["passed"] == 1


def test_options_are_told_apart_as_by_a_shell(job):
    done = job(gateways="groq", options="--models '*llama-3.3*' --message \"Say 'a b'\"")

    assert done.run(but=("Install",)) == 0
    report = json.loads((done.workspace / "gatewayz-reports/run.json").read_text())
    assert report["summary"]["total"]["passed"] == 1
    assert report["settings"]["message"] == "Say 'a b'"


def test_a_quote_that_is_left_open_is_wrong_use(job):
    wrong = job(gateways="groq", options="--models '*llama*")

    assert wrong.run(but=("Install",)) == 2
    assert wrong.said["Call the roll"] == "gatewayz: options: No closing quotation\n"


def test_of_a_run_that_never_began_no_earlier_one_is_shown(job):
    assert job(gateways="groq", options="--models 1").run(but=("Install",)) == 0
    wrong = job(gateways="groq", options="--modls 1", against="last-good", fail_on="broke")
    wrong.summary.unlink()

    assert wrong.run(but=("Install",)) == 2
    assert not wrong.summary.exists()
    assert "compare" not in wrong.outputs
    assert list((wrong.workspace / "gatewayz-reports").iterdir()) == []


def test_the_run_that_is_compared_is_this_jobs_own(job):
    assert job(gateways="groq", options="--models 1").run(but=("Install",)) == 0
    done = job(gateways="groq", options="--models 1", against="last-good")

    assert done.run(but=("Install",)) == 0
    assert done.outputs["roll"]["run"] in done.said["Compare"]


BRING, KEEP = "Bring the store of the last job", "Keep the store for the next job"


def test_each_job_of_a_matrix_has_the_store_that_it_kept_the_last_time(job):
    jobs = [job(name=name) for name in ("roll", "roll", "roll", "roll-1")]
    for made, index in zip(jobs, (0, 1, 10, 0), strict=True):
        made.index = index
    kept = [made.handed(KEEP)["key"] for made in jobs]
    for made in jobs:
        made.number = 2
    brought = [made.handed(BRING)["restore-keys"] for made in jobs]

    for prefix, own in zip(brought, kept, strict=True):
        assert [key for key in kept if key.startswith(prefix)] == [own]
    assert not {made.handed(KEEP)["key"] for made in jobs} & set(kept)
    assert [made.handed(KEEP)["key"] for made in jobs] == [
        made.handed(BRING)["key"] for made in jobs
    ]


def test_two_uses_in_one_job_with_stores_and_reports_of_their_own_do_not_meet(job):
    uses = [
        job(gateways="groq", options="--models 1", store=name, reports=f"{name}-reports",
            against="last-good", fail_on="broke")
        for name in ("gate", "extra")
    ]  # fmt: skip

    assert [use.run(but=("Install",)) for use in uses] == [0, 0]
    assert [use.outputs["roll"]["earlier"] for use in uses] == ["no", "no"]
    assert len({use.handed(KEEP)[what] for use in uses for what in ("key", "path")}) == 4
    assert len({use.outputs["artifact"]["name"] for use in uses}) == 2


@pytest.mark.parametrize("fail_on", ["failed", "never", "broke"])
@pytest.mark.parametrize(("tested", "compared"), [("0", "2"), ("1", "4"), ("2", "1"), ("4", "")])
def test_wrong_use_and_our_own_faults_fail_the_job_in_any_case(job, fail_on, tested, compared):
    own = tested if tested in ("2", "4") else compared

    assert str(_ended(job, fail_on, tested, compared)) == own


@pytest.mark.parametrize(
    ("fail_on", "tested", "compared", "code"),
    [
        ("failed", "3", "0", 3),
        ("never", "3", "3", 0),
        ("never", "130", "", 0),
        ("broke", "1", "0", 0),
        ("broke", "0", "3", 3),
        ("broke", "1", "", 0),
        ("broke", "3", "", 3),
        ("slowed", "130", "", 130),
        ("broke", "143", "0", 143),
    ],
)
def test_what_else_fails_a_job(job, fail_on, tested, compared, code):
    assert _ended(job, fail_on, tested, compared) == code


def _ended(job, fail_on, tested, compared):
    """What the last step makes of the exit codes of `test` and `compare`."""
    last = job(fail_on=fail_on)
    last.outputs = {"roll": {"exit-code": tested}, "compare": {"exit-code": compared}}
    return last.run(but=("Install", "Call the roll", "Compare"))


def _named(job, index=0, **inputs):
    """The artifact's name."""
    made = job(**inputs)
    made.index = index
    assert made.run(but=("Install", "Call the roll", "Compare", "Pass or fail")) == 0
    return made.outputs["artifact"]["name"]


def test_each_job_of_a_matrix_keeps_its_reports_under_a_name_of_its_own(job):
    assert _named(job) == "gatewayz-reports-roll-call-0-1"
    assert _named(job, index=1) == "gatewayz-reports-roll-call-1-1"


def test_an_artifacts_name_has_none_of_the_characters_that_it_may_not_have(job):
    assert _named(job, reports="out/the reports") == "out-the-reports-roll-call-0-1"
    assert _named(job, artifact="nightly/groq: $(touch owned)") == "nightly-groq----touch-owned-"


def test_what_becomes_of_the_reports_decides_nothing(root):
    steps = yaml.safe_load((root / "action.yml").read_text("utf-8"))["runs"]["steps"]
    (kept,) = [step for step in steps if "upload-artifact" in step.get("uses", "")]

    assert kept["continue-on-error"] is True
    assert kept["with"]["name"] == "${{ steps.artifact.outputs.name }}"


def test_a_first_job_without_any_key_is_no_pass(job):
    keyless = job(gateways="groq", against="last-good", fail_on="broke")
    keyless.env.pop("GROQ_API_KEY")

    assert keyless.run(but=("Install",)) == 3


def test_the_first_job_has_nothing_to_compare_with_and_says_so(job):
    first = job(gateways="groq", options="--models 1", against="last-good", fail_on="broke")

    assert first.run(but=("Install",)) == 0
    assert "compare" not in first.outputs
    assert "no earlier run is kept" in first.said["Pass or fail"]


def test_a_job_within_whose_time_no_run_lies_has_nothing_to_compare_with_and_says_so(job):
    how = {"gateways": "groq", "options": "--models 1", "fail_on": "broke"}
    assert job(**how, against="1h").run(but=("Install",)) == 0
    time.sleep(1.1)
    later = job(**how, against="1s")

    assert later.run(but=("Install",)) == 0
    assert later.outputs["compare"] == {}
    assert "none within that time" in later.said["Pass or fail"]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"options": "--no-such-option"}, "No such option"),
        ({"options": "--models 1 --store x.db"}, "leave out --store"),
        ({"options": "--store=x.db"}, "leave out --store"),
        ({"gateways": "gorq"}, "groq"),
        ({"fail_on": "sometimes"}, "is none of failed, broke, slowed, never"),
        ({"fail_on": "broke"}, "set against: last-good"),
    ],
)
def test_wrong_use_fails_the_job_with_2_and_one_line(job, inputs, said):
    wrong = job(**{"gateways": "groq", **inputs})

    assert wrong.run(but=("Install",)) == 2
    assert said in "".join(wrong.said.values())


def test_an_input_is_no_command(job):
    hostile = job(gateways="groq $(touch owned) `touch owned` ; touch owned", options="--models 1")

    assert hostile.run(but=("Install",)) == 2
    assert not list(hostile.workspace.rglob("owned"))


def test_inputs_reach_the_steps_as_variables_only(root):
    action = yaml.safe_load((root / "action.yml").read_text("utf-8"))

    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
