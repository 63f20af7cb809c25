"""Runs as lines of JSON: out of one store, and whole into another.

A run's line says how many results follow, each result stands on a line of its own; load runs and what
is in quarantine have a line each, and a last line counts them all. Every line has a checksum. Two such
files one after the other are one, too. docs/history.md, "Export and import", describes them for other programs.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from gatewayz.core import ConfigError, Run, Verdict
from gatewayz.core.codec import dumps, from_json, loads
from gatewayz.core.load import LoadResult
from gatewayz.core.quarantine import Quarantined
from gatewayz.core.text import json_to_show, of_json, visible

SCHEMA = "gatewayz/export/2"
_ANY_SCHEMA = "gatewayz/export/"
# The first version had runs alone, and counted them in another way at its end.
_READABLE = frozenset({"gatewayz/export/1", SCHEMA})
# A result keeps at most 64 KiB of each answer; whatever is longer than this is no such line.
LONGEST_LINE = 64 * 1024 * 1024
_FOREIGN = "it is no line of an export; `gatewayz export` writes those"
# What every database has room for in a column of whole numbers, and in one of large ones.
_MOST_REPEATS = 2**31
_MOST_REQUESTS = 2**63


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run without its verdicts, and how many follow."""

    run: Run
    results: int


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One verdict of the run whose line came last; `text` is how it was written, made safe to keep.

    An older version's text has fewer fields, and is kept so.
    """

    run_id: str
    verdict: Verdict
    text: str


Entry = RunLine | ResultLine | LoadResult | Quarantined


def run_line(run: Run, results: int) -> str:
    """The line of a run, with its end."""
    payload = dumps(replace(run, verdicts=()))
    return _line({"schema": SCHEMA, "kind": "run", "results": results}, "run", payload)


def result_line(run_id: str, verdict: str) -> str:
    """The line of a verdict that is JSON already, as its row has it."""
    return _line({"kind": "result", "id": run_id}, "verdict", _spelt(json.loads(verdict)))


def load_line(result: LoadResult) -> str:
    """The line of a load run, with all its lines in it."""
    return _line({"schema": SCHEMA, "kind": "load"}, "load", dumps(result))


def quarantine_line(entry: Quarantined) -> str:
    """The line of what is in quarantine."""
    return _line({"schema": SCHEMA, "kind": "quarantine"}, "quarantine", dumps(entry))


def end_line(runs: int, load_runs: int = 0, quarantined: int = 0) -> str:
    """The last line: of each kind, how many came before it."""
    held = {"runs": runs, "loads": load_runs, "quarantine": quarantined}
    return _line({"kind": "end"}, "holds", _spelt(held))


def _line(head: dict[str, Any], name: str, payload: str) -> str:
    sealed = json.dumps({**head, "crc32": _sum(head.get("id", ""), payload)}, ensure_ascii=False)
    return json_to_show(f'{sealed[:-1]}, "{name}": {payload}}}') + "\n"


def _spelt(value: Any) -> str:
    """JSON in the one spelling that sums are taken of: one number has several (1e-05, 0.00001)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _sum(run_id: str, payload: str) -> str:
    """A checksum that another way of writing the same JSON does not change."""
    return f"{zlib.crc32(chr(10).join((run_id, payload)).encode()):08x}"


def read_lines(lines: Iterable[bytes], shown: str) -> Iterator[Entry]:
    """What a file holds, in its order; blank lines are none.

    Raises: ConfigError, naming `shown` and the line, for the first one that is damaged, out of place
    or missing.
    """
    reader = _Reader()
    number = 0
    for number, line in enumerate(lines, 1):
        try:
            entry = reader.read(line)
        except (ValueError, TypeError, KeyError, RecursionError) as wrong:
            detail = f"{wrong.args[0]!r} is missing" if isinstance(wrong, KeyError) else str(wrong)
            raise ConfigError(_told(shown, number, detail)) from wrong
        if entry is not None:
            yield entry
    if reader.open_ended:
        raise ConfigError(_told(shown, number + 1, "it ends before its last run is whole"))


def _told(shown: str, number: int, detail: str) -> str:
    words = visible(detail.partition("\n")[0])[:200]
    return f"{shown}, line {number}: {words}; nothing was imported"


