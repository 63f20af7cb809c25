"""Clients' own keys at the backend: who comes in, what each may use, and that limits are exact."""

import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from gatewayz.config import made_key_secret
from gatewayz.core import Allowance, Calls, ConfigError, Gateway
from gatewayz.core.client_key import new_key
from gatewayz.core.units import utc_now
from gatewayz.server import create_app, keeper, serve
from gatewayz.server.unasked_counts import SURE, RefusedCounts
from gatewayz.store import open_store

OWN = "gw-the-servers-own-key-of-this-test"


@pytest.fixture
def there(settings_with, tmp_path):
    """Settings with a store and a data folder of this test's own."""

    def made(**environ):
        return settings_with(
            **{
                "ACME_API_KEY": "acme-secret-key-0123456789",
                "GATEWAYZ_STORE": str(tmp_path / "kept.db"),
                "XDG_DATA_HOME": str(tmp_path / "data"),
                **environ,
            }
        )

    return made


@pytest.fixture
def new(there):
    """Makes a key, and gives the header that shows it."""

    def made(name="ci", **limits):
        value, key = new_key(
            name, made_key_secret(there()), created_at=utc_now(), allowance=Allowance(**limits)
        )
        with closing(open_store(there().store)) as store:
            store.keys.add(key)
        return {"Authorization": f"Bearer {value}"}

    return made


@pytest.fixture
def revoke(there):
    def revoked(name="ci"):
        with closing(open_store(there().store)) as store:
            store.keys.revoke(name, utc_now())

    return revoked


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_each_key_comes_in_and_no_other(start, acme, there, new, logged):
    ci, own = new(), {"Authorization": f"Bearer {OWN}"}
    client = start(acme, settings=there(GATEWAYZ_API_KEY=OWN))

    statuses = [client.chat(headers=shown).status for shown in (ci, own, {})]
    wrong = client.chat(headers={"Authorization": ci["Authorization"][:-1]})

    assert statuses == [200, 200, 401]
    assert wrong.status == 401
    labels = [line["key"] for line in logged(4)]
    assert labels[0] == ci["Authorization"].split()[1][:10]
    assert labels[2:] == ["-", "-"]


def test_a_server_with_a_kept_key_is_closed_to_those_who_show_none(start, acme, there, new):
    new()
    client = start(acme, settings=there())

    assert client.chat().status == 401


def test_keys_that_are_made_and_revoked_count_while_it_runs(
    start, acme, there, new, revoke, monkeypatch
):
    monkeypatch.setattr(keeper, "KEYS_EVERY_S", 0.05)
    client = start(acme, settings=there())
    assert client.chat().status == 200

    ci = new()
    until(lambda: client.chat().status == 401)
    assert client.chat(headers=ci).status == 200

    revoke()
    until(lambda: client.chat(headers=ci).status == 401)
    # A server whose last key was revoked is closed, not open again.
    assert client.chat().status == 401


def test_a_key_that_is_revoked_in_a_restored_store_comes_in_no_more(
    start, acme, there, new, revoke, monkeypatch, tmp_path
):
    """The file that the server has opened is another one by then, and nobody writes to it."""
    monkeypatch.setattr(keeper, "KEYS_EVERY_S", 0.05)
    monkeypatch.setattr(keeper, "WRITE_EVERY_S", 0.05)
    ci = new()
    backup = shutil.copy(there().store, tmp_path / "backup.db")
    client = start(acme, settings=there())
    assert client.chat(headers=ci).status == 200
    until(lambda: served(there().store))

    for log in ("-wal", "-shm"):  # they belong to the file that was there
        Path(there().store + log).unlink()
    os.replace(backup, there().store)
    assert client.chat(headers=ci).status == 200
    until(lambda: served(there().store))
    revoke()

    until(lambda: client.chat(headers=ci).status == 401)


