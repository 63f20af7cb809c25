"""`gatewayz simulate --golden`: one sender that knows when it sent what."""

import json
import re
import urllib.request

import pytest


@pytest.fixture
def background(gatewayz):
    """The command, and its background sender ended after the test."""
    yield gatewayz
    gatewayz("simulate", "--stop")


def test_what_bench_measured_can_be_held_against_what_was_sent(background):
    shown = background("simulate", "--golden", "--background", "--env", "--for", "1m").stdout
    address = re.search("export LOCAL_BASE_URL=(.*)", shown).group(1)
    model = "local/paced;tokens=12;chunk=1;gap=0.02;first=0.1"
    done = background(
        "bench", model, "-n", 6, "-c", 1, "--warm-up", 0, "--format", "json",
        LOCAL_BASE_URL=address,
    )  # fmt: skip
    with urllib.request.urlopen(f"{address.removesuffix('/v1')}/log", timeout=5) as log:
        sent = [json.loads(line) for line in log]

    (line,) = json.loads(done.stdout)["lines"]
    # Up to just before the write: what stands still after it, the client does not see.
    firsts = [
        (next(before for tokens, _, before, _ in one["sent"] if tokens) - one["received_ns"]) / 1e9
        for one in sent
    ]
    assert line["output_tokens"] == sum(one["usage"]["completion_tokens"] for one in sent) == 72
    # A loopback's way there and back, on however busy a machine, is longer than nothing.
    assert line["metrics"]["ttft"]["largest"] >= max(firsts) - 0.001
    assert line["metrics"]["ttft"]["smallest"] <= max(firsts) + 0.5
    assert f"curl {address.removesuffix('/v1')}/log" in shown


@pytest.mark.parametrize("given", [("--faults", "x.json"), ("--seed", "3")])
def test_it_has_no_faults_and_no_chance(gatewayz, given):
    done = gatewayz("simulate", "--golden", *given)

    assert done.returncode == 2
    assert f"--golden goes without {given[0]}" in done.stderr
