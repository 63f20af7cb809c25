"""Lines on standard error: whole in a log, within the columns of a terminal."""

import io

import pytest

from gatewayz.cli.complaints import complain

LONG = "gatewayz: " + "a long word that goes on " * 12


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("columns", [60, 78, 80])
def test_a_terminal_gets_lines_that_fit_and_a_log_one_line(monkeypatch, columns):
    screen, log = Screen(), io.StringIO()
    monkeypatch.setenv("COLUMNS", f"{columns}")
    for stream in (screen, log):
        monkeypatch.setattr("sys.stderr", stream)
        complain(LONG + "\x1b[31m")

    assert max(map(len, screen.getvalue().splitlines())) <= columns
    assert log.getvalue().count("\n") == 1
    assert screen.getvalue().split() == log.getvalue().split()
    assert "\x1b" not in screen.getvalue() + log.getvalue()


def test_a_terminal_gets_in_one_line_what_is_there_to_be_copied(monkeypatch):
    screen = Screen()
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stderr", screen)
    complain(LONG + "\x1b[31m", whole=True)

    assert screen.getvalue().startswith(LONG)
    assert screen.getvalue().count("\n") == 1
    assert "\x1b" not in screen.getvalue()
