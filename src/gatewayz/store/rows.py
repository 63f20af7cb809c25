"""Nouns to rows and back. Each row carries a checksum, so that a flipped bit is never read as good.

SQLite checks its own structure, not the text in its cells.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from gatewayz.core import (
    Allowance,
    Case,
    ClientKey,
    Habits,
    Model,
    Run,
    RunStatus,
    Served,
    StoreError,
    Summary,
    Verdict,
    Whom,
)
from gatewayz.core.codec import dumps, from_json, loads, moment_text
from gatewayz.core.served import ServedRequest
from gatewayz.core.text import well_formed
from gatewayz.store.lines import StoredHabits

Row = dict[str, Any]

# A serial is given by the database after the sum is made.
_NOT_SUMMED = frozenset({"number", "checksum"})


def checksum(row: Mapping[str, Any]) -> int:
    """CRC-32 over the row's words, in the order of its columns' names."""
    form, values_of = _words_of(tuple(row))
    return zlib.crc32((form % values_of(row)).encode("utf-8", "replace"))


@lru_cache(maxsize=64)  # all rows of a table have the same columns
def _words_of(columns: tuple[str, ...]) -> tuple[str, Callable[[Mapping[str, Any]], Any]]:
    names = sorted(name for name in columns if name not in _NOT_SUMMED)
    return words_of(names), itemgetter(*names)


def words_of(names: Iterable[str]) -> str:
    """The form of the words that are summed, of columns in the order of their names."""
    return "\x1f".join(f"{name}=%s" for name in names)


def check(row: Mapping[str, Any], what: str, shown: str) -> None:
    """Raises StoreError when a row is not what was written."""
    if row["checksum"] != checksum(row):
        raise StoreError(damaged(shown, f"{what} is not what was written"))


def damaged(shown: str, detail: str) -> str:
    """The one line for a damaged store."""
    return (
        f"the store {shown} is damaged ({detail}); nothing was changed: restore a copy of it, "
        "or move it away and a new one is made"
    )


def _sealed(row: Row) -> Row:
    return {**row, "checksum": checksum(row)}


def _seconds(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def run_row(run: Run) -> Row:
    """The row of a run, without its verdicts."""
    return _sealed(
        {
            "id": well_formed(run.id),
            "started_at": moment_text(run.started_at),
            "finished_at": moment_text(run.finished_at) if run.finished_at else None,
            "status": run.status.value,
            "planned": len(run.plan),
            "plan": _dumps(run.plan),
            "settings": _dumps(run.settings),
            "environment": _dumps(run.environment),
            "summary": _dumps(run.summary) if run.summary else None,
        }
    )


def verdict_row(run_id: str, verdict: Verdict) -> Row:
    """The row of a verdict: what is searched, and the whole."""
    seen = verdict.observation
    case = seen.case
    first = seen.attempts[0].started_at if seen.attempts else None
    timing = seen.last.timing if seen.last else None
    return _sealed(
        {
            "run_id": well_formed(run_id),
            "gateway": well_formed(case.gateway),
            "way": case.way,
            "model": well_formed(case.model.id) if case.model else None,
            "probe": well_formed(case.probe),
            "repeat": case.repeat,
            "outcome": verdict.outcome.value,
            "kind": verdict.failure.kind if verdict.failure else None,
            "class": verdict.failure.failure_class if verdict.failure else None,
            "warnings": len(verdict.warnings),
            "started_at": moment_text(first) if first else None,
            "first_token_s": _seconds(timing.first_token_s) if timing else None,
            "total_s": _seconds(timing.total_s) if timing else None,
            "verdict": _dumps(verdict),
        }
    )


def _dumps(value: Any) -> str:
    """A noun's text, without what is at its default: three quarters of a verdict are."""
    return dumps(value, encode=_quick(), sparse=True)


# Digits made alike, all else the same blank: whether many stand in a row is one look.
_DIGITS = bytes(ord("0") if chr(code).isdecimal() else ord(" ") for code in range(128)).ljust(256)
_BEYOND_64_BITS = b"0" * 19


@cache
def _quick() -> Callable[[Any], str]:
    """A writer of JSON that says the same in a tenth of the time; imported with the first row."""
    import msgspec

    encode = msgspec.json.Encoder().encode

    def write(value: Any) -> str:
        data = encode(value)
        if _BEYOND_64_BITS in data.translate(_DIGITS):
            raise ValueError("there may be a number in it that has no room in 64 bits")
        return data.decode()

    return write


