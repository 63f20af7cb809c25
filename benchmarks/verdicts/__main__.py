"""The whole matrix: `make verdicts`.

usage: python -m benchmarks.verdicts [--short | --times N --healthy N] [--print] [--verbose] [--seed N]
                                     [--only GLOB]

Without --print the page docs/verdicts.md is written. --short plants each mode once on each way, among
1,000 healthy answers; --times and --healthy choose other sizes. --verbose tells each wrong verdict with
its evidence. Ends with 1 when an aim is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shlex
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from random import Random

from benchmarks.table import write_between_marks
from benchmarks.verdicts import scenes
from benchmarks.verdicts.modes import NOT_APPLICABLE, Showing, modes, showing
from benchmarks.verdicts.page import MARK, PAGE, headline, in_detail, page, summary, unmet
from benchmarks.verdicts.score import Sighting, missing, score, too_few
from benchmarks.verdicts.stage import Stage, set_up
from benchmarks.verdicts.traffic import Pick, sightings
from gatewayz.core import Gateway, Occasion, Way
from gatewayz.core.healthy import HABITS
from gatewayz.probes import PROBES
from gatewayz.simulator import all_faults

WAYS: tuple[Way, ...] = ("direct", "api")
BATCH = 700
# Each mode so often on each way, and so many healthy answers in all.
FULL, SHORT = (20, 20_000), (1, 1_000)
# Wrong on purpose: the simulator never reads the model's id of theirs, by which a fault is planted
# and its log tells which answer was whose.
_WRONG_ON_PURPOSE = frozenset({"wrong_key", "made_up_model", "malformed_body"})
# What is printed beside the page does not make it another one.
_OF_THE_PRINTOUT = frozenset({"--verbose"})


def main() -> int:
    """Prints the figures; 0 when every aim is met."""
    options = _options()
    usual = SHORT if options.short else FULL
    times, healthy = options.times or usual[0], options.healthy or usual[1]
    wanted = [mode for mode in modes() if fnmatchcase(mode, options.only)]
    started = time.monotonic()
    seen = [
        *_special(wanted, times, options.seed),
        *_ordinary(wanted, times, healthy, options.seed),
    ]
    result = score(seen)
    applicable = [
        (mode, way) for mode in wanted for way in WAYS if (mode, way) not in NOT_APPLICABLE
    ]
    seldom = missing(result, applicable, times)
    print("\n".join(summary(result)))
    print(f"{time.monotonic() - started:.0f} s, seed {options.seed}")
    missed = [*unmet(result), *seldom, *too_few(result, healthy)]
    for line in missed:
        print(f"MISSED {line}")
    for line in in_detail(seen) if options.verbose else ():
        print(line)
    if not options.print:
        text = page(
            result,
            not_applicable=NOT_APPLICABLE,
            seed=options.seed,
            command=command_of(sys.argv[1:]),
        )
        PAGE.write_text(text, encoding="utf-8")
        write_between_marks(MARK, headline(result))
    return 1 if missed else 0


def command_of(arguments: Sequence[str]) -> str:
    """What to type for the same page."""
    chosen = shlex.join(one for one in arguments if one not in _OF_THE_PRINTOUT)
    return "make verdicts" + (f' ARGS="{chosen}"' if chosen else "")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verdicts")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--times", type=int, metavar="N", help="each mode so often on each way")
    parser.add_argument("--healthy", type=int, metavar="N", help="so many healthy answers in all")
    parser.add_argument("--print", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--only", default="*", metavar="GLOB")
    return parser.parse_args()


def _special(wanted: Sequence[str], times: int, seed: int) -> list[Sighting]:
    """The modes that have a scene of their own, each played until it was seen often enough."""
    # One of each is all that is asked for then: the rest of a scene would be played for nothing.
    enough = 1 if times == 1 else None
    found: list[Sighting] = []
    for mode in wanted:
        how = showing(mode)
        for way in WAYS:
            if how.where == "model" or (mode, way) in NOT_APPLICABLE:
                continue
            of_mode: list[Sighting] = []
            for round_ in range(times):
                if len(of_mode) >= times:
                    break
                of_mode += _scene(mode, how, way, seed=seed * 1000 + round_, enough=enough)
            found += of_mode[:enough]
    return found


def _scene(mode: str, how: Showing, way: Way, *, seed: int, enough: int | None) -> list[Sighting]:
    """What one playing of a scene shows; on places and at addresses it ends when that is enough."""
    if how.where == "here":
        return scenes.before_sending(mode, way, seed=seed)
    if how.where == "repeats":
        return asyncio.run(scenes.over_repeats(mode, how, way, seed=seed))
    play = scenes.at_addresses if how.where == "address" else scenes.on_places
    return asyncio.run(play(mode, how, way, seed=seed, enough=enough))


def _ordinary(wanted: Sequence[str], times: int, healthy: int, seed: int) -> list[Sighting]:
    """Faults by the model's id among healthy traffic, in batches by what they need."""
    rng = Random(seed)
    groups: dict[tuple[str, int], list[Pick]] = defaultdict(list)
    with contextlib.ExitStack() as stack:
        stages = {
            "patient": stack.enter_context(set_up(seed=seed)),
            "short": stack.enter_context(set_up(seed=seed, short=True)),
            "whole": stack.enter_context(set_up(seed=seed, packets="whole")),
        }
        gateways = stages["patient"].gateways("direct")
        for mode in wanted:
            how = showing(mode)
            if how.where == "model":
                stage = "short" if how.short else "whole" if how.whole else "patient"
                picks = [_pick(mode, how, rng, gateways, number) for number in range(times)]
                groups[stage, how.retries] += picks
        groups["patient", 0] += healthy_picks(-(-healthy // len(WAYS)), rng, gateways)
        found: list[Sighting] = []
        for way in WAYS:
            for (name, retries), picks in groups.items():
                found += _in_batches(stages[name], way, picks, retries, seed)
    return found


def _in_batches(
    stage: Stage, way: Way, picks: Sequence[Pick], retries: int, seed: int
) -> list[Sighting]:
    mixed = Random(f"{seed}/{way}").sample(list(picks), len(picks))
    found: list[Sighting] = []
    for start in range(0, len(mixed), BATCH):
        batch = mixed[start : start + BATCH]
        number = f"{seed}-{start}"
        found += asyncio.run(sightings(stage, way, batch, seed=number, retries=retries))
        print(f"\r{way}: {start + len(batch)} of {len(mixed)} ", end="", file=sys.stderr)
    print(file=sys.stderr)
    return found


def _pick(
    mode: str, how: Showing, rng: Random, gateways: Mapping[str, Gateway], number: int
) -> Pick:
    """One injection: a probe in which the fault has a meaning, a place that takes its fields."""
    probes = [name for name in how.probes if _fits(mode, name)] or list(how.probes)
    probe = probes[number % len(probes)]
    options = how.options.format(rng.uniform(*how.drawn)) if how.drawn else how.options
    return Pick(fault=mode + options, place=_place(probe, rng, gateways), probe=probe)


def _place(probe: str, rng: Random, gateways: Mapping[str, Gateway]) -> str:
    """A place at random among those whose dialect has the fields that a probe is about."""
    beyond = PROBES[probe].request(Occasion()).fields_beyond()
    return rng.choice([n for n, g in sorted(gateways.items()) if not beyond & g.quirks.never_send])


def _fits(mode: str, probe: str) -> bool:
    """Whether the simulator can plant it in the form of answer that a delivery probe asks for."""
    forms = {fault.form for fault in all_faults().get(mode, ())}
    if probe in ("chat", "streaming") and "any" not in forms:
        return ("stream" if probe == "streaming" else "plain") in forms
    return True


def healthy_picks(count: int, rng: Random, gateways: Mapping[str, Gateway]) -> list[Pick]:
    """Healthy answers: plain ones to every probe, and every harmless habit."""
    habits = [name for name in all_faults() if name in HABITS or name.startswith("healthy-")]
    probes = [name for name in PROBES if name not in _WRONG_ON_PURPOSE]
    found = []
    for number in range(count):
        fault = habits[number % len(habits)] if number % 2 else ""
        probe = probes[number % len(probes)]
        found.append(Pick(fault=fault, place=_place(probe, rng, gateways), probe=probe))
    return found


if __name__ == "__main__":
    sys.exit(main())
