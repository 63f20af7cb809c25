"""`gatewayz serve`, and a roll call through it."""

import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest


def started_server(child):
    """The URL, once it serves."""
    said = []
    while True:
        line = child.stderr.readline()
        assert line, "".join(said)
        said.append(line)
        found = re.search(r"Serving on (http://\S+)", line)
        if found:
            return found.group(1), "".join(said)


def test_a_roll_call_goes_through_it(started, gatewayz, there):
    child = started("serve", "--port", "0", **{**there, "GATEWAYZ_API_KEY": "gw-a-key-for-tests"})
    url, _ = started_server(child)
    key = {"GATEWAYZ_API_URL": url, "GATEWAYZ_API_KEY": "gw-a-key-for-tests"}
    done = gatewayz("test", "groq", "openrouter", "--models", "1", **key)
    refused = gatewayz("test", "groq", **{**key, "GATEWAYZ_API_KEY": "gw-another-key"})
    child.send_signal(signal.SIGTERM)
    child.wait(timeout=20)

    assert done.returncode == 0, done.stdout
    assert "TOTAL: 2/2 models passed" in done.stdout
    assert refused.returncode == 1
    assert "GATEWAYZ_API_KEY" in refused.stdout


def test_gateways_that_the_backend_has_no_key_for_are_skipped_named_or_not(started, gatewayz, groq):
    child = started("serve", "--port", "0", **groq)
    url, said = started_server(child)
    everything = gatewayz("test", "--models", "1", "-q", GATEWAYZ_API_URL=url)
    named = gatewayz("test", "xai", GATEWAYZ_API_URL=url)
    by_id = gatewayz("test", "xai", "--models", "grok-4", GATEWAYZ_API_URL=url)
    both = gatewayz("test", "xai", "groq", "--both", GATEWAYZ_API_URL=url, **groq)

    assert "GATEWAYZ_API_KEY is not set: serving this machine only" in said
    assert everything.returncode == 0, everything.stdout
    assert "TOTAL: 1/1 models passed" in everything.stdout
    assert "xai is not configured: set XAI_API_KEY" in " ".join(everything.stdout.split())
    for done in (named, by_id):
        words = " ".join(done.stdout.split())
        assert done.returncode == 3
        assert "[SKIP] xai : xai is not configured: set XAI_API_KEY where the server runs" in words
        assert "auth-no-key" not in words
    assert both.returncode == 0, both.stdout
    assert "1 gateway skipped" in both.stdout  # on two ways
    assert "differ" not in both.stdout


def test_a_key_that_the_backend_cannot_send_is_a_failure_of_that_key(started, gatewayz, groq):
    child = started("serve", "--port", "0", **{**groq, "GROQ_API_KEY": "gsk-one\nline"})
    url, _ = started_server(child)
    done = gatewayz("test", "groq", GATEWAYZ_API_URL=url)
    everything = gatewayz("test", GATEWAYZ_API_URL=url)

    words = " ".join(done.stdout.split())
    assert (done.returncode, everything.returncode) == (1, 1)
    assert "auth-key-with-newline" in words
    assert "points at: the key" in words
    assert "Set the backend's key for groq again" in words


def test_both_ways_find_what_only_the_backend_gets_wrong(started, gatewayz, groq):
    from gatewayz import simulator as simulation

    model = "llama-3.3-70b-versatile"
    faults = [{"model": model, "fault": "empty-content"}]
    with simulation.running(faults=faults) as broken:
        child = started("serve", "--port", "0", **broken.variables())
        url, _ = started_server(child)
        done = gatewayz(
            "test", "groq", "--both", "--models", "2", "--retries", "0",
            GATEWAYZ_API_URL=url, **groq,
        )  # fmt: skip

    words = " ".join(done.stdout.split())
    assert done.returncode == 1
    assert f"groq / {model} / chat: direct passed, API empty-content" in words
    assert "points at the backend" in words


