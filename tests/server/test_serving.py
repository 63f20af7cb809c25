"""The ways to start it: by uvicorn from a checkout, by `serve`, and in a thread."""

import gc
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from gatewayz.core import ConfigError
from gatewayz.server import running, serve
from gatewayz.server.serving import _listening

ROOT = Path(__file__).resolve().parents[2]
# Loaded when somebody asks for a page, or by other commands: all of it would take a fifth of the start.
NEEDLESS = {
    *(f"gatewayz.core.{noun}" for noun in (
        "availability", "estimates", "judge", "load", "objectives", "observation", "past", "probe",
        "quarantine", "run", "summary", "summed", "watching",
    )),
    *(f"gatewayz.{room}" for room in ("cli", "measure", "probes", "reports", "runner", "watch")),
    *(f"gatewayz.server.pages.{page}" for page in ("figures", "making", "overview")),
    *(f"gatewayz.store.{part}" for part in ("lines", "moving", "results", "store", "summing")),
}  # fmt: skip


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def _health(port, limit_s=15.0):
    deadline = time.monotonic() + limit_s
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                return answer.status
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_uvicorn_serves_the_checkout_with_no_key_and_ends_on_term(tmp_path):
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "src.main:app", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert _health(port) == 200
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)

    assert b"Traceback" not in errors


def test_under_uvicorn_too_a_request_leaves_one_line(tmp_path):
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "src.main:app", "--port", str(port)]
    environ = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        _health(port)
    finally:
        process.send_signal(signal.SIGTERM)
        told, errors = process.communicate(timeout=20)

    assert (told + errors).count(b"/health") == 1


def test_a_setting_that_cannot_be_used_is_one_line_and_no_traceback(tmp_path):
    environ = {**os.environ, "GATEWAYZ_TIMEOUT": "soon", "PYTHONPATH": str(ROOT / "src")}
    code = "from gatewayz.server import app"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=tmp_path, capture_output=True, timeout=30
    )

    assert done.returncode == 2
    assert re.fullmatch(rb"gatewayz: [^\n]*GATEWAYZ_TIMEOUT[^\n]*\n", done.stderr)


def test_importing_the_room_loads_neither_the_app_nor_a_web_framework():
    code = "import gatewayz.server, sys; print({'starlette', 'uvicorn'} & set(sys.modules))"
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, timeout=30, check=True
    )

    assert done.stdout.strip() == b"set()"


def test_the_backend_starts_without_what_only_pages_and_other_commands_need(tmp_path):
    environ = {
        **os.environ,
        "GATEWAYZ_KEY_SECRET": "0" * 64,
        "GATEWAYZ_STORE": str(tmp_path / "gatewayz.db"),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments], env=environ, cwd=tmp_path, capture_output=True, timeout=30
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    run("-m", "gatewayz", "keys", "create", "ann")
    code = "import sys; from src.main import app; print(app.ring.is_open, *sys.modules)"
    is_open, *loaded = run("-c", code).split()

    assert is_open == "False"
    assert NEEDLESS & set(loaded) == set()


def test_serve_says_where_it_listens_and_answers_there(settings_with):
    code = (
        "from gatewayz.server import serve\nserve(port=0, ready=lambda url: print(url, flush=True))"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        url = process.stdout.readline().decode().strip()
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            assert answer.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)


_BY_SERVE = (
    " from gatewayz.server import serve; serve(port=0, ready=lambda url: print(url, flush=True))"
)
_BY_UVICORN = (
    " import socket, sys, uvicorn; sys.path.insert(0, 'src'); from src.main import app;"
    " s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(1000);"
    " print('http://127.0.0.1:%d' % s.getsockname()[1], flush=True);"
    " uvicorn.Server(uvicorn.Config(app, log_level='error')).run(sockets=[s])"
)


@pytest.mark.parametrize("served", [_BY_SERVE, _BY_UVICORN], ids=["serve", "uvicorn"])
def test_more_who_say_nothing_than_a_process_usually_has_handles_stop_nobody(tmp_path, served):
    resource = pytest.importorskip("resource")
    _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < 1000:
        pytest.skip("this machine allows fewer")
    code = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (128, {allowed}));{served}"
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environ, cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    port = int(process.stdout.readline().decode().rpartition(":")[2])
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        try:
            assert _health(port, limit_s=3) == 200
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=15)


def test_serve_without_a_key_keeps_to_this_machine(settings_with):
    with pytest.raises(ConfigError, match="GATEWAYZ_API_KEY"):
        serve(settings_with(), host="0.0.0.0", port=0)


def test_a_port_that_is_taken_is_one_clear_line(settings_with):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1 port {port}"):
            serve(settings_with(), port=port)


def test_connections_are_known_as_tcps_so_that_no_packet_is_held_back():
    """asyncio sets TCP_NODELAY where a socket names its protocol, and only there."""
    with _listening("127.0.0.1", 0) as sock:
        sock.listen()
        with socket.create_connection(sock.getsockname()), sock.accept()[0] as accepted:
            assert accepted.proto == socket.IPPROTO_TCP


def test_serve_takes_the_handles_that_it_may_have():
    soft, hard = 256, 2048
    process = subprocess.Popen(
        [sys.executable, "-c", "from gatewayz.server import serve; serve(port=0, ready=print)"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        process.stdout.readline()
        taken, _ = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert taken == hard


def test_told_to_stop_while_all_handles_are_taken_it_ends_in_good_order():
    process = subprocess.Popen(
        [sys.executable, "-c", "from gatewayz.server import serve; serve(port=0, ready=print)"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with ExitStack() as clients:
        try:
            port = int(process.stdout.readline().decode().rstrip().rpartition(":")[2])
            for _ in range(150):
                clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            handles, deadline = Path(f"/proc/{process.pid}/fd"), time.monotonic() + 10
            while len(list(handles.iterdir())) < 128 and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()

    assert process.returncode == 0
    assert b"Traceback" not in said


def test_the_collector_is_set_for_a_process_that_only_serves(tmp_path):
    code = (
        "import gc, os, signal\n"
        "from gatewayz.server import serve\n"
        "def ready(url):\n"
        "    print(gc.get_threshold()[0], gc.get_freeze_count() > 0)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "serve(port=0, ready=ready)\n"
    )
    environ = {**os.environ, "GATEWAYZ_STORE": str(tmp_path / "kept.db")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, env=environ
    )

    assert done.stdout.split() == ["20000", "True"], done.stderr


def test_a_server_beside_other_work_leaves_the_collector_alone(settings_with):
    gc.freeze()  # as the run began; another test of this process may have undone it
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    with running(settings_with()):
        assert gc.get_threshold() == thresholds
        # Some of it may be freed meanwhile, as by the end of an earlier test's thread.
        assert 0 < gc.get_freeze_count() <= frozen
