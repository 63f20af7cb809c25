"""Faults among healthy traffic: cases on many models at once, planted by the model's id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.verdicts.score import Sighting, evidence_in, names_in
from benchmarks.verdicts.stage import Stage, Truth
from gatewayz.cli.roll_call import call
from gatewayz.client import Listing
from gatewayz.core import KINDS, Case, Model, Outcome, Verdict, Way
from gatewayz.core.kinds import FAILS_WITHOUT_ANSWER, SKIPS_WITHOUT_ANSWER
from gatewayz.probes import PROBES
from gatewayz.runner import Lane, RollCall, Selection

# A family that names of other models are told apart from.
_FAMILIES = ("llama-3.3-70b-instruct", "openai/gpt-oss-20b", "qwen3-32b", "mistral-small-3.2-24b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """One case to be run: which fault ("" for none) on which place, asked by which probe."""

    fault: str
    place: str
    probe: str

    def model_id(self, number: int, rng: Random) -> str:
        """An id that is asked once only, so that the simulator's log tells what became of it."""
        base = f"{rng.choice(_FAMILIES)}-r{number:05d}"
        return f"{base}@fault/{self.fault}" if self.fault else f"{base}@fault/none"


async def sightings(
    stage: Stage, way: Way, picks: Sequence[Pick], *, seed: int, retries: int = 0
) -> list[Sighting]:
    """Runs the picks in random order, and what was seen of each."""
    rng = Random(f"{seed}/{way}")
    shuffled = rng.sample(list(picks), len(picks))
    models: dict[str, list[Model]] = defaultdict(list)
    cases: dict[str, None] = {}
    for number, pick in enumerate(shuffled):
        model = Model(id=pick.model_id(number, rng))
        models[pick.place].append(model)
        cases[Case(gateway=pick.place, probe=pick.probe, model=model, way=way).id] = None
    gateways = stage.gateways(way)
    lanes = tuple(Lane(name=n, way=way, gateway=gateways[n]) for n in models)
    order = RollCall(
        lanes=lanes,
        probes=tuple(PROBES[name] for name in {pick.probe: None for pick in picks}),
        selection=Selection(models="all"),
        retries=retries,
        stop_on_bad_key=False,
        seed=seed,
        only=frozenset(cases),
    )
    verdicts = await run(stage, way, order, models)
    return seen_of(verdicts, stage.truths(), way)


async def run(
    stage: Stage, way: Way, order: RollCall, models: Mapping[str, Iterable[Model]] | None = None
) -> tuple[Verdict, ...]:
    """The verdicts of an order; with `models` no list is read."""
    listings = {
        (name, way): Listing(models=tuple(found), listed=1)
        for name, found in (models or {}).items()
    }
    client = stage.client(way)
    try:
        called = await call(order, client=client, store=None, listings=listings)
    finally:
        await client.aclose()
    return called.run.verdicts


def seen_of(verdicts: Iterable[Verdict], truths: Iterable[Truth], way: Way) -> list[Sighting]:
    """Each verdict beside what its model really got; what was never sent is left out."""
    by_model: dict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        if truth.route == "chat":
            by_model[truth.model].append(truth)
    found = []
    for verdict in verdicts:
        model = verdict.observation.case.model
        rows = by_model.get(model.id, []) if model is not None else []
        if rows and verdict.observation.attempts:
            faults = [row.fault for row in rows if row.fault]
            if not faults and any(row.status >= 400 for row in rows):
                continue  # refused on its own account: this place does not offer what was asked
            found.append(sighting(faults[0] if faults else "", rows[0].split, verdict, way))
    return found


def sighting(fault: str, split: str, verdict: Verdict, way: Way) -> Sighting:
    """One verdict beside the fault that the simulator says it planted."""
    mode = fault if fault in KINDS else ""
    return Sighting(
        mode=mode,
        way=way,
        split=split,
        probe=verdict.observation.case.probe,
        names=names_in(verdict),
        outcome=verdict.outcome,
        wanted=wanted_of(mode, verdict),
        evidence=evidence_in(verdict),
    )


# Ends of an answer that is all there, or as much of it as was asked for.
_ENDS = ("stop", "length", "tool_calls")


def _has_an_answer(verdict: Verdict) -> bool:
    """Whether an answer came, and no error in the place of its rest."""
    seen = verdict.observation
    told = seen.last is not None and seen.last.error is not None
    return seen.reply.usable and (not told or seen.reply.finish_reason in _ENDS)


def wanted_of(mode: str, verdict: Verdict) -> Outcome:
    """The state that the table asks for, with the answer that came."""
    if not mode or (KINDS[mode].verdict == "W" and _has_an_answer(verdict)):
        return Outcome.PASSED
    # A flattened status is told beside what it hides: refusals that fail by themselves.
    hides = mode == "status-flattened"
    if KINDS[mode].verdict == "F" or mode in FAILS_WITHOUT_ANSWER or hides:
        return Outcome.FAILED
    return Outcome.SKIPPED if mode in SKIPS_WITHOUT_ANSWER else Outcome.UNKNOWN