def test_a_taken_port_is_told_in_one_line(gatewayz):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = gatewayz("serve", "--port", taken.getsockname()[1])

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--port" in done.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_other_commands_refuse_is_refused_before_the_start(gatewayz, groq, workers):
    wrong = {**groq, "GATEWAYZ_CA_FILE": "/no/such.pem"}
    served = gatewayz("serve", "--port", "0", "--workers", workers, **wrong)
    tested = gatewayz("test", "groq", **wrong)

    assert (served.returncode, tested.returncode) == (2, 2)
    assert served.stderr == tested.stderr
    assert served.stderr.startswith("gatewayz: environment GATEWAYZ_CA_FILE: /no/such.pem: No such")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_ends_it_also_where_a_shell_has_it_ignored(started, groq, workers):
    """As of what runs behind a `&`; that changes nothing for whoever sends the signal by hand."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = started("serve", "--port", "0", "--workers", workers, **groq)
    finally:
        signal.signal(signal.SIGINT, before)
    started_server(child)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=20)

    assert child.returncode == 130
    assert said == "gatewayz: interrupted\n"


def test_both_ways_again_and_again_say_what_the_backend_adds(started, gatewayz, groq, tmp_path):
    child = started("serve", "--port", "0", **groq)
    url, _ = started_server(child)
    report = tmp_path / "run.json"
    done = gatewayz(
        "test", "groq", "--both", "--models", "1", "--probe", "streaming", "--repeat", "16", "-q",
        "--report", f"json={report}", GATEWAYZ_API_URL=url, **groq,
    )  # fmt: skip

    words = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout
    assert "What the backend adds" in words
    assert "own account" in words
    (added,) = json.loads(report.read_text())["summary"]["added"]
    assert added["warm_up"] >= 1
    counted = 16 - added["warm_up"] - added["left_out"]
    # On a busy machine our own loop may be held up, and says so: in the end no pair may be left.
    told = added["latency"]["pairs"] if added["latency"] else 0
    assert counted - added["held_up"] <= told <= counted
    assert 0 < added["own_s"] < 0.3
    assert added["own_count"] == counted


def asked(url, path="/health", method="GET", body=None):
    """The status of one answer, on a connection of its own."""
    host = url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        headers = {"Content-Type": "application/json", "Connection": "close"}
        connection.request(method, path, body and json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_log_that_nobody_reads_stops_nothing(started, groq, workers):
    child = started("serve", "--port", "0", "--workers", workers, **groq)
    url, _ = started_server(child)
    # A pipe holds 64 KiB, which is some 500 of these lines.
    found = {asked(url, f"/no/such/path/{'x' * 150}")[0] for _ in range(900)}
    fit, _ = asked(url)
    child.send_signal(signal.SIGTERM)
    code = child.wait(timeout=20)

    assert (found, fit, code) == ({404}, 200, 0)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no terminals")
def test_a_terminal_that_is_held_stops_nothing_and_goes_on_where_it_was(groq, tmp_path):
    reader, terminal = os.openpty()
    command = [sys.executable, "-m", "gatewayz", "serve", "--port", "0"]
    child = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, **groq}, stderr=terminal, start_new_session=True
    )
    os.close(terminal)
    try:
        said = b""
        while b"Serving on" not in said or not said.endswith(b"\n"):
            said += os.read(reader, 4096)
        url = re.search(rb"Serving on (\S+)", said)[1].decode()
        found = {asked(url, f"/no/such/path/{n}/{'x' * 150}")[0] for n in range(900)}
        numbers = []
        while not numbers or numbers[-1] < 899:
            said += os.read(reader, 65536)
            numbers = [int(n) for n in re.findall(rb"path=/no/such/path/(\d+)/x+ ", said)]
        child.send_signal(signal.SIGTERM)
        code = child.wait(timeout=20)
    finally:
        child.kill()
        os.close(reader)

    assert (found, code) == ({404}, 0)
    assert numbers == list(range(900))


def test_lines_that_nobody_read_come_once_somebody_does(started, groq):
    child = started("serve", "--port", "0", **groq)
    url, _ = started_server(child)
    for number in range(900):
        asked(url, f"/no/such/path/{number}/{'x' * 150}")
    numbers = []
    while not numbers or numbers[-1] < 899:
        line = child.stderr.readline()
        numbers += map(int, re.findall(r"path=/no/such/path/(\d+)/", line))

    assert numbers == list(range(900))


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_standard_streams_are_none_of_its_business(started, groq, tmp_path, closed):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = f'exec "{sys.executable}" -m gatewayz serve --port {port} {closed}'
    child = subprocess.Popen(["sh", "-c", command], cwd=tmp_path, env={**os.environ, **groq})
    try:
        status, deadline = 0, time.monotonic() + 20
        while status != 200 and time.monotonic() < deadline and child.poll() is None:
            time.sleep(0.05)
            with suppress(OSError):
                status, _ = asked(f"http://127.0.0.1:{port}")
        child.send_signal(signal.SIGTERM)
        assert (status, child.wait(timeout=20)) == (200, 0)
    finally:
        child.kill()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="Linux sets another's limits")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_without_a_handle_for_a_provider_it_says_that_it_is_overloaded(started, groq, host):
    # To look a name up takes a handle as well.
    groq = {name: value.replace("127.0.0.1", host) for name, value in groq.items()}
    child = started("serve", "--port", "0", **groq)
    url, _ = started_server(child)
    question = {"model": "groq/llama-3.1-8b-instant", "messages": [], "max_tokens": 1}
    # Room for the client's connection, and for none to its provider.
    handles = len(os.listdir(f"/proc/{child.pid}/fd")) + 1
    _, most = resource.prlimit(child.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (handles, most))
    status, body = asked(url, "/v1/chat/completions", "POST", question)
    resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (most, most))
    _, seen = asked(url, "/health/gateways")

    assert status == 503, body
    assert json.loads(body)["error"]["code"] == "server_overloaded"
    assert json.loads(seen)["data"][0]["traffic"]["failed"] == 0, seen
