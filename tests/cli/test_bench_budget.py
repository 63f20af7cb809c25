"""A load run keeps to its caps, however many are under way and from however many processes."""

import pytest

from gatewayz.cli.bench_budget import Budget, share_of
from gatewayz.core import Attempt, ChatRequest, Gateway, Price, Reply, Usage
from gatewayz.core.load import Target
from gatewayz.load import Aim
from gatewayz.money import Caps
from gatewayz.simulator import running

GROQ, LOCAL = "groq/llama-3.3-70b-versatile", "local/tiny"


@pytest.fixture
def bench(gatewayz):
    """Runs bench against a simulator of its own: what came of it, and what was asked there."""

    def run(*arguments, target=GROQ):
        with running(seed=3, latency_s=0.01, gap_s=0.0005) as simulator:
            there = {**simulator.variables(), "LOCAL_BASE_URL": f"{simulator.url}/local/v1"}
            done = gatewayz("bench", target, *arguments, **there)
            return done, list(simulator.log)

    return run


@pytest.mark.parametrize("processes", [1, 3])
def test_no_more_calls_are_sent_than_may_be(bench, processes):
    done, log = bench(
        "-c", 6, "-n", 100, "--max-tokens", 5, "--max-calls", 17, "--processes", processes
    )

    assert len(log) <= 17
    assert processes > 1 or len(log) == 17
    assert "Ended early: not sent: --max-calls" in done.stdout.replace("\n", " ")
    assert done.returncode == 0


def test_no_more_tokens_are_taken_than_may_be(bench):
    done, log = bench("-c", 8, "-n", 200, "--max-tokens", 20, "--max-tokens-total", 6000)
    taken = sum(one.input_tokens + one.output_tokens for one in log)

    assert 3 < len(log) < 200
    assert 1000 < taken <= 6000
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


def test_what_has_no_known_price_is_not_sent_under_a_cap_on_money(bench):
    done, log = bench("-n", 5, "--max-cost", "0.01", target=LOCAL)

    assert log == []
    assert done.returncode == 3
    assert "--max-cost" in done.stdout


def test_a_bad_cap_is_one_line(gatewayz):
    done = gatewayz("bench", GROQ, "--max-calls", "none-at-all", GROQ_API_KEY="k" * 20)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_the_shares_of_processes_are_no_more_than_the_whole(parts):
    shares = [share_of(Caps(usd=0.1, tokens=100, calls=10), part, parts) for part in range(parts)]

    assert sum(one.usd for one in shares) <= 0.1 + 1e-15
    assert sum(one.tokens for one in shares) == 100
    assert sum(one.calls for one in shares) == 10


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