def catalog_row(gateway: str, models: tuple[Model, ...], at: datetime) -> Row:
    """The row of a gateway's catalogue."""
    return _sealed(
        {
            "gateway": well_formed(gateway),
            "fetched_at": moment_text(at),
            "models": _dumps(models),
        }
    )


def habits_row(whom: Whom, habits: Habits, at: datetime) -> Row:
    """The row of one model's habits."""
    return _sealed(
        {
            "gateway": well_formed(whom.gateway),
            "way": whom.way,
            "host": well_formed(whom.host),
            "model": well_formed(whom.model),
            "learned_at": moment_text(at),
            "habits": _dumps(habits),
        }
    )


def read_habits(row: Mapping[str, Any]) -> StoredHabits:
    """One model's habits out of their row. Raises: ValueError when they cannot be read."""
    names = {name: row[name] for name in ("gateway", "way", "host", "model")}
    return StoredHabits(
        whom=Whom(**names),
        habits=loads(Habits, row["habits"]),
        learned_at=from_json(datetime, row["learned_at"]),
    )


def read_run(row: Mapping[str, Any], verdicts: tuple[Verdict, ...]) -> Run:
    """A run out of its row. Raises: ValueError when it cannot be read as one."""
    return Run(
        id=row["id"],
        started_at=from_json(datetime, row["started_at"]),
        finished_at=from_json(datetime, row["finished_at"]) if row["finished_at"] else None,
        status=RunStatus(row["status"]),
        plan=loads(tuple[Case, ...], row["plan"]),
        settings=loads(dict[str, Any], row["settings"]),
        environment=loads(dict[str, Any], row["environment"]),
        verdicts=verdicts,
        summary=loads(Summary, row["summary"]) if row["summary"] else None,
    )


def client_key_row(key: ClientKey) -> Row:
    """The row of a client's key."""
    return _sealed(
        {
            "name": key.name,
            "prefix": key.prefix,
            "digest": key.digest,
            "created_at": moment_text(key.created_at),
            "revoked_at": moment_text(key.revoked_at) if key.revoked_at else None,
            "allowance": _dumps(key.allowance),
        }
    )


def read_client_key(row: Mapping[str, Any]) -> ClientKey:
    """A client's key out of its row. Raises: ValueError when it cannot be read as one."""
    return ClientKey(
        name=row["name"],
        prefix=row["prefix"],
        digest=row["digest"],
        created_at=from_json(datetime, row["created_at"]),
        revoked_at=from_json(datetime, row["revoked_at"]) if row["revoked_at"] else None,
        allowance=loads(Allowance, row["allowance"]),
    )


# What stands in its row as it is in Served.
_NUMBERS = ("status", "attempts", "input_tokens", "output_tokens")
_AMOUNTS = ("cost_usd", "upstream_s", "first_byte_s", "total_s")
_WORDS = ("id", "client", "endpoint", "gateway", "model", "kind")
_SERVED_FORM, _served_values = _words_of(
    ("started_at", "streamed", "class", *_WORDS, *_NUMBERS, *_AMOUNTS)
)


def served_row(served: ServedRequest) -> Row:
    """The row of a request that the backend served."""
    row: Row = {
        "id": served.id,
        "started_at": moment_text(served.started_at),
        "client": served.client,
        "endpoint": served.endpoint,
        "gateway": served.gateway,
        "model": served.model,
        "streamed": int(served.streamed),
        "status": served.status,
        "kind": served.kind,
        "class": served.failure_class,
        "attempts": served.attempts,
        "input_tokens": served.input_tokens,
        "output_tokens": served.output_tokens,
        "cost_usd": _seconds(served.cost_usd),
        "upstream_s": _seconds(served.upstream_s),
        "first_byte_s": _seconds(served.first_byte_s),
        "total_s": _seconds(served.total_s),
    }
    words = _SERVED_FORM % _served_values(row)
    if not words.isascii() or "\x00" in words:  # seldom
        row.update({name: well_formed(row[name]) for name in ("class", *_WORDS)})
        words = _SERVED_FORM % _served_values(row)
    row["checksum"] = zlib.crc32(words.encode("utf-8", "replace"))
    return row


def read_served(row: Mapping[str, Any]) -> Served:
    """A served request out of its row."""
    return Served(
        started_at=from_json(datetime, row["started_at"]),
        streamed=bool(row["streamed"]),
        failure_class=row["class"],
        **{name: row[name] for name in (*_WORDS, *_NUMBERS, *_AMOUNTS)},
    )