def _document(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line, parse_constant=_no_number)
    except json.JSONDecodeError as wrong:
        raise ValueError(f"it is no JSON ({of_json(wrong)})") from None
    if not isinstance(found, dict):
        raise TypeError(_FOREIGN)
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"it is no JSON ({name} is no number)")


class _Reader:
    """Reads line by line, and knows which may come next."""

    def __init__(self) -> None:
        self._run_id, self._left = "", 0
        self._held: Counter[str] = Counter()
        self._ended = False

    @property
    def open_ended(self) -> bool:
        """Whether the file may not end here."""
        return not self._ended

    def read(self, line: bytes) -> Entry | None:
        """One line; None for a blank one and for an end. Raises: ValueError, TypeError, KeyError."""
        if len(line) >= LONGEST_LINE:
            raise ValueError("it is too long for a line of an export")
        if not line.strip():
            return None
        found = _document(line)
        match found.get("kind"):
            case "run":
                return self._run(found)
            case "result":
                return self._result(found)
            case "load":
                return self._load(found)
            case "quarantine":
                return self._quarantined(found)
            case "end":
                self._end(found)
                return None
        raise ValueError(_FOREIGN)

    def _begin(self, found: dict[str, Any], kind: str) -> None:
        """Something that stands for itself, and is counted at the end."""
        schema = found["schema"]
        if schema not in _READABLE:
            newer = isinstance(schema, str) and schema.startswith(_ANY_SCHEMA)
            raise ValueError("it is of a newer gatewayz; upgrade" if newer else "it is no export")
        self._no_more_results()
        self._held[kind] += 1
        self._ended = False

    def _run(self, found: dict[str, Any]) -> RunLine:
        self._begin(found, "runs")
        run = from_json(Run, _payload(found, "run"))
        self._run_id, self._left = run.id, _count(found["results"])
        return RunLine(replace(run, verdicts=()), self._left)

    def _load(self, found: dict[str, Any]) -> LoadResult:
        self._begin(found, "loads")
        # By way of its text, as it will lie in the store.
        result = loads(LoadResult, dumps(from_json(LoadResult, _payload(found, "load"))))
        if {line.target for line in result.lines} - {target.name for target in result.targets}:
            raise ValueError("one of its lines is about no target of it")
        for numbers in (
            [one.passed for one in result.lines],
            [one.failures for one in result.lines],
        ):
            if not 0 <= sum(numbers) < _MOST_REQUESTS:
                raise ValueError("its number of requests is none")
        return result

    def _quarantined(self, found: dict[str, Any]) -> Quarantined:
        self._begin(found, "quarantine")
        entry = from_json(Quarantined, _payload(found, "quarantine"))
        return loads(Quarantined, dumps(entry))

    def _result(self, found: dict[str, Any]) -> ResultLine:
        if not self._left or found["id"] != self._run_id:
            raise ValueError("this result is none of the run before it")
        self._left -= 1
        payload = _payload(found, "verdict")
        verdict = from_json(Verdict, payload)
        if not 0 <= verdict.observation.case.repeat < _MOST_REPEATS:
            raise ValueError("its repeat is none")
        return ResultLine(self._run_id, verdict, dumps(payload))

    def _end(self, found: dict[str, Any]) -> None:
        self._no_more_results()
        told = _payload(found, "holds") if "holds" in found else {"runs": _payload(found, "runs")}
        for kind in sorted({*told, *self._held}):
            if told.get(kind, 0) != self._held[kind]:
                came = f"and {self._held[kind]} did"
                raise ValueError(f"{told.get(kind, 0)} {kind} were to come before it, {came}")
        self._ended = True
        self._held.clear()

    def _no_more_results(self) -> None:
        if self._left:
            raise ValueError(f"{self._left} results of run {self._run_id} are missing before it")


def _payload(found: dict[str, Any], name: str) -> Any:
    """What a line holds, once its checksum is seen to be right."""
    if found["crc32"] != _sum(found.get("id", ""), _spelt(found[name])):
        raise ValueError("it is damaged: its checksum is another")
    return found[name]


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("its number of results is none")
    return value
