"""Answers leave whole, byte by byte or at random, whatever their fault; the sheet says how."""

import socket
import struct
import sys
import time
from random import Random
from urllib.parse import urlsplit

import pytest

from gatewayz.core import ConfigError
from gatewayz.simulator import Simulator, running
from gatewayz.simulator.packets import cut

SAID = "Test successful"


@pytest.mark.parametrize("how", ["whole", "bytes", "random"])
@pytest.mark.parametrize("size", [0, 1, 700, 90_000])
def test_the_packets_joined_are_the_data(how, size):
    data = bytes(Random(1).randbytes(size))
    packets = list(cut(data, how, Random(2)))

    assert b"".join(packets) == data
    if how == "bytes" and size == 700:
        assert {len(packet) for packet in packets} == {1}
    if how == "random" and size == 90_000:
        assert len({len(packet) for packet in packets}) > 20


@pytest.mark.parametrize("how", ["bytes", "random"])
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_is_the_same_however_it_is_cut(caller, sim, how, stream):
    seen = caller.chat(
        "groq", "qwen/qwen3-32b", stream=stream, headers=[("x-simulate-packets", how)]
    )

    assert seen.said == SAID
    assert sim.log[-1].packets == how
    assert sim.log[-1].fault == ""


def segments(simulator, how):
    """How many TCP segments an answer came in, as the kernel counted them."""
    place = urlsplit(simulator.url)
    head = (
        "GET /local/v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
        f"x-simulate-packets: {how}\r\n\r\n"
    )
    with socket.create_connection((place.hostname, place.port), timeout=5) as connection:
        connection.sendall(head.encode())
        while connection.recv(65536):
            pass
        # `tcpi_segs_in` of linux/tcp.h.
        information = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    return struct.unpack_from("I", information, 140)[0]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts the segments of a connection")
def test_packets_are_segments_on_the_wire(sim):
    whole, random, single = (segments(sim, how) for how in ("whole", "random", "bytes"))

    assert whole < 10 < single
    assert whole < random < single


def test_mixed_draws_one_per_request_by_the_seed(send):
    _, caller_of = send

    def drawn(seed):
        with running(seed=seed, latency_s=0, gap_s=0, packets="mixed") as simulator:
            caller = caller_of(simulator)
            for _ in range(15):
                assert caller.chat("local", "tiny").said == SAID
            return [served.packets for served in simulator.log]

    assert set(drawn(1)) == {"whole", "bytes", "random"}
    assert drawn(1) == drawn(1)


def test_how_it_is_cut_changes_no_byte(send):
    _, caller_of = send

    def raw(packets):
        with running(seed=4, latency_s=0, gap_s=0, packets=packets) as simulator:
            caller = caller_of(simulator)
            names = ("json-truncated", "sse-comments", "server-500-json", "billing-no-credit")
            return [caller.chat("local", f"fault/{n}", stream=s).raw for n in names for s in (0, 1)]

    assert raw("whole") == raw("random") == raw("bytes")


def test_a_fault_of_packets_goes_before_what_is_set(caller, sim):
    caller.chat(
        "local",
        "fault/sse-one-byte-packets",
        stream=True,
        headers=[("x-simulate-packets", "random")],
    )

    assert sim.log[-1].packets == "bytes"


def test_a_huge_event_in_bytes_still_ends_soon(caller):
    began = time.monotonic()
    seen = caller.chat(
        "local", "fault/sse-huge-event", stream=True, patience_s=20,
        headers=[("x-simulate-packets", "bytes")],
    )  # fmt: skip

    assert seen.data[-1] == "[DONE]"
    assert time.monotonic() - began < 20


def test_another_way_to_cut_is_refused():
    with pytest.raises(ConfigError, match="whole, bytes, random, mixed"):
        Simulator(packets="tiny")
