"""What is asked under load: texts of a size, or a file's; each one another, so that no cache answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from gatewayz.core.errors import ConfigError
from gatewayz.core.marks import marked
from gatewayz.core.probe import ChatRequest
from gatewayz.core.refusals import ALL_TOKEN_FIELDS, ANSWER_FIELDS, OTHER_LIMITS
from gatewayz.core.sendable import unsendable
from gatewayz.core.text import visible
from gatewayz.core.units import MOST_TOKENS, as_asked

# Words of notes before the task, so that the whole has about 0.3, 2 and 16 KB.
SIZES: Mapping[str, int] = {"short": 20, "medium": 280, "long": 2500}
_MOST_LINES = 100_000
_MOST_BYTES = 64 * 1024 * 1024
_WORDS = (
    "river", "stone", "garden", "window", "paper", "morning", "letter", "train", "bridge",
    "winter", "market", "number", "island", "engine", "forest", "silver", "captain", "journey",
    "mirror", "harvest", "signal", "copper", "village", "compass", "lantern", "season",
    "ladder", "harbour", "blanket", "thunder", "pencil", "orchard", "cabinet", "feather",
    "planet", "kitchen", "valley", "pocket", "station", "summer", "basket", "monument",
    "candle", "library", "mountain", "ticket", "sailor", "velvet", "corner", "painter",
    "meadow", "anchor", "teacher", "chimney", "bottle", "circus", "doctor", "helmet", "pattern",
    "cotton", "dragon", "fountain", "needle", "glacier", "hammer", "insect", "jacket", "kettle",
    "lemon", "magnet", "nephew", "ocean", "parade", "quarry", "ribbon", "saddle", "tunnel",
    "uncle", "violin", "wagon", "yellow", "zebra", "acorn", "bamboo", "cellar", "desert",
    "elbow", "fabric",
)  # fmt: skip
_TASK = "Write a story of at least 400 words about a {0} and a {1}. Begin at once."


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, the `number`-th from 1: its messages, and the further fields it asks for."""

    number: int
    messages: tuple[Mapping[str, Any], ...]
    more: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """Questions without end, drawn by a seed.

    `words` is the size of a made text in words; `written` are a file's lines, taken in turn, instead,
    and `file` is its name. `as_written` leaves those as they stand, so that a cache
    may answer from the second round on. `title` says it to people.
    """

    title: str
    words: int = 0
    written: tuple[Line, ...] = ()
    file: str = ""
    as_written: bool = False

    @property
    def digest(self) -> str:
        """What tells the prompts of a file from others, whatever it is called; "" for made ones."""
        if not self.written:
            return ""
        asked = [(line.messages, line.more) for line in self.written]
        return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]

    def messages(
        self, seed: int, place: str, number: int, *, line: Line | None = None
    ) -> tuple[tuple[Mapping[str, Any], ...], Mapping[str, Any]]:
        """The messages of one request, and the further fields that its line asks for.

        The same `seed`, `place` and `number` give the same; any other gives another text. `line` is
        one of the file, None for the one whose turn it is by the number.
        """
        rng = Random(f"{seed}/{place}/{number}")
        mark = f"{rng.getrandbits(48):012x}"
        if not self.written:
            return ({"role": "user", "content": self._made(rng, mark)},), {}
        line = line or self.written[number % len(self.written)]
        return (line.messages if self.as_written else marked(line.messages, mark)), line.more

    def request(
        self,
        seed: int,
        place: str,
        number: int,
        *,
        max_tokens: int | None,
        temperature: float | None,
        stream: bool,
        line: Line | None = None,
    ) -> ChatRequest:
        """One request; what its line sets itself goes before what is set for all."""
        messages, more = self.messages(seed, place, number, line=line)
        extra = dict(more)
        # Under its other name the limit is set as well, and many servers refuse to be told it twice.
        limit = None if OTHER_LIMITS & set(extra) else max_tokens
        return ChatRequest(
            messages=messages,
            max_tokens=extra.pop("max_tokens", limit),
            temperature=extra.pop("temperature", temperature),
            stream=stream,
            extra=extra,
        )

    def _made(self, rng: Random, mark: str) -> str:
        # The mark stands first: a cache of prefixes is not to know any of it.
        notes = " ".join(rng.choices(_WORDS, k=self.words))
        task = _TASK.format(*rng.sample(_WORDS, 2))
        return f"[{mark}] Notes that need no answer: {notes}.\n{task}"


def prompts_of(size: str) -> Prompts:
    """Made texts of a size. Raises: KeyError for one that SIZES does not know."""
    words = SIZES[size]
    about = len(Prompts(title="", words=words).messages(0, "", 0)[0][0]["content"])
    return Prompts(title=f"{size} (about {_bytes(about)}, no two alike)", words=words)


def read_prompts(path: Path, where: str, *, as_written: bool = False) -> Prompts:
    """The prompts of a JSONL file: a line is a text, a list of messages, or a request's fields.

    Of a request's fields `model`, `stream` and `stream_options` are left out, since the run says
    those.
    Raises: ConfigError, naming the line.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"{where}: {visible(str(path))} is larger than {_bytes(_MOST_BYTES)}")
        # What else ends a line elsewhere (U+2028 and the like) may stand in a text of JSON as it is.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"{where}: {visible(str(path))}: {reason}") from None
    name = visible(path.name)
    if len(lines) - (not lines[-1]) > _MOST_LINES:
        raise ConfigError(
            f"{where}: {visible(str(path))} has more than {_MOST_LINES:,} lines; leave out some"
        )
    written = [
        _line(line, number, f"{where}: {name}, line {number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]
    if not written:
        raise ConfigError(f"{where}: {visible(str(path))} has no line with a prompt")
    alike = "as they are written" if as_written else "each marked, no two alike"
    title = f"{len(written)} of {name}, {alike}"
    return Prompts(title=title, written=tuple(written), file=name, as_written=as_written)


def _line(line: str, number: int, where: str) -> Line:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise ConfigError(f"{where}: it is no JSON") from None
    if why := unsendable(value):
        raise ConfigError(f"{where}: {why}")
    more: dict[str, Any] = {}
    if isinstance(value, Mapping):
        messages, prompt = value.get("messages"), value.get("prompt")
        if None not in (messages, prompt):
            raise ConfigError(
                f'{where}: "messages" and "prompt" are both given; leave one of them out'
            )
        # What is null is not given, so that what the run says for all holds.
        more = {k: v for k, v in value.items() if k not in _OF_THE_RUN and v is not None}
        value = prompt if messages is None else messages
    if isinstance(value, str) and value:
        value = [{"role": "user", "content": value}]
    if not _are_messages(value):
        raise ConfigError(
            f'{where}: write a text, a list of messages, or an object with "messages" or "prompt"'
        )
    limit = more.get("max_tokens", 1)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ConfigError(f"{where}: max_tokens is a whole number from 1")
    for name, given in more.items():
        if name.lower() in _COUNTS and as_asked(given) > MOST_TOKENS:
            raise ConfigError(f"{where}: {name} is at most {MOST_TOKENS:,}")
    return Line(number, tuple(value), more)


_COUNTS = frozenset({*ALL_TOKEN_FIELDS, *ANSWER_FIELDS})
# What the run says for all, and what the messages are taken from.
_OF_THE_RUN = frozenset({"messages", "prompt", "model", "stream", "stream_options"})


def _are_messages(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and isinstance(one.get("role"), str) for one in value)
    )


def _bytes(count: int) -> str:
    return f"{count} bytes" if count < 1000 else f"{count / 1000:.0f} KB"
