"""Modes that no model's id can plant: whole places, lists, repeats, addresses, and what never leaves."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from benchmarks.verdicts.modes import Showing
from benchmarks.verdicts.score import Sighting, names_in
from benchmarks.verdicts.stage import (
    API_KEY,
    PATIENT_S,
    SHORT_S,
    environment,
    limits,
    with_slack,
)
from benchmarks.verdicts.traffic import wanted_of
from gatewayz import server
from gatewayz.cli.lanes import Chosen, lanes
from gatewayz.cli.roll_call import call
from gatewayz.client import HttpClient, Listing, Network
from gatewayz.config import load_settings
from gatewayz.core import (
    CATALOG_PROBE,
    ConfigError,
    Gateway,
    Limits,
    Model,
    Outcome,
    Run,
    Verdict,
    Way,
)
from gatewayz.gateways import known_gateways, through_api
from gatewayz.measure import summarize
from gatewayz.probes import PROBES
from gatewayz.runner import Lane, RollCall, Selection
from gatewayz.simulator import Simulator, running

_WRONG_KEY = "sk-matrix-of-nobody-4d3c2b1a09f8e7d6"
_REPEATS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Set:
    """A simulator and, on the API's way, a backend, in threads of this process."""

    simulator: Simulator
    gateways: Mapping[str, Gateway]
    client: HttpClient


@contextlib.contextmanager
def _set_up(
    way: Way,
    simulator: Simulator,
    *,
    changed: Mapping[str, str] | None = None,
    keys: str = "right",
    short: bool = False,
    network: Network | None = None,
) -> Iterator[_Set]:
    """The gateways of one way; `changed` replaces variables, `keys` is right, wrong or none."""
    total_s = SHORT_S if short else PATIENT_S
    variables = {**simulator.variables(), **(changed or {})}
    if keys == "wrong" or (keys == "none" and way == "direct"):
        wrong = _WRONG_KEY if keys == "wrong" else ""
        variables = {n: v if n.endswith("_URL") else wrong for n, v in variables.items()}
    known = {n: g for n, g in known_gateways(variables).items() if g.key_env in variables}
    with contextlib.ExitStack() as stack:
        if way == "api":
            url = stack.enter_context(_backend(variables, total_s, network))
            known = {n: through_api(g, url) for n, g in known.items()}

        def key_of(gateway: Gateway) -> str | None:
            if way == "api":
                return API_KEY if keys != "none" else None
            return variables[gateway.key_env] or None

        client = HttpClient(
            keys=key_of,
            timeouts=with_slack(limits(total_s), way),
            network=network if way == "direct" else None,
        )
        bounded = {n: replace(g, limits=Limits(concurrency=1)) for n, g in known.items()}
        yield _Set(simulator=simulator, gateways=bounded, client=client)


@contextlib.contextmanager
def _backend(
    variables: Mapping[str, str], total_s: float, network: Network | None
) -> Iterator[str]:
    with (
        tempfile.TemporaryDirectory(prefix="gatewayz-matrix-") as home,
        contextlib.redirect_stderr(io.StringIO()),  # its log of every planted fault
    ):
        environ = environment(variables, total_s, home)
        if network is not None:
            environ |= {"GATEWAYZ_PROXY": network.proxy, "GATEWAYZ_CA_FILE": network.ca_file}
        with server.running(load_settings(environ=environ, folder=home)) as url:
            yield url


async def _run(
    stage: _Set,
    way: Way,
    places: list[str],
    *,
    probes: tuple[str, ...],
    models: str = "2",
    listed: Mapping[str, tuple[Model, ...]] | None = None,
    repeat: int = 1,
    retries: int = 0,
) -> Run:
    order = RollCall(
        lanes=tuple(Lane(name=n, way=way, gateway=stage.gateways[n]) for n in places),
        probes=tuple(PROBES[name] for name in probes),
        selection=Selection(models=models),
        repeat=repeat,
        retries=retries,
        stop_on_bad_key=False,
        look_twice=True,
    )
    listings = {
        (name, way): Listing(models=found, listed=len(found))
        for name, found in (listed or {}).items()
    }
    called = await call(order, client=stage.client, store=None, listings=listings)
    return called.run


