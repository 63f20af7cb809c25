"""A week of hourly probes on a fast-forward clock: from a script of incidents to finished runs.

Nothing is sent. Each hour is one run, its verdicts as the judge gives them for such answers; the
same seed makes the same week, and a part of its gateways and models is the same in every week.
The script is data (`week.toml`), so that what must come of it can be worked out without this file.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from gatewayz.core import (
    CATALOG_PROBE,
    Attempt,
    Case,
    ChatRequest,
    Culprit,
    ErrorBody,
    Failure,
    Model,
    Observation,
    Outcome,
    Reply,
    Run,
    RunStatus,
    Timing,
    Usage,
    Verdict,
)
from gatewayz.core.attempt import Phase
from gatewayz.core.failures import failure
from gatewayz.core.objectives import Maintenance
from gatewayz.core.usual_question import TEST_MESSAGE

SCRIPT = Path(__file__).with_name("week.toml")
PROBE = "streaming"
HOUR = timedelta(hours=1)

_ANSWER = "Test successful: this model answers as it should, all of it in order."
_TOKENS = 24
# Between two questions to the same gateway; all gateways are asked at once.
_BETWEEN = timedelta(milliseconds=700)

What = Literal["fails", "list", "no key", "slow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that goes wrong, as `week.toml` says it."""

    what: What
    gateway: str
    hours: tuple[int, int]
    models: tuple[int, int] | None = None
    every: int = 1
    kind: str = ""
    culprit: str = ""
    status: int | None = None
    outcome: Outcome = Outcome.FAILED
    ttft_s: float = 0.0

    def strikes(self, gateway: str, hour: int) -> bool:
        """Whether it is on for a gateway in an hour."""
        first, after = self.hours
        if self.gateway not in ("*", gateway) or not first <= hour < after:
            return False
        return (hour - first) % self.every == 0

    def means(self, model: int) -> bool:
        """Whether it is about the model at this place of the list."""
        return self.models is None or self.models[0] <= model < self.models[1]

    @property
    def failure(self) -> Failure:
        """What the judge calls it."""
        found = failure(self.kind, f"{self.kind} (simulated)")
        return replace(found, culprit=Culprit(self.culprit)) if self.culprit else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Who is asked for how many hours, what goes wrong, and what was announced (gateway, hours, reason).

    `models` are by their place in the list, which is what events go by.
    """

    gateways: tuple[str, ...]
    models: Mapping[int, str]
    hours: int
    events: tuple[Event, ...] = ()
    announced: tuple[tuple[str, tuple[int, int], str], ...] = field(default=())

    def maintenance(self, start: datetime) -> tuple[Maintenance, ...]:
        """What was announced for a week that begins at a moment."""
        return tuple(
            Maintenance(
                targets=(gateway,),
                start=start + hours[0] * HOUR,
                end=start + hours[1] * HOUR,
                reason=reason,
            )
            for gateway, hours, reason in self.announced
        )


def read_script(text: str | None = None) -> Script:
    """The script in a TOML text, or the one that comes with the program."""
    found = tomllib.loads(SCRIPT.read_text(encoding="utf-8") if text is None else text)
    return Script(
        gateways=tuple(found["gateways"]),
        models=dict(enumerate(found["models"])),
        hours=found["hours"],
        events=tuple(map(_event, found.get("event", ()))),
        announced=tuple(
            (one["gateway"], (one["hours"][0], one["hours"][1]), one.get("reason", ""))
            for one in found.get("maintenance", ())
        ),
    )


def _event(table: Mapping[str, Any]) -> Event:
    values = dict(table)
    for name in ("hours", "models"):
        if name in values:
            values[name] = tuple(values[name])
    return Event(**{**values, "outcome": Outcome(values.get("outcome", "failed"))})


def week(script: Script, start: datetime, *, seed: int = 0) -> Iterator[Run]:
    """The runs of a script, an hour apart from `start` on, each finished.

    Without plans, which their verdicts tell, and without summaries.
    """
    lanes = [_Lane(name, script, seed) for name in script.gateways]
    for hour in range(script.hours):
        at = start + hour * HOUR
        verdicts = [verdict for lane in lanes for verdict in lane.asked(hour, at)]
        yield Run(
            id=f"week-{at:%Y%m%d-%H%M}",
            started_at=at,
            finished_at=at + len(script.models) * _BETWEEN + timedelta(seconds=30),
            status=RunStatus.FINISHED,
            settings={"probes": [PROBE], "models": "all", "simulated": True},
            verdicts=tuple(verdicts),
        )


class _Lane:
    """One gateway and its models over the week."""

    def __init__(self, gateway: str, script: Script, seed: int) -> None:
        self._gateway, self._events = gateway, script.events
        self._url = f"https://{gateway}.example/v1/chat/completions"
        self._request = ChatRequest(
            messages=({"role": "user", "content": TEST_MESSAGE},), max_tokens=50, stream=True
        )
        # Of each model by its own name, so that what else is asked changes nothing.
        self._models = [
            (
                place,
                Case(gateway=gateway, probe=PROBE, model=Model(id=name, listed=True)),
                _Pace(f"{seed}/{gateway}/{name}", name),
            )
            for place, name in script.models.items()
        ]

    def asked(self, hour: int, at: datetime) -> Iterator[Verdict]:
        """The verdicts of an hour, in the order of the list."""
        events = [event for event in self._events if event.strikes(self._gateway, hour)]
        for event in events:
            if event.what in ("list", "no key"):
                yield self._of_the_list(event, at)
                return
        for place, case, pace in self._models:
            met = next((one for one in events if one.means(place)), None)
            yield self._of_a_model(case, pace, met, at + place * _BETWEEN)

    def _of_the_list(self, event: Event, at: datetime) -> Verdict:
        case = Case(gateway=self._gateway, probe=CATALOG_PROBE)
        if event.what == "no key":
            reason = f"no key: set {self._gateway.upper()}_API_KEY"
            return Verdict(
                observation=Observation(case=case), outcome=Outcome.SKIPPED, reason=reason
            )
        url = self._url.replace("/chat/completions", "/models")
        attempt = self._failed(event, at, url=url, method="GET")
        seen = Observation(case=case, attempts=(attempt,))
        return Verdict(observation=seen, outcome=event.outcome, failure=event.failure)

    def _of_a_model(self, case: Case, pace: _Pace, event: Event | None, at: datetime) -> Verdict:
        timing = pace.timing(event.ttft_s if event is not None else 0.0)
        if event is not None and event.what == "fails":
            attempt = self._failed(event, at, asked=pace.model, streamed=True)
            seen = Observation(case=case, request=self._request, attempts=(attempt,))
            return Verdict(
                observation=seen,
                outcome=event.outcome,
                failure=event.failure,
                reason="it was not ready yet" if event.outcome is Outcome.UNKNOWN else "",
                first_outcome=event.outcome,
            )
        attempt = Attempt(
            asked=pace.model,
            url=self._url,
            started_at=at,
            reached=Phase.END,
            status=200,
            content_type="text/event-stream",
            streamed=True,
            reply=pace.reply,
            timing=timing,
            had_key=True,
        )
        return Verdict(
            observation=Observation(case=case, attempts=(attempt,)),
            outcome=Outcome.PASSED,
            first_outcome=Outcome.PASSED,
        )

    def _failed(self, event: Event, at: datetime, **about: Any) -> Attempt:
        said = f"{event.kind} (simulated)"
        return Attempt(
            **{"url": self._url, **about},
            started_at=at,
            reached=Phase.END if event.status else Phase.CONNECT,
            status=event.status,
            excerpt=said if event.status else "",
            error=ErrorBody(message=said, shape="error") if event.status else None,
            timing=Timing(sent_s=0.002, first_byte_s=0.09, total_s=0.1),
            had_key=True,
        )


class _Pace:
    """How fast one model answers, time after time."""

    def __init__(self, seed: str, model: str) -> None:
        self._chance = random.Random(seed)
        self._ttft_s = self._chance.uniform(0.15, 0.6)
        self._rate = self._chance.uniform(35.0, 220.0)
        self.model = model
        self.reply = Reply(
            text=_ANSWER,
            content_kind="text",
            finish_reason="stop",
            model=model,
            choices=1,
            done_marker=True,
            usage=Usage(input_tokens=14, output_tokens=_TOKENS, total_tokens=14 + _TOKENS),
            events=_TOKENS + 2,
        )

    def timing(self, more_s: float) -> Timing:
        """The times of the next answer, its first token later by so much."""
        ttft_s = self._ttft_s * self._chance.uniform(0.8, 1.4) + more_s
        spent_s = (_TOKENS - 1) / (self._rate * self._chance.uniform(0.9, 1.1))
        last_s = 0.002 + ttft_s + spent_s
        return Timing(
            sent_s=0.002,
            first_byte_s=0.002 + ttft_s * 0.9,
            first_token_s=0.002 + ttft_s,
            first_answer_s=0.002 + ttft_s,
            last_content_s=last_s,
            last_byte_s=last_s + 0.001,
            total_s=last_s + 0.001,
            chunk_count=_TOKENS,
        )


def part_of(script: Script, gateways: Sequence[str], places: Sequence[int]) -> Script:
    """The same script for some of its gateways and some places of its list of models."""
    models = {place: script.models[place] for place in places}
    return replace(script, gateways=tuple(gateways), models=models)
