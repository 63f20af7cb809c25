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

_KINDS = (Connection, Exchange, Forwarding, Protocol)


@pytest.fixture
def left():
    """Counts how many of some kinds the test has left, after they had a moment to go.

    The collector does not look meanwhile. What other tests of this process hold is not counted.
    """
    gc.collect()
    gc.disable()
    before = {id(one) for one in gc.get_objects() if isinstance(one, _KINDS)}

    def count(*kinds, at_most=0):
        deadline = time.monotonic() + 20
        while True:
            found = [one for one in gc.get_objects() if isinstance(one, kinds)]
            new = sum(id(one) not in before for one in found)
            if new <= at_most or time.monotonic() > deadline:
                return new
            del found
            time.sleep(0.05)

    yield count
    gc.enable()


def test_connections_of_clients_are_gone_with_their_end(only_serve, start, acme, raw, left):
    client = start(acme)
    asked = [
        b"",
        b"GET / HT",
        b"no HTTP\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        post(b"[]", connection="close"),
    ]
    for data in asked * 4:
        one = raw(client.base, data)
        one.socket.shutdown(socket.SHUT_WR)
        one.rest()

    assert left(Protocol, Exchange) == 0


@pytest.mark.parametrize("stream", [True, False])
def test_connections_to_providers_are_gone_with_their_end(
    only_serve, start, acme, provider, wire, raw, left, stream
):
    whole = wire.whole(wire.COMPLETION)
    answer = [wire.STREAM, wire.chunk(wire.event("a")), wire.LAST] if stream else [whole]
    provider.script[:] = [*answer, "close"]
    client = start(acme)
    for _ in range(5):
        assert raw(client.base, post(chat(stream=stream), connection="close")).rest()

    assert left(Forwarding, Protocol, Exchange) == 0
    # The last one may still be kept to be used again, and one beside it, where a client that has had all its
    # answer asked again before the connection was given back.
    assert left(Connection, at_most=2) <= 2
