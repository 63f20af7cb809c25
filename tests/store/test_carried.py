"""Load runs and quarantine in an export: out of one store and into another, on each database."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.loads import a_load

from gatewayz.core import ConfigError, StoreError
from gatewayz.core.quarantine import Quarantined
from gatewayz.store import open_store
from gatewayz.store.copies import LONGEST_LINE, load_line, quarantine_line, read_lines
from gatewayz.store.moving import Imported

LOAD = "20260301-120000-abcdef"


@pytest.fixture
def other(tmp_path):
    """A second, empty store."""
    opened = open_store(tmp_path / "other.db")
    yield opened
    opened.close()


@pytest.fixture
def full(store, make):
    """A store with a run, a load run and two entries of the quarantine."""
    store.begin_run(make.run("run-1"))
    store.record("run-1", [make.verdict("a")])
    store.loads.keep(a_load(seconds=2))
    for model in ("*", "llama \u202e\x1b[31m"):
        store.quarantine.add(entry(make, model))
    return store


def entry(make, model="*", reason="known, ticket 123", days=1):
    until = make.noon + timedelta(days=days)
    return Quarantined(gateway="groq", model=model, reason=reason, until=until)


def exported(store):
    lines = store.copies.lines(store.copies.ids(), store.loads.ids(), quarantine=True)
    return [line.encode() for line in lines]


def taken(store, lines):
    return store.copies.take(lambda: read_lines(lines, "runs.jsonl"))


def test_load_runs_and_quarantine_come_through_as_they_were(full, other):
    done = taken(other, exported(full))

    assert (done.added, done.beside.loads) == (("run-1",), [LOAD])
    assert len(done.beside.quarantine) == 2
    assert other.loads.load(LOAD) == full.loads.load(LOAD)
    assert other.quarantine.all() == full.quarantine.all()
    assert exported(other) == exported(full)


def test_the_same_file_twice_changes_nothing_and_says_so(full, other):
    lines = exported(full)
    taken(other, lines)
    again = taken(other, lines + lines)

    assert again.beside.loads_already == [LOAD] * 2
    assert len(again.beside.quarantine_already) == 4
    assert again.beside.loads + again.beside.quarantine + again.beside.others == []
    assert exported(other) == lines


def test_a_file_that_says_all_twice_brings_it_once(full, other):
    done = taken(other, exported(full) * 2)

    assert (done.beside.loads, done.beside.loads_already) == ([LOAD], [LOAD])
    assert exported(other) == exported(full)


def test_another_load_run_of_the_same_id_ends_the_import_before_it_begins(full, other):
    other.loads.keep(a_load(seconds=3))

    with pytest.raises(ConfigError, match=f"load run {LOAD} is in .* is not the same"):
        taken(other, exported(full))

    assert (other.copies.ids(), other.quarantine.all()) == ((), ())


def test_what_is_in_quarantine_here_stays_as_it_is_here(full, other, make):
    ours = entry(make, reason="ours", days=30)
    other.quarantine.add(ours)
    done = taken(other, exported(full))

    assert done.beside.others == ["groq/*"]
    assert ours in other.quarantine.all()
    assert len(other.quarantine.all()) == 2


def test_a_file_of_an_older_version_is_read(full, other):
    """It holds runs alone, and counts them at its end under another name."""
    run, result, *_ = [json.loads(line) for line in exported(full)]
    run["schema"] = "gatewayz/export/1"
    end = {"kind": "end", "crc32": "eae8fa4f", "runs": 1}
    file = [json.dumps(line).encode() for line in (run, result, end)]

    assert taken(other, file) == Imported(added=("run-1",), results=1)
    assert other.run("run-1") == full.run("run-1")


@pytest.mark.parametrize("number", [2, 3, 4, 5], ids=["load", "quarantine", "another", "end"])
def test_a_missing_or_changed_line_keeps_everything_out(full, other, number):
    lines = exported(full)
    changed = lines[number].replace(b"1", b"2")

    for wrong in ([changed], []):
        with pytest.raises(ConfigError, match=r"line \d: .*nothing was imported"):
            taken(other, [*lines[:number], *wrong, *lines[number + 1 :]])

    assert (other.copies.ids(), other.loads.ids(), other.quarantine.all()) == ((), (), ())


def test_a_load_run_that_no_bench_wrote_is_refused(other):
    result = a_load(seconds=2)
    astray = replace(result, lines=(replace(result.lines[0], target="nobody"),))
    endless = replace(result, lines=(replace(result.lines[0], passed=2**63),))

    for wrong in (astray, endless, replace(result, lines=(replace(result.lines[0], passed=-1),))):
        with pytest.raises(ConfigError, match=r"line 1: .*nothing was imported"):
            taken(other, [load_line(wrong).encode()])

    assert other.loads.ids() == ()


def test_lone_surrogates_and_nul_are_stored_once_and_known_again(other, make):
    hostile = entry(make, "a\ud800b\x00c", reason="\udfff")
    whole = {"kind": "end", "crc32": "", "holds": {"loads": 0, "quarantine": 1, "runs": 0}}
    line = json.loads(quarantine_line(hostile))
    other.quarantine.add(hostile)
    (kept,) = other.quarantine.all()
    file = [line.encode() for line in other.copies.lines((), quarantine=True)]

    assert line["quarantine"]["model"] == kept.model == "a\ufffdb\\x00c"
    assert json.loads(file[-1])["holds"] == whole["holds"]
    assert taken(other, file).beside.quarantine_already == [kept.title]


def test_a_damaged_load_run_is_not_exported(full):
    with full._session.writing() as connection:
        connection.exec_driver_sql("UPDATE load_lines SET model = 'another'")

    with pytest.raises(StoreError, match="line 0 of load run"):
        exported(full)


def test_a_long_load_run_fits_into_its_line():
    """An hour by the second, twelve lines of it, is far below what a line may be."""
    result = a_load(seconds=600)
    assert len(load_line(result)) * 6 < LONGEST_LINE
