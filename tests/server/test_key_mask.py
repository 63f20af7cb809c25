"""A provider that sends our key back does not reach a client with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayz.core.known_keys import SHORTEST_KEY
from gatewayz.server.key_mask import KeyMask

KEY = "sk-sk-canary-0123456789"


def through(key, pieces):
    mask = KeyMask(key)
    return b"".join([*(mask.feed(piece) for piece in pieces), mask.rest()])


@given(
    parts=st.lists(st.sampled_from(["sk-", "sk-canary", KEY, KEY[:9], "text", "\n"]), max_size=9),
    cuts=st.lists(st.integers(1, 12), min_size=1, max_size=30),
)
def test_the_key_goes_wherever_it_is_cut_and_all_else_stays(parts, cuts):
    whole = "".join(parts).encode()
    pieces, at = [], 0
    for size in cuts:
        pieces.append(whole[at : at + size])
        at += size
    pieces.append(whole[at:])

    assert through(KEY, pieces) == whole.replace(KEY.encode(), b"*" * len(KEY))


SIGNS = "ab/cd+ef=gh12ij34kl56&n78"


@pytest.mark.parametrize(
    "form",
    [
        SIGNS,
        SIGNS.replace("/", "\\/"),
        SIGNS.replace("+", "\\u002B").replace("&", "\\u0026"),  # .NET
        SIGNS.replace("&", "\\u0026"),  # Go
        "ab%2fcd%2bef%3dgh12ij34kl56%26n78",
        "ab%2Fcd%2Bef%3Dgh12ij34kl56%26n78",
        "ab/cd%2Bef%3Dgh12ij34kl56%26n78",
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_key_that_json_or_an_address_writes_in_its_own_way_goes_too(form, size):
    whole = f'{{"said": "{form} {form[:9]} ab\\/c"}}'.encode()
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]

    assert through(SIGNS, pieces) == whole.replace(form.encode(), b"*" * len(form))


@pytest.mark.parametrize("key", ["", "lm-studio", "x" * (SHORTEST_KEY - 1)])
def test_a_word_that_stands_for_a_key_is_not_looked_for(key):
    assert through(key, [key.encode() + b" said it"]) == key.encode() + b" said it"


@pytest.mark.parametrize("stream", [False, True])
def test_a_key_sent_back_in_a_success_does_not_reach_the_client(backend, provider, wire, stream):
    body = b'data: {"said": "' + wire.KEY.encode() + b'"}\n\n'
    pieces = (wire.chunk(body[i : i + 7]) for i in range(0, len(body), 7))
    provider.script = [wire.STREAM, *pieces, wire.LAST]

    answer = backend.chat(stream=stream)

    assert answer.status == 200
    assert answer.body == body.replace(wire.KEY.encode(), b"*" * len(wire.KEY))