def test_a_store_that_is_written_over_is_left_alone_until_another_is_moved_there(
    start, acme, there, new, revoke, monkeypatch, tmp_path, capfd
):
    monkeypatch.setattr(keeper, "KEYS_EVERY_S", 0.05)
    monkeypatch.setattr(keeper, "WRITE_EVERY_S", 0.05)
    ci = new()
    backup = shutil.copy(there().store, tmp_path / "backup.db")
    client = start(acme, settings=there())
    assert client.chat(headers=ci).status == 200
    until(lambda: served(there().store))

    for log in ("-wal", "-shm"):
        Path(there().store + log).unlink()
    shutil.copyfile(backup, there().store)
    assert client.chat(headers=ci).status == 200

    told = []
    until(lambda: told.append(capfd.readouterr().err) or "mv, not cp" in "".join(told))
    assert Path(there().store).read_bytes() == backup.read_bytes()
    os.replace(backup, there().store)
    # What was asked meanwhile is written by then.
    until(lambda: served(there().store))
    revoke()
    until(lambda: client.chat(headers=ci).status == 401)


def test_a_record_that_went_into_a_store_that_was_just_replaced_is_written_again(
    start, acme, there, new, monkeypatch, tmp_path
):
    monkeypatch.setattr(keeper, "WRITE_EVERY_S", 0.05)
    ci, opened = new(), keeper.open_where_it_lies
    backup = shutil.copy(there().store, tmp_path / "backup.db")
    client = start(acme, settings=there())
    assert client.chat(headers=ci).status == 200
    until(lambda: served(there().store))

    def opened_just_before(store, where, opening):
        found = opened(store, where, opening)
        if Path(backup).exists():
            for log in ("-wal", "-shm"):
                Path(where + log).unlink()
            os.replace(backup, where)
        return found

    monkeypatch.setattr(keeper, "open_where_it_lies", opened_just_before)
    assert client.chat(headers=ci).status == 200
    until(lambda: not Path(backup).exists() and served(there().store))


@pytest.mark.parametrize("how", ["removed", "of before the first key"])
def test_a_server_that_had_a_key_does_not_open_when_its_store_has_none(
    start, acme, there, new, monkeypatch, tmp_path, capfd, how
):
    monkeypatch.setattr(keeper, "KEYS_EVERY_S", 0.05)
    monkeypatch.setattr(keeper, "WRITE_EVERY_S", 0.05)
    open_store(there().store).close()
    backup = shutil.copy(there().store, tmp_path / "backup.db")
    ci = new()
    client = start(acme, settings=there())
    assert client.chat(headers=ci).status == 200
    until(lambda: served(there().store))

    for its in ("", "-wal", "-shm"):
        Path(there().store + its).unlink()
    if how != "removed":
        os.replace(backup, there().store)
    # Its record is what a new store is made for.
    assert client.chat(headers=ci).status == 200

    told = []
    until(lambda: told.append(capfd.readouterr().err) or "count no more" in "".join(told))
    assert client.chat(headers=ci).status == 401
    assert client.chat().status == 401
    assert client.get("/metrics").status == 401
    anew = new("another")
    until(lambda: client.chat(headers=anew).status == 200)


def served(where):
    with closing(open_store(where)) as store:
        return store.requests.latest()


def test_of_many_at_once_just_as_many_come_in_as_may(start, acme, there, new, provider):
    ci = new(requests_per_minute=20)
    client = start(acme, settings=there())

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.chat(headers=ci), range(64)))

    statuses = [answer.status for answer in answers]
    assert statuses.count(200) == len(provider.chats()) == 20
    assert statuses.count(429) == 44
    refused = next(answer for answer in answers if answer.status == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.error["class"] == "rate-limit"
    assert refused.error["gateway"] is None


def test_lists_and_requests_of_another_key_are_not_counted(start, acme, there, new):
    ci, other = new("ci", requests_per_minute=1), new("other", requests_per_minute=1)
    client = start(acme, settings=there())
    for _ in range(3):
        assert client.get("/v1/models", **ci).status == 200

    assert client.chat(headers=ci).status == 200
    assert client.chat(headers=ci).status == 429
    assert client.chat(headers=other).status == 200


def test_a_place_is_free_again_when_a_request_has_ended_however(
    start, acme, there, new, provider, wire
):
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), "watch"]
    ci = new(concurrency=1)
    client = start(acme, settings=there())

    connection, response = client.send(
        "POST", "/v1/chat/completions",
        {"model": "acme/one", "messages": [], "stream": True}, ci,
    )  # fmt: skip
    response.read(10)
    busy = client.chat(headers=ci)
    connection.close()
    response.close()

    assert (busy.status, busy.error["kind"]) == (429, "rate-limit-concurrency")
    provider.script[:] = [wire.whole(wire.COMPLETION)]
    until(lambda: client.chat(headers=ci).status == 200)
    assert client.chat(headers=ci, model="acme/").status == 404  # and after a refusal
    assert client.chat(headers=ci).status == 200


