"""Ctrl-C, TERM and kill -9 in the middle of a roll call."""

import asyncio
import re
import signal
import subprocess
import sys
import time

import pytest

from gatewayz import simulator as simulation
from gatewayz.cli.roll_call import call
from gatewayz.client import HttpClient
from gatewayz.core import ConfigError, Gateway, Timeouts
from gatewayz.gateways import known_gateways
from gatewayz.probes import PROBES
from gatewayz.runner import Lane, RollCall, VerdictReached
from gatewayz.store import open_store


@pytest.fixture
def slow():
    """Gateways that take a minute an answer, but for cerebras."""
    with simulation.running(latency_s=lambda gateway, _: 0.0 if gateway == "cerebras" else 60) as s:
        yield s


def until_printed(child, words):
    """The lines up to the one that holds the words."""
    lines = []
    while not lines or words not in lines[-1]:
        line = child.stdout.readline()
        assert line, "it ended before it printed that"
        lines.append(line)
    return lines


def until(true):
    """Waits until something is so."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def last_run(path):
    store = open_store(path)
    try:
        return store.run("last")
    finally:
        store.close()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "TERM"]
)
def test_a_signal_ends_the_run_in_order(started, slow, tmp_path, number, code):
    path = tmp_path / "store.db"
    there = {**slow.variables(), "GATEWAYZ_STORE": str(path)}
    child = started("test", "cerebras", "groq", **there)
    until_printed(child, "[3/3]")
    began = time.monotonic()
    child.send_signal(number)
    printed, said = child.communicate(timeout=30)

    assert time.monotonic() - began < 20
    assert child.returncode == code
    assert "TOTAL: 3/3 models passed (100.0%), 3 stopped\n" in printed
    assert "[SKIP] groq          : stopped before anything was judged\n" in printed
    assert "stopped: 3 of 6 judged; the run is kept as cancelled\n" in said
    assert re.search(
        r"^gatewayz: to go on with it: `gatewayz test --resume \S+`$", said, re.MULTILINE
    )
    assert max(map(len, said.splitlines())) <= 80
    assert "Traceback" not in said
    run = last_run(path)
    assert run.status == "cancelled"
    assert sum(v.outcome == "passed" for v in run.verdicts) == 3


def test_a_script_that_is_stopped_names_itself_as_what_goes_on(environment, slow, tmp_path):
    script = tmp_path / "my script.py"
    script.write_text(
        "from gatewayz import known_gateways\n"
        "from gatewayz.cli.script import run_script\n"
        "run_script({'store': 's.db'}, known_gateways(), way='direct')\n"
    )
    child = subprocess.Popen(
        [sys.executable, script.name, "cerebras", "groq"],
        cwd=tmp_path,
        env=environment(**slow.variables()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until_printed(child, "[3/3]")
        child.send_signal(signal.SIGINT)
    except BaseException:
        child.kill()
        raise
    finally:
        _, said = child.communicate(timeout=30)

    run = last_run(tmp_path / "s.db")
    assert f"gatewayz: to go on with it: `python 'my script.py' --resume {run.id}`\n" in said


def test_a_second_ctrl_c_ends_it_at_once(started, slow):
    child = started("test", "cerebras", "groq", **slow.variables())
    until_printed(child, "[3/3]")
    child.send_signal(signal.SIGINT)
    child.send_signal(signal.SIGINT)
    began = time.monotonic()
    child.communicate(timeout=30)

    assert child.returncode == 130
    assert time.monotonic() - began < 20


def test_a_gateway_that_was_stopped_half_way_keeps_its_count(started, tmp_path):
    wanted = "openai/gpt-oss-120b,llama-3.3-70b-versatile,fault/first-byte-timeout"
    with simulation.running() as pretending:
        path = tmp_path / "store.db"
        variables = pretending.variables()
        child = started("test", "groq", "--models", wanted, "--store", path, **variables)
        until(lambda: len(pretending.log) >= 4)
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        printed, _ = child.communicate(timeout=30)

    assert re.findall(r"^\[\d/\d\]", printed, flags=re.M) == ["[1/3]", "[2/3]"]
    assert "[WARN] groq          :  2/ 2 passed (100.0%), 1 stopped\n" in printed


def test_ctrl_c_while_catalogues_are_read_is_met_too(started, tmp_path):
    with simulation.running(faults=[{"path": "models", "fault": "headers-then-silence"}]) as silent:
        child = started("test", "groq", "--store", tmp_path / "store.db", **silent.variables())
        until(lambda: silent.log)
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        printed, said = child.communicate(timeout=30)

    assert time.monotonic() - began < 20
    assert child.returncode == 130
    assert "Traceback" not in said
    assert "[SKIP] groq          : stopped before anything was judged\n" in printed


def test_ctrl_c_before_the_run_has_begun_says_that_nothing_is_kept(started, tmp_path):
    path = tmp_path / "store.db"
    with simulation.running(faults={"groq": "auth-bad-key"}) as refusing:
        started("test", "groq", "--store", path, **refusing.variables()).communicate(timeout=60)
    with simulation.running(faults=[{"path": "models", "fault": "headers-then-silence"}]) as silent:
        child = started("test", "groq", "--failed", "--store", path, **silent.variables())
        until(lambda: silent.log)
        child.send_signal(signal.SIGINT)
        printed, said = child.communicate(timeout=30)

    assert (child.returncode, printed) == (130, "")
    assert "stopped before anything was asked of a model; nothing is kept" in said


def test_ctrl_c_ends_a_probe(started, slow):
    variables = slow.variables()
    url, key = variables["GROQ_BASE_URL"], variables["GROQ_API_KEY"]
    child = started("probe", url, "-m", "llama-3.3-70b-versatile", "--key-env", "K", K=key)
    until(lambda: slow.log)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=30)

    assert child.returncode == 130
    assert "Traceback" not in said


def test_every_printed_verdict_outlives_kill_9(started, slow, tmp_path):
    path = tmp_path / "store.db"
    child = started("test", "cerebras", "groq", "--store", path, **slow.variables())
    printed = until_printed(child, "[1/3]")
    child.kill()
    rest, _ = child.communicate(timeout=30)

    names = re.findall(r"^\[\d/\d\] (.*?) +\.\.\.", "".join(printed) + rest, flags=re.M)
    kept = {v.observation.case.model.title for v in last_run(path).verdicts}
    assert names
    assert set(names) <= kept


def test_no_listener_hears_of_a_verdict_that_is_not_stored(slow, tmp_path):
    store = open_store(tmp_path / "store.db")
    gateway = known_gateways(slow.variables())["cerebras"]
    client = HttpClient(keys=lambda g: slow.variables()[g.key_env], timeouts=Timeouts())
    order = RollCall(
        lanes=(Lane(name="cerebras", way="direct", gateway=gateway),), probes=(PROBES["chat"],)
    )
    missing, heard = [], []

    def listen(event):
        if isinstance(event, VerdictReached):
            heard.append(event.verdict)
            kept = store.run("last").verdicts
            missing.extend(v for v in heard if v not in kept)

    async def run():
        try:
            await call(order, client=client, store=store, listeners=(listen,))
        finally:
            await client.aclose()
            store.close()

    asyncio.run(run())

    assert len(heard) == 3
    assert missing == []


def test_what_breaks_in_the_run_comes_out_of_it_and_hangs_nothing():
    class Broken:
        without_keys = str

        async def list_models(self, _gateway):
            raise ConfigError("planted")

    lane = Lane(name="g", way="direct", gateway=Gateway(name="g", base_url="http://127.0.0.1:9"))
    order = RollCall(lanes=(lane,), probes=(PROBES["chat"],))

    with pytest.raises(ConfigError, match="planted"):
        asyncio.run(asyncio.wait_for(call(order, client=Broken(), store=None), 5))
