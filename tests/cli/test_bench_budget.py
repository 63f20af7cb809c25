"""A load run keeps to its caps, however many are under way and from however many processes."""

import json
import os
import signal
import time
from dataclasses import replace

import pytest
from tests.processes import children_of

from gatewayz.cli.bench_budget import Budget
from gatewayz.core import Attempt, ChatRequest, Gateway, Price, Quirks, Reply, Usage
from gatewayz.core.load import Target
from gatewayz.load import Aim
from gatewayz.money import Caps
from gatewayz.simulator import running

GROQ, LOCAL = "groq/llama-3.3-70b-versatile", "local/tiny"


@pytest.fixture
def bench(gatewayz):
    """Runs bench against a simulator of its own: what came of it, and what was asked there."""

    def run(*arguments, target=GROQ, latency_s=0.01):
        with running(seed=3, latency_s=latency_s, gap_s=0.0005) as simulator:
            there = {**simulator.variables(), "LOCAL_BASE_URL": f"{simulator.url}/local/v1"}
            done = gatewayz("bench", target, *arguments, **there)
            return done, list(simulator.log)

    return run


@pytest.mark.parametrize("processes", [1, 3])
def test_no_more_calls_are_sent_than_may_be(bench, processes):
    done, log = bench(
        "-c", 6, "-n", 100, "--max-tokens", 5, "--max-calls", 17, "--processes", processes
    )

    assert len(log) == 17
    assert "Ended early: not sent: --max-calls 17 is used up\n" in done.stdout
    assert done.returncode == 0


