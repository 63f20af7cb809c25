"""A connection that has ended is gone at once: nothing of it waits for the collector."""

import gc
import socket
import time

import pytest
from tests.server.raw_http import chat, post

from gatewayz.client.connection import Connection
from gatewayz.server.exchange import Exchange
from gatewayz.server.forwarding import Forwarding
from gatewayz.server.protocol import Protocol


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def left(*kinds, at_most=0):
    """How many of these are still there, after they had a moment to go."""
    deadline = time.monotonic() + 3
    while True:
        found = sum(isinstance(one, kinds) for one in gc.get_objects())
        if found <= at_most or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def test_connections_of_clients_are_gone_with_their_end(only_serve, start, acme, raw, no_collector):
    client = start(acme)
    asked = [
        b"",
        b"GET / HT",
        b"no HTTP\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        post(b"[]", connection="close"),
    ]
    for data in asked * 4:
        one = raw(client.base, data)
        one.socket.shutdown(socket.SHUT_WR)
        one.rest()

    assert left(Protocol, Exchange) == 0


@pytest.mark.parametrize("stream", [True, False])
def test_connections_to_providers_are_gone_with_their_end(
    only_serve, start, acme, provider, wire, raw, no_collector, stream
):
    whole = wire.whole(wire.COMPLETION)
    answer = [wire.STREAM, wire.chunk(wire.event("a")), wire.LAST] if stream else [whole]
    provider.script[:] = [*answer, "close"]
    client = start(acme)
    for _ in range(5):
        assert raw(client.base, post(chat(stream=stream), connection="close")).rest()

    assert left(Forwarding, Protocol, Exchange) == 0
    assert left(Connection, at_most=1) <= 1  # the last one may still be kept to be used again
