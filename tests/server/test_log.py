"""The log: one line a request, and lines of several workers do not mix."""

import asyncio
import io
import logging
import os
import sys
import threading
import time
from contextlib import suppress

import pytest

from gatewayz.server.log import Log
from gatewayz.server.traffic import Traffic
from gatewayz.server.unread import Unread
from gatewayz.server.visits import Visit


class Written:
    def __init__(self):
        self.pieces = []

    def write(self, text):
        self.pieces.append(text)

    def flush(self):
        pass


def test_lines_go_out_whole_in_pieces_that_a_pipe_takes_at_once(monkeypatch):
    written = Written()
    monkeypatch.setattr(sys, "stderr", written)
    log = Log(Traffic())
    log._loop = object()  # gathered, as if a loop were to write them
    log._lines = [f"{number} {'é' * (number * 7 % 300)}\n" for number in range(100)]
    expected = "".join(log._lines)
    log.flush()

    assert "".join(written.pieces) == expected
    assert all(piece.endswith("\n") for piece in written.pieces)
    assert max(len(piece.encode()) for piece in written.pieces) <= 4096
    assert 2 < len(written.pieces) < 50


def test_one_line_is_written_at_once_where_nothing_gathers(monkeypatch):
    written = Written()
    monkeypatch.setattr(sys, "stderr", written)
    Log(Traffic()).note(Visit("r1", "GET", "/health"))

    assert len(written.pieces) == 1
    assert "request id=r1" in written.pieces[0]


@pytest.fixture
def full_pipe():
    """A pipe that is full: the file that is written to, and the end that is read."""
    reader, writer = os.pipe()
    with open(writer, "w", encoding="utf-8") as stderr, open(reader, "rb", buffering=0) as end:
        os.set_blocking(writer, False)
        with suppress(BlockingIOError):
            while True:
                os.write(writer, b"." * 4095 + b"\n")
        os.set_blocking(writer, True)
        yield stderr, end


def test_what_is_missing_is_told_where_it_is_missing(full_pipe, monkeypatch):
    stderr, end = full_pipe
    # Here, since pytest has its own in the place of standard error while a fixture is made.
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr("gatewayz.server.unread.MOST_KEPT", 50)
    to = Unread()
    for number in range(10):
        to.write(f"line {number} {'x' * 10}\n")
    assert to.is_waiting
    before = end.read(1 << 20)
    to.write("after\n")
    lines = end.read(1 << 20).decode().splitlines()

    assert b"line" not in before
    assert lines == [
        *(f"line {number} {'x' * 10}" for number in range(2)),
        "gatewayz: 8 lines are missing here, since nobody read this log",
        "after",
    ]


def test_where_no_loop_comes_back_to_it_a_reader_is_waited_for_once(full_pipe, monkeypatch):
    monkeypatch.setattr(sys, "stderr", full_pipe[0])
    monkeypatch.setattr("gatewayz.server.unread._WAIT_S", 0.3)
    to = Unread()
    began = time.monotonic()
    for number in range(500):
        to.write(f"{number} {'x' * 100}\n")

    assert to.is_waiting
    assert 0.25 < time.monotonic() - began < 2.0


async def written_and_read(to, loop, lines, end):
    """How long it took to write lines, and what came out at the end that is read, until nothing waits."""
    began = time.monotonic()
    to.write(lines)
    took = time.monotonic() - began
    read = b""
    async with asyncio.timeout(20):
        while to.is_waiting:
            await asyncio.sleep(0.01)
            read += end.read(1 << 20) or b""
    to.leave(loop)
    return took, read + (end.read(1 << 20) or b"")


def test_a_loop_comes_back_to_what_nobody_read_without_another_line(full_pipe, monkeypatch):
    stderr, end = full_pipe
    os.set_blocking(end.fileno(), False)
    monkeypatch.setattr(sys, "stderr", stderr)
    to = Unread()

    async def away_and_back():
        loop = asyncio.get_running_loop()
        to.come_back_by(loop)
        return await written_and_read(
            to, loop, "".join(f"{number} {'x' * 100}\n" for number in range(5000)), end
        )

    took, read = asyncio.run(away_and_back())

    assert took < 0.25
    assert read.count(b"x" * 100) == 5000


def test_what_uvicorn_says_itself_waits_for_no_reader_either(full_pipe, monkeypatch):
    stderr, _ = full_pipe
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr("gatewayz.server.unread.STDERR", to := Unread())
    theirs = logging.getLogger("uvicorn")
    handler = logging.StreamHandler(stderr)
    monkeypatch.setattr(theirs, "handlers", [handler])

    async def begun():
        Log(Traffic()).start(owns_process=True)
        for number in range(2000):
            theirs.warning("Invalid HTTP request received. %s", number)

    asyncio.run(begun())

    assert to.is_waiting


