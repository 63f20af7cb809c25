"""The log: one line a request, and lines of several workers do not mix."""

import sys

from gatewayz.server.log import Log
from gatewayz.server.traffic import Traffic
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