class Stuck:
    """A gateway of plain functions, which run until they are let go."""

    def __init__(self):
        self.asked, self._may_end = 0, threading.Event()

    def request(self, *_args, **_options):
        self.asked += 1
        self._may_end.wait(30)
        return {"choices": []}

    def stream(self, *_args, **_options):
        yield {"choices": []}
        yield self.request()

    def let_go(self):
        self._may_end.set()

    @property
    def gateway(self):
        calls = Calls(list_models=lambda: ["one"], request=self.request, stream=self.stream)
        return Gateway(name="stuck", key_required=False, calls=calls)


@pytest.mark.usefixtures("only_serve")  # uvicorn's clients are asked every quarter of a second
def test_a_place_is_free_again_when_a_client_closes_at_its_streams_end_mark(
    start, acme, there, new, provider, wire
):
    ends = [wire.chunk(b"data: [DONE]\n\n"), 0.1, b"0\r\n\r\n"]
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("a")), *ends]
    ci = new(concurrency=1)
    client = start(acme, settings=there())

    found = []
    for _ in range(6):
        connection, response = client.send(
            "POST", "/v1/chat/completions",
            {"model": "acme/one", "messages": [], "stream": True}, ci,
        )  # fmt: skip
        found.append(response.status)
        while response.status == 200 and response.readline() != b"data: [DONE]\n":
            pass
        connection.close()
        response.close()
        # Its leaving is heard within a moment; its provider ends only after a tenth of a second.
        time.sleep(0.05)

    assert found == [200] * 6


@pytest.fixture
def stuck():
    one = Stuck()
    yield one
    one.let_go()


@pytest.fixture
def leave_in_the_middle(stuck):
    """Asks, and leaves while the function runs."""

    def left(client, key, stream):
        body = {"model": "stuck/one", "messages": [], "stream": stream}
        with client.connect() as connection:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), key)
            until(lambda: stuck.asked)
        time.sleep(1.0)  # by now the server has heard of it

    return left


@pytest.mark.parametrize("stream", [False, True])
def test_a_function_that_runs_on_keeps_its_request_s_place(
    start, there, new, stuck, leave_in_the_middle, stream
):
    ci = new(concurrency=1)
    client = start(stuck.gateway, settings=there())

    leave_in_the_middle(client, ci, stream)
    busy = client.chat(headers=ci, model="stuck/one")
    stuck.let_go()

    assert (busy.status, busy.error["kind"]) == (429, "rate-limit-concurrency")
    assert stuck.asked == 1
    until(lambda: client.chat(headers=ci, model="stuck/one").status == 200)


def test_but_not_for_longer_than_any_answer_may_take(start, there, new, stuck, leave_in_the_middle):
    ci = new(concurrency=1)
    client = start(stuck.gateway, settings=there(GATEWAYZ_TIMEOUT="4"))

    leave_in_the_middle(client, ci, stream=False)

    assert client.chat(headers=ci, model="stuck/one").status == 429
    until(lambda: client.chat(headers=ci, model="stuck/").status == 404)


def test_tokens_are_settled_by_what_the_provider_counted(start, acme, there, new, provider, wire):
    counted = wire.COMPLETION.rstrip()[:-1] + b',"usage":{"total_tokens":400}}'
    provider.script[:] = [wire.whole(counted)]
    ci = new(tokens_per_minute=1000)
    client = start(acme, settings=there())

    first = client.chat(headers=ci, max_tokens=500)
    too_long = client.chat(headers=ci, max_tokens=700)
    second = client.chat(headers=ci, max_tokens=500)
    third = client.chat(headers=ci, max_tokens=500)
    never = client.chat(headers=ci, max_tokens=5000)

    assert [a.status for a in (first, too_long, second, third, never)] == [200, 429, 200, 429, 400]
    assert too_long.error["type"] == "tokens"
    assert never.error["code"] == "tokens_over_limit"


COUNTS = b'data: {"choices": [], "usage": {"total_tokens": 10}}\n\n'