def test_a_worker_s_loop_comes_back_though_its_parent_wrote_before_the_fork(full_pipe, monkeypatch):
    monkeypatch.setattr(sys, "stderr", full_pipe[0])
    to, parent = Unread(), os.getpid()

    async def in_a_child():
        monkeypatch.setattr("gatewayz.server.unread.os.getpid", lambda: parent + 1)
        to.come_back_by(asyncio.get_running_loop())
        began = time.monotonic()
        to.write("kept\n" * 1000)
        return time.monotonic() - began

    assert asyncio.run(in_a_child()) < 0.25
    assert to.is_waiting


def test_of_two_loops_the_one_that_goes_on_comes_back(full_pipe, monkeypatch):
    stderr, end = full_pipe
    os.set_blocking(end.fileno(), False)
    monkeypatch.setattr(sys, "stderr", stderr)
    to = Unread()

    async def with_another():
        loop, other = asyncio.get_running_loop(), asyncio.new_event_loop()
        to.come_back_by(loop)
        to.come_back_by(other)
        to.leave(other)
        other.close()
        return await written_and_read(to, loop, "kept\n" * 1000, end)

    took, read = asyncio.run(with_another())

    assert took < 0.25
    assert read.count(b"kept") == 1000


def test_what_a_program_says_behind_its_server_waits_for_its_reader_as_before(
    full_pipe, monkeypatch
):
    stderr, end = full_pipe
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr("gatewayz.server.unread.STDERR", Unread())
    monkeypatch.setattr("gatewayz.server.unread._WAIT_S", 0.01)
    own = logging.getLogger("uvicorn")
    monkeypatch.setattr(own, "handlers", [logging.StreamHandler(stderr)])
    monkeypatch.setattr(own, "propagate", False)

    async def lived():
        Log(Traffic()).start(owns_process=True)
        own.warning("own line within")

    asyncio.run(lived())
    read = []

    def away_and_back():
        time.sleep(0.3)
        while b"own line 1999" not in b"".join(read[-2:]):
            read.append(end.read(1 << 16))

    back = threading.Thread(target=away_and_back)
    back.start()
    for number in range(2000):
        own.warning("own line %d", number)
    back.join(20)

    assert b"".join(read).count(b"own line") == 2001


class Short(io.RawIOBase):
    """As standard error without a buffer: the system takes as much of a write as it likes."""

    taken = b""

    def writable(self):
        return True

    def write(self, data):
        self.taken += bytes(data[:464])
        return min(464, len(data))


def test_without_a_buffer_all_of_it_is_written(monkeypatch):
    short = Short()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(short, "utf-8", write_through=True))
    Unread().write_through("".join(f"line {number}\n" for number in range(2000)))

    assert short.taken.count(b"line") == 2000


class Fixed(logging.StreamHandler):
    """As of a program whose handler finds its stream by a rule of its own."""

    def __init__(self):
        logging.Handler.__init__(self)

    @property
    def stream(self):
        return sys.stderr


class Piecewise(logging.StreamHandler):
    """Writes a record in parts."""

    def emit(self, record):
        for part in ("INFO", " ", record.getMessage(), "\n"):
            self.stream.write(part)
        self.flush()


def test_handlers_write_whole_lines_as_they_did_however_long_and_by_whatever_rule(monkeypatch):
    written = Written()
    monkeypatch.setattr(sys, "stderr", written)
    ours = logging.getLogger("uvicorn")
    by_parts, unended = Piecewise(written), logging.StreamHandler(written)
    unended.terminator = ""
    monkeypatch.setattr(ours, "handlers", [Fixed(), by_parts, unended])
    monkeypatch.setattr(ours, "propagate", False)

    async def begun():
        Log(Traffic()).start(owns_process=True)

    asyncio.run(begun())
    long = "x" * (2 << 20)
    ours.warning("within")
    ours.warning(long)

    assert "".join(written.pieces).splitlines() == [
        "within", "INFO within", "within", long, f"INFO {long}", long,
    ]  # fmt: skip


def test_a_handler_of_a_life_before_this_waits_for_no_reader_either(full_pipe, monkeypatch):
    stderr, _ = full_pipe
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr("gatewayz.server.unread.STDERR", to := Unread())
    monkeypatch.setattr("gatewayz.server.unread._WAIT_S", 0.01)
    theirs = logging.getLogger("uvicorn")
    monkeypatch.setattr(theirs, "handlers", [logging.StreamHandler(stderr)])
    monkeypatch.setattr(theirs, "propagate", False)

    async def lived():
        log = Log(Traffic())
        log.start(owns_process=True)
        for number in range(200):
            theirs.warning("line %s", number)
        log.close()

    asyncio.run(lived())
    asyncio.run(lived())

    assert to.is_waiting


def test_a_program_that_it_is_only_a_part_of_keeps_its_logging(monkeypatch):
    theirs, access = logging.getLogger("uvicorn"), logging.getLogger("uvicorn.access")
    handler, line = logging.StreamHandler(sys.stderr), logging.StreamHandler(sys.stderr)
    monkeypatch.setattr(theirs, "handlers", [handler])
    monkeypatch.setattr(access, "handlers", [line])

    async def begun():
        Log(Traffic()).start(owns_process=False)

    asyncio.run(begun())

    assert handler.stream is sys.stderr
    assert access.handlers == [line]
