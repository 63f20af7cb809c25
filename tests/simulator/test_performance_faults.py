"""Answers that are right and come at the wrong time, by a clock of the caller's own."""

import json
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from gatewayz.core import KINDS
from gatewayz.simulator import all_faults, running
from gatewayz.simulator.faults import performance

SAID = "Test successful"
COUNT = [{"role": "user", "content": "Count to 30."}]
WAIT_S = 0.25
# A loaded machine may add to every wait, and takes nothing from it.
QUICK_S = 0.8 * WAIT_S


class Timed:
    """One answer with the moment of each read, in seconds after the request was sent."""

    def __init__(self, simulator, fault, *, stream=True, messages=COUNT, **fields):
        body = {"model": f"fault/{fault}", "messages": messages, "max_tokens": 100}
        body |= {"stream": stream} | fields
        data = json.dumps(body).encode()
        head = (
            "POST /local/v1/chat/completions HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n"
            f"content-length: {len(data)}\r\n\r\n"
        )
        place = urlsplit(simulator.url)
        self.reads = []
        with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(head.encode() + data)
            began = time.monotonic()
            while data := connection.recv(65536):
                self.reads.append((time.monotonic() - began, data))
        self.raw = b"".join(data for _, data in self.reads)
        self.status = int(self.raw.split(b" ", 2)[1])

    @property
    def texts(self):
        """When each bit of text came."""
        return [
            at
            for at, data in self.reads
            for _ in range(data.count(b'"content":"') - data.count(b'"content":""'))
        ]

    @property
    def all_s(self):
        return self.reads[-1][0]

    @property
    def whole(self):
        return self.raw.rstrip().endswith(b"0") and b"[DONE]" in self.raw


@pytest.fixture
def fresh():
    """A simulator that has not been asked anything yet."""
    with running(seed=11, latency_s=0, gap_s=0) as simulator:
        yield simulator


def test_every_fault_of_time_has_its_name_from_the_table():
    names = {fault.name for fault in performance.FAULTS}
    known = {name for name, row in KINDS.items() if row.failure_class == "performance"}

    assert known <= names
    assert names <= set(all_faults())


@pytest.mark.parametrize("turn", range(10))
def test_a_stream_that_is_none_comes_all_at_the_end(fresh, turn):
    for _ in range(turn):
        Timed(fresh, "fake-streaming;seconds=0")
    seen = Timed(fresh, f"fake-streaming;seconds={WAIT_S}")

    assert fresh.log[-1].fault == "fake-streaming"
    assert seen.whole
    assert seen.texts[0] >= QUICK_S
    assert seen.texts[-1] - seen.texts[0] < seen.texts[0]


def test_a_stream_in_bursts_pauses_between_them(fresh):
    for _ in range(5):
        seen = Timed(fresh, "bursty-stream;gap=0.1")
        gaps = [b - a for a, b in zip(seen.texts, seen.texts[1:], strict=False)]

        assert seen.whole
        assert sum(gap > 0.05 for gap in gaps) >= 2
        assert sum(gap < 0.05 for gap in gaps) > len(gaps) // 2


def test_a_slow_stream_is_slow_from_word_to_word(fresh):
    for _ in range(5):
        seen = Timed(fresh, "slow-stream;gap=0.01", messages=COUNT, max_tokens=20)

        assert seen.whole
        assert seen.texts[-1] - seen.texts[0] > 0.12


def test_one_first_token_in_so_many_is_late(fresh):
    seen = [Timed(fresh, f"ttft-spike;every=3;seconds={WAIT_S}") for _ in range(9)]

    late = [one.texts[0] >= QUICK_S for one in seen]
    assert late[2::3] == [True] * 3
    assert not all(late)
    assert [served.fault for served in fresh.log] == ["", "", "ttft-spike"] * 3
    assert all(one.whole for one in seen)


@pytest.mark.parametrize("stream", [False, True])
def test_only_the_first_call_is_cold(fresh, stream):
    first, *later = [
        Timed(fresh, f"cold-first-call;seconds={WAIT_S}", stream=stream) for _ in range(3)
    ]

    assert first.all_s >= QUICK_S
    assert [served.fault for served in fresh.log] == ["cold-first-call", "", ""]
    assert min(one.all_s for one in later) < QUICK_S


def test_a_queue_makes_each_wait_for_those_before_it(fresh):
    seen = []
    lock = threading.Lock()

    def one():
        timed = Timed(fresh, "queueing-under-load;seconds=0.1", stream=False)
        with lock:
            seen.append(timed)

    alone = Timed(fresh, "queueing-under-load;seconds=0.1", stream=False)
    threads = [threading.Thread(target=one) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    waits = sorted(one.all_s for one in seen)
    assert alone.all_s < waits[-1]
    assert waits[-1] > 0.4
    assert {served.fault for served in fresh.log} == {"queueing-under-load"}


def test_a_request_fails_once_and_then_is_answered(fresh):
    statuses = []
    for nonce in range(12):
        messages = [{"role": "user", "content": f'Repeat: "w-{nonce}"'}]
        first, again = [
            Timed(fresh, "retry-masked-latency", stream=False, messages=messages) for _ in range(2)
        ]
        statuses.append(first.status)

        assert first.status >= 429
        assert again.status == 200
        assert f"w-{nonce}".encode() in again.raw
    assert len(set(statuses)) >= 3
    assert [served.fault for served in fresh.log[:2]] == ["retry-masked-latency", ""]


def test_a_text_of_two_words_has_no_rhythm_to_spoil(fresh):
    asked = [{"role": "user", "content": f'Respond with: "{SAID}"'}]
    for name in ("fake-streaming", "bursty-stream", "slow-stream"):
        seen = Timed(fresh, name, messages=asked)

        assert seen.whole
        assert fresh.log[-1].fault == ""