@pytest.mark.parametrize("asks", [None, {"include_usage": False}, {"include_usage": True}])
@pytest.mark.parametrize("ends", ["at once", "in pieces"])
def test_a_streams_counts_are_asked_for_and_not_shown_to_who_did_not_ask(
    start, acme, there, new, provider, wire, ends, asks
):
    said, end = wire.event("Hello."), b"data: [DONE]\n\n"
    whole = [wire.whole(said + COUNTS + end, content_type="text/event-stream")]
    cut = (said + COUNTS[:30], COUNTS[30:-1], COUNTS[-1:] + end)
    pieces = [wire.STREAM]
    for piece in cut:
        pieces += [wire.chunk(piece), 0.05]
    pieces.append(wire.LAST)
    provider.script[:] = whole if ends == "at once" else pieces
    ci = new(tokens_per_minute=1000)
    client = start(acme, settings=there())
    options = {} if asks is None else {"stream_options": asks}

    answers = [client.chat(headers=ci, max_tokens=900, stream=True, **options) for _ in range(3)]

    # Each of them gave back what it had set aside but for these few.
    assert [answer.status for answer in answers] == [200] * 3
    shown = COUNTS in answers[0].body
    assert shown is bool(asks and asks["include_usage"])
    assert answers[0].body.replace(COUNTS, b"") == said + end
    assert provider.chats()[0].json["stream_options"] == {"include_usage": True}
    told = "" if shown else "stream_options=include_usage"
    assert answers[0].headers.get("x-gatewayz-adapted", "") == told


def test_streamed_completions_are_asked_for_their_counts_too(
    start, acme, there, new, provider, wire
):
    said = wire.event("Hello.")
    provider.script[:] = [wire.whole(said + COUNTS, content_type="text/event-stream")]
    ci = new(tokens_per_minute=10_000)
    client = start(acme, settings=there())
    body = {"model": "acme/one", "prompt": "hi", "stream": True}

    answer = client.ask("POST", "/v1/completions", body, headers=ci)

    assert answer.body == said
    assert provider.chats()[0].json["stream_options"] == {"include_usage": True}


@pytest.fixture
def refusing(provider, wire, monkeypatch):
    """Has the provider refuse a connection's first request, and answer the others."""

    def refuse(words, second=None):
        told = json.dumps({"error": {"message": words}}).encode()
        provider.script[:] = [wire.whole(told, "400 Bad Request")]
        hello = wire.whole(wire.event("Hello."), content_type="text/event-stream")
        monkeypatch.setattr(provider, "second", second or [hello])

    return refuse


@pytest.mark.parametrize("words", ["Unrecognized: stream_options", "Include_Usage cannot be had"])
def test_who_will_not_be_asked_for_counts_is_asked_without_once_and_for_all(
    start, acme, there, new, provider, wire, refusing, words
):
    refusing(words)
    ci = new(tokens_per_minute=10_000)
    client = start(acme, settings=there())

    answers = [client.chat(headers=ci, stream=True) for _ in range(2)]

    assert [answer.body for answer in answers] == [wire.event("Hello.")] * 2
    assert ["stream_options" in call.json for call in provider.chats()] == [True, False, False]
    assert {answer.headers["x-gatewayz-attempts"] for answer in answers} == {"1"}
    # Another of its models may be of another mind.
    client.chat(headers=ci, stream=True, model="acme/two")
    assert "stream_options" in provider.chats()[-1].json


class InTurn(list):
    """Scripts, each for one request."""

    def __iter__(self):
        return iter(self.pop(0))


def test_a_refusal_that_says_no_more_has_to_be_seen_thrice(start, acme, there, new, provider, wire):
    vague = wire.whole(b'{"error": {"message": "Bad request"}}', "400 Bad Request")
    hello = wire.whole(wire.event("Hello."), content_type="text/event-stream")
    ci = new(tokens_per_minute=100_000)
    client = start(acme, settings=there())

    def asks(*answers):
        before = len(provider.chats())
        provider.script = InTurn(answers)
        assert client.chat(headers=ci, stream=True).status == 200
        return ["stream_options" in call.json for call in provider.chats()[before:]]

    assert asks([vague], [hello]) == [True, False]
    assert asks([hello]) == [True]  # it tells them after all
    assert [asks([vague], [hello]) for _ in range(3)] == [[True, False]] * 3
    assert asks([hello]) == [False]


