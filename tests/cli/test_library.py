"""The Python API: `gatewayz.run` and `gatewayz.run_async`."""

import asyncio
import os
import subprocess
import sys

import pytest

import gatewayz
from gatewayz import simulator as simulation
from gatewayz.store import open_store


@pytest.fixture(autouse=True)
def _there(simulator, monkeypatch):
    for name, value in simulator.variables().items():
        monkeypatch.setenv(name, value)


def test_a_run_comes_back_with_its_summary():
    run = gatewayz.run(gateways=["groq"], models=2)

    assert run.status == "finished"
    assert (run.summary.total.passed, run.summary.total.judged) == (2, 2)
    assert [v.observation.reply.text for v in run.verdicts] == ["Test successful"] * 2


def test_the_async_form_is_the_same_and_tells_events():
    heard = []
    run = asyncio.run(gatewayz.run_async(["groq"], models=1, listen=heard.append))

    assert run.summary.total.passed == 1
    assert [type(event).__name__ for event in heard][-1] == "RunFinished"


def test_the_sync_form_inside_a_loop_names_the_other():
    async def inside():
        gatewayz.run(["groq"])

    with pytest.raises(gatewayz.GatewayzError, match="run_async"):
        asyncio.run(inside())


def test_a_gateway_of_ones_own_may_be_passed(simulator):
    own = gatewayz.Gateway(
        name="mine",
        base_url=os.environ["GROQ_BASE_URL"],
        key_env="GROQ_API_KEY",
    )
    run = gatewayz.run([own, "cerebras"], models=1)

    assert [line.gateway for line in run.summary.gateways] == ["mine", "cerebras"]
    assert run.summary.total.passed == 2


def test_a_cancelled_run_is_kept_as_cancelled(tmp_path, monkeypatch):
    with simulation.running(latency_s=lambda _, model: 9 if "qwen" in model else 0) as slow:
        for name, value in slow.variables().items():
            monkeypatch.setenv(name, value)

        async def cancelled():
            enough = asyncio.Event()
            verdicts = []

            def listen(event):
                if type(event).__name__ == "VerdictReached":
                    verdicts.append(event)
                    if len(verdicts) == 2:
                        enough.set()

            path = str(tmp_path / "store.db")
            task = asyncio.create_task(gatewayz.run_async(["groq"], listen=listen, store=path))
            await enough.wait()
            task.cancel()
            await task

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(cancelled())
    store = open_store(tmp_path / "store.db")
    run = store.run("last")
    store.close()

    assert run.status == "cancelled"
    assert len(run.verdicts) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"gateways": ["grok"]}, "did you mean 'groq'"),
        ({"timout_s": 3}, "did you mean 'timeout_s'"),
        ({"models": 0}, "would test nothing"),
        ({"probes": ["chta"]}, "did you mean 'chat'"),
        ({"gateways": []}, "no gateway is named"),
        ({"gateways": "grok"}, "unknown gateway 'grok'"),
    ],
)
def test_what_cannot_be_used_raises_before_the_first_call(arguments, words):
    with pytest.raises(gatewayz.ConfigError, match=words):
        gatewayz.run(**arguments)


def test_importing_it_loads_nothing():
    code = "import sys, gatewayz; print([m for m in sys.modules if m.startswith('gatewayz.')])"
    src = os.path.dirname(gatewayz.__path__[0])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": src},
        check=True,
        timeout=30,
    )

    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there():
    assert sorted(gatewayz.__all__) == gatewayz.__all__
    for name in gatewayz.__all__:
        assert getattr(gatewayz, name) is not None
