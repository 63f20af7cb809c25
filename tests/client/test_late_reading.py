"""What is read late is read all the same, whatever becomes of the stream meanwhile."""

import asyncio
import gc
import time
from itertools import pairwise

import pytest

from gatewayz.client import HttpTransport, later
from gatewayz.client.connection import Connection
from gatewayz.core.attempt import FaultName, Phase

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
WORDS = [b"%d," % number for number in range(10)]
DONE = b"data: [DONE]\n\n"
FINISH = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'


@pytest.fixture(autouse=True)
def _never_read_for_its_age(monkeypatch):
    monkeypatch.setattr(later, "LATEST_S", 60.0)


@pytest.fixture(params=[True, False], ids=["in-rounds", "by-asyncio"])
def kernel_stamps(request):
    """Whose stamps, and with that how the sockets are read."""
    return request.param


def framed(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(word):
    return b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % word


TEXT = [framed(event(word)) for word in WORDS]


def asked(wire, *, last=(), then="hang", gap_s=0.005, kernel_stamps=True, **options):
    """The attempt against a server that sends ten words in packets of their own, and what is last."""

    async def respond(reader, writer):
        writer.write(HEAD)
        for part in (*TEXT, *last):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(gap_s)
        if then == "hang":
            await asyncio.sleep(30)
        if then == "reset":
            wire.reset(writer)
        return then

    async def go():
        async with wire.serving(respond) as server:
            transport = HttpTransport(kernel_stamps=kernel_stamps)
            return await wire.ask(server.url, stream=True, transport=transport, **options)

    return asyncio.run(asyncio.wait_for(go(), 20))


SAID = b"".join(WORDS).decode()


def test_a_stream_is_read_to_its_end_and_each_word_has_its_time(wire, kernel_stamps):
    last = [framed(FINISH), framed(DONE), b"0\r\n\r\n"]

    attempt = asked(wire, last=last, then="again", kernel_stamps=kernel_stamps)

    assert attempt.fault is None
    assert attempt.reply.text == SAID
    moments = attempt.timing.chunks_s
    assert len(moments) == len(WORDS)
    assert all(later > earlier for earlier, later in pairwise(moments))
    assert moments[-1] - moments[0] > 0.005 * (len(WORDS) - 2)


@pytest.mark.parametrize(
    ("last", "then", "fault", "timer"),
    [
        ((), "hang", FaultName.TIMEOUT, "idle"),
        ((), "close", FaultName.CLOSED, ""),
        ((), "reset", FaultName.RESET, ""),
        ((b"no chunk's size\r\n" * 3,), "hang", FaultName.MALFORMED, ""),
    ],
)
def test_what_came_before_a_break_is_read(wire, kernel_stamps, last, then, fault, timer):
    attempt = asked(wire, last=last, then=then, kernel_stamps=kernel_stamps, timeouts=wire.QUICK)

    assert (attempt.fault.name, attempt.fault.phase) == (fault, Phase.BODY)
    assert attempt.fault.timer == timer
    assert attempt.reply.text == SAID
    assert len(attempt.timing.chunks_s) == len(WORDS)


def test_what_came_before_the_end_of_all_time_is_read(wire):
    attempt = asked(wire, gap_s=0.5, timeouts=wire.QUICK)

    assert (attempt.fault.name, attempt.fault.timer) == (FaultName.TIMEOUT, "total")
    assert SAID.startswith(attempt.reply.text)
    assert len(attempt.reply.text) >= len("0,1,2,")
    assert attempt.timing.total_s < wire.QUICK.total_s + 3


@pytest.mark.parametrize("end", [[b"0\r\n", b"\r\n"], [b"0", b"\r", b"\n", b"\r", b"\n"]])
def test_an_end_in_pieces_is_an_end(wire, end):
    last = [framed(FINISH), framed(DONE)[:-3], framed(DONE)[-3:] + end[0], *end[1:]]

    attempt = asked(wire, last=last)

    assert attempt.fault is None
    assert attempt.reply.done_marker
    assert attempt.timing.total_s < wire.PATIENT.idle_s


def test_an_end_mark_behind_which_nothing_is_closed_ends_the_reading(wire):
    began = time.monotonic()
    attempt = asked(wire, last=[framed(FINISH), framed(DONE)])

    assert attempt.fault is None
    assert attempt.reply.text == SAID
    assert time.monotonic() - began < 5


def test_the_cap_of_a_body_holds(wire):
    from gatewayz.core.timeouts import Caps

    attempt = asked(wire, caps=Caps(body=len(event(b"0,")) * 5), timeouts=wire.QUICK)

    assert attempt.fault.name is FaultName.TOO_LARGE
    assert attempt.reply.text == "0,1,2,3,4,"


def test_a_connection_is_gone_with_its_end(wire, kernel_stamps):
    """Nothing of it waits for the collector."""
    gc.collect()
    before = {id(one) for one in gc.get_objects() if isinstance(one, Connection)}
    gc.disable()
    try:
        last = [framed(FINISH), framed(DONE), b"0\r\n\r\n"]
        asked(wire, last=last, then="close", kernel_stamps=kernel_stamps)
        left = [one for one in gc.get_objects() if isinstance(one, Connection)]
        assert all(id(one) in before for one in left)
    finally:
        gc.enable()