def test_what_one_endpoint_refuses_another_may_take(start, acme, there, new, provider, wire):
    told = wire.whole(b'{"error": {"message": "Unknown: stream_options"}}', "400 Bad Request")
    hello = wire.whole(wire.event("Hello."), content_type="text/event-stream")
    provider.script = InTurn([[told], [hello], [hello]])
    ci = new(tokens_per_minute=100_000)
    client = start(acme, settings=there())
    body = {"model": "acme/one", "prompt": "hi", "stream": True}

    client.ask("POST", "/v1/completions", body, headers=ci)
    client.chat(headers=ci, stream=True)

    assert ["stream_options" in call.json for call in provider.chats()] == [True, False, True]


def test_who_refused_counts_is_asked_again_after_a_while():
    now = [1000.0]
    known, whom = RefusedCounts(lambda: now[0]), ("acme", "one", "chat/completions")

    known.refused(whom, SURE)
    asked = [known.may_ask(whom)]
    now[0] += 601
    asked.append(known.may_ask(whom))
    known.refused(whom, 1)
    asked.append(known.may_ask(whom))
    known.refused(whom, SURE - 1)
    asked.append(known.may_ask(whom))
    known.answered(whom)
    asked.append(known.may_ask(whom))

    assert asked == [False, True, True, False, True]


def test_a_second_try_hides_no_refusal_that_was_meant_as_it_stands(
    start, acme, there, new, provider, wire
):
    vague = wire.whole(b'{"error": {"message": "Bad request"}}', "400 Bad Request")
    busy = wire.whole(b'{"error": {"message": "busy"}}', "429 Too Many Requests")
    provider.script = InTurn([[vague], [busy]])
    ci = new(tokens_per_minute=100_000)
    client = start(acme, settings=there())

    answer = client.chat(headers=ci, stream=True)

    assert len(provider.chats()) == 2
    assert (answer.status, answer.error["message"]) == (400, "Bad request")
    assert "retry-after" not in answer.headers


def test_a_refusal_that_only_quotes_what_was_asked_stands_where_the_second_try_fails(
    start, acme, there, new, provider, wire
):
    words = "temperature must be at most 2, input: {'stream_options': {'include_usage': True}}"
    quoting = wire.whole(json.dumps({"error": {"message": words}}).encode(), "400 Bad Request")
    busy = wire.whole(b'{"error": {"message": "busy"}}', "429 Too Many Requests")
    provider.script = InTurn([[quoting], [busy]])
    ci = new(tokens_per_minute=100_000)
    client = start(acme, settings=there())

    answer = client.chat(headers=ci, stream=True, temperature=3)

    assert (answer.status, answer.error["message"]) == (400, words)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("400 Bad Request", {"message": "max_tokens, not stream_options", "param": "max_tokens"}),
        ("400 Bad Request", {"message": "too long", "code": "context_length_exceeded"}),
        ("400 Bad Request", {"message": "Unrecognized request argument supplied: foo"}),
        ("400 Bad Request", {"message": "'max_tokens' goes by another name here"}),
        ("422 Unprocessable Entity", {"message": "messages[0].role: unknown variant"}),
        ("400 Bad Request", {"message": "must be at most 2", "param": "temperature"}),
        ("422 Unprocessable Entity", {"message": "blocked", "code": "content_filter"}),
        ("404 Not Found", {"message": "no such model"}),
    ],
)
def test_what_is_refused_for_something_else_is_not_sent_again(
    start, acme, there, new, provider, wire, status, error
):
    provider.script[:] = [wire.whole(json.dumps({"error": error}).encode(), status)]
    ci = new(tokens_per_minute=10_000)
    client = start(acme, settings=there())

    answer = client.chat(headers=ci, stream=True, foo=1, max_tokens=5)

    assert answer.status == int(status[:3])
    assert len(provider.chats()) == 1


def test_a_refusal_of_something_else_is_no_refusal_of_counts(
    start, acme, there, new, provider, refusing
):
    refusing("Unknown parameter: 'stream_options.bogus'", second=provider.script)
    ci = new(tokens_per_minute=10_000)
    client = start(acme, settings=there())
    own = {"bogus": 1}

    answers = [client.chat(headers=ci, stream=True, stream_options=own) for _ in range(2)]

    assert [answer.status for answer in answers] == [400] * 2
    asked = [call.json["stream_options"] for call in provider.chats()]
    assert asked == [{"bogus": 1, "include_usage": True}, own] * 2


