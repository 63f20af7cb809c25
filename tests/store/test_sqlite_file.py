"""A store as a file: private, looked over, refused when damaged or newer, copied when migrated."""

import os
import random
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text

from gatewayz.core import Habits, StoreError, Whom
from gatewayz.store import migrations, open_parts, open_store, opening, sqlite_file
from gatewayz.store import store as store_module
from gatewayz.store.place import parse_place
from gatewayz.store.tables import RUNS


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def filled(file, make, verdicts=30):
    store = open_store(file)
    store.begin_run(make.run("run-1", "a"))
    store.record("run-1", [make.verdict(str(n)) for n in range(verdicts)])
    store.save_catalog("groq", [make.case().model], make.noon)
    store.finish_run(make.run("run-1", "a"))
    store.close()
    return file.read_bytes()


def read_everything(file):
    store = open_store(file)
    try:
        lines = store.runs()
        assert [line.id for line in lines] == ["run-1"]
        run = store.run("run-1")
        return run, store.catalog("groq")
    finally:
        store.close()


def test_a_flipped_bit_in_an_index_is_told_and_no_run_read_short(file, make):
    whole = bytearray(filled(file, make))
    # The index of results by run has what it goes by side by side; one in its middle.
    places = [found.start() for found in re.finditer(b"run-1groqdirectpassed", whole)]
    whole[places[len(places) // 2]] ^= 64
    file.write_bytes(whole)

    with pytest.raises(StoreError, match="damaged"):
        read_everything(file)


@pytest.mark.parametrize("how", ["replaced", "removed"])
def test_what_went_into_a_file_that_is_no_longer_there_is_not_called_written(file, make, how):
    filled(file, make)
    another = file.with_name("another.db")
    open_store(another).close()
    with closing(open_store(file)) as store:
        os.replace(another, file) if how == "replaced" else file.unlink()

        with pytest.raises(StoreError, match="was replaced or removed while it was open"):
            store.begin_run(make.run("run-2", "a"))


@pytest.mark.parametrize("what", ["-wal", "-shm", "both"])
def test_a_file_that_was_written_over_while_it_is_open_stays_as_it_is(file, make, what):
    filled(file, make, verdicts=300)
    copy = file.read_bytes()
    store = open_store(file)
    store.begin_run(make.run("run-2", "a"))
    store.record("run-2", [make.verdict(str(n)) for n in range(300)])
    for log in ("-wal", "-shm") if what == "both" else (what,):
        file.with_name(file.name + log).unlink()
    file.write_bytes(copy)

    for use in (store.runs, lambda: store.begin_run(make.run("run-3", "a"))):
        with pytest.raises(StoreError, match="mv, not cp"):
            use()
    store.close()

    assert file.read_bytes() == copy
    for log in ("-wal", "-shm"):
        file.with_name(file.name + log).unlink(missing_ok=True)
    assert read_everything(file)[0].id == "run-1"


def test_the_file_and_its_folder_are_for_the_user_only(file, make):
    old = os.umask(0)
    try:
        store = open_store(file)
        store.begin_run(make.run())
        beside = list(file.parent.iterdir())
        store.close()
    finally:
        os.umask(old)

    assert mode_of(file.parent) == 0o700
    assert {mode_of(path) for path in beside if path.exists()} == {0o600}
    assert list(file.parent.iterdir()) == [file]


def test_a_folder_that_was_there_keeps_its_rights(tmp_path):
    tmp_path.chmod(0o755)
    open_store(tmp_path / "gatewayz.db").close()

    assert mode_of(tmp_path) == 0o755


@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_bit_is_detected_or_harmless_and_never_read_as_good(file, make, seed):
    whole = filled(file, make)
    good = read_everything(file)
    chance = random.Random(seed)
    complaints = []
    for _ in range(25):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        file.write_bytes(damaged)
        try:
            seen = read_everything(file)
        except StoreError as told:
            complaints.append(str(told))
        else:
            assert seen == good

    assert complaints
    assert all(str(file) in told and "\n" not in told for told in complaints)


def test_every_flipped_bit_inside_a_stored_result_is_named_as_damage(file, make):
    whole = filled(file, make, verdicts=1)
    start = whole.index(b'{"observation"')
    for at in (start, start + 1, start + 40, start + 300):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        file.write_bytes(damaged)

        with pytest.raises(StoreError, match="is damaged"):
            read_everything(file)
        assert file.read_bytes() == bytes(damaged), "a damaged file is not repaired silently"


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.3, 0.5, 0.9, 0.9999])
def test_a_file_that_was_cut_is_detected(file, make, share):
    whole = filled(file, make)
    file.write_bytes(whole[: int(len(whole) * share) + 1])

    with pytest.raises(StoreError, match=r"is damaged.*nothing was changed") as told:
        open_store(file)

    assert "\n" not in str(told.value)


