"""What another program holds, or a server from which nothing comes, is waited for so long and no longer."""

import sqlite3
import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from gatewayz.core import Served, StoreError
from gatewayz.store import open_parts, opening
from gatewayz.store.place import parse_place

SERVED = Served(
    id="r1", started_at=datetime(2026, 3, 1, tzinfo=UTC), client="", endpoint="/v1/chat/completions",
    gateway="groq", model="m", streamed=False, status=200, total_s=1.0,
)  # fmt: skip


@contextmanager
def held(place):
    """The table of requests in the hands of another program."""
    if place.startswith("sqlite"):
        with closing(sqlite3.connect(parse_place(place).file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    import psycopg

    with closing(psycopg.connect(place)) as other:
        other.execute("LOCK TABLE requests IN ACCESS EXCLUSIVE MODE")
        yield


def test_what_another_holds_is_waited_for_and_then_told(place, monkeypatch):
    monkeypatch.setattr(opening, "WAIT_S", 0.3)
    with closing(open_parts(place)) as store:
        with held(place):
            with pytest.raises(StoreError, match="another process held it for too long"):
                store.requests.record([SERVED])
            # Nobody holds what else is in it.
            assert store.keys.all() == ()

        store.requests.record([SERVED])
        assert [one.id for one in store.requests.latest()] == ["r1"]


def test_a_machine_that_is_silent_is_given_up_unless_the_address_says_otherwise(
    postgresql, monkeypatch
):
    """Of what a socket's other end says nothing: here it is only seen that libpq is told."""
    told = []

    def create_engine(*arguments, **options):
        engine = real(*arguments, **options)
        event.listen(engine, "connect", lambda raw, _: told.append(raw.info.get_parameters()))
        return engine

    real = opening.create_engine
    monkeypatch.setattr(opening, "create_engine", create_engine)

    open_parts(postgresql).close()
    open_parts(f"{postgresql}&tcp_user_timeout=3000&connect_timeout=4").close()

    waits = [(one["connect_timeout"], one["tcp_user_timeout"]) for one in told]
    assert waits == [("10", "10000"), ("4", "3000")]
    assert {one["keepalives_idle"] for one in told} == {"5"}


def test_a_file_that_another_is_just_making_a_store_of_is_waited_for(tmp_path):
    file = tmp_path / "gatewayz.db"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = threading.Timer(0.3, other.execute, ["COMMIT"])
        done.start()
        with closing(open_parts(str(file))) as store:
            store.requests.record([SERVED])
        done.join()