@pytest.mark.parametrize(
    "fields",
    [
        {"stream_options": {"include_usage": "false"}},
        {"stream_options": 0},
        {"stream_options": {}, "Stream_Options": {"include_usage": False}},
        {"stream_options": {"include_usage": True, "Include_Usage": False}},
    ],
)
def test_a_limited_keys_client_cannot_have_its_counts_left_out(
    start, acme, there, new, provider, wire, fields
):
    provider.script[:] = [wire.whole(wire.event("a"), content_type="text/event-stream")]
    ci = new(tokens_per_minute=10_000)
    client = start(acme, settings=there())

    client.chat(headers=ci, stream=True, **fields)

    asked = provider.chats()[-1].json
    assert asked["stream_options"] == {"include_usage": True}
    assert "Stream_Options" not in asked


def test_an_event_that_has_more_than_counts_is_the_clients(start, acme, there, new, provider, wire):
    more = COUNTS.replace(b"}}", b'}, "error": {"message": "upstream died"}}')
    cited = COUNTS.replace(b"}}", b'}, "citations": ["a"]}')
    said = wire.event("Hello.") + more + cited
    provider.script[:] = [wire.whole(said, content_type="text/event-stream")]
    ci = new(tokens_per_minute=10_000)
    client = start(acme, settings=there())

    answer = client.chat(headers=ci, stream=True)

    assert answer.headers["x-gatewayz-adapted"] == "stream_options=include_usage"
    assert answer.body == said


def test_counts_are_not_shown_for_what_was_measured_beside_them(
    start, acme, there, new, provider, wire
):
    said = wire.event("Hello.")
    timed = COUNTS.replace(b"}}", b'}, "timings": {"predicted_ms": 8.1}, "error": null}')
    provider.script[:] = [wire.whole(said + timed, content_type="text/event-stream")]
    ci = new(tokens_per_minute=10_000)
    client = start(acme, settings=there())

    assert client.chat(headers=ci, stream=True).body == said


@pytest.mark.parametrize(
    "ends",
    [
        [COUNTS.rstrip()],
        [COUNTS[:40], 0.4, COUNTS[40:60], 0.4, COUNTS[60:]],
        [COUNTS[:40], 0.4, COUNTS[40:].rstrip()],
        [COUNTS[:3], 0.4, COUNTS[3:]],
    ],
    ids=["no end", "in late pieces", "in late pieces with no end", "cut in its name"],
)
def test_counts_are_not_shown_however_their_line_comes(
    start, acme, there, new, provider, wire, ends
):
    said = wire.event("Hello.")
    steps = [wire.chunk(step) if isinstance(step, bytes) else step for step in ends]
    provider.script[:] = [wire.STREAM, wire.chunk(said), 0.1, *steps, wire.LAST]
    ci = new(tokens_per_minute=10_000)
    client = start(acme, settings=there())

    assert client.chat(headers=ci, stream=True).body == said


def test_what_cannot_be_counts_waits_for_its_lines_end_no_longer_than_ever(
    start, acme, there, new, provider, wire
):
    said = wire.event("Hello.")
    pieces = said[:-20], said[-20:-10], said[-10:]
    provider.script[:] = [wire.STREAM]
    for piece in pieces:
        provider.script[:] += [wire.chunk(piece), 1.2]
    provider.script.append(wire.LAST)
    ci = new(tokens_per_minute=10_000)
    client = start(acme, settings=there())
    body = {"model": "acme/one", "messages": [], "stream": True}

    connection, response = client.send("POST", "/v1/chat/completions", body, ci)
    with connection:
        came = []
        for piece in pieces:
            assert response.read(len(piece)) == piece
            came.append(time.monotonic())
        assert response.read() == b""

    assert came[1] - came[0] > 0.6
    assert came[2] - came[1] > 0.6