def test_a_file_of_something_else_is_left_as_it_is(file):
    file.parent.mkdir()
    file.write_text("my diary, 1 March. " * 50)

    with pytest.raises(StoreError, match="not a SQLite database"):
        open_store(file)
    assert file.read_text().startswith("my diary")


def test_opening_a_store_again_takes_no_lock_from_the_one_that_is_open(file, make):
    """A file that a process opens and closes by itself takes all its locks with it."""
    first = open_store(file)
    first.begin_run(make.run("run-1"))
    open_store(file).close()
    other = (
        "import sqlite3, sys; it = sqlite3.connect(sys.argv[1]);"
        " print(it.execute('SELECT count(*) FROM runs').fetchone()[0]); it.close()"
    )

    # Whoever closes a store last clears its journal away; the first one is still there.
    seen = subprocess.run(
        [sys.executable, "-c", other, str(file)], capture_output=True, text=True, check=True
    )
    journal = file.with_name(file.name + "-wal").exists()
    first.record("run-1", [make.verdict()])
    first.close()

    assert seen.stdout.strip() == "1"
    assert journal
    assert len(read_everything(file)) > 0


def test_a_large_file_is_not_read_through_before_the_first_result(file, make, monkeypatch):
    filled(file, make)
    monkeypatch.setattr(sqlite_file, "_CHECKED_BYTES", 1000)
    asked = []
    monkeypatch.setattr(sqlite_file, "text", lambda words: asked.append(words))

    open_store(file).close()

    assert asked == []


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_newer_store_is_refused_and_not_a_byte_of_it_changes(file, make, journal):
    filled(file, make)
    raw = sqlite3.connect(file)
    raw.execute(f"PRAGMA journal_mode = {journal}")
    raw.execute("UPDATE gatewayz_schema SET version = 99")
    raw.commit()
    raw.close()
    before = file.read_bytes()

    with pytest.raises(StoreError, match=r"newer gatewayz \(schema 99.*upgrade"):
        open_store(file)

    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def at_version_1(file, monkeypatch, make):
    """A store as the first version made it."""
    with monkeypatch.context() as older:
        older.setattr(opening, "MIGRATIONS", migrations.MIGRATIONS[:1])
        older.setattr(store_module, "keep_results", lambda *_: None)  # it came with version 7
        # The order of runs came with version 18.
        older.setattr(store_module, "add_run", lambda at, row: at.execute(RUNS.insert(), row))
        store = open_store(file)
        store.begin_run(make.run("run-1"))
        store.record("run-1", [make.verdict()])
        store.close()
    return file.read_bytes()


def test_a_store_of_version_1_is_brought_up_and_a_copy_of_it_is_kept(file, monkeypatch, make):
    before = at_version_1(file, monkeypatch, make)

    store = open_store(file)
    store.save_catalog("groq", [], make.noon)
    kept = store.run("run-1")
    results = list(store.results.within(make.noon, make.noon + timedelta(seconds=1)))
    store.close()

    copy = file.with_name("gatewayz.db.v1")
    assert kept.verdicts == (make.verdict(),)
    assert [(one.model, one.outcome, one.at) for one in results] == [
        ("llama-3", "passed", make.noon)
    ]
    assert mode_of(copy) == 0o600
    assert sorted(file.parent.iterdir()) == [file, copy]
    with sqlite3.connect(copy) as old, sqlite3.connect(":memory:") as was:
        was.deserialize(rollback_mode(before))
        assert list(old.iterdump()) == list(was.iterdump())
        assert old.execute("SELECT version FROM gatewayz_schema").fetchall() == [(1,)]
    old.close()
    was.close()


def test_habits_that_do_not_say_where_they_were_learned_are_learned_anew(file, monkeypatch, make):
    with monkeypatch.context() as older:
        older.setattr(opening, "MIGRATIONS", migrations.MIGRATIONS[:3])
        open_store(file).close()
    with sqlite3.connect(file) as raw:
        raw.execute("INSERT INTO habits VALUES ('groq', 'direct', 'm', '2026-03-01', '{}', 0)")
    raw.close()
    whom = Whom(gateway="groq", way="direct", host="api.groq.com", model="m")

    store = open_store(file)
    before = store.habits()
    store.save_habits(whom, Habits(stream_only=True), make.noon)
    after = store.habits()
    store.close()

    assert before == ()
    assert [(kept.whom, kept.habits) for kept in after] == [(whom, Habits(stream_only=True))]


