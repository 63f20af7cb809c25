"""The scripted week on another core than what writes it: the watch that lived it, and a part of its rows.

A program of its own (`python -m gatewayz.cli.week_beside START GATEWAYS PLACES LAST`), for the process that
started it. It is given the settings in the environment and sends nothing. To its output it writes pieces,
each with its length in front: for every `HOURS` hours the rows of the last so many gateways, and then one
record of the watch. At the end it sums up what the other has written. It ends with its input.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import BinaryIO

import msgspec

from gatewayz.cli.week_played import Played
from gatewayz.config import Settings, load_settings
from gatewayz.core import Run
from gatewayz.core.codec import dumps, loads
from gatewayz.core.errors import StoreError
from gatewayz.core.watching import WatchRecord
from gatewayz.simulator.week import Script, part_of, read_script, week
from gatewayz.store import open_store
from gatewayz.store.run_rows import RunRows, rows_of

# So many hours are one transaction, and one piece of the output.
HOURS = 12
_LENGTH = 8
# A slow disk has this long to take the week.
_WRITTEN_S = 300.0


def made(script: Script, start: datetime) -> Iterator[list[RunRows]]:
    """The rows of a script's runs, by `HOURS`."""
    runs = week(script, start)
    while batch := [rows_of(run) for run in islice(runs, HOURS)]:
        yield batch


def together(here: RunRows, beside: RunRows) -> RunRows:
    """One run of which other gateways' rows were made elsewhere."""
    verdicts, results = [*here.verdicts, *beside.verdicts], [*here.results, *beside.results]
    return RunRows(here.run, verdicts, results)


class Pieces:
    """What that program writes, as it comes."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._decoder = msgspec.msgpack.Decoder(list[RunRows])

    def rows(self) -> list[RunRows]:
        """Those of the next hours. Raises: StoreError where the program has ended before."""
        return self._decoder.decode(self._next())

    def record(self) -> WatchRecord:
        """What comes after all rows. Raises: StoreError likewise."""
        return loads(WatchRecord, self._next().decode())

    def _next(self) -> bytes:
        length = int.from_bytes(self._output.read(_LENGTH))
        piece = self._output.read(length)
        if not piece or len(piece) < length:
            raise StoreError("a part of the week could not be made; what is above says why")
        return piece


def _pieces(script: Script, start: datetime, last: int, settings: Settings) -> Iterator[bytes]:
    """Rows by `HOURS`, then the record."""
    played, theirs = Played(settings), frozenset(script.gateways[-last:])
    runs = week(script, start)
    while batch := list(islice(runs, HOURS)):
        rows = []
        for run in batch:
            played.take(run)
            rows.append(rows_of(_of(run, theirs)))
        yield msgspec.msgpack.encode(rows)
    yield dumps(played.record()).encode()


def _of(run: Run, gateways: frozenset[str]) -> Run:
    """A run without what it found of other gateways."""
    return replace(
        run, verdicts=tuple(v for v in run.verdicts if v.observation.case.gateway in gateways)
    )


def _sum_up(settings: Settings, runs: int) -> None:
    """Sums so many runs for the pages, as they are written. Raises: StoreError where they do not come."""
    until, summed = time.monotonic() + _WRITTEN_S, 0
    with closing(open_store(settings.store)) as store:
        while (summed := summed + store.summaries.roll_up()) < runs:
            if time.monotonic() > until:
                raise StoreError(f"only {summed} of {runs} hours were written")
            time.sleep(0.2)


def _write(piece: bytes) -> None:
    sys.stdout.buffer.write(len(piece).to_bytes(_LENGTH) + piece)
    sys.stdout.buffer.flush()


def _end_with_who_started_it() -> None:
    """Ends this program as its input ends: whoever started it is gone, however that ended."""
    # Not by `sys.stdin`, whose lock a thread would hold where the program comes to its own end.
    os.read(0, 1)
    os._exit(1)


def main(start: str, gateways: str, places: str, last: str) -> None:
    """Makes what is wanted of the week that comes with the program, from a moment on."""
    threading.Thread(target=_end_with_who_started_it, daemon=True).start()
    gc.disable()  # next to nothing is garbage, and all of it is near its end
    settings = load_settings()
    script = part_of(read_script(), gateways.split(","), [int(one) for one in places.split(",")])
    # Who reads it may be busy: nothing here waits for that.
    with ThreadPoolExecutor(1, thread_name_prefix="pieces") as thread:
        written = [
            thread.submit(_write, piece)
            for piece in _pieces(script, datetime.fromisoformat(start), int(last), settings)
        ]
        _sum_up(settings, script.hours)
    for one in written:
        one.result()


if __name__ == "__main__":
    main(*sys.argv[1:])
