"""What is said of a connection that broke: words, without numbers and addresses of the system."""

import errno
import socket

import pytest

from gatewayz.client.wire import words_of


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "reset by peer"),
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 9)"),
            "connection refused",
        ),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (OSError("odd"), "odd"),
    ],
)
def test_words_are_a_persons(error, words):
    told = words_of(error)

    assert words in told
    assert "Errno" not in told
    assert "127.0.0.1" not in told
