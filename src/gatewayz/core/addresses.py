"""Which models are served at an address, and what a bare 404 there says in view of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gatewayz.core.case import Case
from gatewayz.core.failures import failure
from gatewayz.core.refused_keys import Place, place_of, worked_with_own_key
from gatewayz.core.verdict import Outcome, Verdict

Address = tuple[Place, str]

# So many models that are met with a bare 404 before any is served, and it is the route.
_MANY_MODELS = 3


class Addresses:
    """Gives verdicts on, a bare 404 only once it is known whether another model is served there.

    Where one is, what is missing is no route but the model. Without `expect` nothing waits, and only
    what came before is known.
    """

    def __init__(self) -> None:
        self._served: dict[Address, set[str]] = {}
        self._models: dict[Place, set[str]] = {}
        self._waiting: dict[Address, list[Verdict]] = {}
        self._without_route: set[Address] = set()

    def expect(self, cases: Iterable[Case]) -> None:
        """These cases will be reached."""
        for case in cases:
            if case.model is not None:
                self._models.setdefault(place_of(case), set()).add(case.model.id)

    def note(self, verdict: Verdict) -> None:
        """Takes note of an answer, before its verdict is reached here."""
        seen = verdict.observation
        if (
            verdict.outcome is Outcome.PASSED
            and worked_with_own_key(seen)
            and seen.last is not None
        ):
            self._served.setdefault(_address(verdict), set()).add(_model(verdict))

    def reached(self, verdict: Verdict) -> tuple[Verdict, ...]:
        """What can be told now: the verdict, those that waited for it, or nothing yet."""
        self.note(verdict)
        address = _address(verdict)
        if not _is_bare(verdict):
            waited = self._waiting.pop(address, []) if self._served.get(address) else []
            return (verdict, *map(self._in_view_of_served, waited))
        if self._served.get(address) or address in self._without_route:
            return (self._in_view_of_served(verdict),)
        waiting = self._waiting.setdefault(address, [])
        waiting.append(verdict)
        lost, all_there_are = set(map(_model, waiting)), self._models.get(address[0], set())
        if len(lost) < _MANY_MODELS and not lost >= all_there_are:
            return ()
        self._without_route.add(address)
        return tuple(self._waiting.pop(address))

    def rest(self) -> tuple[Verdict, ...]:
        """What waits in vain, since the run is over."""
        waiting, self._waiting = self._waiting, {}
        return tuple(verdict for verdicts in waiting.values() for verdict in verdicts)

    def _in_view_of_served(self, verdict: Verdict) -> Verdict:
        """The verdict of a bare 404; of a model that is served itself it stays what it is."""
        served, model = self._served.get(_address(verdict), set()), verdict.observation.case.model
        if not served or model is None or model.id in served or verdict.failure is None:
            return verdict
        kind = "model-not-found" if model.listed is False else "listed-not-servable"
        return replace(verdict, failure=failure(kind, verdict.failure.evidence))


def _is_bare(verdict: Verdict) -> bool:
    """Whether a model was met with a 404 that does not say what is missing."""
    seen, found = verdict.observation, verdict.failure
    if verdict.outcome is not Outcome.FAILED or found is None or seen.last is None:
        return False
    return (
        found.kind == "endpoint-not-found" and seen.last.status == 404 and worked_with_own_key(seen)
    )


def _address(verdict: Verdict) -> Address:
    last = verdict.observation.last
    return (place_of(verdict.observation.case), last.url if last is not None else "")


def _model(verdict: Verdict) -> str:
    model = verdict.observation.case.model
    return model.id if model is not None else ""