def test_counts_of_a_streams_beginning_are_none_of_what_came_after(
    start, acme, there, new, provider, wire
):
    begins = b'data: {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 0, "total_tokens": 10}}\n\n'
    provider.script[:] = [wire.STREAM, wire.chunk(begins + wire.event(" word") * 3000), wire.LAST]
    ci = new(tokens_per_minute=4000)
    client = start(acme, settings=there())

    answers = [client.chat(headers=ci, max_tokens=2000, stream=True).status for _ in range(2)]

    assert answers == [200, 429]


def test_nobody_elses_stream_is_changed(start, acme, there, new, provider, wire):
    said = wire.event("Hello.") + COUNTS
    provider.script[:] = [wire.whole(said, content_type="text/event-stream")]
    ci = new()
    client = start(acme, settings=there())

    free = client.chat(headers=ci, stream=True)

    assert free.body == said
    assert "stream_options" not in provider.chats()[0].json


def test_a_short_stream_without_counts_keeps_what_it_had_set_aside(
    start, acme, there, new, provider, wire
):
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event("Hello.")), wire.LAST]
    ci = new(tokens_per_minute=1000)
    client = start(acme, settings=there())

    answers = [client.chat(headers=ci, max_tokens=900, stream=True).status for _ in range(2)]

    assert answers == [200, 429]  # what a model thinks is not seen


def test_a_long_stream_without_counts_comes_to_what_has_passed(
    start, acme, there, new, provider, wire
):
    words = [wire.chunk(wire.event(" word") * 300)] * 10
    provider.script[:] = [wire.STREAM, *words, wire.LAST]
    ci = new(tokens_per_minute=4000)
    client = start(acme, settings=there())

    # What it had set aside for an answer of no limit would have left room for three.
    answers = [client.chat(headers=ci, stream=True).status for _ in range(2)]

    assert answers == [200, 429]


def test_a_functions_stream_without_counts_comes_to_what_has_passed(start, there, new):
    said = {"choices": [{"index": 0, "delta": {"content": " word"}}]}
    calls = Calls(list_models=lambda: ["one"], request=None, stream=lambda *_, **__: [said] * 3000)
    ci = new(tokens_per_minute=4000)
    client = start(Gateway(name="words", key_required=False, calls=calls), settings=there())

    asked = {"headers": ci, "model": "words/one", "stream": True}
    answers = [client.chat(**asked).status for _ in range(2)]

    assert answers == [200, 429]


def test_a_stream_whose_client_leaves_comes_to_what_has_passed(
    start, acme, there, new, provider, wire
):
    provider.script[:] = [wire.STREAM, wire.chunk(wire.event(" word") * 3000), "watch"]
    ci = new(tokens_per_minute=4000)
    client = start(acme, settings=there())

    connection, response = client.send(
        "POST", "/v1/chat/completions",
        {"model": "acme/one", "messages": [], "stream": True}, ci,
    )  # fmt: skip
    assert response.read(200_000).count(b"word") > 2000
    connection.close()
    response.close()
    provider.script[:] = [wire.whole(wire.COMPLETION)]

    # It is over soon, and what it set aside would have left 3,000.
    until(lambda: provider.chats()[0].left_at)
    time.sleep(0.1)
    assert client.chat(headers=ci, max_tokens=2500).status == 429


def test_an_error_of_the_provider_costs_no_tokens(start, acme, there, new, provider, wire):
    provider.script[:] = [wire.whole(b'{"error":{"message":"no"}}', "400 Bad Request")]
    ci = new(tokens_per_minute=1000)
    client = start(acme, settings=there())

    answers = [client.chat(headers=ci, max_tokens=900) for _ in range(3)]

    assert {answer.status for answer in answers} == {400}
    assert {answer.error["message"] for answer in answers} == {"no"}


def test_a_key_sees_and_asks_only_what_it_may(start, acme, provider, new_provider, there, new):
    other = Gateway(name="other", base_url=new_provider().url, key_required=False)
    ci = new("ci", models=("*/two",))
    acme_only, other_only = new("acme-only", gateways=("acme",)), new("o", gateways=("other",))
    client = start(acme, other, settings=there())

    def ids(path, shown):
        return [model["id"] for model in client.get(path, **shown).json["data"]]

    assert ids("/v1/models", ci) == ["acme/two", "other/two"]
    assert ids("/models", ci) == ["two", "two"]
    assert ids("/v1/models", acme_only) == ["acme/one", "acme/two"]
    assert client.get("/v1/models/acme/one", **ci).status == 404
    assert client.chat(headers=ci, model="acme/two").status == 200
    refused = client.chat(headers=ci, model="acme/one")
    assert (refused.status, refused.error["code"]) == (403, "model_not_allowed")
    assert refused.error["gateway"] is None
    assert client.chat(headers=acme_only, model="one", provider="other").status == 403
    # Of two that list a model, the one that this key may use.
    assert client.chat(headers=other_only, model="one").headers["x-gatewayz-gateway"] == "other"
    assert client.chat(headers=acme_only, model="one").headers["x-gatewayz-gateway"] == "acme"


