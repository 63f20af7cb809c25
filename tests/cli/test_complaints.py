"""Lines on standard error: whole in a log, within the columns of a terminal."""

import io

from gatewayz.cli.complaints import complain

LONG = "gatewayz: " + "a long word that goes on " * 12


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_lines_that_fit_and_a_log_one_line(monkeypatch):
    screen, log = Screen(), io.StringIO()
    monkeypatch.setenv("COLUMNS", "80")
    for stream in (screen, log):
        monkeypatch.setattr("sys.stderr", stream)
        complain(LONG + "\x1b[31m")

    assert max(map(len, screen.getvalue().splitlines())) <= 80
    assert log.getvalue().count("\n") == 1
    assert screen.getvalue().split() == log.getvalue().split()
    assert "\x1b" not in screen.getvalue() + log.getvalue()
