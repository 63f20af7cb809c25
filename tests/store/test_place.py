"""Where the store is: paths and URLs."""

import re
from pathlib import Path

import pytest

from gatewayz.core import ConfigError, StoreError
from gatewayz.store import open_store
from gatewayz.store.place import parse_place


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("/a/b.db", "/a/b.db"),
        ("sqlite:////a/b.db", "/a/b.db"),
        ("sqlite:////a/b%20c.db", "/a/b c.db"),
        ("/a/b?c#d%20.db", "/a/b?c#d%20.db"),
    ],
)
def test_a_path_and_a_sqlite_url_name_a_file(url, file):
    assert parse_place(url).file == Path(file)


def test_a_relative_path_is_taken_from_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert parse_place("sqlite:///b.db").file == tmp_path / "b.db"
    assert parse_place(Path("b.db")).file == tmp_path / "b.db"


def test_a_password_is_never_shown():
    place = parse_place("postgresql://ann:s3cret@db.example:5433/results?sslmode=require")

    assert place.shown == "postgresql://db.example:5433/results"
    assert "s3cret" not in repr(place)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nobody@/w1?host=/tmp/pgx", "/w1?host=/tmp/pgx"),
        ("nobody@/w1?host=%2Ftmp%2Fpgx&port=5433&password=s3cret", "/w1?host=/tmp/pgx&port=5433"),
        ("ann:s3cret@/w1", "/w1"),
        ("ann:s3cret@db.example/w1", "db.example:5432/w1"),
        ("db.example:5433/w1?host=other.example", "other.example:5433/w1"),
        ("/w1?host=other.example&port=5434", "other.example:5434/w1"),
        ("/w1?host=a.example:5433&host=b.example:5434", "a.example:5433,b.example:5434/w1"),
        ("/w1?host=/tmp%0Ax", "/w1?host=/tmp\\nx"),
    ],
)
def test_the_server_that_is_shown_is_the_one_that_is_meant(url, shown):
    assert parse_place(f"postgresql://{url}").shown == f"postgresql://{shown}"


@pytest.mark.parametrize("mark", "@/?#:[")
def test_no_part_of_a_password_that_is_not_encoded_is_told(mark):
    try:
        told = parse_place(f"postgresql://ann:one{mark}two@db.example/w1").shown
    except ConfigError as wrong:
        told = str(wrong)

    assert not {"one", "two"} & set(re.split(r"\W", told))


@pytest.mark.parametrize(
    "url",
    [
        "mysql://h/d",
        "",
        ":memory:",
        "sqlite://",
        "postgresql://h:x/d",
        "postgres:/a:b@h/d",
        "postgresql//a:b@h/d",
    ],
)
def test_what_is_no_store_is_a_configuration_error(url):
    with pytest.raises(ConfigError):
        parse_place(url)


def test_a_database_server_that_is_not_there_is_one_clear_line():
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match="check that the server runs") as told:
        open_store("postgresql://ann:s3cret@127.0.0.1:1/results")

    assert "\n" not in str(told.value)
    assert "s3cret" not in str(told.value)


def test_odd_characters_in_a_path_are_only_characters(tmp_path):
    open_store(tmp_path / "a?mode=memory#b%41 c.db").close()

    assert [p.name for p in tmp_path.iterdir()] == ["a?mode=memory#b%41 c.db"]
