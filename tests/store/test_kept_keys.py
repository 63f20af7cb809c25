"""Clients' keys and served requests in the store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayz.core import Allowance, ConfigError, Served, StoreError, UnknownName
from gatewayz.core.client_key import new_key
from gatewayz.store import holds_anything, open_store

SECRET = b"a secret of the tests, long enough"


@pytest.fixture
def key(make):
    def made(name="ci", **allowance):
        at = make.noon + timedelta(seconds=len(name))
        return new_key(name, SECRET, created_at=at, allowance=Allowance(**allowance))[1]

    return made


def served(make, **fields):
    return Served(
        **{"id": "r1", "started_at": make.noon, "endpoint": "/v1/chat/completions", "status": 200,
           "total_s": 0.5, **fields}
    )  # fmt: skip


def test_keys_come_back_whole_in_the_order_of_their_making(place, key):
    kept = [key("a", tokens_per_minute=5, gateways=("groq",)), key("bb"), key("ccc", models=("*",))]
    store = open_store(place)
    for one in reversed(kept):
        store.keys.add(one)
    store.close()

    again = open_store(place)
    assert list(again.keys.all()) == kept
    again.close()


def test_a_revoked_key_keeps_its_name_and_its_moment(store, key, make):
    store.keys.add(key("ci"))

    store.keys.revoke("ci", make.noon)
    store.keys.revoke("ci", make.noon + timedelta(days=1))

    (kept,) = store.keys.all()
    assert (kept.name, kept.revoked_at) == ("ci", make.noon)
    with pytest.raises(ConfigError, match="choose another name"):
        store.keys.add(key("ci"))


def test_a_key_that_is_not_there_names_the_nearest(store, key, make):
    store.keys.add(key("build-server"))

    with pytest.raises(UnknownName, match="build-server"):
        store.keys.revoke("build-serv", make.noon)


def test_requests_come_back_newest_first(store, make):
    kept = [
        served(make, id="r1"),
        served(
            make, id="r2", client="ci", gateway="groq", model="llama\ud800", streamed=True,
            status=499, kind="client-gone", failure_class="network", attempts=2, input_tokens=7,
            output_tokens=0, cost_usd=0.25, upstream_s=0.1, first_byte_s=0.2,
        ),
    ]  # fmt: skip

    store.requests.record(kept)
    store.requests.record([])

    assert store.requests.latest() == (replace(kept[1], model="llama�"), kept[0])
    assert store.requests.latest(1) == store.requests.latest()[:1]
    assert [one.id for one in store.requests.latest(gateway="groq")] == ["r2"]
    assert [one.id for one in store.requests.latest(client="ci")] == ["r2"]
    assert [one.id for one in store.requests.latest(client="")] == ["r1"]
    assert [one.id for one in store.requests.latest(failed=True)] == ["r2"]
    assert store.requests.latest(gateway="groq", client="") == ()


@pytest.mark.parametrize("count", [1, 49, 50, 58, 165])
def test_many_requests_go_in_a_few_statements_and_keep_their_order(store, make, count):
    from sqlalchemy import event

    kept = [served(make, id=f"r{n}", input_tokens=n, model=f"m{n}") for n in range(count)]
    inserts = []

    @event.listens_for(store._session._engine, "before_cursor_execute")
    def sent(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT"):
            inserts.append(statement)

    store.requests.record(kept)

    assert store.requests.latest(1000) == tuple(reversed(kept))
    # A statement lets other threads in: of one for each row the last comes too late.
    assert len(inserts) <= count // 50 + 13


def test_an_answer_that_broke_off_has_failed_whatever_its_status(store, make):
    store.requests.record(
        [served(make, id="whole"), served(make, id="cut", status=200, kind="stream-reset")]
    )

    assert [one.id for one in store.requests.latest(failed=True)] == ["cut"]


def test_a_flipped_bit_is_not_read_as_good(store, make, key):
    from sqlalchemy import text

    store.requests.record([served(make, status=200)])
    store.keys.add(key("ci"))
    with store._session.writing() as connection:
        connection.execute(text("UPDATE requests SET status = 201"))
        wider = {"wider": '{"concurrency":9}'}
        connection.execute(text("UPDATE client_keys SET allowance = :wider"), wider)

    with pytest.raises(StoreError, match="damaged"):
        store.requests.latest()
    with pytest.raises(StoreError, match="damaged"):
        store.keys.all()


def test_a_place_without_a_file_holds_nothing_and_is_not_made(tmp_path):
    file = tmp_path / "none.db"

    assert not holds_anything(file)
    assert not file.exists()
    open_store(file).close()
    assert holds_anything(file)


def test_a_name_that_cannot_be_one_is_unknown(store, make):
    with pytest.raises(UnknownName):
        store.keys.revoke("a\ud800\x00", make.noon)