async def on_places(
    mode: str, how: Showing, way: Way, *, seed: int, enough: int | None
) -> list[Sighting]:
    """One sighting for each place on which the fault was planted for all of it, until it is enough."""
    keys = {"auth-no-key": "none", "auth-listing-is-public": "wrong"}.get(mode, "right")
    rule = {"gateway": "*", "fault": mode + how.options, "path": how.path}
    rules = [] if keys == "none" else [rule]
    found = []
    with (
        running(seed=seed, faults=rules, latency_s=0.0, gap_s=0.0, packets="mixed") as simulator,
        _set_up(way, simulator, keys=keys) as stage,
    ):
        try:
            for name in stage.gateways:
                models = _shelf(simulator, name) if how.models == "shelf" else how.models
                run = await _run(
                    stage, way, [name], probes=how.probes[:1], models=models, repeat=how.repeat
                )
                got = {
                    row.model for row in simulator.log if row.gateway == name and row.fault == mode
                }
                told = _told(how, run.verdicts, got, everything=keys == "none")
                if got or keys == "none":
                    found.append(_sighting(mode, told, way))
                if len(found) == enough:
                    break
        finally:
            await stage.client.aclose()
    return found


def _shelf(simulator: Simulator, place: str) -> str:
    """The ids of a place's first models as a selection, whatever its list says of them."""
    cards = simulator.shelf(place)
    return ",".join(card.id for card in cards[:4])


def _told(
    how: Showing, verdicts: tuple[Verdict, ...], got: set[str], *, everything: bool
) -> list[Verdict]:
    """The verdicts that the fault can show in: over the list, over what it hides, over its models."""
    if how.where == "list" or not any(v.observation.case.model for v in verdicts):
        return [v for v in verdicts if v.observation.case.model is None]
    of_models = [v for v in verdicts if v.observation.case.model is not None]
    if how.models == "shelf":
        return [v for v in of_models if v.observation.case.model.listed is False]
    own = [v for v in of_models if v.observation.case.model.id in got]
    # Under another id, as of a made-up one, it is told in all of the place's verdicts.
    return of_models if everything or how.path == "*" or not own else own


def _sighting(mode: str, told: list[Verdict], way: Way) -> Sighting:
    """What the verdicts say together: what takes several calls to see stands in one of them.

    None at all means that nothing was said, as of a list that was read without a word.
    """
    if not told:
        return Sighting(
            mode=mode,
            way=way,
            probe=CATALOG_PROBE,
            names=(),
            outcome=Outcome.PASSED,
            wanted=Outcome.PASSED,
        )
    last = max(told, key=lambda verdict: verdict.outcome is not Outcome.PASSED)
    names = dict.fromkeys(names_in(last))
    names |= dict.fromkeys(name for verdict in told for name in names_in(verdict))
    return Sighting(
        mode=mode,
        way=way,
        probe=last.observation.case.probe,
        names=tuple(names),
        outcome=last.outcome,
        wanted=_wanted(mode, last, beside=mode in list(names)[1:]),
    )


def _wanted(mode: str, verdict: Verdict, *, beside: bool) -> Outcome:
    """The state to come to: a mode beside a failure has none of its own, an odd list is read."""
    of_a_list = verdict.observation.case.model is None and mode in _READ_ALL_THE_SAME
    if beside:
        return verdict.outcome
    return Outcome.PASSED if of_a_list else wanted_of(mode, verdict)


_READ_ALL_THE_SAME = ("models-odd-shape", "models-truncated", "models-flapping", "duplicate-ids")


