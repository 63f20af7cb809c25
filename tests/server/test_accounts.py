"""Counts that several processes share, also when one of them is killed at the worst moment."""

import os
import signal
import time
from bisect import bisect_right

import pytest

from gatewayz.config import Key
from gatewayz.core import Allowance
from gatewayz.server.accounts import OwnAccounts, SharedAccounts
from gatewayz.server.crew import Crew, Share
from gatewayz.server.gauges import Gauge
from gatewayz.server.key_ring import KeyRing
from gatewayz.server.last_words import LastWords
from gatewayz.server.refusals import Refusal
from gatewayz.server.traffic import Traffic
from gatewayz.server.visits import Visit
from gatewayz.server.window import MOST_APART, WINDOW_S, Window

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


@pytest.mark.parametrize("per_second", [10, 17, 40, 400])
def test_a_crowded_window_counts_all_that_is_in_sight_and_little_more(per_second):
    limit, window, now = 10**9, Window(10**9), 1000.0
    moments, sums = [], [0]
    for number in range(150 * min(per_second, 100)):
        # In bursts, with pauses in between.
        now += 1 / per_second if number % 977 else 2.0
        amount = number % 7 + 1
        spent = window.spend(amount, now)
        if number % 3 == 0:
            window.correct(spent, 5 * amount, now)
            amount *= 5
        moments.append(now)
        sums.append(sums[-1] + amount)

        def spent_since(moment):
            return sums[-1] - sums[bisect_right(moments, moment)]

        used = limit - window.left(now)
        # What has just gone out of sight may count for a cell longer.
        assert spent_since(now - WINDOW_S) <= used
        assert used <= spent_since(now - WINDOW_S - WINDOW_S / MOST_APART)

    assert window.left(now + WINDOW_S + 1) == limit


def test_what_is_seldom_used_is_given_back_to_the_moment():
    window = Window(1000)
    for number in range(MOST_APART):
        window.spend(0, 1000.0 + number / 1e4)
    window.spend(7, 1000.2)

    assert window.left(1060.0 + 0.19999) == 993
    assert window.left(1060.2) == 1000


def test_the_last_word_stands_when_its_writer_is_killed_while_it_writes(monkeypatch):
    words = LastWords(2)
    words.write(0, b"first")
    words.write(0, b"second")
    whole = os.pwrite
    for cut in (0, 10, 22):
        monkeypatch.setattr(
            os, "pwrite", lambda file, data, at, cut=cut: whole(file, data[:cut], at)
        )
        words.write(0, b"a third")
        assert words.read(0) == b"second"

    monkeypatch.setattr(os, "pwrite", whole)
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

    first.note(Visit("id", "POST", "/", gateway="acme", attempts=1, status=200, total_s=0.2))
    its_crew.tell()

    second, new_crew = crew()
    new_crew.begin()
    second.note(
        Visit(
            "id", "POST", "/", gateway="acme", attempts=1, status=500, failure_class="server-error"
        )
    )
    seen = new_crew.together()

    tally = seen.traffic.by_gateway["acme"]
    assert dict(tally.ended) == {("", 200, ""): 1, ("", 500, "server-error"): 1}
    assert sum(tally.total_s.counts) == 2
    assert tally.total_s.total == pytest.approx(0.2)
    minutes = seen.traffic.last_minutes("acme")
    assert (minutes.requests, minutes.failed, minutes.median_s) == (2, 1, 0.2)


def test_what_is_long_over_brings_nothing_together():
    window = Window(10**9)
    for number in range(3 * MOST_APART):
        window.take(1, 1000.0 + number)
        entry = window.take(1, 1000.001 + number)

        assert entry == 2 * number + 1


def test_a_crowd_that_nobody_looks_at_has_always_room_for_one_more():
    window, now = Window(10**9), 1000.0
    for _ in range(20):
        for number in range(4 * MOST_APART):
            now += 0.001 if number < MOST_APART else WINDOW_S / MOST_APART
            window.take(1, now)
        now += 1000.0

    assert window.left(now) == 10**9


def test_a_server_that_was_closed_stays_closed_when_all_its_workers_have_died():
    accounts = SharedAccounts(2)
    assert KeyRing(None, accounts).is_open

    assert not KeyRing(Key("a-key-of-the-server", "GATEWAYZ_API_KEY"), accounts).is_open
    for worker in range(2):
        accounts.bury(worker)

    assert not KeyRing(None, accounts).is_open
    assert KeyRing(None, OwnAccounts()).is_open
