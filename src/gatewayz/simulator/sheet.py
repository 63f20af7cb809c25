"""The answer sheet: what the simulator did to each request, against which testers are scored."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from gatewayz.core import ConfigError

_KEPT = 200_000
_WRITTEN = (
    "number", "request_id", "client_id", "gateway", "method", "path", "route", "model", "stream",
    "behind", "fault", "asked", "variant", "packets", "key", "status", "started_s",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Served:
    """One request and what it got.

    number      the how-manieth request of this simulator, from 1
    request_id  also in the answer's `x-request-id`; `client_id` is the one the request carried
    gateway     the place; "" when the path belongs to none
    route       "chat", "models", "other" or ""
    behind      the fault whose own address it came in by; "" for the ordinary one
    fault       names of the faults it got, joined by "+"; "" for a healthy or an honest answer
    asked       names that were asked for; they differ where a fault has no meaning for the call
    variant     which wording and shape a fault drew, such as "google-8"; "" where it has but one
    packets     how the bytes were cut: "whole", "bytes" or "random"
    key         "right", "wrong", "none", or "unasked" on a public route
    status      the HTTP status; 0 when not one byte of a status line was sent
    started_s, ended_s   seconds since the simulator's start; ended_s is None while it is answered
    input_tokens, output_tokens   what the answer is told to take, thinking included; 0 for none
    body, headers   what the client sent, in memory only
    ended       "kept", "closed", "reset", "hung up" or "client left"; "" while it is answered
    """

    number: int
    request_id: str
    gateway: str
    method: str
    path: str
    behind: str = ""
    route: str = ""
    model: str = ""
    stream: bool = False
    fault: str = ""
    asked: str = ""
    variant: str = ""
    packets: str = "whole"
    key: str = "unasked"
    status: int = 0
    client_id: str = ""
    started_s: float = 0.0
    ended_s: float | None = None
    ended: str = ""
    sent_bytes: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class AnswerSheet:
    """Keeps the newest requests in memory, and every one in a file when a path is given.

    A line is written before the answer is, so that nobody can see an answer that has no line yet.
    Raises: ConfigError when the file cannot be written.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.entries: deque[Served] = deque(maxlen=_KEPT)
        self._file: TextIO | None = None
        if path is not None:
            try:
                self._file = Path(path).open("a", encoding="utf-8")  # noqa: SIM115 - closed below
            except OSError as error:
                raise ConfigError(f"the log cannot be written: {error}") from error

    def add(self, served: Served) -> None:
        """Takes a request down."""
        self.entries.append(served)
        if self._file is not None:
            line = {name: getattr(served, name) for name in _WRITTEN}
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
