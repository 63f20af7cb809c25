"""Runs out of one store and into another, and old ones removed, on each database."""

import json
import random
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayz.core import ConfigError, Outcome, RunStatus, Served, StoreError, Timing
from gatewayz.store import open_store
from gatewayz.store.copies import RunLine, read_lines, result_line
from gatewayz.store.moving import Imported, Pruned
from gatewayz.store.noun_rows import run_row
from gatewayz.store.run_order import add_run

HOSTILE = (
    "a\ud800b\x00c\x1b[31m '; DROP TABLE runs; -- \u202e \U0001f600 %s %(x)s :x {x} \\ \" \r\n"
)


@pytest.fixture
def other(tmp_path):
    """A second, empty store."""
    opened = open_store(tmp_path / "other.db")
    yield opened
    opened.close()


def keep(store, make, *names, day=0, outcome=Outcome.PASSED, models=("a", "b")):
    for name in names:
        run = replace(
            make.run(name, *models),
            started_at=make.noon + timedelta(days=day),
            status=RunStatus.FINISHED,
            settings={"message": HOSTILE},
        )
        store.begin_run(run)
        store.record(name, [make.verdict(model, outcome) for model in models])


def exported(store, *ids):
    """The export's lines as a file has them."""
    return [line.encode() for line in store.copies.lines(ids or store.copies.ids())]


def taken(store, lines):
    return store.copies.take(lambda: read_lines(lines, "runs.jsonl"))


def whole(store):
    return [store.run(run_id) for run_id in store.copies.ids()]


def test_runs_come_through_an_export_as_they_were_whatever_is_in_them(store, other, make):
    keep(store, make, "run-1", models=("a", HOSTILE))
    keep(store, make, "run-2", day=1, outcome=Outcome.FAILED)
    store.begin_run(replace(make.run("run-3"), started_at=make.noon + timedelta(days=2)))

    done = taken(other, exported(store))

    assert done == Imported(added=("run-1", "run-2", "run-3"), results=4)
    assert whole(other) == whole(store)
    assert exported(other) == exported(store)


def test_an_export_goes_into_the_store_that_it_came_from_however_a_number_is_spelt(store, make):
    small = make.verdict("a", Outcome.PASSED)
    attempts = tuple(
        replace(one, timing=Timing(sent_s=1e-05, total_s=0.00001234, first_byte_s=1e22))
        for one in small.observation.attempts
    )
    store.begin_run(replace(make.run("run-1", "a"), status=RunStatus.FINISHED))
    store.record(
        "run-1", [replace(small, observation=replace(small.observation, attempts=attempts))]
    )

    assert taken(store, exported(store)) == Imported(already=("run-1",))


def test_an_import_goes_into_the_other_database_too(store, other, make):
    keep(other, make, "run-1", "run-2")

    taken(store, exported(other))

    assert whole(store) == whole(other)


@pytest.mark.parametrize("day", [0, 9], ids=["nothing here before", "newer ones here"])
@pytest.mark.parametrize("at", range(3))
def test_two_imports_of_one_file_at_once_bring_each_run_once(place, other, make, day, at):
    """Another import comes in between what this one looked at and wrote, before its run number `at`."""
    keep(other, make, "run-1", "run-2", "run-3")
    lines = exported(other)
    runs = [
        number for number, line in enumerate(lines) if b'"kind":"run"' in line.replace(b" ", b"")
    ]
    reads = 0
    with closing(open_store(place)) as one, closing(open_store(place)) as two:
        if day:
            keep(one, make, "newest", day=day)
        brought = []

        def entries():
            nonlocal reads
            reads += 1
            for number, line in enumerate(lines):
                if reads == 2 and number == runs[at]:
                    brought.append(taken(two, lines))
                yield line

        done = one.copies.take(lambda: read_lines(entries(), "runs.jsonl"))

        assert len(brought) == 1
        assert sorted((*done.added, *brought[0].added)) == ["run-1", "run-2", "run-3"]
        assert done.results + brought[0].results == 6
        assert sorted((*done.added, *done.already)) == ["run-1", "run-2", "run-3"]
        assert [one.run(name) for name in ("run-1", "run-2", "run-3")] == whole(other)
        assert one.run("last").id == ("newest" if day else "run-3")


