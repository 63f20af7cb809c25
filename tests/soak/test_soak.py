"""The soak can fail: by what grows, by what is lost, by what the log says. The short forms are quick."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.soak.growth import MIB, Sample, growing  # noqa: E402
from benchmarks.soak.records import (  # noqa: E402
    let_in_too_often,
    without_record,
    wrong_in_the_log,
)
from benchmarks.soak.stage import NARROW  # noqa: E402

LINE = (
    "2026-11-26T08:00:00.000000Z request id={id} key=- method=POST path=/v1/chat/completions"
    " gateway={gateway} model=m status={status} ms=1.0 kind={kind}\n"
)


def held(*memory_mib, handles=13, tasks=10):
    return [
        Sample(60.0 * at, mib * MIB, handles, tasks, 0)
        for at, mib in enumerate(memory_mib, start=1)
    ]


def test_what_is_flat_does_not_grow():
    assert growing(held(40, 60, 64, 66, 63, 65, 67, 64, 66)) == []


def test_one_odd_sample_is_no_growth():
    assert growing(held(60, 60, 60, 60, 60, 60, 60, 60, 95)) == []


def test_a_slow_leak_is_growth():
    (told,) = growing(held(*(60 + 2 * at for at in range(12))))

    assert "memory_bytes grew by 14.0 MiB" in told


@pytest.mark.parametrize("noun", ["handles", "tasks"])
def test_handles_and_tasks_may_not_grow_either(noun):
    samples = [
        Sample(60.0 * at, 60 * MIB, **{"handles": 13, "tasks": 10, noun: 13 + 4 * at}, running=0)
        for at in range(12)
    ]

    (told,) = growing(samples)

    assert told.startswith(f"{noun} grew by 28")


def test_too_few_samples_tell_nothing():
    assert "too few" in growing(held(60, 60, 60))[0]


@pytest.fixture
def kept(tmp_path):
    """A log and a store out of what is given."""

    def made(lines=(), rows=()):
        log, store = tmp_path / "log", tmp_path / "kept.db"
        log.write_text("".join(lines))
        with closing(sqlite3.connect(store)) as connection:
            connection.execute("CREATE TABLE requests (id TEXT, client TEXT, started_at TEXT)")
            connection.executemany("INSERT INTO requests VALUES (?, ?, ?)", rows)
            connection.commit()
        return log, store

    return made


def line(id, status=200, gateway="groq", kind="-"):
    return LINE.format(id=id, status=status, gateway=gateway, kind=kind)


def row(id, client="wide", at="2026-11-26T08:00:00+00:00"):
    return (id, client, at)


def test_what_was_answered_and_recorded_is_well(kept):
    log, store = kept([line("a"), line("b", 499), line("c", 429, "-")], [row("a"), row("b")])

    assert without_record(log, store, ["a"]) == []


def test_a_request_without_its_record_is_told(kept):
    log, store = kept([line("a"), line("b", 502)], [row("a")])

    assert without_record(log, store, ["a", "z"]) == [
        "1 of 2 healthy requests have no record: ['z']",
        "1 of 2 logged requests have no record: ['b']",
    ]


def test_a_request_that_is_recorded_twice_is_told(kept):
    log, store = kept([line("a")], [row("a"), row("a")])

    assert without_record(log, store, ["a"]) == ["1 records are of no request in the log: ['a']"]


@pytest.mark.parametrize(
    "bad",
    [
        line("a", 500, kind="internal-error"),
        "Traceback (most recent call last):\n",
        "Task exception was never retrieved\n",
        "gatewayz: requests are not recorded: disk full\n",
    ],
)
def test_what_does_not_belong_into_the_log_is_told(kept, bad):
    usual = ["Serving on x\n", "WARNING:  Invalid HTTP request received.\n", line("b")]
    log, _ = kept([*usual, bad])

    (told,) = wrong_in_the_log(log)

    assert bad.strip() in told


@pytest.mark.parametrize(("times", "worst"), [(NARROW, []), (NARROW + 1, [str(NARROW + 1)])])
def test_a_key_that_came_in_too_often_in_any_minute_is_told(kept, times, worst):
    rows = [
        row("x", "narrow", f"2026-11-26T08:00:{40 + at / 2:09.6f}+00:00") for at in range(times)
    ]
    rows += [row("y", "narrow", "2026-11-26T08:02:30.000000+00:00")]
    _, store = kept(rows=rows)

    assert [told.split()[5] for told in let_in_too_often(store)] == worst


LEAKY = """
import asyncio, itertools, os, runpy
runpy.run_path({guard!r})
from gatewayz.server.traffic import Traffic
kept, numbers, note = [], itertools.count(), Traffic.note
def leaking(self, visit):
    note(self, visit)
    if next(numbers) % 50 == 0:
        kept.append(bytearray(300_000))
        kept.append(os.open(os.devnull, os.O_RDONLY))
        kept.append(asyncio.ensure_future(asyncio.sleep(3600)))
Traffic.note = leaking
"""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_leaks_in_the_server_are_found(tmp_path):
    """One in fifty requests leaves memory, a handle and a task behind."""
    guard = str(ROOT / "tests" / "_guard" / "sitecustomize.py")
    (tmp_path / "sitecustomize.py").write_text(LEAKY.format(guard=guard))
    path = os.pathsep.join([str(tmp_path), str(ROOT / "src")])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--minutes", "2.5", "--seed", "1"],
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stdout
    for noun in ("memory_bytes", "handles", "tasks"):
        assert f"WRONG {noun} grew by" in done.stdout, done.stdout
