"""A provider that sends our secrets back does not reach a client with them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayz.core import Calls, Gateway
from gatewayz.core.known_keys import SHORTEST_KEY
from gatewayz.server.key_mask import KeyMask, forms_of

KEY = "sk-sk-canary-0123456789"
OTHER = "team-0123456789-canary"


def through(pieces, *secrets):
    mask = KeyMask(forms_of(secrets))
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

    assert through(pieces, KEY) == whole.replace(KEY.encode(), b"*" * len(KEY))


@given(
    parts=st.lists(
        st.sampled_from([KEY, OTHER, f"Bearer {OTHER}", "Bearer ", KEY[:9], OTHER[:12], "text"]),
        max_size=9,
    ),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=30),
)
def test_so_do_several_secrets_of_which_one_holds_another(parts, cuts):
    whole = "".join(parts).encode()
    said = whole
    for secret in (f"Bearer {OTHER}".encode(), KEY.encode(), OTHER.encode()):
        said = said.replace(secret, b"*" * len(secret))
    pieces, at = [], 0
    for size in cuts:
        pieces.append(whole[at : at + size])
        at += size
    pieces.append(whole[at:])

    assert through(pieces, KEY, f"Bearer {OTHER}", OTHER) == said


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

    assert through(pieces, SIGNS) == whole.replace(form.encode(), b"*" * len(form))


@pytest.mark.parametrize("key", ["", "lm-studio", "x" * (SHORTEST_KEY - 1)])
def test_a_word_that_stands_for_a_key_is_not_looked_for(key):
    assert through([key.encode() + b" said it"], key) == key.encode() + b" said it"


@pytest.mark.parametrize("stream", [False, True])
def test_a_key_sent_back_in_a_success_does_not_reach_the_client(backend, provider, wire, stream):
    body = b'data: {"said": "' + wire.KEY.encode() + b'"}\n\n'
    pieces = (wire.chunk(body[i : i + 7]) for i in range(0, len(body), 7))
    provider.script = [wire.STREAM, *pieces, wire.LAST]

    answer = backend.chat(stream=stream)

    assert answer.status == 200
    assert answer.body == body.replace(wire.KEY.encode(), b"*" * len(wire.KEY))


TOKEN, TEAM = "eyJ0eXAi0123456789abcd", "team/secret+0123456789"
TABLE = f"""[gateways.acme]
headers = {{ X-Auth = "Bearer {TOKEN}", X-Team = "{TEAM}", X-Short = "search" }}
"""
SAYS = f'{{"choices": [], "said": "Bearer {TOKEN} {TOKEN} {TEAM} {KEY} search"}}'
SAID = SAYS
for secret in (f"Bearer {TOKEN}", TOKEN, TEAM):
    SAID = SAID.replace(secret, "*" * len(secret))
EVENT = f"data: {SAYS}\n\n"


@pytest.fixture
def start_with(start, settings_with, tmp_path):
    """Starts a backend over a gateway that has secrets in headers of gatewayz.toml."""
    (tmp_path / "gatewayz.toml").write_text(TABLE)

    def started(gateway):
        settings = settings_with(ACME_API_KEY="acme-key-9876543210")
        return start(settings.configured(gateway), settings=settings)

    return started


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("early_s", [0, 1.2])
@pytest.mark.parametrize("text", [SAYS, EVENT], ids=["document", "events"])
@pytest.mark.parametrize("size", [7, 1000])
def test_secrets_in_configured_headers_do_not_come_back(
    start_with, acme, provider, wire, stream, early_s, text, size
):
    data = text.encode()
    first, *rest = [wire.chunk(data[at : at + size]) for at in range(0, len(data), size)]
    kind = "text/event-stream" if text == EVENT else "application/json"
    head = wire.head("200 OK", kind, Transfer_Encoding="chunked")
    provider.script = [head, first, early_s, *rest, wire.LAST]

    answer = start_with(acme).chat(stream=stream)

    assert provider.chats()[0].headers["x-team"] == TEAM
    assert answer.status == 200
    assert answer.body.decode().strip() == text.replace(SAYS, SAID).strip()


def test_nor_do_they_where_the_answer_is_all_there_or_an_error_is(start_with, acme, provider, wire):
    client = start_with(acme)
    found = []
    for status, body in (("200 OK", SAYS), ("200 OK", error_of(SAYS)), ("401 No", error_of(SAYS))):
        provider.script = [wire.whole(body.encode(), status)]
        found.append(client.chat().body.decode())

    assert found[0] == SAID
    assert not [secret for text in found for secret in (TOKEN, TEAM) if secret in text]


def error_of(said):
    return json.dumps({"error": {"message": said}})


@pytest.mark.parametrize("stream", [False, True])
def test_nor_do_they_by_a_client_of_functions(start_with, stream):
    functions = Calls(
        lambda: ["m1"],
        lambda *_, **__: {"choices": [], "said": TEAM},
        lambda *_, **__: iter([{"choices": [], "said": TEAM}]),
    )
    acme = Gateway(name="acme", key_required=False, calls=functions)
    answer = start_with(acme).chat(model="acme/m1", stream=stream)

    assert answer.status == 200
    assert "*" * len(TEAM) in answer.body.decode()
    assert TEAM not in answer.body.decode()


def test_a_long_secret_that_comes_back_letter_by_letter_breaks_no_answer(
    start, settings_with, tmp_path, acme, provider, wire
):
    cookie = "".join(chr(ord("a") + number * 7 % 26) for number in range(1500))
    (tmp_path / "gatewayz.toml").write_text(
        f'[gateways.acme]\nheaders = {{ Cookie = "{cookie}" }}\n'
    )
    settings = settings_with(ACME_API_KEY="acme-key-9876543210")
    letters = [piece for letter in cookie[:-1] for piece in (wire.chunk(letter.encode()), 0.0005)]
    head = wire.head("200 OK", "application/json", Transfer_Encoding="chunked")
    provider.script = [
        head,
        wire.chunk(b'{"said": "'),
        1.2,
        *letters,
        wire.chunk(b'!"}'),
        wire.LAST,
    ]

    answer = start(settings.configured(acme), settings=settings).chat()

    assert answer.body.decode() == f'{{"said": "{cookie[:-1]}!"}}'