@pytest.mark.parametrize("how", ["imported", "begun"])
@pytest.mark.parametrize("at", range(3))
def test_the_last_run_stays_last_whoever_brings_it_while_older_ones_come_in(
    place, other, make, how, at
):
    """It comes in between what the import looked at and wrote, before its run number `at`."""
    keep(other, make, "run-1", "run-2", "run-3")
    lines = exported(other)
    keep(other, make, "newest", day=9)
    newest = exported(other, "newest")
    entries = list(read_lines(lines, "runs.jsonl"))
    begins = [n for n, entry in enumerate(entries) if isinstance(entry, RunLine)]
    reads = 0
    with closing(open_store(place)) as one, closing(open_store(place)) as two:

        def coming():
            nonlocal reads
            reads += 1
            for number, entry in enumerate(entries):
                if reads == 2 and number == begins[at]:
                    taken(two, newest) if how == "imported" else keep(two, make, "newest", day=9)
                yield entry

        one.copies.take(coming)

        before, after = ["run-1", "run-2", "run-3"][:at], ["run-1", "run-2", "run-3"][at:]
        assert list(one.copies.ids()) == [*after, *before, "newest"]
        assert one.failed_cases() == ()
        assert [one.run(name) for name in ("run-1", "run-2", "run-3", "newest")] == whole(other)


def test_the_last_run_stays_last_while_it_is_being_begun(place, other, make):
    keep(other, make, "run-1")
    lines = exported(other)
    newest = replace(make.run("newest"), started_at=make.noon + timedelta(days=9))
    with closing(open_store(place)) as one, closing(open_store(place)) as two:
        with ThreadPoolExecutor(1) as thread:
            with two._session.writing() as connection:
                add_run(connection, run_row(newest))
                done = thread.submit(taken, one, lines)
                wait([done], 0.5)
            assert done.result().added == ("run-1",)

        assert one.copies.ids() == ("run-1", "newest")


def test_the_same_file_twice_changes_nothing_and_says_so(store, make, other):
    keep(store, make, "run-1", "run-2")
    lines = exported(store)

    assert taken(store, lines) == Imported(already=("run-1", "run-2"))
    assert taken(other, lines + lines).added == ("run-1", "run-2")
    assert [line.recorded for line in other.runs()] == [2, 2]


def test_another_run_of_the_same_id_ends_the_import_before_it_begins(store, other, make):
    keep(store, make, "run-1")
    keep(other, make, "run-0")
    keep(other, make, "run-1", outcome=Outcome.FAILED)

    with pytest.raises(ConfigError, match=r"run-1 is in .* already, and is not the same"):
        taken(store, exported(other))

    assert store.copies.ids() == ("run-1",)


def test_older_runs_come_before_all_there_are_and_newer_ones_after(store, other, make):
    keep(store, make, "here", day=10)
    keep(other, make, "older-1", day=1)
    keep(other, make, "older-2", day=2, outcome=Outcome.FAILED)
    keep(other, make, "newer", day=20)

    taken(store, exported(other, "older-1", "older-2"))
    assert store.copies.ids() == ("older-1", "older-2", "here")
    assert store.run("last").id == "here"
    assert store.failed_cases() == ()
    assert [v.observation.case.model.id for v in store.run("older-1").verdicts] == ["a", "b"]

    taken(store, exported(other, "newer"))
    assert store.copies.ids() == ("older-1", "older-2", "here", "newer")
    keep(store, make, "made here", day=21)
    assert store.run("last").id == "made here"
    assert store.past.of("groq", "a").runs[-1].id == "older-1"


def test_a_result_that_an_older_version_wrote_is_the_same_result(store, other, make):
    """Its text has fields that today's leaves out, and an import leaves them there."""
    keep(store, make, "run-1")
    lines = [json.loads(line) for line in exported(store)]
    older = lines[1]["verdict"]
    older |= {"also": [], "step": None, "taken_from": ""}
    text = json.dumps(older, ensure_ascii=False, separators=(",", ":"))
    file = [exported(store)[0], result_line("run-1", text).encode(), *exported(store)[2:]]

    taken(other, file)

    assert taken(other, file).already == ("run-1",)
    assert exported(other) == file
    assert whole(other) == whole(store)