def test_a_key_hears_nothing_of_gateways_that_it_may_not_use(start, acme, new_provider, there, new):
    other_s, down_s = new_provider(), new_provider()
    other_s.models = b'{"object":"list","data":[{"id":"three"}]}'
    down_s.models = b"{}"
    other = Gateway(name="other", base_url=other_s.url, key_required=False)
    down = Gateway(name="down", base_url=down_s.url, key_required=False)
    by_gateway, by_model = new("a", gateways=("acme",)), new("b", models=("acme/*",))
    client = start(acme, other, down, settings=there(GATEWAYZ_API_KEY=OWN))
    own = {"Authorization": f"Bearer {OWN}"}

    every = client.get("/v1/models", **own).json
    assert (set(every["ages_s"]), set(every["errors"])) == ({"acme", "other"}, {"down"})
    for mine in (by_gateway, by_model):
        for path in ("/v1/models", "/models", "/v1/models?limit=1"):
            found = client.get(path, **mine).json
            assert (set(found["ages_s"]), found["errors"]) == ({"acme"}, {})
        for told in (
            client.chat(headers=mine, model="thre").error["message"],
            client.get("/v1/models/thre", **mine).error["message"],
        ):
            assert told.endswith("; GET /v1/models shows all")
        refused = client.get("/models?gateway=other", **mine)
        assert (refused.status, refused.error["param"]) == (403, "gateway")
        assert "age" not in refused.headers
        seen = client.get("/health/gateways", **mine).json["data"]
        assert [one["gateway"] for one in seen] == ["acme"]
        unlisted, listed = (client.chat(headers=mine, model=name) for name in ("xxxxx", "three"))
        assert listed.status == unlisted.status == 404
        assert listed.body == unlisted.body.replace(b"xxxxx", b"three")
    seen = client.get("/health/gateways", **own).json["data"]
    assert {one["gateway"]: one["traffic"]["requests"] for one in seen}["other"] == 0
    assert "did you mean 'other/three'?" in client.chat(headers=own, model="thre").error["message"]


def test_a_key_for_some_models_learns_of_no_other_by_asking(start, acme, provider, there, new):
    provider.models = b'{"object":"list","data":[{"id":"one"},{"id":"acme/two"}]}'
    mine = new(models=("acme/one",))
    client = start(acme, settings=there())

    bare = client.chat(headers=mine, model="acme/two", provider=None)
    assert client.get("/v1/models", **mine).status == 200  # by now the list is here
    told = client.chat(headers=mine, model="acme/two", provider=None)

    assert (told.status, told.body) == (bare.status, bare.body)
    assert told.error["message"] == "this key may not use acme/two"


def test_metrics_are_for_the_servers_own_key(start, acme, there, new):
    ci = new()
    client = start(acme, settings=there(GATEWAYZ_API_KEY=OWN))

    refused = client.get("/metrics", **ci)

    assert (refused.status, refused.error["class"]) == (403, "permission")
    assert client.get("/metrics", Authorization=f"Bearer {OWN}").status == 200
    assert client.get("/metrics").status == 401
    assert client.get("/health/gateways", **ci).status == 200


def test_a_server_that_others_reach_needs_a_key_of_either_kind(there, new):
    with pytest.raises(ConfigError, match="gatewayz keys create"):
        serve(there(), host="0.0.0.0")
    new()
    assert not create_app(there(), {}).ring.is_open


def test_keys_without_their_secret_are_an_error_at_the_start(there, new, tmp_path):
    new()
    (tmp_path / "data" / "gatewayz" / "key-secret").unlink()

    with pytest.raises(ConfigError, match="GATEWAYZ_KEY_SECRET"):
        create_app(there(), {})
