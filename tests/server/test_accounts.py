"""Counts that several processes share, also when one of them is killed at the worst moment."""

import os
import signal
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.core import Allowance
from gatewayz.server.accounts import OwnAccounts, SharedAccounts
from gatewayz.server.crew import Crew, Share
from gatewayz.server.gauges import Gauge
from gatewayz.server.last_words import LastWords
from gatewayz.server.refusals import Refusal
from gatewayz.server.traffic import Traffic
from gatewayz.server.visits import Visit
from gatewayz.server.window import WINDOW_S, Window

# The children do little, and none of it with what another thread may hold.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def forked(work):
    """Runs something in a child; gives how it ended."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            code = work() or 0
        finally:
            os._exit(code)
    return pid


def how_it_ended(pid):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise AssertionError("it did not end")


def admitted(gauge, tries):
    count = 0
    for _ in range(tries):
        try:
            gauge.enter()
        except Refusal:
            continue
        count += 1
    return count


def test_processes_that_count_together_admit_just_as_many_as_may():
    accounts = SharedAccounts(3)
    allowance = Allowance(requests_per_minute=15_000)
    reading, writing = os.pipe()
    begin_reading, begin_writing = os.pipe()

    def of_worker(worker):
        accounts.worker = worker
        gauge = Gauge(allowance, accounts=accounts, name="ci")
        os.close(begin_writing)
        os.read(begin_reading, 1)  # its end, for all at once
        os.write(writing, b"%d " % admitted(gauge, 15_000))

    pids = [forked(lambda worker=worker: of_worker(worker)) for worker in range(3)]
    os.close(begin_writing)
    assert [how_it_ended(pid) for pid in pids] == [0, 0, 0]
    os.close(writing)
    with open(reading) as told:
        counts = [int(count) for count in told.read().split()]
    os.close(begin_reading)

    assert sum(counts) == 15_000
    assert len([count for count in counts if count]) > 1
    with pytest.raises(Refusal):
        Gauge(allowance, accounts=accounts, name="ci").enter()


def test_a_name_is_one_account_for_all_and_names_do_not_meet():
    accounts = SharedAccounts(2)

    def child():
        accounts.worker = 1
        for number in range(200):
            accounts.account(f"key {number}", (5, 5)).running.begin()
        return 0

    assert how_it_ended(forked(child)) == 0
    for number in range(199, -1, -1):
        assert accounts.account(f"key {number}", (5, 5)).running.total == 1
    assert accounts.account("another", (5, 5)).running.total == 0


def test_one_that_dies_with_the_lock_lets_go_of_it_and_what_it_left_is_put_right():
    accounts = SharedAccounts(2)
    allowance = Allowance(requests_per_minute=5, concurrency=10)
    gauge = Gauge(allowance, accounts=accounts, name="ci")
    gauge.enter()

    def child():
        accounts.worker = 1
        its = Gauge(allowance, accounts=accounts, name="ci")
        its.enter()
        with its._lock:
            # The sum of the window, and nothing else yet of what it was about to count.
            its._requests._ints[2] += 1
            os.kill(os.getpid(), signal.SIGKILL)

    assert how_it_ended(forked(child)) == -signal.SIGKILL
    assert gauge._running.total == 2
    assert gauge._requests.left(time.monotonic()) == 2  # too much for now, not too little

    accounts.bury(1)

    assert gauge._running.total == 1
    assert admitted(gauge, 10) == 3


def test_a_lock_is_waited_for():
    accounts = SharedAccounts(2)
    account = accounts.account("ci")
    reading, writing = os.pipe()

    def child():
        accounts.worker = 1
        with accounts.account("ci").lock:
            os.write(writing, b".")
            time.sleep(0.3)

    pid = forked(child)
    os.read(reading, 1)
    began = time.monotonic()
    with account.lock:
        waited = time.monotonic() - began

    assert waited > 0.1
    assert how_it_ended(pid) == 0
    os.close(reading)
    os.close(writing)


def test_accounts_of_one_process_are_apart():
    accounts = OwnAccounts()
    accounts.account("ci").running.begin()

    assert accounts.account("ci").running.total == 0


def test_other_limits_of_a_key_are_another_account():
    accounts = SharedAccounts(1)
    first = Gauge(Allowance(requests_per_minute=1), accounts=accounts, name="ci")
    first.enter()

    Gauge(Allowance(tokens_per_minute=9), accounts=accounts, name="ci").reserve(9)
    with pytest.raises(Refusal):
        Gauge(Allowance(requests_per_minute=1), accounts=accounts, name="ci").enter()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.2), st.integers(0, 900)), min_size=1, max_size=8))
def test_a_crowded_window_never_has_less_in_it_than_was_spent(bursts):
    window, now, spent = Window(10**6), 1000.0, []
    for pause, count in bursts:
        for _ in range(count):
            now += pause / 10
            spent.append(window.spend(1, now))
        if spent:
            window.correct(spent[-1], 3, now)
        # All that is in sight is counted; what has just gone out of it, for a moment longer.
        since = now - WINDOW_S
        used = 10**6 - window.left(now)
        assert used >= sum(s.amount for s in spent if s.moment > since)
        assert used <= sum(s.amount for s in spent if s.moment > since - WINDOW_S / 1000)


def test_a_window_always_has_room_for_one_more():
    window, now = Window(10**9), 1000.0
    for number in range(20_000):
        now += 0.003 if number % 5000 < 4000 else 0.06
        window.spend(1, now)

    window.left(now + WINDOW_S + 1)
    assert window.left(now + WINDOW_S + 1) == 10**9


def test_the_last_word_stands_when_its_writer_is_killed_while_it_writes():
    words = LastWords(2)
    words.write(0, b"first")
    words.write(0, b"second")
    file = words._files[0][3 % 2]
    os.pwrite(file, b"\xff" * 30, 0)  # a third, of which only the beginning was written

    assert words.read(0) == b"second"
    words.write(0, b"third")
    assert words.read(0) == b"third"
    assert words.read(1) == b""


class Quiet:
    """A keeper and its catalogues that have nothing to tell."""

    dropped = 0

    def kept(self):
        return ()


def test_one_that_takes_a_place_goes_on_from_the_last_word():
    share = Share.among(2)

    def crew():
        traffic = Traffic()
        return traffic, Crew(share, traffic=traffic, keeper=Quiet(), catalogues=Quiet())

    first, its_crew = crew()
    its_crew.begin()

    first.note(Visit("id", "POST", "/", gateway="acme", status=200, total_s=0.2))
    its_crew.tell()

    second, new_crew = crew()
    new_crew.begin()
    second.note(Visit("id", "POST", "/", gateway="acme", status=500, failure_class="server-error"))
    seen = new_crew.together()

    tally = seen.traffic.by_gateway["acme"]
    assert dict(tally.ended) == {("", 200, ""): 1, ("", 500, "server-error"): 1}
    assert sum(tally.total_s.counts) == 2
    assert tally.total_s.total == pytest.approx(0.2)
    minutes = seen.traffic.last_minutes("acme")
    assert (minutes.requests, minutes.failed, minutes.median_s) == (2, 1, 0.2)