DAMAGES = {
    "a letter changed": lambda line: line.replace(b"Test successful", b"Test succesSful"),
    "a number changed": lambda line: line.replace(b'"status":200', b'"status":201'),
    "cut": lambda line: line[: len(line) // 2],
    "no json": lambda line: b"{" + line,
    "another run's": lambda line: line.replace(b'"id": "run-1"', b'"id": "run-9"'),
    "not utf-8": lambda line: line.replace(b"Test", b"T\xffst"),
    "no checksum": lambda line: line.replace(b'"crc32"', b'"crc"'),
    "an array": lambda line: b"[]\n",
    "of another kind": lambda line: b'{"kind": "verdict"}\n',
    "deep": lambda line: b"[" * 100_000 + b"\n",
    "not a number": lambda line: b'{"kind": NaN}\n',
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_line_is_named_and_nothing_is_imported(store, other, make, damage):
    keep(store, make, "run-1", "run-2")
    lines = exported(store)
    damaged = [*lines[:1], DAMAGES[damage](lines[1]), *lines[2:]]
    assert damaged != lines

    with pytest.raises(ConfigError) as told:
        taken(other, damaged)

    assert str(told.value).startswith("runs.jsonl, line 2: ")
    assert str(told.value).endswith("; nothing was imported")
    assert "\n" not in str(told.value)
    assert other.copies.ids() == ()


def test_a_damaged_last_line_keeps_the_runs_before_it_out(store, other, make):
    keep(store, make, "run-1", "run-2")
    lines = exported(store)

    for wrong in (lines[:-1], lines[:-2], lines[:-3], [*lines[:2], *lines[3:]], lines[3:], []):
        with pytest.raises(ConfigError, match=r"line \d+: .*nothing was imported"):
            taken(other, wrong)

    assert other.copies.ids() == ()


def test_any_flipped_bit_is_found(store, other, make):
    keep(store, make, "run-1")
    lines = exported(store)
    data = b"".join(lines)
    rng = random.Random(4)
    before = whole(store)[0]

    for _ in range(150):
        at, bit = rng.randrange(len(data)), 1 << rng.randrange(8)
        flipped = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
        try:
            taken(other, flipped.splitlines(keepends=True))
        except ConfigError:
            assert other.copies.ids() == ()
            continue
        # What was hit says the same in another way, such as a blank for another.
        assert whole(other) == [before]
        other.copies.prune(make.noon + timedelta(days=1))


def test_an_import_that_is_interrupted_leaves_whole_runs_and_can_be_repeated(store, other, make):
    keep(store, make, "run-1", "run-2")
    lines = exported(store)
    readings = []

    def entries():
        readings.append(1)
        for number, entry in enumerate(read_lines(lines, "runs.jsonl")):
            if len(readings) == 2 and number == 5:  # within the second run, when it is written
                raise KeyboardInterrupt
            yield entry

    with pytest.raises(KeyboardInterrupt):
        other.copies.take(entries)

    assert whole(other) == whole(store)[:1]
    assert taken(other, lines) == Imported(added=("run-2",), already=("run-1",), results=2)
    assert whole(other) == whole(store)


def test_a_newer_export_is_refused_with_what_to_do(store, other, make):
    keep(store, make, "run-1")
    lines = exported(store)

    with pytest.raises(ConfigError, match="newer gatewayz; upgrade"):
        taken(other, [lines[0].replace(b"export/2", b"export/3"), *lines[1:]])


def test_an_export_written_anew_by_another_program_is_still_one(store, other, make):
    keep(store, make, "run-1")
    lines = [
        json.dumps(json.loads(line), indent=None, ensure_ascii=True, sort_keys=False).encode()
        + b"\n\n"
        for line in exported(store)
    ]

    assert taken(other, lines).added == ("run-1",)
    assert whole(other) == whole(store)


def test_a_damaged_store_is_not_exported(store, make):
    from sqlalchemy import text

    keep(store, make, "run-1")
    with store._session.writing() as connection:
        connection.execute(text("UPDATE verdicts SET verdict = replace(verdict, 'Test', 'Tost')"))

    with pytest.raises(StoreError, match="damaged"):
        list(store.copies.lines(["run-1"]))


def served(at, status=200):
    return Served(
        id="r", started_at=at, client="", endpoint="/v1/chat/completions", gateway="groq", model="a",
        streamed=False, status=status, attempts=1, total_s=0.5,
    )  # fmt: skip


def test_old_runs_go_whole_and_the_rest_stays(store, make):
    keep(store, make, "old", "older")
    keep(store, make, "broken", outcome=Outcome.FAILED, models=("c", "d"))
    keep(store, make, "new", day=10)
    store.requests.record(
        [served(make.noon), served(make.noon, 500), served(make.noon + timedelta(9))]
    )
    day_5 = make.noon + timedelta(days=5)

    would = store.copies.prune(day_5, dry_run=True)
    assert would == Pruned(runs=3, results=6, requests=2)
    assert len(store.copies.ids()) == 4

    assert store.summaries.requests_since() is None
    assert store.copies.prune(day_5, keep_failed=True) == Pruned(runs=2, results=4, requests=1)
    assert store.copies.ids() == ("broken", "new")
    assert len(store.run("broken").verdicts) == 2
    assert [one.status for one in store.requests.latest()] == [200, 500]
    assert store.summaries.raw_since() == store.summaries.requests_since() == day_5

    assert store.copies.prune(day_5) == Pruned(runs=1, results=2, requests=1)
    assert store.copies.ids() == ("new",)
    assert store.copies.prune(day_5) == Pruned()


def test_of_what_failed_the_runs_that_end_each_time_of_trouble_are_kept_with_the_failures(
    store, make
):
    day_5 = make.noon + timedelta(days=5)
    keep(store, make, "long ago", "before")
    keep(store, make, "broken", outcome=Outcome.FAILED)
    keep(store, make, "mended", "steady", "well", "last")
    store.copies.prune(day_5, keep_failed=True)

    assert store.copies.ids() == ("before", "broken", "mended", "steady", "last")

    keep(store, make, "broken again", "worse", outcome=Outcome.FAILED)
    store.copies.prune(day_5, keep_failed=True)

    assert store.copies.ids() == (
        "before", "broken", "mended", "steady", "last", "broken again", "worse",
    )  # fmt: skip
    question = store.past.of("groq", "a").questions[0]
    assert (question.last_passed.id, question.fails_since.id) == ("last", "broken again")

    keep(store, make, "fine", "fine too", "fine yet", "now")
    store.copies.prune(day_5, keep_failed=True, rounds=1)

    assert store.copies.ids() == (
        "before", "broken", "mended", "last", "broken again", "worse", "fine", "now",
    )  # fmt: skip


def test_a_run_that_goes_on_is_not_removed_however_old(store, make):
    keep(store, make, "old")
    store.holding.begin(make.run("goes on"), make.noon)
    later = make.noon + timedelta(days=1)

    assert store.copies.prune(later, dry_run=True).runs == 1
    assert store.copies.prune(later).runs == 1
    assert store.copies.ids() == ("goes on",)
    store.record("goes on", [make.verdict("a")])


def test_only_a_run_without_any_result_is_dropped(store, make):
    keep(store, make, "full")
    store.holding.begin(make.run("empty"), make.noon)

    assert store.copies.drop_empty("full") is False
    assert store.copies.drop_empty("empty") is True
    assert store.copies.ids() == ("full",)
    assert len(store.run("full").verdicts) == 2
    assert store.copies.drop_empty("empty") is False


def test_the_results_of_a_removed_run_are_gone_too(store, make):
    from sqlalchemy import text

    keep(store, make, "old")
    store.copies.prune(make.noon + timedelta(days=1))

    with store._session.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM verdicts")).scalar() == 0


def test_a_sqlite_file_shrinks_to_what_is_left(file, make):
    store = open_store(file)
    keep(store, make, "old", models=[f"m{n}" for n in range(700)])
    keep(store, make, "new", day=10)
    store.copies.prune(make.noon + timedelta(days=5))
    before = store.copies.size()

    assert store.copies.shrink() is True
    assert store.copies.size() < before / 5
    assert file.stat().st_size == store.copies.size()
    assert whole(store)[0].id == "new"
    store.close()


def test_postgresql_keeps_the_room_and_says_so(place, make):
    store = open_store(place)
    assert store.copies.shrink() is place.startswith("sqlite")
    assert (store.copies.size() is None) is not place.startswith("sqlite")
    store.close()
