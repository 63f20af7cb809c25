"""Several processes on one port: what holds for a server holds for all of them together."""

import asyncio
import errno
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gatewayz.config import made_key_secret
from gatewayz.core import Allowance, ConfigError
from gatewayz.core.client_key import new_key
from gatewayz.core.units import utc_now
from gatewayz.server import listening, serve, workers
from gatewayz.server.accounts import SharedAccounts
from gatewayz.server.crew import TELL_EVERY_S
from gatewayz.server.listening import SharedListener
from gatewayz.store import open_store

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import json, sys
from gatewayz.server import keeper, listening, serving, workers
told = json.loads(sys.argv[1])
keeper.KEYS_EVERY_S = told.get("keys_every_s", 5.0)
serving.MOST_RUNNING = told.get("most_running", 400)
workers._PAUSE_S = told.get("pause_s", 0.1)
workers._HURRY_S = told.get("hurry_s", 5.0)
listening._LEFT_S = told.get("left_s", listening._LEFT_S)
listening._FORGOTTEN_S = 10 * listening._LEFT_S
serving.serve(port=0, workers=told["workers"], grace_s=told.get("grace_s", 1),
              ready=lambda url: print(url, flush=True))
"""
OWN = "gw-the-servers-own-key-of-this-test"


@pytest.fixture
def environ(provider, tmp_path):
    """The variables of a server before the provider, with a store of this test's own."""
    return {
        "GROQ_API_KEY": "gsk-of-this-test-012345",
        "GROQ_BASE_URL": provider.url,
        "GATEWAYZ_API_KEY": OWN,
        "GATEWAYZ_STORE": str(tmp_path / "kept.db"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }


class Server:
    """A server in processes of its own; `said` is what it wrote on standard error."""

    def __init__(self, process, client):
        self.process = process
        self.client = client
        self.said = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self):
        with self.process.stdout, self.process.stderr as lines:
            for line in lines:
                self.said.append(line)

    @property
    def own_lines(self):
        return [line for line in self.said if " request id=" not in line]

    @property
    def pids(self):
        """The workers."""
        return children_of(self.process.pid)

    def connect(self, **fields):
        """A chat request on a connection of its own, its answer not waited for."""
        shown = fields.pop("headers", {})
        connection = self.client.connect()
        body = json.dumps({"model": "groq/one", "messages": [], **fields})
        connection.request("POST", "/v1/chat/completions", body=body, headers=shown)
        return connection

    def chat(self, headers):
        return self.client.chat(headers=headers, model="groq/one")

    def metrics(self):
        answer = self.client.get("/metrics", Authorization=f"Bearer {OWN}")
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(answer.body.decode())
            for sample in family.samples
        }

    def wait(self):
        code = self.process.wait(25)
        self._reading.join(5)
        return code


