"""What Linux says of processes and cores, read right."""

import os
import sys
import threading
import time

import pytest
from benchmarks.gateway import usage
from benchmarks.gateway.usage import Ticks, cpu_s, family, kilobytes, memory, parent_of, ticks_in
from benchmarks.processes import free_port, serving

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

STAT = """\
cpu  300 0 100 1000 20 1 5 2 50 0
cpu0 100 10 50 700 40 3 4 5 30 0
cpu1 200 0 50 300 10 1 5 0 20 0
cpu10 9 9 9 9 9 9 9 9 9 9
"""
ROLLUP = """\
5566-7788 ---p 00000000 00:00 0    [rollup]
Rss:               20000 kB
Pss:               10000 kB
Pss_Anon:           9000 kB
"""


def test_a_parent_is_found_behind_a_name_of_any_characters():
    assert parent_of("42 (a) b (c) S 7 42 42 0 -1") == 7


def test_a_core_is_busy_with_all_but_idling_and_waiting_for_disks():
    # 100 + 10 + 50 + 3 + 4 + 5; guests' time is in the first two already.
    assert ticks_in(STAT, 0) == Ticks(busy=172, total=912)


def test_a_core_is_told_from_those_whose_number_begins_like_its():
    assert ticks_in(STAT, 1) == Ticks(busy=256, total=566)


def test_a_core_that_is_not_there_is_an_error():
    with pytest.raises(LookupError, match="core 7"):
        ticks_in(STAT, 7)


def test_a_share_is_of_the_time_between():
    assert Ticks(busy=90, total=300).share_since(Ticks(busy=15, total=200)) == 0.75
    assert Ticks(busy=90, total=300).share_since(Ticks(busy=90, total=300)) == 0.0


def test_memory_is_told_in_kilobytes_of_a_thousand_bytes():
    assert kilobytes(ROLLUP, "Rss") == 20480
    assert kilobytes(ROLLUP, "Pss") == 10240
    assert kilobytes("", "Pss") == 0.0


@linux
def test_cpu_counts_the_threads_of_a_process_also_those_that_ended():
    def spin():
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass

    before = cpu_s((os.getpid(),))
    thread = threading.Thread(target=spin)
    thread.start()
    thread.join()

    assert cpu_s((os.getpid(),)) - before >= 0.05


@linux
def test_a_process_that_ended_is_no_error():
    gone = 2**22 + 1

    assert cpu_s((gone,)) == 0.0
    assert memory((gone,)).rss_mb == 0.0


@linux
def test_a_family_is_a_process_and_all_that_come_from_it(tmp_path):
    script = (
        "import http.server, subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()'],"
        " stdin=subprocess.PIPE)\n"
        "http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]),"
        " bind='127.0.0.1')\n"
    )
    port = free_port()
    command = [sys.executable, "-c", script, str(port)]
    with serving(command, port, "/", os.environ, tmp_path) as server:
        found = family(server.pid)

        assert found[0] == server.pid
        assert len(found) == 2
        assert server.ready_s > 0
        assert memory(found).rss_mb > memory(found[:1]).rss_mb > 1


@linux
@pytest.mark.parametrize(
    ("siblings", "allowed", "expected"),
    [("1\n", {0, 1}, (1, 0)), ("2-3\n", {0, 1, 2, 3}, (3, 1)), ("1,3\n", {0, 1, 3}, (3, 0))],
)
def test_load_and_measured_are_never_two_halves_of_one_core(
    siblings, allowed, expected, monkeypatch
):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: allowed)
    monkeypatch.setattr(usage, "_text", lambda _: siblings)

    cores = usage.two_cores()

    assert (cores.measured, cores.load) == expected


@linux
def test_one_core_is_too_few(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})

    with pytest.raises(usage.TooFewCoresError, match="two cores"):
        usage.two_cores()