async def over_repeats(mode: str, how: Showing, way: Way, *, seed: int) -> list[Sighting]:
    """One sighting for each place, of what the summary says of many equal calls."""
    rules = [{"gateway": "*", "fault": mode + how.options}]
    with (
        running(seed=seed, faults=rules, latency_s=0.02, gap_s=0.001) as simulator,
        _set_up(way, simulator) as stage,
    ):
        places = Random(seed).sample(sorted(stage.gateways), 4)
        verdicts: list[Verdict] = []
        try:
            for at_once in how.at_once:
                run = await _run(
                    replace(stage, gateways=_at_once(stage.gateways, at_once)),
                    way,
                    places,
                    probes=how.probes[:1],
                    models="1",
                    repeat=_REPEATS,
                )
                verdicts += run.verdicts
        finally:
            await stage.client.aclose()
    findings = summarize(verdicts).timing
    return [
        Sighting(
            mode=mode,
            way=way,
            probe=how.probes[0],
            names=tuple(f.kind for f in findings if f.gateway == name),
            outcome=Outcome.PASSED,
            wanted=Outcome.PASSED,
        )
        for name in places
    ]


def _at_once(gateways: Mapping[str, Gateway], calls: int) -> dict[str, Gateway]:
    return {n: replace(g, limits=Limits(concurrency=calls)) for n, g in gateways.items()}


async def at_addresses(
    mode: str, how: Showing, way: Way, *, seed: int, enough: int | None
) -> list[Sighting]:
    """One sighting for each way in which an address of its own has the fault, until it is enough."""
    from gatewayz.simulator.doors import DOORS

    found = []
    with running(seed=seed, latency_s=0.0, gap_s=0.0) as simulator:
        for door in DOORS[mode]:
            place = Random(f"{seed}/{door}").choice(["groq", "together", "xai", "novita"])
            behind = simulator.url_behind(mode, place if mode != "proxy-failure" else "", way=door)
            stem = place.upper()
            if mode == "proxy-failure":
                # A host that is not this machine, or no proxy would be asked.
                network = Network(proxy=behind)
                changed = {f"{stem}_BASE_URL": "https://api.provider.invalid/v1"}
            else:
                network = Network(ca_file=str(simulator.ca_file))
                changed = {f"{stem}_BASE_URL": behind}
            listed = {place: (Model(id="llama-3.3-70b"),)}
            with _set_up(way, simulator, changed=changed, short=True, network=network) as stage:
                try:
                    run = await _run(
                        stage, way, [place], probes=how.probes[:1], models="all", listed=listed
                    )
                finally:
                    await stage.client.aclose()
            told = [v for v in run.verdicts if v.observation.case.model is not None]
            found.append(_sighting(mode, told, way))
            if len(found) == enough:
                break
    return found


def before_sending(mode: str, way: Way, *, seed: int) -> list[Sighting]:
    """A key that no header can hold: whether it is refused by name before the first call."""
    found = []
    for end in ("\n", "\r\n", "\tx", "\x00", "ключ"):
        environ = {"HOME": "/nonexistent", "GROQ_API_KEY": f"gsk-{seed}-abcdefghijklmn{end}yz"}
        if way == "api":
            environ |= {
                "GATEWAYZ_API_URL": "http://127.0.0.1:9",
                "GATEWAYZ_API_KEY": f"gw-{seed}{end}z",
            }
        settings = load_settings(environ=environ, folder="/nonexistent", flags={"gateways": "groq"})
        gateway = known_gateways(environ)["groq"]
        said = ""
        try:
            lanes(Chosen(gateways=(gateway,), named=True), settings)
        except ConfigError as error:
            said = str(error)
        found.append(
            Sighting(
                mode=mode,
                way=way,
                probe="none",
                names=(mode,) if mode in said else ("(config)",) if said else (),
                # Exit 2 and nothing sent: there is no case to be judged.
                outcome=Outcome.FAILED if said else Outcome.PASSED,
                wanted=Outcome.FAILED,
            )
        )
    return found
