"""Rows of a part of the scripted week, made on another core than the rest of it.

A program of its own (`python -m gatewayz.cli.week_rows START GATEWAYS PLACES`), which writes them to its
output for the process that started it: some hours at a time, each time how many bytes and then as MessagePack.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import BinaryIO

import msgspec

from gatewayz.simulator.week import Script, part_of, read_script, week
from gatewayz.store.run_rows import RunRows, rows_of

# So many hours are one transaction, and one piece of the output.
HOURS = 12
_LENGTH = 8


def made(script: Script, start: datetime) -> Iterator[list[RunRows]]:
    """The rows of a script's runs, by `HOURS`."""
    runs = week(script, start)
    while batch := [rows_of(run) for run in islice(runs, HOURS)]:
        yield batch


def read(output: BinaryIO) -> Iterator[list[RunRows]]:
    """What another process has made; nothing more where it has ended."""
    decoder = msgspec.msgpack.Decoder(list[RunRows])
    while length := output.read(_LENGTH):
        yield decoder.decode(output.read(int.from_bytes(length)))


def together(here: RunRows, beside: RunRows) -> RunRows:
    """One run of which other gateways' rows were made elsewhere."""
    verdicts, results = [*here.verdicts, *beside.verdicts], [*here.results, *beside.results]
    return RunRows(here.run, verdicts, results)


def main(start: str, gateways: str, places: str) -> None:
    """Makes those of the week that comes with the program, from a moment on."""
    gc.disable()  # nothing is kept, and nothing is garbage
    script = part_of(read_script(), gateways.split(","), [int(one) for one in places.split(",")])
    for batch in made(script, datetime.fromisoformat(start)):
        data = msgspec.msgpack.encode(batch)
        sys.stdout.buffer.write(len(data).to_bytes(_LENGTH) + data)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
