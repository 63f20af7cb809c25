"""The `full` preset put to each real part, as a run puts it."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.real_parts import peers
from gatewayz import engine
from gatewayz.cli.roll_call import call
from gatewayz.client import HttpClient
from gatewayz.config import load_settings
from gatewayz.core import Gateway, Timeouts, Verdict, Way
from gatewayz.gateways import find_gateway, through_api
from gatewayz.probes import PROBES
from gatewayz.probes._presets import preset
from gatewayz.runner import Lane, RollCall, Selection
from gatewayz.server import running as running_backend
from gatewayz.simulator import Simulator

ENGINE_KEY, BACKEND_KEY = "sk-engine-0123456789abcdef", "sk-backend-0123456789abcdef"
# The engine's model, and one of the simulator's that can do all there is to do.
TINY, HONEST = "tiny", "small"
# The simulator's own server takes any key and none, as such servers do.
NO_KEY = ""
# Busy machines are slow, and nothing here is about speed.
_PATIENT = Timeouts(
    connect_s=20, first_byte_s=30, first_event_s=30, idle_s=30, error_body_s=20, total_s=60
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One way to a model: what it is called, the gateway that leads there, and its key."""

    title: str
    gateway: Gateway
    model: str
    key: str
    way: Way = "direct"


def engine_itself(base_url: str) -> Part:
    """The engine, asked directly; `base_url` ends in /v1."""
    return _part("the engine", base_url, TINY, ENGINE_KEY)


def through_backend(backend_url: str) -> Part:
    """The engine behind our own backend."""
    part = _part("the engine through our backend", backend_url, TINY, BACKEND_KEY)
    gateway = replace(through_api(part.gateway, backend_url), key_required=True)
    return replace(part, gateway=gateway, way="api")


def through_portkey(portkey_url: str, upstream: str, model: str, key: str) -> Part:
    """What lies behind Portkey's gateway, which each request tells where to go."""
    part = _part(f"{_name_of(model)} through Portkey", f"{portkey_url}/v1", model, key)
    headers = {"x-portkey-provider": "openai", "x-portkey-custom-host": upstream}
    return replace(part, gateway=replace(part.gateway, headers=headers))


def through_litellm(litellm_url: str, model: str) -> Part:
    """What lies behind LiteLLM's proxy, under its own name there."""
    title = f"{_name_of(model)} through LiteLLM"
    return _part(title, f"{litellm_url}/v1", model, peers.LITELLM_KEY)


def the_simulator(base_url: str) -> Part:
    """The simulator's honest model, asked directly: what the peers are held against."""
    return _part("the simulator", base_url, HONEST, NO_KEY)


@contextlib.contextmanager
def backend_before(engine_url: str) -> Iterator[str]:
    """Our backend in front of the engine; yields its URL."""
    environ = {
        "LOCAL_BASE_URL": engine_url,
        "LOCAL_API_KEY": ENGINE_KEY,
        "GATEWAYZ_API_KEY": BACKEND_KEY,
    }
    with (
        tempfile.TemporaryDirectory(prefix="gatewayz-backend-") as folder,
        running_backend(load_settings(environ=environ, folder=Path(folder))) as url,
    ):
        yield url


@contextlib.contextmanager
def every_part(simulator: Simulator) -> Iterator[tuple[Part, ...]]:
    """All of them, running; the simulator is the caller's.

    Raises: NotHereError, EngineError.
    """
    honest = f"{simulator.url}/local/v1"
    with (
        engine.running(TINY, api_key=ENGINE_KEY) as real,
        backend_before(real) as backend,
        peers.portkey() as portkey,
        peers.litellm(
            {TINY: (TINY, real, ENGINE_KEY), HONEST: (HONEST, honest, "none")}
        ) as litellm,
    ):
        yield (
            engine_itself(real),
            through_backend(backend),
            through_portkey(portkey.url, real, TINY, ENGINE_KEY),
            through_litellm(litellm.url, TINY),
            the_simulator(honest),
            through_portkey(portkey.url, honest, HONEST, NO_KEY),
            through_litellm(litellm.url, HONEST),
        )


def ask(part: Part) -> Mapping[str, Verdict]:
    """The verdict of each probe of the `full` preset, in the order of a run."""
    return asyncio.run(_ask(part))


async def _ask(part: Part) -> Mapping[str, Verdict]:
    probes = tuple(PROBES[name] for name in preset("full"))
    order = RollCall(
        lanes=(Lane(name=part.gateway.name, way=part.way, gateway=part.gateway),),
        probes=probes,
        selection=Selection(models=part.model),
    )
    client = HttpClient(keys=lambda _: part.key or None, timeouts=_PATIENT)
    try:
        called = await call(order, client=client, store=None)
    finally:
        await client.aclose()
    found = {verdict.observation.case.probe: verdict for verdict in called.run.verdicts}
    return {probe.name: found[probe.name] for probe in probes}


def _part(title: str, base_url: str, model: str, key: str) -> Part:
    # Whoever has a key for a server of their own expects it to be asked for.
    gateway = replace(find_gateway("local"), base_url=base_url, key_required=key != NO_KEY)
    return Part(title=title, gateway=gateway, model=model, key=key)


def _name_of(model: str) -> str:
    return "the engine" if model == TINY else "the simulator"