@pytest.fixture
def start_workers(environ, client_at):
    """Starts a server of so many workers."""
    with ExitStack() as stack:

        def started(count, **told):
            process = subprocess.Popen(
                [sys.executable, "-c", CODE, json.dumps({"workers": count, **told})],
                env={**os.environ, **environ, "PYTHONPATH": str(ROOT / "src")},
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            stack.callback(ended, process)
            return Server(process, client_at(process.stdout.readline().strip()))

        yield started


def ended(process):
    workers = children_of(process.pid)
    if process.poll() is None:
        process.kill()
    process.wait(10)
    deadline = time.monotonic() + 10
    while left := [pid for pid in workers if is_alive(pid)]:
        if time.monotonic() > deadline:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            raise AssertionError("workers outlived their watch")
        time.sleep(0.02)


def run_to_its_end(code):
    """A program of Python that ends by itself and well; gives what it wrote."""
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip


def processes():
    """Each process that is not a dead one's name, and its parent."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def children_of(pid):
    return sorted(child for child, parent in processes().items() if parent == pid)


def is_alive(pid):
    return pid in processes()


def until(condition, seconds=25.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


@pytest.fixture
def new(environ, settings_with):
    """Makes a key, and gives the header that shows it."""

    def made(name="ci", **limits):
        settings = settings_with(**environ)
        value, key = new_key(
            name, made_key_secret(settings), created_at=utc_now(), allowance=Allowance(**limits)
        )
        with closing(open_store(settings.store)) as store:
            store.keys.add(key)
        return {"Authorization": f"Bearer {value}"}

    return made


def records(environ):
    with closing(open_store(environ["GATEWAYZ_STORE"])) as store:
        return store.requests.latest(1000)


def answered(connections, count):
    """Those of the connections that are answered, once they are so many; it may be more."""
    waiting = {connection.sock: connection for connection in connections}
    deadline = time.monotonic() + 15
    ready = []
    while len(ready) < count and time.monotonic() < deadline:
        ready, _, _ = select.select(list(waiting), [], [], 0.05)
    time.sleep(0.2)
    ready, _, _ = select.select(list(waiting), [], [], 0)
    return [waiting[sock] for sock in ready]


@pytest.mark.parametrize("count", [2, 3])
def test_of_many_at_once_just_as_many_come_in_as_may(start_workers, new, provider, count):
    ci = new(requests_per_minute=20)
    server = start_workers(count)

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: server.chat(ci), range(72)))

    statuses = [answer.status for answer in answers]
    assert statuses.count(200) == len(provider.chats()) == 20
    assert statuses.count(429) == 52
    waits = [int(a.headers["retry-after"]) for a in answers if a.status == 429]
    assert all(1 <= wait <= 60 for wait in waits)
    assert len(server.pids) == count


@pytest.mark.parametrize("count", [2, 3])
def test_no_more_tokens_are_used_than_may_be(start_workers, new, provider, wire, count):
    counted = wire.COMPLETION.rstrip()[:-1] + b',"usage":{"total_tokens":60}}'
    provider.script[:] = [wire.whole(counted)]
    ci = new(tokens_per_minute=1000)
    server = start_workers(count)

    def ask(_):
        return server.client.chat(headers=ci, model="groq/one", max_tokens=100)

    with ThreadPoolExecutor(24) as pool:
        first = list(pool.map(ask, range(48)))
    one_by_one = [ask(None) for _ in range(20)]

    # What was set aside for all that came in at first came to at most the limit, and is settled now.
    used = 60 * [answer.status for answer in (*first, *one_by_one)].count(200)
    assert {answer.status for answer in first} == {200, 429}
    assert 1000 - 160 < used <= 1000


@pytest.mark.parametrize("count", [2, 3])
def test_at_a_time_holds_for_all_workers_together(start_workers, new, provider, wire, count):
    provider.script[:] = ["watch"]
    ci = new(concurrency=5)
    server = start_workers(count)

    with ExitStack() as stack:
        asked = [stack.enter_context(server.connect(headers=ci)) for _ in range(30)]
        refused = [connection.getresponse() for connection in answered(asked, 25)]

        assert [answer.status for answer in refused] == [429] * 25
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        until(lambda: len(provider.chats()) == 5)  # beside other work they may yet be on their way
        assert server.metrics()["gatewayz_requests_running",] == 5

    provider.script[:] = [wire.whole(wire.COMPLETION)]
    until(lambda: server.chat(ci).status == 200)
    until(lambda: server.metrics()["gatewayz_requests_running",] == 0)


def test_the_servers_own_limit_counts_all_workers(start_workers, provider):
    provider.script[:] = ["watch"]
    own = {"Authorization": f"Bearer {OWN}"}
    server = start_workers(2, most_running=3)

    with ExitStack() as stack:
        asked = [stack.enter_context(server.connect(headers=own)) for _ in range(6)]
        until(lambda: len(provider.chats()) == 6)
        more = [stack.enter_context(server.connect(headers=own)) for _ in range(10)]
        refused = [connection.getresponse() for connection in answered([*asked, *more], 10)]

        assert [answer.status for answer in refused] == [503] * 10
        assert json.loads(refused[0].read())["error"]["code"] == "server_overloaded"
        assert len(provider.chats()) == 6


def test_a_worker_that_is_killed_is_replaced_and_loses_no_limit(start_workers, new, provider):
    ci = new(requests_per_minute=10)
    server = start_workers(2)
    for _ in range(10):
        assert server.chat(ci).status == 200
    before = server.pids

    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(server.pids) == 2 and before[0] not in server.pids)

    for pid in before:
        assert (pid in server.pids) == (pid == before[1])
    # Whoever answers: also when only new ones are left.
    os.kill(before[1], signal.SIGKILL)
    until(lambda: len(server.pids) == 2 and before[1] not in server.pids)
    assert {server.chat(ci).status for _ in range(10)} == {429}
    assert len(provider.chats()) == 10
    said = [line for line in server.own_lines if "SIGKILL" in line]
    assert len(said) == 2
    assert (
        f"worker 1 (process {before[0]}) was ended by SIGKILL; another takes its place" in said[0]
    )


def test_what_a_killed_worker_had_under_way_is_free_again_and_no_more(start_workers, new, provider):
    provider.script[:] = ["watch"]
    ci = new(concurrency=8)
    server = start_workers(2)

    with ExitStack() as stack:
        asked = [stack.enter_context(server.connect(headers=ci)) for _ in range(8)]
        until(lambda: len(provider.chats()) == 8)
        for killed in server.pids:
            os.kill(killed, signal.SIGKILL)
            until(lambda killed=killed: len(server.pids) == 2 and killed not in server.pids)
            broken = answered(asked, 0)
            asked = [connection for connection in asked if connection not in broken]
            seen = len(provider.chats())
            again = [stack.enter_context(server.connect(headers=ci)) for _ in range(12)]
            refused = answered(again, 12 - len(broken))
            assert [one.getresponse().status for one in refused] == [429] * (12 - len(broken))
            until(lambda seen=seen, gone=broken: len(provider.chats()) - seen >= len(gone))
            assert len(provider.chats()) - seen == len(broken)
            asked += [connection for connection in again if connection not in refused]
        assert len(asked) == 8


def test_one_that_dies_again_and_again_is_waited_for_longer_each_time(start_workers):
    server = start_workers(2, pause_s=0.05)
    steady = server.pids[1]
    for _ in range(3):
        until(lambda: len(server.pids) == 2)
        (other,) = [pid for pid in server.pids if pid != steady]
        os.kill(other, signal.SIGKILL)
        until(lambda other=other: other not in server.pids)
        assert server.client.get("/health").status == 200

    until(lambda: len(server.own_lines) == 3)
    pauses = [line.rsplit(" in ", 1)[1].strip() for line in server.own_lines]
    assert pauses == ["0.1 s", "0.1 s", "0.2 s"] or pauses == ["0.1 s", "0.2 s", "0.4 s"]


def test_all_workers_know_of_keys_that_are_made_and_revoked(start_workers, new, environ):
    server = start_workers(2, keys_every_s=0.1)
    ci = new()

    def all_say(status):
        return {server.chat(ci).status for _ in range(12)} == {status}

    until(lambda: all_say(200))
    with closing(open_store(environ["GATEWAYZ_STORE"])) as store:
        store.keys.revoke("ci", utc_now())
    until(lambda: all_say(401))
    assert all_say(401)


def test_one_that_takes_a_place_knows_the_keys_of_that_moment(start_workers, new):
    server = start_workers(2, keys_every_s=1000)
    ci = new()
    assert server.chat(ci).status == 401
    before = set(server.pids)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(set(server.pids) - before) == 2)

    assert {server.chat(ci).status for _ in range(6)} == {200}


def test_one_that_takes_a_place_stays_closed_though_the_store_is_gone(start_workers, new, environ):
    del environ["GATEWAYZ_API_KEY"]
    new()
    server = start_workers(2, keys_every_s=1000)
    before = server.pids
    store = Path(environ["GATEWAYZ_STORE"])
    for its in store.parent.glob(store.name + "*"):
        its.unlink()

    for killed in before:  # until only new ones are left
        os.kill(killed, signal.SIGKILL)
        until(lambda killed=killed: len(server.pids) == 2 and killed not in server.pids)

    assert {server.chat({}).status for _ in range(10)} == {401}


def test_metrics_and_health_tell_of_all_whoever_is_asked(start_workers, new):
    ci = new()
    server = start_workers(3)
    with ThreadPoolExecutor(12) as pool:
        assert {a.status for a in pool.map(lambda _: server.chat(ci), range(48))} == {200}

    counted = ("gatewayz_requests_total", "", "/v1/chat/completions", "200", "groq")
    server.client.get("/v1/models", **ci)  # one of them reads the list
    until(lambda: server.metrics().get(counted) == 48)
    until(lambda: ("gatewayz_catalogue_models", "groq") in server.metrics())
    time.sleep(TELL_EVERY_S)
    for _ in range(9):
        found = server.metrics()
        assert found[counted] == 48
        assert found["gatewayz_request_seconds_count", "groq"] == 48
        assert found["gatewayz_catalogue_models", "groq"] == 2
        listed = server.client.get("/health/gateways", **ci).json["data"]
        (groq,) = [one for one in listed if one["gateway"] == "groq"]
        assert groq["traffic"]["requests"] == 48
        assert groq["traffic"]["success_rate"] == 1.0


def test_no_counter_goes_back_also_when_workers_die(start_workers, new):
    ci = new()
    server = start_workers(2)
    told = {}
    for turn in range(40):
        server.chat(ci)
        found = server.metrics()
        if turn in (10, 25):
            before = server.pids
            os.kill(before[0], signal.SIGKILL)
            until(lambda before=before: before[0] not in server.pids)
            until(lambda: len(server.pids) == 2)
        for name, before in told.items():
            if name[0].endswith(("_total", "_count", "_bucket", "_sum")):
                assert found.get(name, 0) >= before, name
        told = found

    assert told["gatewayz_requests_total", "", "/v1/chat/completions", "200", "groq"] > 20
    assert ("process_cpu_seconds_total",) in told


@pytest.mark.parametrize("count", [2, 3])
def test_no_record_is_lost_at_a_clean_stop(start_workers, new, environ, count):
    ci = new()
    server = start_workers(count)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: server.chat(ci), range(60)))
    server.process.send_signal(signal.SIGTERM)

    assert server.wait() == 0
    assert {answer.status for answer in answers} == {200}
    assert len(records(environ)) == 60
    assert server.own_lines == []


def test_running_streams_end_whole_before_the_end(start_workers, new, provider, wire, environ):
    done = b"data: [DONE]\n\n"
    provider.script[:] = [
        wire.STREAM, wire.chunk(wire.event("a")), 0.6, wire.chunk(done), wire.LAST,
    ]  # fmt: skip
    ci = new()
    server = start_workers(2, grace_s=5)
    with ExitStack() as stack:
        asked = [stack.enter_context(server.connect(stream=True, headers=ci)) for _ in range(6)]
        answers = [connection.getresponse() for connection in asked]
        first = [answer.read(10) for answer in answers]
        # A service manager tells each process of a service, a terminal as well.
        for _ in range(2):
            for pid in server.pids:
                os.kill(pid, signal.SIGTERM)
        server.process.send_signal(signal.SIGTERM)
        rest = [answer.read() for answer in answers]

    assert all((a + b).endswith(done) for a, b in zip(first, rest, strict=True))
    assert server.wait() == 0
    assert [record.status for record in records(environ)] == [200] * 6


def test_what_does_not_end_in_time_is_told_and_new_ones_are_not_taken(
    start_workers, new, provider, wire
):
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), "watch"]
    ci = new()
    server = start_workers(2, grace_s=4)
    with ExitStack() as stack:
        asked = [stack.enter_context(server.connect(stream=True, headers=ci)) for _ in range(4)]
        answers = [connection.getresponse() for connection in asked]
        first = [answer.read(10) for answer in answers]
        server.process.send_signal(signal.SIGTERM)
        address = urlsplit(server.client.base)
        until(lambda: not is_open(address), 3)
        assert server.process.poll() is None
        rest = [answer.read() for answer in answers]

    assert all(first)
    assert all(b"server_stopping" in said and b"[DONE]" not in said for said in rest)
    assert server.wait() == 0


def is_open(address):
    try:
        socket.create_connection((address.hostname, address.port), timeout=5).close()
    except OSError:
        return False
    return True


def test_a_second_signal_does_not_wait(start_workers, new, provider, wire):
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), "watch"]
    ci = new()
    server = start_workers(2, grace_s=30)
    with ExitStack() as stack:
        asked = [stack.enter_context(server.connect(stream=True, headers=ci)) for _ in range(4)]
        for connection in asked:
            connection.getresponse().read(10)
        pids = server.pids
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert server.process.poll() is None
        began = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        code = server.wait()

    assert time.monotonic() - began < 15
    # As Python ends on Ctrl-C; the command line makes 130 of it.
    assert code == -signal.SIGINT
    assert not any(is_alive(pid) for pid in pids)


def test_a_stopped_worker_is_killed_when_nobody_is_to_wait(start_workers):
    server = start_workers(2, hurry_s=0.5)
    os.kill(server.pids[0], signal.SIGSTOP)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    server.process.send_signal(signal.SIGTERM)

    assert server.wait() == 0


def test_workers_whose_watch_is_killed_finish_and_end(start_workers, new, provider, wire):
    done = b"data: [DONE]\n\n"
    provider.script[:] = [
        wire.STREAM, wire.chunk(wire.event("a")), 0.6, wire.chunk(done), wire.LAST,
    ]  # fmt: skip
    ci = new()
    server = start_workers(2, grace_s=5)
    pids = server.pids
    with server.connect(stream=True, headers=ci) as connection:
        answer = connection.getresponse()
        first = answer.read(10)
        server.process.kill()
        rest = answer.read()

    assert (first + rest).endswith(done)
    try:
        until(lambda: not any(is_alive(pid) for pid in pids), 10)
    finally:
        for pid in filter(is_alive, pids):
            os.kill(pid, signal.SIGKILL)
    assert not is_open(urlsplit(server.client.base))


def test_a_worker_that_is_told_to_stop_alone_is_replaced(start_workers):
    server = start_workers(2)
    told = server.pids[0]
    os.kill(told, signal.SIGTERM)

    until(lambda: told not in server.pids and len(server.pids) == 2)
    until(lambda: any(f"(process {told}) ended with 0" in line for line in server.own_lines))


def test_one_worker_is_no_other_process(start_workers):
    server = start_workers(1)

    assert server.pids == []
    assert server.client.get("/health").status == 200


def test_a_worker_that_cannot_begin_ends_the_start(environ):
    code = (
        "from gatewayz.core import ConfigError\n"
        "from gatewayz.server.workers import Watch\n"
        "def work(worker, at_work):\n    raise ConfigError('no luck')\n"
        "nothing = lambda *_: None\n"
        "try:\n    Watch(2, work, bury=nothing, ready=nothing, stopping=nothing).run()\n"
        "except ConfigError as error:\n    print(error)\n"
    )
    done = run_to_its_end(code)

    assert done.stdout.count("\n") == 1
    assert "a worker did not start" in done.stdout
    said = done.stderr.splitlines()
    assert 1 <= said.count("gatewayz: no luck") <= 2
    assert len([line for line in said if " ended with 2" in line]) == 1


def test_where_it_cannot_be_had_it_is_refused_in_one_line(settings_with, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    assert not workers.can_fork()

    with pytest.raises(ConfigError, match="--workers"):
        serve(settings_with(), port=0, workers=2)


class Two:
    """The listeners of two workers on one socket, whose loop is gone through by hand."""

    def __init__(self, stack):
        bound = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        bound = socket.socket(bound.family, bound.type, socket.IPPROTO_TCP, fileno=bound.detach())
        self.address = bound.getsockname()
        self.made = []
        self._stack = stack
        accounts = SharedAccounts(2)
        self.listeners = []
        for worker, its in enumerate((bound.dup(), bound)):
            accounts.worker = worker
            self.counted = accounts.account("connections").running
            listener = SharedListener(its, self.counted)
            listener.start(self._make)
            stack.callback(listener.close)
            self.listeners.append(listener)
            asyncio.get_running_loop().remove_reader(its)

    def _make(self):
        made = Mock(asyncio.Protocol)
        made.connection_made = lambda transport: self._stack.callback(transport.abort)
        self.made.append(made)
        return made

    def come(self):
        self._stack.enter_context(socket.create_connection(self.address))

    def takes(self, worker):
        """Whether it takes one in this turn."""
        before = self.counted.total
        self.listeners[worker]._take_one()
        return self.counted.total > before


def by_hand(test):
    async def run():
        with ExitStack() as stack:
            await test(Two(stack))

    asyncio.run(run())


def test_connections_are_shared_out(monkeypatch):
    monkeypatch.setattr(listening, "_LEFT_S", 5.0)
    monkeypatch.setattr(listening, "_FORGOTTEN_S", 50.0)

    async def test(two):
        assert not two.takes(0)
        for _ in range(5):
            two.come()

        assert two.takes(0)
        assert not two.takes(0)  # while it has more than the other
        assert two.takes(1)
        assert two.takes(0)
        two.listeners[0].lost()
        two.listeners[0].lost()
        assert not two.takes(1)
        assert two.takes(0)
        assert two.counted.total == 2

        # One that has more takes it all the same, when the other does not come.
        monkeypatch.setattr(listening, "_LEFT_S", 0.01)
        two.listeners[0].lost()
        until(lambda: two.takes(1))
        for listener in two.listeners:
            await listener.wait_closed()
        assert len(two.made) == 5

    by_hand(test)


def test_a_worker_that_has_no_handle_left_looks_again_later(monkeypatch):
    monkeypatch.setattr(listening, "_PAUSE_S", 0.01)

    async def test(two):
        two.come()
        loop = asyncio.get_running_loop()
        loop.add_reader(two.listeners[0]._bound, two.listeners[0]._take_one)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            await asyncio.sleep(0.05)
            assert two.counted.total == 0
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        deadline = time.monotonic() + 10
        while not two.made:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        assert two.counted.total == 1

    by_hand(test)


def test_a_client_that_left_before_it_was_looked_at_is_not_counted(monkeypatch):
    async def test(two):
        async def fails(make, sock):
            raise OSError(errno.ENOTCONN, "")

        two.listeners[0]._loop = Mock(wraps=asyncio.get_running_loop())
        two.listeners[0]._loop.connect_accepted_socket = fails
        two.come()
        assert two.takes(0)
        await two.listeners[0].wait_closed()
        assert two.counted.total == 0

    by_hand(test)


def test_connections_that_stay_are_spread_over_the_workers(start_workers):
    # As long as a worker may take to come on a busy machine.
    server = start_workers(2, left_s=5.0)

    def handles():
        return [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in server.pids]

    before = handles()
    with ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(server.client.connect())
            connection.request("GET", "/health")
            connection.getresponse().read()
        more = [now - then for now, then in zip(handles(), before, strict=True)]

    assert sum(more) >= 20
    assert max(more) - min(more) <= 2, more


def test_it_is_ready_once_all_are():
    code = (
        "import asyncio, os, signal, time\n"
        "from gatewayz.server.workers import Watch\n"
        "began = time.monotonic()\n"
        "def work(worker, at_work):\n"
        "    async def life():\n"
        "        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))\n"
        "        await asyncio.sleep(0.5 * worker)\n"
        "        at_work()\n"
        "        await asyncio.sleep(20)\n"
        "    asyncio.run(life())\n"
        "def ready():\n"
        "    print(time.monotonic() - began)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "nothing = lambda *_: None\n"
        "print(Watch(2, work, bury=nothing, ready=ready, stopping=nothing).run())\n"
    )
    done = run_to_its_end(code)

    waited, ended_by = done.stdout.split()
    assert 0.5 <= float(waited) < 10
    assert int(ended_by) == signal.SIGTERM


def test_a_system_that_gives_no_process_is_asked_again():
    code = (
        "import asyncio, os, signal\n"
        "from gatewayz.server.workers import Watch\n"
        "forks, real = 0, os.fork\n"
        "def fork():\n"
        "    global forks\n"
        "    forks += 1\n"
        "    if forks == 3:\n"
        "        raise OSError(11, 'no more processes')\n"
        "    return real()\n"
        "os.fork = fork\n"
        "def work(worker, at_work):\n"
        "    async def life():\n"
        "        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))\n"
        "        at_work()\n"
        "        await asyncio.sleep(0.3)\n"
        "        if forks == 1:\n"
        "            os._exit(7)\n"
        "        if forks == 4:\n"
        "            os.kill(os.getppid(), signal.SIGTERM)\n"
        "        await asyncio.sleep(20)\n"
        "    asyncio.run(life())\n"
        "nothing = lambda *_: None\n"
        "Watch(2, work, bury=nothing, ready=nothing, stopping=nothing).run()\n"
    )
    done = run_to_its_end(code)

    first, second = done.stderr.splitlines()
    assert first.endswith(" ended with 7; another takes its place in 0.1 s")
    assert second == (
        "gatewayz: worker 1 cannot start: no more processes; another takes its place in 0.2 s"
    )
