"""What a run is asked to do: which gateways on which ways, which models, which questions."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gatewayz.client import Listing
from gatewayz.core import (
    Ask,
    Attempt,
    ChatRequest,
    ConfigError,
    Gateway,
    Habits,
    Model,
    Probe,
    Run,
    Verdict,
    Way,
    Whom,
)
from gatewayz.core.case import CaseName
from gatewayz.core.globs import is_meant_by
from gatewayz.core.quarantine import Quarantine
from gatewayz.money import Caps, PriceBook
from gatewayz.runner.pacing import Pace


class Executor(Protocol):
    """Whoever can read a catalogue and put a question; `client.HttpClient` is one."""

    async def list_models(self, gateway: Gateway) -> Listing:
        """A gateway's models; never raises for what a provider does."""
        ...

    async def attempt(
        self,
        gateway: Gateway,
        model_id: str,
        request: ChatRequest,
        *,
        number: int = 1,
        step: int = 0,
    ) -> Attempt:
        """One try at a step of a probe; never raises for what a provider does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One gateway on one way; `skip` is the reason it is not run, "" when it is.

    `gateway` says how it is reached on this way: through the API that is the backend's address, and
    `behind` then the host of the gateway itself, as far as it is known here.
    """

    name: str
    way: Way
    gateway: Gateway
    skip: str = ""
    behind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which models of a catalogue to test.

    `models` is a number (the first so many), "all", or globs with commas between them; a plain id
    is tested even when it is not listed. `exclude` are globs of ids to leave out.
    Raises: ConfigError for a number below 1 or an empty text.
    """

    models: str = "3"
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        text = self.models.strip()
        if not text.strip(" ,") or (re.fullmatch("[-+]?[0-9]+", text) and int(text) < 1):
            raise ConfigError(
                f"--models '{self.models}': give a number from 1, 'all', or a glob such as '*llama*'"
            )

    @property
    def told(self) -> str:
        """As it was asked for: "--models 3 --exclude '*embed*'"."""
        parts = [
            "--models",
            self.models,
            *(word for glob in self.exclude for word in ("--exclude", glob)),
        ]
        return shlex.join(parts)

    def means(self, model: Model) -> bool:
        """Whether it could mean this model, were it on a list; a number means any that is not left out."""
        if self._excluded(model):
            return False
        return self._patterns is None or any(_matches(model, one) for one in self._patterns)

    def names(self, model: Model) -> bool:
        """Whether it means this model by a plain name, so that it is asked though no list has it."""
        named = (one for one in self._patterns or () if _is_plain(one))
        return self.means(model) and any(_matches(model, one) for one in named)

    def choose(
        self, models: tuple[Model, ...], *, keeping: Collection[str] = ()
    ) -> tuple[Model, ...]:
        """The chosen models in the order given, which is the catalogue's. Of a number, those that are
        `keeping` their places come first, whatever the order is by now.
        """
        kept = [m for m in models if not self._excluded(m)]
        if self._patterns is None:
            text = self.models.strip()
            if text == "all":
                return tuple(kept)
            first = sorted(kept, key=lambda model: model.id not in keeping)
            ids = {model.id for model in first[: int(text)]}
            return tuple(model for model in kept if model.id in ids)
        chosen: dict[str, Model] = {}
        for pattern in self._patterns:
            found = [m for m in kept if _matches(m, pattern)]
            if _is_plain(pattern):
                found = [m for m in found if m.listed is not False] or found
                named = Model(id=pattern, listed=False if models else None)
                left_out = any(_matches(m, pattern) for m in models) or self._excluded(named)
                found = found or ([] if left_out else [named])
            chosen.update((m.id, m) for m in found)
        return tuple(chosen.values())

    @property
    def _patterns(self) -> tuple[str, ...] | None:
        """The globs and names of ids; None for a number, or all."""
        text = self.models.strip()
        if text == "all" or text.isdecimal():
            return None
        return tuple(one.strip() for one in text.split(",") if one.strip())

    def _excluded(self, model: Model) -> bool:
        return any(_matches(model, pattern) for pattern in self.exclude)


def _is_plain(pattern: str) -> bool:
    return not set(pattern) & set("*?[")


def _matches(model: Model, pattern: str) -> bool:
    return is_meant_by(pattern, model.id) or is_meant_by(pattern, model.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How model lists are read: how often again when that fails, and whether twice when it works.

    The fields are those of a roll call, and mean the same.
    """

    retries: int = 2
    retry_budget_s: float = 30.0
    look_twice: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCall:
    """Everything one run is asked to do.

    repeat            how often each case is planned
    retries           further attempts for a case, or a list, whose failure a retry can help
    retry_budget_s    the longest all waits of one case together may take
    deadline_s        after so long no new case is started; None: no limit
    fail_fast         the first failure ends the run; what is left is skipped by name
    stop_on_bad_key   a refused key ends its lane unless the same key worked before
    concurrency       calls under way at once in all; each gateway's own limit holds besides
    seed              decides every random order
    only              case ids to run; None for all. What is not in it is not planned
    habits            how models are known to want to be asked
    caps              what all questions together may come to; what does not fit is skipped by name
    prices            what tokens cost where a gateway's own list does not say
    look_twice        each model list is read twice, to see whether it stays the same
    resumed         a run that was interrupted: this one goes on with it, under its id; it asks what
                    was planned there, and nothing of what there is a verdict on
    fresh           verdicts of earlier runs that stand for a case: it is not asked again
    paces           where several roll calls go on at once: how fast each gateway is called by all of them,
                    by its name; one that is missing is added
    quarantine      cases whose failures end no run and change no exit code
    settings, environment   go into the record as they are
    """

    lanes: tuple[Lane, ...]
    probes: tuple[Probe, ...]
    ask: Ask = Ask()
    selection: Selection = Selection()
    repeat: int = 1
    retries: int = 2
    retry_budget_s: float = 30.0
    deadline_s: float | None = None
    fail_fast: bool = False
    stop_on_bad_key: bool = True
    concurrency: int = 64
    seed: int = 0
    only: frozenset[str] | None = None
    habits: Mapping[Whom, Habits] = field(default_factory=dict)
    look_twice: bool = False
    caps: Caps = Caps()
    prices: PriceBook = field(default_factory=PriceBook)
    resumed: Run | None = None
    fresh: Mapping[CaseName, Verdict] = field(default_factory=dict)
    quarantine: Quarantine | None = None
    paces: dict[str, Pace] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reading(self) -> Reading:
        """How its model lists are read."""
        return Reading(
            retries=self.retries,
            retry_budget_s=self.retry_budget_s,
            look_twice=self.look_twice,
            seed=self.seed,
        )
