"""Clients as one wishes for: each answer is checked in full, and remembered by its id."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from benchmarks.soak.hostile import SOUND
from benchmarks.soak.stage import Stage
from benchmarks.soak.wire import Answer, Line, chat, head, line

CLIENTS = 6
PAUSE_S = 0.1
# As many go over one connection, then a new one is made.
_PER_LINE = 25
_ANSWER_S = 20.0


@dataclass
class Healthy:
    """What was asked and how it went: ids that were answered, counts by kind, what was wrong."""

    stage: Stage
    rng: Random
    ids: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    _are_there: bool = False
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @asynccontextmanager
    async def there(self) -> AsyncIterator[None]:
        """Some clients, as long as the block lasts; each gets its last answer."""
        self._are_there = True
        clients = [asyncio.create_task(self._one()) for _ in range(CLIENTS)]
        try:
            yield
        finally:
            self._are_there = False
            await asyncio.gather(*clients)

    async def _one(self) -> None:
        while self._are_there:
            try:
                async with line(self.stage.wide) as to:
                    await self._over(to)
            except (
                OSError,
                asyncio.IncompleteReadError,
                AssertionError,
                ValueError,
                LookupError,
            ) as bad:
                self.wrong.append(f"a healthy request failed: {bad!r}")

    async def _over(self, to: Line) -> None:
        for _ in range(_PER_LINE):
            if not self._are_there:
                return
            kind = self.rng.choice(
                (self._plain, self._plain, self._stream, self._narrow, self._list)
            )
            async with asyncio.timeout(_ANSWER_S):
                await kind(to)
            self.counts[kind.__name__.strip("_")] += 1
            await asyncio.sleep(PAUSE_S)

    def _new(self) -> tuple[str, str]:
        """An id, and a text that nobody else says."""
        number = next(self._numbers)
        return f"soak-{number}", f"answer {number} of {self.rng.getrandbits(64):x}"

    async def _ask(self, to: Line, *, stream: bool) -> tuple[Answer, str]:
        name, text = self._new()
        asked = chat(self.stage.wide, SOUND, f'Respond with: "{text}"', id=name, stream=stream)
        await to.send(asked)
        answer = await to.answer()
        assert answer.status == 200, f"{answer.status} {answer.body[:300]!r}"
        assert answer.headers["x-request-id"] == name
        self.ids.append(name)
        return answer, text

    async def _plain(self, to: Line) -> None:
        answer, text = await self._ask(to, stream=False)
        found = answer.json["choices"][0]["message"]["content"]
        assert found == text, f"{found!r} is not {text!r}"

    async def _stream(self, to: Line) -> None:
        answer, text = await self._ask(to, stream=True)
        events = [e.removeprefix("data: ") for e in answer.body.decode().split("\n\n") if e]
        assert events[-1] == "[DONE]", events[-1]
        chunks = [json.loads(event) for event in events[:-1]]
        deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
        found = "".join(delta.get("content") or "" for delta in deltas)
        assert found == text, f"{found!r} is not {text!r}"

    async def _narrow(self, to: Line) -> None:
        """By a key that may ask seldom; how often it was let in is counted at the end."""
        await to.send(chat(self.stage.narrow, SOUND))
        answer = await to.answer()
        assert answer.status in (200, 429), answer.status
        if answer.status == 429:
            assert 0 < int(answer.headers["retry-after"]) <= 60
        self.counts[f"narrow {answer.status}"] += 1

    async def _list(self, to: Line) -> None:
        await to.send(head(self.stage.wide, "GET", "/models?gateway=groq&limit=3"))
        answer = await to.answer()
        assert answer.status == 200, answer.status
        assert len(answer.json["data"]) == 3
