"""When the bytes of an answer came: by the kernel, whatever our own loop is busy with."""

import asyncio
import contextlib
import socket
import sys
import threading
import time
from dataclasses import dataclass, field

import pytest

from gatewayz.client import HttpClient, HttpTransport, Network, stamps
from gatewayz.client.stamps import KeptOn, StampedSocket, both_clocks, kernel_may_stamp, stamping
from gatewayz.core import Gateway
from gatewayz.core.attempt import Timing
from gatewayz.core.codec import from_json
from gatewayz.simulator import running

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when bytes came")


@pytest.fixture(scope="module", autouse=True)
def _stamps_are_on():
    """Waits until the kernel stamps, which it does a moment after the first socket has asked for it."""
    kept_on = KeptOn()
    with pair() as (ours, theirs):
        until = time.monotonic() + 10
        while kernel_may_stamp() and time.monotonic() < until:
            theirs.send(b"x")
            ours.begin()
            ours.recv_into(bytearray(1))
            ours.came(0.0)
            if ours.by_kernel:
                break
            time.sleep(0.01)
        yield kept_on


@contextlib.contextmanager
def pair():
    """A stamped socket and the one that it is connected with."""
    with socket.create_server(("127.0.0.1", 0)) as listener, StampedSocket() as ours:
        stamping(ours)
        ours.connect(listener.getsockname())
        theirs, _ = listener.accept()
        with theirs:
            yield ours, theirs


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
END = b"data: [DONE]\n\n"
HELD_UP_S = 0.15
LATE_S = HELD_UP_S / 3


def framed(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass
class Sender:
    """Streams two chunks from a thread; `before_the_second` is called shortly before it goes."""

    before_the_second: object
    sent: list[float] = field(default_factory=list)

    def serve(self, listener):
        peer, _ = listener.accept()
        with peer:
            peer.recv(65536)
            self.send(peer, HEAD + framed(CHUNK))
            time.sleep(0.04)
            self.before_the_second()
            time.sleep(0.01)
            self.send(peer, framed(CHUNK))
            time.sleep(HELD_UP_S + 0.1)
            peer.sendall(framed(END) + b"0\r\n\r\n")

    def send(self, peer, data):
        self.sent.append(time.monotonic())
        peer.sendall(data)

    @property
    def gap_s(self):
        first, second = self.sent
        return second - first


@contextlib.contextmanager
def in_thread(work, *arguments):
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def held_up_stream(wire, *, kernel_stamps):
    """The timing of a stream whose second chunk comes while our loop is busy, and its true gap."""

    async def go():
        loop = asyncio.get_running_loop()
        sender = Sender(lambda: loop.call_soon_threadsafe(time.sleep, HELD_UP_S))
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            in_thread(sender.serve, listener),
        ):
            transport = HttpTransport(kernel_stamps=kernel_stamps)
            client = HttpClient(keys=lambda _: None, timeouts=wire.QUICK, transport=transport)
            base = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
            gateway = Gateway(name="here", base_url=base)
            attempt = await client.attempt(gateway, "m", wire.STREAMED)
            await client.aclose()
        return attempt.timing, sender.gap_s

    return asyncio.run(go())


def gap_s(timing):
    first, second = timing.chunks_s
    return second - first


@on_linux
def test_a_loop_that_is_held_up_does_not_make_a_chunk_late(wire):
    timing, true_gap_s = held_up_stream(wire, kernel_stamps=True)

    assert timing.stamped_by == "kernel"
    assert gap_s(timing) == pytest.approx(true_gap_s, abs=LATE_S)
    assert timing.held_up_s > LATE_S  # which is told all the same


def test_without_the_kernels_stamps_it_does(wire):
    timing, true_gap_s = held_up_stream(wire, kernel_stamps=False)

    assert timing.stamped_by == "process"
    assert gap_s(timing) > true_gap_s + LATE_S


@on_linux
def test_the_kernels_stamps_hold_beneath_tls():
    with running() as simulator:
        base = simulator.tls_url("groq")
        key = simulator.variables()["GROQ_API_KEY"]
        attempt = asyncio.run(asked(base, key, Network(ca_file=str(simulator.ca_file))))

    timing = attempt.timing
    assert attempt.fault is None
    assert timing.stamped_by == "kernel"
    assert timing.sent_s < timing.first_byte_s <= timing.first_token_s <= timing.last_byte_s
    assert list(timing.chunks_s) == sorted(timing.chunks_s)


async def asked(base, key, network):
    from gatewayz.core import ChatRequest
    from gatewayz.core.timeouts import Timeouts

    client = HttpClient(keys=lambda _: key, timeouts=Timeouts(), network=network)
    request = ChatRequest(
        messages=({"role": "user", "content": "Count to twenty."},), max_tokens=50, stream=True
    )
    try:
        gateway = Gateway(name="groq", base_url=base)
        return await client.attempt(gateway, "llama-3.3-70b-versatile", request)
    finally:
        await client.aclose()


@pytest.fixture
def read_once():
    """A socket that has read something 0.2 s after it came, and the moments around its sending."""
    with pair() as (stamped, theirs):
        earliest = time.monotonic()
        theirs.send(b"bytes")
        latest = time.monotonic()
        time.sleep(0.2)
        stamped.recv_into(bytearray(10))
        yield stamped, earliest, latest


@on_linux
def test_a_stamp_is_on_the_monotonic_clock(read_once):
    stamped, earliest, latest = read_once

    assert earliest <= stamped.came(earliest) < latest + 0.1
    assert stamped.by_kernel


@on_linux
@pytest.mark.parametrize("set_by_s", [-3600, -0.5, 0.5, 3600])
def test_a_wall_clock_that_was_set_meanwhile_changes_no_time(read_once, set_by_s):
    stamped, earliest, _ = read_once
    now, wall_ns = both_clocks()

    def clocks():
        return now, wall_ns + int(set_by_s * 1e9)

    assert stamped.came(earliest, clocks) == now
    assert not stamped.by_kernel


@on_linux
def test_reading_the_same_bytes_in_two_steps_gives_one_moment(read_once):
    stamped, earliest, _ = read_once

    first = stamped.came(earliest)

    assert first <= stamped.came(first) < first + 1e-5
    assert stamped.by_kernel


@pytest.mark.parametrize(
    ("moments", "found"),
    [
        # Put aside for 1 s between the clocks, and then not.
        ([10.0, 11.0, 12.0, 12.000001], 12.0000005),
        # Put aside every time: the last reading stands.
        ([10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0], 16.5),
    ],
)
def test_clocks_between_which_we_were_put_aside_are_read_again(monkeypatch, moments, found):
    left = iter(moments)
    monkeypatch.setattr(stamps, "_monotonic", lambda: next(left))

    assert stamps.both_clocks()[0] == pytest.approx(found, abs=1e-9)
    assert not [*left]


def test_a_loop_that_reads_by_other_means_gets_the_moment_it_asks():
    with StampedSocket() as stamped:
        before = time.monotonic()

        assert before <= stamped.came(before) <= time.monotonic()
        assert not stamped.by_kernel


def test_a_socket_that_takes_no_such_option_is_not_stamping():
    gone = StampedSocket()
    gone.close()

    assert not stamping(gone)


def test_what_was_stored_before_was_stamped_by_the_process():
    assert from_json(Timing, {"held_up_s": 0.1}).stamped_by == "process"
