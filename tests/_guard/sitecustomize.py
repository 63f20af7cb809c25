"""Closes the outside to this process: tests reach loopback and nothing else.

Put on PYTHONPATH by tests/conftest.py, so that every Python that a test starts loads it too.
GATEWAYZ_TESTS_MAY_CALL_OUT=1 (set by `-m network`) opens it.
"""

import os
import socket

_real_getaddrinfo = socket.getaddrinfo
_real_connect = socket.socket.connect
_real_connect_ex = socket.socket.connect_ex


def _is_here(host):
    if host is None or host in ("", b""):
        return True
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    host = host.strip("[]").split("%")[0].lower()
    if host in ("localhost", "::1", "0.0.0.0", "::") or host.endswith((".localhost", ".invalid")):
        return True
    return host.startswith("127.")


def _check(address):
    if isinstance(address, tuple) and not _is_here(address[0]):
        raise OSError(f"a test tried to reach {address[0]!r}: only loopback is open")


def _getaddrinfo(host, *args, **kwargs):
    if not _is_here(host):
        raise socket.gaierror(socket.EAI_FAIL, f"a test tried to look up {host!r}")
    return _real_getaddrinfo(host, *args, **kwargs)


def _connect(self, address):
    _check(address)
    return _real_connect(self, address)


def _connect_ex(self, address):
    _check(address)
    return _real_connect_ex(self, address)


if os.environ.get("GATEWAYZ_TESTS_MAY_CALL_OUT") != "1":
    socket.getaddrinfo = _getaddrinfo
    socket.socket.connect = _connect
    socket.socket.connect_ex = _connect_ex
