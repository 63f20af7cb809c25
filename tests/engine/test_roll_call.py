"""The roll call against the real inference server, directly and through our backend."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gatewayz import engine
from gatewayz.config import load_settings
from gatewayz.server import running as running_backend

SOURCE = Path(engine.__file__).resolve().parents[2]
KEY = "sk-engine-0123456789abcdef"
BACKEND_KEY = "sk-backend-0123456789abcdef"

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def base_url(needs_engine):
    with engine.running(api_key=KEY) as url:
        yield url


@pytest.fixture
def backend(base_url, tmp_path):
    """Our backend in front of the engine."""
    environ = {
        "LOCAL_BASE_URL": base_url,
        "LOCAL_API_KEY": KEY,
        "GATEWAYZ_API_KEY": BACKEND_KEY,
    }
    with running_backend(load_settings(environ=environ, folder=tmp_path)) as url:
        yield url


@pytest.fixture
def roll_call(tmp_path):
    """`gatewayz test local` as its own process; its report and exit code."""

    def call(*arguments, **variables):
        report = tmp_path / "run.json"
        command = [sys.executable, "-m", "gatewayz", "test", "local", *arguments]
        done = subprocess.run(
            [*command, "--report", f"json={report}"],
            cwd=tmp_path,
            env={
                **os.environ,
                **variables,
                "PYTHONPATH": os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")]),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        return done, json.loads(report.read_text())

    return call


def test_real_tokens_real_streaming_and_real_usage(roll_call, base_url):
    done, report = roll_call(
        "--direct", "--probe", "chat,streaming", LOCAL_BASE_URL=base_url, LOCAL_API_KEY=KEY
    )

    results = {result["id"]: result for result in report["results"]}
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(results) == {"local-tiny-chat", "local-tiny-streaming"}
    for result in results.values():
        assert result["text"] == "Test successful"
        assert result["usage"]["input_tokens"] > result["usage"]["output_tokens"] > 0
    assert results["local-tiny-streaming"]["wire"][0]["timing"]["chunk_count"] > 1


def test_both_ways_agree_about_the_real_engine(roll_call, base_url, backend):
    done, report = roll_call(
        "--both",
        "--probe",
        "chat,streaming",
        LOCAL_BASE_URL=base_url,
        LOCAL_API_KEY=KEY,
        GATEWAYZ_API_URL=backend,
        GATEWAYZ_API_KEY=BACKEND_KEY,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(result["way"] for result in report["results"]) == [
        "api",
        "api",
        "direct",
        "direct",
    ]
    assert report["summary"]["differences"] == []
    assert {result["text"] for result in report["results"]} == {"Test successful"}
    assert all(result["usage"]["output_tokens"] > 0 for result in report["results"])


def test_a_wrong_key_is_the_engines_own_401(roll_call, base_url):
    done, report = roll_call("--direct", LOCAL_BASE_URL=base_url, LOCAL_API_KEY="sk-wrong-one")

    (result,) = report["results"]
    assert done.returncode == 1, done.stdout + done.stderr
    assert result["failure"]["kind"] == "auth-bad-key"
    assert "sk-wrong-one" not in done.stdout + done.stderr + json.dumps(report)


def test_a_prompt_longer_than_the_context_is_named_as_one(roll_call, base_url):
    words = "many words " * 6000

    done, report = roll_call(
        "--direct", "--message", words, LOCAL_BASE_URL=base_url, LOCAL_API_KEY=KEY
    )

    (result,) = report["results"]
    assert done.returncode == 1, done.stdout[:500] + done.stderr[:500]
    assert result["failure"]["kind"] == "context-overflow"


@pytest.mark.usefixtures("needs_engine")
def test_an_engine_that_has_gone_is_unreachable_within_seconds(roll_call):
    with engine.running() as gone:
        pass
    started = time.monotonic()

    done, report = roll_call("--direct", "--retries", "0", LOCAL_BASE_URL=gone)

    assert done.returncode in {1, 3}, done.stdout + done.stderr
    assert all(result["outcome"] != "passed" for result in report["results"])
    assert time.monotonic() - started < 20
