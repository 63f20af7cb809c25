"""The simulator itself: a socket, the places behind it, and the answer sheet."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from gatewayz.core import ConfigError, UnknownName
from gatewayz.simulator.cards import Card, Shelf, faults_in
from gatewayz.simulator.dialect import DIALECTS, Dialect, Route, dump
from gatewayz.simulator.doors import CA_FILE, Doors
from gatewayz.simulator.faults import Planted, no_such_fault, parse_faults
from gatewayz.simulator.http import Connection, Limits, Request
from gatewayz.simulator.packets import CHOICES, draw
from gatewayz.simulator.pipeline import respond
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.schedule import Faults, Schedule
from gatewayz.simulator.sheet import AnswerSheet, Served
from gatewayz.simulator.turn import Pace, Problem, Trouble, Turn

_LIMITS = Limits()

Seconds = float | Mapping[str, float] | Callable[[str, str], float]


@dataclass(slots=True)
class _Place:
    dialect: Dialect
    shelf: Shelf
    routes: dict[str, dict[str, Route]]
    count: int = 0


@dataclass(slots=True)
class _Exchange:
    """An answer under way; tells the sheet how it ended."""

    response: Response
    served: Served
    done: Callable[[Served, str, int], None]

    def finished(self, how: str, sent_bytes: int) -> None:
        """The connection says how it was left."""
        self.done(self.served, how, sent_bytes)


class Simulator:
    """Pretend providers over real HTTP on one loopback port; `async with` starts and stops it.

    seed               the same seed gives the same answers, wordings and faults
    faults             a schedule: see schedule.Schedule
    latency_s          seconds before the first byte of a chat answer: a number, a mapping from
                       "gateway/model" or "gateway" to one, or a function of (gateway, model)
    gap_s              seconds between two tokens of a stream, in the same forms
    drip_s             seconds between trickled bytes and between endless keep-alives
    hang_s             how long a silent answer holds its socket at most
    port, host         0 takes a free port
    models_per_gateway   exactly so many plain chat models: a number, or a mapping by gateway
    packets            how each answer's bytes are cut: "whole", "bytes" (one by one), "random", or
                       "mixed", one of these drawn per request; the header `x-simulate-packets`
                       of a request goes before
    log_path           a file that gets one JSON line per request
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        faults: Faults | None = None,
        latency_s: Seconds = 0.01,
        gap_s: Seconds = 0.002,
        drip_s: float = 0.05,
        hang_s: float = 600.0,
        port: int = 0,
        host: str = "127.0.0.1",
        models_per_gateway: int | Mapping[str, int] | None = None,
        packets: str = "whole",
        log_path: Path | str | None = None,
        limits: Limits = _LIMITS,
    ) -> None:
        if packets not in CHOICES:
            raise ConfigError(f"packets are one of {', '.join(CHOICES)}, not '{packets}'")
        self.seed = seed
        self._packets = packets
        self.url = ""
        self.peak_in_flight: Counter[str] = Counter()
        self._latency_s, self._gap_s, self._drip_s, self._hang_s = latency_s, gap_s, drip_s, hang_s
        self._host, self._port, self._limits = host, port, limits
        self._schedule = Schedule(faults, seed=seed)
        self._sheet = AnswerSheet(log_path)
        self._places = _places(models_per_gateway)
        self._schedule.check_places(self._places)
        self._shelves = {name: place.shelf for name, place in self._places.items()}
        self._asked: Counter[str] = Counter()
        self._repeated: Counter[tuple[str, int]] = Counter()
        self._in_flight: Counter[str] = Counter()
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._doors: Doors | None = None
        self._began = time.monotonic()
        self._number = 0

    @property
    def log(self) -> list[Served]:
        """What was done to each request, oldest first."""
        return list(self._sheet.entries)

    def variables(self) -> dict[str, str]:
        """The environment that points the fourteen gateways, and their keys, here."""
        found: dict[str, str] = {}
        for name, place in self._places.items():
            dialect = place.dialect
            if dialect.key_variable:
                stem = re.sub(r"(_API)?_(KEY|TOKEN)$", "", dialect.key_variable)
                found[f"{stem}_BASE_URL"] = f"{self.url}/{name}{dialect.root}"
                found[dialect.key_variable] = dialect.own_key
        return found

    def api_variables(self, place: str = "backend-b") -> dict[str, str]:
        """The environment that makes it the API under test: backend-a, backend-b or litellm.

        Raises: UnknownName for another place.
        """
        if place not in self._places:
            raise UnknownName("place", place, self._places)
        dialect = self._places[place].dialect
        return {"GATEWAYZ_API_URL": f"{self.url}/{place}", "GATEWAYZ_API_KEY": dialect.own_key}

    def shelf(self, place: str) -> tuple[Card, ...]:
        """What a place serves, in its own order, whatever its list says.

        Raises: UnknownName for another place.
        """
        if place not in self._places:
            raise UnknownName("place", place, self._places)
        return tuple(self._places[place].shelf)

    @property
    def ca_file(self) -> Path:
        """The authority to trust for `tls_url`; good for loopback names only, and for tests only."""
        return CA_FILE

    def tls_url(self, place: str) -> str:
        """A place's base URL over TLS, with a certificate that `ca_file` vouches for.

        Raises: UnknownName for a place that does not exist, ConfigError before the start.
        """
        return self._opened().trusted() + self._path_of(place)

    def url_behind(self, fault: str, place: str = "", *, way: str = "") -> str:
        """The base URL of a place behind a fault that acts before a request can be read.

        `fault` and `way` are names of doors.DOORS; without a way the seed draws one. For
        `proxy-failure` it is the proxy's own URL. Opened on demand, closed with the simulator.
        Raises: UnknownName for another fault, way or place, ConfigError before the start.
        """
        path = self._path_of(place) if place else ""
        return self._opened().origin(fault, place, way, self.url) + path

    def _opened(self) -> Doors:
        if self._doors is None:
            raise ConfigError("the simulator has no address before it is started")
        return self._doors

    def _path_of(self, place: str) -> str:
        if place not in self._places:
            raise UnknownName("place", place, self._places)
        return f"/{place}{self._places[place].dialect.root}"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: self._connection(self.url, ""),
                self._host,
                self._port,
                backlog=1024,
            )
        except OSError as error:
            self._sheet.close()
            raise ConfigError(f"cannot listen on {self._host}:{self._port}: {error}") from error
        port = self._server.sockets[0].getsockname()[1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"http://{host}:{port}"
        self._doors = Doors(self._host, self._connection, seed=self.seed)
        self._began = time.monotonic()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
            # Somebody may just have been let in: that takes the loop two turns.
            for _ in range(3):
                for connection in tuple(self._connections):
                    connection.close()
                await asyncio.sleep(0)
            await self._server.wait_closed()
        if self._doors is not None:
            await self._doors.aclose()
        # Lets the connections' own endings run before the log is closed.
        await asyncio.sleep(0)
        self._sheet.close()

    def _connection(self, url: str, behind: str) -> Connection:
        """A client's connection to an origin; `behind` is the fault whose address that is."""

        def handle(request: Request) -> _Exchange:
            return self._handle(request, url, behind)

        return Connection(handle, self._connections, self._limits, self._hang_s)

    def _handle(self, request: Request, url: str, behind: str) -> _Exchange:
        self._number += 1
        name, path = _split(request.path)
        place = self._places.get(name)
        served = Served(
            number=self._number,
            request_id=f"{self._number:08x}",
            gateway=name if place else "",
            behind=behind,
            method=request.method,
            path=request.path,
            client_id=request.headers.get("x-request-id", ""),
            started_s=time.monotonic() - self._began,
            headers=request.headers,
        )
        response = (
            self._lobby(request) if place is None else self._at(place, path, request, served, url)
        )
        served.status = response.status
        self._sheet.add(served)
        if place is not None:
            self._in_flight[name] += 1
            self.peak_in_flight[name] = max(self.peak_in_flight[name], self._in_flight[name])
        return _Exchange(response, served, self._finished)

    def _finished(self, served: Served, how: str, sent_bytes: int) -> None:
        served.ended, served.sent_bytes = how, sent_bytes
        served.ended_s = time.monotonic() - self._began
        if served.gateway:
            self._in_flight[served.gateway] -= 1

    def _lobby(self, request: Request) -> Response:
        """The front page: which places there are."""
        if request.path in ("/", "/health"):
            body = dump({"simulator": "gatewayz", "places": sorted(self._places)})
            return body_response(200, body, "application/json")
        return body_response(404, dump({"detail": "Not Found"}), "application/json")

    def _at(self, place: _Place, path: str, request: Request, served: Served, url: str) -> Response:
        """The answer of one place."""
        place.count += 1
        dialect = place.dialect
        body = _body(request)
        model = body.get("model")
        turn = Turn(
            dialect=dialect,
            shelf=place.shelf,
            request=request,
            url=url,
            seed=self.seed,
            rng=Random(0),
            count=place.count,
            body=body,
            model=model if isinstance(model, str) else "",
            key=dialect.key_in(request.headers),
            shelves=self._shelves,
            in_flight=self._in_flight[dialect.name],
        )
        methods = place.routes.get(path.rstrip("/"), {})
        route = methods.get(request.method)
        turn.card = dialect.find(turn) if route is not None and turn.model else None
        planted = self._planted(turn, route)
        self._seed_turn(turn, served.gateway, path, planted)
        served.request_id, served.model, served.stream = turn.request_id, turn.model, turn.stream
        served.body, served.asked = body, planted.names
        if route is None:
            trouble = Trouble.WRONG_METHOD if methods else Trouble.NO_ROUTE
            response = dialect.problem(turn, Problem(trouble=trouble))
            self._cut(turn, response, served)
            return response
        served.route = route.kind
        if not route.public:
            served.key = _state_of_key(turn)
        if route.kind == "chat":
            who = f"{served.gateway}|{turn.key}|{planted.names}"
            self._asked[who] += 1
            turn.calls = self._asked[who]
        response, served.fault = respond(turn, route, planted.faults)
        served.variant = turn.variant if served.fault else ""
        served.input_tokens, served.output_tokens = turn.tokens
        self._cut(turn, response, served)
        return response

    def _cut(self, turn: Turn, response: Response, served: Served) -> None:
        """Says how the answer is cut into packets, unless a fault has said so."""
        asked = turn.request.headers.get("x-simulate-packets", "")
        response.packet_seed = f"{self.seed}|{turn.request_id}"
        if response.packets == "whole":
            response.packets = draw(
                asked if asked in CHOICES else self._packets, Random(response.packet_seed)
            )
        served.packets = response.packets

    def _planted(self, turn: Turn, route: Route | None) -> Planted:
        """The faults that a request asks for by header or model, or gets by schedule."""
        if route is None:
            return Planted()
        asked = turn.request.headers.get("x-simulate-fault", "") or faults_in(turn.model)
        if asked:
            try:
                return parse_faults(asked)
            except UnknownName as error:
                return no_such_fault(error)
        name = turn.dialect.name
        return self._schedule.fault_for(name, route.kind, turn.model, turn.stream) or Planted()

    def _seed_turn(self, turn: Turn, place: str, path: str, planted: Planted) -> None:
        which = "|".join(
            (str(self.seed), place, turn.request.method, path, turn.model, str(turn.stream),
             planted.names)
        )  # fmt: skip
        self._asked[which] += 1
        turn.nth = self._asked[which]
        turn.rng = Random(f"{which}|{turn.nth}")
        turn.request_id = turn.token(24)
        if planted.names:
            again = (which, hash(turn.request.body))
            self._repeated[again] += 1
            turn.repeated = self._repeated[again]
        turn.options = planted.options
        turn.pace = Pace(
            wait_s=_seconds(self._latency_s, place, turn.model),
            gap_s=_seconds(self._gap_s, place, turn.model),
            drip_s=self._drip_s,
        )


def _places(sizes: int | Mapping[str, int] | None) -> dict[str, _Place]:
    if isinstance(sizes, Mapping):
        for name in sizes:
            if name not in DIALECTS:
                raise UnknownName("place", name, DIALECTS)
    places = {}
    for file in DIALECTS:
        dialect = DIALECTS[file]
        count = sizes.get(dialect.name) if isinstance(sizes, Mapping) else sizes
        routes: dict[str, dict[str, Route]] = {}
        for route in dialect.routes():
            routes.setdefault(route.path, {})[route.method] = route
        places[dialect.name] = _Place(dialect, dialect.shelf(count), routes)
    return places


def _split(path: str) -> tuple[str, str]:
    """The place in a path, and the rest."""
    name, slash, rest = path.lstrip("/").partition("/")
    return name, slash + rest


def _body(request: Request) -> Mapping[str, Any]:
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _state_of_key(turn: Turn) -> str:
    if not turn.key:
        return "none"
    return "wrong" if turn.dialect.refuse_key(turn) else "right"


def _seconds(given: Seconds, place: str, model: str) -> float:
    if isinstance(given, Mapping):
        return given.get(f"{place}/{model}", given.get(place, given.get("", 0.0)))
    if callable(given):
        return given(place, model)
    return given
