"""Load on the real engine: what bench counts is what the engine itself counted."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from gatewayz import engine

SOURCE = Path(engine.__file__).resolve().parents[2]
REQUESTS = 15


def counters(base):
    """The engine's own counters."""
    with urllib.request.urlopen(f"{base.removesuffix('/v1')}/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return {name.removeprefix("llamacpp:"): float(value) for name, value in pairs}


@pytest.mark.engine
@pytest.mark.usefixtures("needs_engine")
def test_tokens_are_the_engines_own_and_its_work_fits_into_the_times(tmp_path):
    with engine.running() as base:
        done = subprocess.run(
            [sys.executable, "-m", "gatewayz", "bench", "local/tiny", "-c", "1",
             "-n", str(REQUESTS), "-d", "50", "--warm-up", "0", "--max-tokens", "40",
             "--format", "json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")]),
                 "LOCAL_BASE_URL": base},
            capture_output=True, text=True, timeout=55, check=False,
        )  # fmt: skip
        told = counters(base)

    (line,) = json.loads(done.stdout)["lines"]
    assert line["passed"] == REQUESTS, done.stderr
    assert line["output_tokens"] == told["tokens_predicted_total"]
    # Prompts that are each another share no more than the frame that the template puts around them.
    assert told["prompt_tokens_cached_total"] <= 0.1 * line["input_tokens"]
    read = told["prompt_tokens_total"] + told["prompt_tokens_cached_total"]
    assert told["prompt_tokens_total"] <= line["input_tokens"] <= read
    # What the engine worked for the requests lies within what they took, and is most of it.
    worked_s = told["prompt_seconds_total"] + told["tokens_predicted_seconds_total"]
    latency = line["metrics"]["latency"]
    assert worked_s <= 1.02 * line["elapsed_s"]
    assert 0.5 * latency["smallest"] <= worked_s / REQUESTS <= 1.1 * latency["largest"]