def test_what_a_process_spent_that_was_killed_is_told_with_the_rest(started):
    with running(seed=3, latency_s=0.05, gap_s=0.0005) as simulator:
        child = started(
            "bench", GROQ, "-c", 8, "-d", 30, "--max-tokens", 5, "--processes", 2,
            "--max-tokens-total", 10**7, "--format", "json", **simulator.variables(),
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while len(simulator.log) < 40 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(children_of(child.pid)[0], signal.SIGKILL)
        out, err = child.communicate(timeout=30)
        sent = [one for one in simulator.log if one.route == "chat"]
    spend = json.loads(out)["spend"]

    assert child.returncode == 4, err
    # Of what it held it may not have sent the last yet.
    assert len(sent) <= spend["calls"] <= len(sent) + 4
    assert 1 <= spend["unreported_calls"] <= 8
    assert spend["input_tokens"] >= sum(one.input_tokens for one in sent)
    assert "is in no figure but the spend, where what was under way counts as reserved" in err


def test_no_more_tokens_are_taken_than_may_be(bench):
    done, log = bench("-c", 8, "-n", 200, "--max-tokens", 20, "--max-tokens-total", 8000)
    taken = sum(one.input_tokens + one.output_tokens for one in log)

    assert 3 < len(log) < 200
    assert 1000 < taken <= 8000
    assert "--max-tokens-total" in done.stdout


def test_no_more_money_is_spent_than_may_be(bench, tmp_path):
    (tmp_path / "gatewayz.toml").write_text(
        "[gateways.local]\nprice = { input = 100, output = 100 }\n"
    )
    done, log = bench("-n", 100, "-c", 5, "--max-tokens", 20, "--max-cost", "0.3", target=LOCAL)
    taken = sum(one.input_tokens + one.output_tokens for one in log)

    assert len(log) > 3, done.stderr
    assert taken * 100 / 1e6 <= 0.3
    assert "--max-cost" in done.stdout


@pytest.mark.parametrize("processes", [1, 2])
def test_a_cap_ends_an_open_load_and_is_no_slowness_of_its_target(bench, tmp_path, processes):
    # For each 1,200 tokens are reserved, and about half of that is taken; whole, since so many chunks would
    # keep a busy machine from measuring anything.
    done, log = bench(
        "--rate", 40, "-d", 30, "--max-tokens", 500, "--max-tokens-total", 30_000, "--warm-up", 0,
        "--slo", "latency_since_due_p50=20s", "--processes", processes,
        "--no-stream", "--report", f"json={tmp_path / 'r.json'}", latency_s=0.5,
    )  # fmt: skip
    told = json.loads((tmp_path / "r.json").read_text())
    (line,) = told["lines"]

    assert done.returncode == 0, done.stdout
    assert 6 <= len(log) == line["sent"] == line["passed"]
    assert line["unsent"] == 0
    assert line["objectives"][0]["met"] is True
    assert line["elapsed_s"] < 25
    assert told["stopped_why"].startswith("not sent: --max-tokens-total 30000: ")
    assert told["stopped_why"].endswith(
        "; a load does not wait for what those under way may give back"
    )
    assert not [note for note in told["notes"] if "waited" in note or "not sent" in note]


def test_what_has_no_known_price_is_not_sent_under_a_cap_on_money(bench):
    done, log = bench("-n", 5, "--max-cost", "0.01", target=LOCAL)

    assert {one.method for one in log} <= {"GET"}  # the list was read, and nothing asked
    assert done.returncode == 3
    assert "--max-cost" in done.stdout


@pytest.mark.parametrize("processes", [1, 2])
def test_what_has_no_known_price_is_left_out_by_name_and_the_others_run(
    gatewayz, tmp_path, processes
):
    toml = "[gateways.openrouter]\nprice = { input = 1, output = 1 }\n"
    (tmp_path / "gatewayz.toml").write_text(toml)
    with running(seed=3, latency_s=0.005, gap_s=0.0) as simulator:
        there = {**simulator.variables(), "LOCAL_BASE_URL": f"{simulator.url}/local/v1"}
        priced = f"openrouter/{simulator.shelf('openrouter')[0].id}"
        done = gatewayz(
            "bench", LOCAL, priced, "-n", 6, "--max-tokens", 20, "--max-cost", 1,
            "--processes", processes, "--report", f"json={tmp_path / 'r.json'}", **there,
        )  # fmt: skip
        asked = [one for one in simulator.log if one.method == "POST"]
    result = json.loads((tmp_path / "r.json").read_text())
    sent = {line["target"]: line["sent"] for line in result["lines"]}

    assert {one.gateway for one in asked} == {"openrouter"}
    assert sent == {LOCAL: 0, priced: 6}
    assert list(result["left_out"]) == [LOCAL]
    assert f"Note: {LOCAL} was left out: not sent: the price is unknown" in " ".join(
        done.stdout.split()
    )
    assert done.returncode == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_a_line_of_a_file_that_no_cap_can_hold_is_left_out_and_the_others_are_asked(
    gatewayz, tmp_path, processes
):
    toml = "[gateways.openrouter]\nprice = { input = 1, output = 1 }\n"
    (tmp_path / "gatewayz.toml").write_text(toml)
    lines = ['"One?"', "", '{"prompt": "Two?", "service_tier": "auto"}', '"Three?"',
             '{"prompt": "Four?", "max_tokens": 900000000}']  # fmt: skip
    (tmp_path / "mix.jsonl").write_text("\n".join(lines))
    # So many that each of two processes, which take turns by their numbers, comes to every line.
    with running(seed=3, latency_s=0.005, gap_s=0.0) as simulator:
        there = simulator.variables()
        targets = [f"openrouter/{one.id}" for one in simulator.shelf("openrouter")[:2]]
        gatewayz(
            "bench", *targets, "-n", 60, "--max-tokens", 5, "--max-cost", 1, "--warm-up", 0,
            "--prompt", "mix.jsonl", "--processes", processes, "--max-errors", "100%",
            "--report", f"json={tmp_path / 'r.json'}", **there,
        )  # fmt: skip
        asked = [one for one in simulator.log if one.method == "POST"]
    result = json.loads((tmp_path / "r.json").read_text())
    told = [note for note in result["notes"] if "left out at" in note]

    assert [line["sent"] for line in result["lines"]] == [60, 60], result["stopped_why"]
    assert len(asked) == 120
    assert (result["stopped_why"], result["left_out"]) == ("", {})
    for target in targets:
        unpriced, dear = sorted(note for note in told if target in note)
        assert unpriced == (
            f"line 3 of mix.jsonl was left out at {target}: not sent: the price is unknown "
            "(service_tier may cost more), so --max-cost 1 cannot be kept to; cap with "
            "--max-tokens-total"
        )
        assert dear.startswith(
            f"line 5 of mix.jsonl was left out at {target}: not sent: this could"
        )
        assert dear.endswith(", more than all of --max-cost 1")
    assert len(told) == 4


def test_a_file_none_of_whose_lines_a_cap_can_hold_leaves_the_target_out(bench, tmp_path):
    asks = '{"prompt": "Hm?", "web_search_options": {}}\n'
    (tmp_path / "s.jsonl").write_text(asks * 3)
    done, log = bench("-n", 9, "--prompt", "s.jsonl", "--max-tokens-total", 5000)

    assert not [one for one in log if one.method == "POST"]
    assert ", more than all of --max-tokens-total 5000" in " ".join(done.stdout.split())
    assert "left out at" not in done.stdout
    assert done.returncode == 3


def test_a_bad_cap_is_one_line(gatewayz):
    done = gatewayz("bench", GROQ, "--max-calls", "none-at-all", GROQ_API_KEY="k" * 20)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def aim():
    return Aim(
        target=Target(name="g/m", gateway="g", model_id="m"),
        gateway=Gateway(name="g"),
        price=Price(1.0, 2.0),
    )


def asked():
    return ChatRequest(messages=({"role": "user", "content": "Hm?"},), max_tokens=10)


def test_a_provider_that_takes_more_than_it_was_given_ends_the_run():
    budget = Budget(Caps(tokens=100_000))
    leave = budget.reserve(aim(), asked())
    usage = Usage(input_tokens=5, output_tokens=500, total_tokens=505)
    told = budget.settle(leave, aim(), Attempt(status=200, reply=Reply(text="x", usage=usage)))

    assert told.startswith("g went beyond its limits: a call took 500 output tokens")


def test_what_does_not_fit_now_may_fit_once_others_are_over():
    budget = Budget(Caps(tokens=500))
    first = budget.reserve(aim(), asked())
    second = budget.reserve(aim(), asked())
    usage = Usage(input_tokens=5, output_tokens=5, total_tokens=10)

    assert not first.refused
    assert second.refused
    assert second.may_fit
    assert (
        budget.settle(first, aim(), Attempt(status=200, reply=Reply(text="x", usage=usage))) == ""
    )
    assert not budget.reserve(aim(), asked()).refused


def settled(budget, usage):
    leave = budget.reserve(aim(), asked())
    return budget.settle(leave, aim(), Attempt(status=200, reply=Reply(text="x", usage=usage)))


def test_a_cost_far_from_price_and_usage_is_in_the_bill_without_a_cap():
    budget = Budget(Caps())
    for _ in range(3):
        usage = Usage(input_tokens=5, output_tokens=5, total_tokens=10, cost_usd=0.5)
        assert settled(budget, usage) == ""
    (audit,) = budget.bill().audits

    assert (audit.answers, audit.odd, audit.reported_usd) == (3, 3, 1.5)
    assert audit.most_usd == pytest.approx(3 * 15e-6)


@pytest.mark.parametrize("caps", [Caps(), Caps(usd=9.0)])
def test_a_picture_s_fee_is_no_cost_that_cannot_be(caps):
    picture = {"type": "image_url", "image_url": {"url": "data:,"}}
    sees = replace(aim(), price=Price(1.0, 2.0, picture_usd=0.01))
    request = replace(asked(), messages=({"role": "user", "content": [picture]},))
    budget = Budget(caps)
    usage = Usage(input_tokens=5, output_tokens=5, total_tokens=10, cost_usd=0.010015)
    leave = budget.reserve(sees, request)
    budget.settle(leave, sees, Attempt(status=200, reply=Reply(text="x", usage=usage)))

    (audit,) = budget.bill().audits
    assert (audit.odd, audit.most_usd) == (0, pytest.approx(0.010015))


def test_an_answer_beyond_its_limit_is_in_the_bill_without_a_cap():
    budget = Budget(Caps())
    fits = Usage(input_tokens=5, output_tokens=12, total_tokens=17)
    beyond = Usage(input_tokens=5, output_tokens=1000, total_tokens=1005)

    assert [settled(budget, usage) for usage in (fits, beyond, beyond)] == [""] * 3
    assert budget.bill().overruns == {
        "g": (2, "a call took 1,000 output tokens, where 12 were the most it was given")
    }


def test_what_was_spent_under_a_cap_names_who_went_beyond_and_what_was_billed():
    budget = Budget(Caps(usd=1.0))
    settled(budget, Usage(input_tokens=5, output_tokens=1000, total_tokens=1005, cost_usd=0.01))
    spend = budget.bill().spend

    assert spend.overruns == {
        "g": "a call took 1,000 output tokens, where 12 were the most it was given"
    }
    assert [audit.gateway for audit in spend.audits] == ["g"]


def test_nobody_is_blamed_for_an_answer_within_the_limit_that_was_really_sent():
    raised = replace(aim(), gateway=Gateway(name="g", quirks=Quirks(min_max_tokens=16)))
    twice = replace(asked(), extra={"max_completion_tokens": 4000})
    budget = Budget(Caps())
    for whom, request, answered in ((raised, asked(), 16), (aim(), twice, 3000)):
        usage = Usage(input_tokens=5, output_tokens=answered, total_tokens=5 + answered)
        leave = budget.reserve(whom, request)
        budget.settle(leave, whom, Attempt(status=200, reply=Reply(text="x", usage=usage)))

    assert budget.bill().overruns == {}


@pytest.mark.parametrize("processes", [1, 2])
def test_an_odd_bill_is_told_below_a_run(gatewayz, tmp_path, processes):
    (tmp_path / "gatewayz.toml").write_text(
        "[gateways.local]\nprice = { input = 10, output = 10 }\n"
    )
    rules = [{"gateway": "local", "fault": "max-tokens-ignored"}]
    with running(seed=3, latency_s=0.005, gap_s=0.0, faults=rules) as simulator:
        there = {**simulator.variables(), "LOCAL_BASE_URL": f"{simulator.url}/local/v1"}
        done = gatewayz(
            "bench", LOCAL, "-n", 8, "--max-tokens", 5, "--processes", processes,
            "--max-errors", "100%", **there,
        )  # fmt: skip
    told = " ".join(done.stdout.split())

    assert "Note: local went beyond its limits: a call took " in told, done.stdout
    assert "output tokens, where 7 were the most it was given (" in told


def test_a_reported_cost_that_cannot_be_is_told_below_a_run(gatewayz, tmp_path):
    (tmp_path / "gatewayz.toml").write_text(
        "[gateways.openrouter]\nprice = { input = 1000, output = 1000 }\n"
    )
    with running(seed=3, latency_s=0.005, gap_s=0.0) as simulator:
        model = simulator.shelf("openrouter")[0].id
        done = gatewayz(
            "bench", f"openrouter/{model}", "-n", 6, "--format", "json", **simulator.variables()
        )
    told = json.loads(done.stdout)
    (audit,) = told["audits"]

    assert audit["gateway"] == "openrouter"
    assert audit["odd"] == audit["answers"] > 0
    assert any(note.startswith("openrouter reports $") for note in told["notes"])


def test_warming_up_leaves_something_of_a_cap_to_measure(bench):
    done, log = bench("-c", 4, "-n", 100, "--max-tokens", 5, "--max-calls", 4)

    assert len(log) == 4
    assert "2 sent, 2 passed, 0 failed" in done.stdout


@pytest.mark.parametrize("processes", [1, 2])
def test_what_counts_as_spent_is_told_with_what_only_was_reserved(gatewayz, tmp_path, processes):
    (tmp_path / "gatewayz.toml").write_text(
        "[gateways.local]\nprice = { input = 10, output = 10 }\n"
    )
    rules = [{"gateway": "local", "fault": "reset-mid-body", "nth": [2, 4, 6]}]
    with running(seed=3, latency_s=0.005, gap_s=0.0, faults=rules) as simulator:
        there = {**simulator.variables(), "LOCAL_BASE_URL": f"{simulator.url}/local/v1"}
        done = gatewayz(
            "bench", LOCAL, "-n", 8, "--warm-up", 0, "--max-tokens", 5, "--processes", processes,
            "--max-errors", "100%", "--max-cost", 9, "--report", f"json={tmp_path / 'r.json'}",
            **there,
        )  # fmt: skip
    told, spend = (
        " ".join(done.stdout.split()),
        json.loads((tmp_path / "r.json").read_text())["spend"],
    )

    assert (spend["calls"], spend["unreported_calls"], spend["capped"]) == (8, 3, True)
    assert 0 < spend["unreported_usd"] < spend["usd"]
    assert spend["usd"] == pytest.approx((spend["input_tokens"] + spend["output_tokens"]) * 1e-5)
    assert "Spent: $" in told
    assert f"of it {spend['unreported_tokens']:,} tokens and $" in told
    assert "as reserved for 3 calls without full usage" in told


def test_without_a_cap_on_spending_nothing_is_said_to_be_spent(bench):
    done, _ = bench("-n", 3, "--max-calls", 5)

    assert "Spent" not in done.stdout


def test_what_has_no_price_is_named_in_what_was_spent():
    free = replace(aim(), price=Price())
    budget = Budget(Caps(tokens=100_000))
    leave = budget.reserve(free, asked())
    usage = Usage(input_tokens=5, output_tokens=5, total_tokens=10)
    budget.settle(leave, free, Attempt(status=200, reply=Reply(text="x", usage=usage)))
    spend = budget.bill().spend

    assert (spend.calls, spend.usd, spend.unpriced_calls) == (1, None, 1)
    assert spend.unpriced == ("g/m",)


def test_a_reported_cost_of_zero_leaves_what_was_spent_unknown():
    free = replace(aim(), price=Price())
    budget = Budget(Caps(tokens=100_000))
    usage = Usage(input_tokens=5, output_tokens=5, total_tokens=10, cost_usd=0.0)
    budget.settle(
        budget.reserve(free, asked()), free, Attempt(status=200, reply=Reply(text="x", usage=usage))
    )
    spend = budget.bill().spend

    assert (spend.usd, spend.unpriced) == (None, ("g/m",))
