"""What a client sends ahead must not stand between the server and the news that it is gone."""

import pytest
from tests.server.raw_http import chat, post
from tests.waiting import until


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("ahead", [1_000, 500_000])
def test_who_has_sent_much_ahead_and_leaves_takes_the_provider_along(
    backend, provider, raw, wire, ahead, stream
):
    provider.script[:] = (
        [wire.STREAM, wire.chunk(wire.event("a")), "watch"] if stream else ["watch"]
    )
    one = raw(backend.base, post(chat(stream=stream)))
    until(provider.chats, 5)
    one.socket.setblocking(False)
    one.socket.send(post(chat(user="a" * ahead)))  # as much of it as anybody takes
    one.socket.close()
    (call,) = provider.chats()
    until(lambda: call.left_at is not None, 5)

    # Unheard, it would go on for as long as the provider likes; how soon, test_streams.py holds.
    assert call.left_at is not None


def test_who_has_sent_a_little_ahead_gets_the_first_answer(backend, provider, raw, wire):
    provider.script[:] = [0.7, wire.whole(wire.COMPLETION)]
    asked = post(chat()) + post(chat(user="a" * 1000), Connection="close")

    assert raw(backend.base, asked).rest().startswith(b"HTTP/1.1 200")
