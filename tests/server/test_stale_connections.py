"""A connection that the provider closes just as it is used again costs nobody an answer."""

import pytest

from gatewayz.core import Gateway


@pytest.fixture
def fickle(new_provider):
    """A provider that takes one request a connection, and drops whatever comes second."""
    it = new_provider()
    it.second = ["close"]
    return it


@pytest.fixture
def through(start, fickle):
    """A client of a backend in front of it."""
    return start(Gateway(name="acme", base_url=fickle.url, key_env="ACME_API_KEY"))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("drop", ["close", "reset"])
def test_what_an_idle_connection_took_along_is_sent_anew(through, fickle, drop, stream):
    fickle.second = [drop]

    answers = [through.chat(stream=stream).status for _ in range(4)]

    assert answers == [200] * 4
    # Each answer left a connection behind, and each but the first request was lost with one.
    assert len(fickle.chats()) == 7


def test_a_list_that_an_idle_connection_took_along_is_read_anew(through, fickle):
    through.chat()

    assert [model["id"] for model in through.get("/v1/models").json["data"]] == [
        "acme/one", "acme/two",
    ]  # fmt: skip


def test_on_a_fresh_connection_the_same_is_the_providers_and_sent_once(through, fickle):
    fickle.script = ["close"]

    assert through.chat().error["kind"] == "closed-without-response"
    assert len(fickle.chats()) == 1


def test_what_is_lost_on_the_fresh_connection_too_is_not_sent_a_third_time(through, fickle):
    through.chat()
    fickle.script = ["close"]

    assert through.chat().error["kind"] == "closed-without-response"
    assert len(fickle.chats()) == 3


@pytest.mark.parametrize(
    "second",
    [
        [b"HTTP/1.1 200", "close"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "close"],
        [b"nonsense\r\n\r\n", "close"],
    ],
)
def test_once_a_byte_of_an_answer_has_come_nothing_is_sent_anew(through, fickle, second):
    through.chat()
    fickle.second = second

    assert through.chat().status == 502
    assert len(fickle.chats()) == 2