def rollback_mode(database):
    """The same bytes marked as not write-ahead, which memory cannot do."""
    return database[:18] + b"\x01\x01" + database[20:]


def test_a_migration_that_is_interrupted_is_rolled_back_and_done_next_time(file, monkeypatch, make):
    at_version_1(file, monkeypatch, make)

    def breaks(connection):
        migrations.catalogs(connection)
        connection.execute(text("DROP TABLE verdicts"))
        raise sqlite3.OperationalError("the plug was pulled")

    with monkeypatch.context() as broken:
        broken.setattr(opening, "MIGRATIONS", (migrations.MIGRATIONS[0], breaks))
        with pytest.raises(StoreError, match="plug"):
            open_store(file)
    with sqlite3.connect(file) as raw:
        tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master")}
        version = raw.execute("SELECT version FROM gatewayz_schema").fetchone()
    raw.close()
    store = open_store(file)
    kept = store.run("run-1")
    store.close()

    assert "verdicts" in tables
    assert "catalogs" not in tables
    assert version == (1,)
    assert kept.verdicts == (make.verdict(),)


def test_migrations_are_numbered_from_day_one(file):
    open_store(file).close()

    with sqlite3.connect(file) as raw:
        (version,) = raw.execute("SELECT version FROM gatewayz_schema").fetchone()
    raw.close()
    assert version == len(migrations.MIGRATIONS)
    for number, step in enumerate(migrations.MIGRATIONS, 1):
        assert step.__doc__.startswith(f"{number}: ")


AS_NOBODY = """
import os, sys
from conftest import a_run
from gatewayz.core import StoreError
from gatewayz.store import open_store
# Everything is loaded before the rights are given up: the interpreter's own folder may be private.
open_store(sys.argv[2]).close()
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    store = open_store(sys.argv[1])
    print("runs", len(store.runs()))
    store.begin_run(a_run("mine"))
except StoreError as told:
    print(told)
"""


def as_ordinary_user(python, file, tmp_path):
    """Opens and writes the store as somebody whom rights bind, unlike root."""
    child = python(AS_NOBODY, file, tmp_path / "other.db")
    out, complaints = child.communicate(timeout=30)
    assert complaints == ""
    return out.strip().split("\n")


@pytest.fixture
def open_file():
    """A store's path that an ordinary user may reach (pytest's own folders are private)."""
    import shutil
    import tempfile
    from pathlib import Path

    folder = Path(tempfile.mkdtemp(prefix="gz-store-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "gatewayz.db"
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_store_is_one_clear_line(open_file, python, make, tmp_path):
    before = filled(open_file, make)
    open_file.chmod(0o444)
    open_file.parent.chmod(0o555)

    *_, told = as_ordinary_user(python, open_file, tmp_path)

    assert told.startswith(f"the store {open_file}: it ")
    assert "GATEWAYZ_STORE" in told
    assert open_file.read_bytes() == before


def test_a_folder_that_may_not_be_written_is_one_clear_line(open_file, python, tmp_path):
    open_file.parent.chmod(0o555)

    (told,) = as_ordinary_user(python, open_file.parent / "new" / "gatewayz.db", tmp_path)

    assert "may not be written; give yourself the right, or set GATEWAYZ_STORE" in told


def test_a_path_through_a_file_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(StoreError, match="cannot be opened; check that its folder"):
        open_store(tmp_path / "file" / "gatewayz.db")


def test_a_folder_in_place_of_the_file_is_one_clear_line(tmp_path):
    with pytest.raises(StoreError, match="GATEWAYZ_STORE"):
        open_store(tmp_path)


def test_importing_the_room_does_not_load_the_database_library():
    code = "import gatewayz.store, sys; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.strip() == "False"


def test_a_store_that_another_process_holds_is_waited_for_and_then_named(file, make, monkeypatch):
    monkeypatch.setattr(opening, "WAIT_S", 0.2)
    store = open_store(file)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match="another process held it"):
        store.begin_run(make.run())
    holder.execute("ROLLBACK")
    holder.close()
    store.begin_run(make.run())
    store.close()


def test_the_path_of_a_place_is_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    assert parse_place("a.db").file == tmp_path / "a.db"


def test_who_writes_row_behind_row_keeps_little_of_the_file_in_memory(tmp_path):
    """A server that runs for months would hold so much of its records as the cache is large."""
    url = tmp_path / "gatewayz.db"
    kept = []
    for opened in (open_store, open_parts):
        with closing(opened(url)) as store, store._session.reading() as connection:
            kept.append(-connection.exec_driver_sql("PRAGMA cache_size").scalar())

    assert kept == [32_000, 2_000]
