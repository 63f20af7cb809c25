"""Ways to run a simulator: in a thread for tests, or as a program of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from gatewayz.core import GatewayzError
from gatewayz.core.units import parse_duration_s
from gatewayz.simulator.server import Simulator


@contextlib.contextmanager
def running(**settings: Any) -> Iterator[Simulator]:
    """A simulator in a thread with a loop of its own, for tests and for the demo.

    `settings` are Simulator's. It is up when the block is entered and gone when it is left.
    """
    simulator = Simulator(**settings)
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def live() -> None:
        stop = asyncio.Event()
        async with simulator:
            started.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()

    def body() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=body, name="simulator", daemon=True)
    thread.start()
    try:
        loop, stop = started.result(timeout=30)
        yield simulator
    finally:
        if started.done() and started.exception() is None:
            loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)


def serve(
    *,
    for_s: float | None = None,
    ready: Callable[[Simulator], None] | None = None,
    **settings: Any,
) -> None:
    """Runs a simulator until SIGTERM, SIGINT or the end of `for_s` seconds.

    `ready` is called once it listens; `settings` are Simulator's.
    """
    asyncio.run(_serve(for_s, ready, settings))


async def _serve(
    for_s: float | None, ready: Callable[[Simulator], None] | None, settings: Mapping[str, Any]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
    async with Simulator(**settings) as simulator:
        if ready is not None:
            ready(simulator)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), for_s)


def shell_exports(variables: Mapping[str, str]) -> str:
    """Variables as lines that a shell can eval."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def addresses_behind(simulator: Simulator, wanted: Sequence[str]) -> str:
    """A comment line with the address of each FAULT=PLACE, as `Simulator.url_behind` gives it."""
    found = ""
    for one in wanted:
        fault, _, place = one.partition("=")
        found += f"# {one}: {simulator.url_behind(fault, place)}\n"
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The program `python -m gatewayz.simulator`; returns its exit code.

    The first line on standard output is the URL; with `--env` the variables follow.
    """
    options = _options(arguments)

    def ready(simulator: Simulator) -> None:
        print(simulator.url)
        print(addresses_behind(simulator, options.behind), end="")
        if options.env:
            print(shell_exports(simulator.variables()), end="")
        sys.stdout.flush()

    try:
        for_s = parse_duration_s(options.for_) if options.for_ else None
        serve(
            for_s=for_s,
            ready=ready,
            seed=options.seed,
            faults=options.faults,
            port=options.port,
            host=options.host,
            latency_s=parse_duration_s(options.latency),
            models_per_gateway=options.models,
            packets=options.packets,
            log_path=options.log,
        )
    except GatewayzError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m gatewayz.simulator",
        description="Pretend providers over real HTTP, on loopback.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port (default)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (loopback)")
    parser.add_argument("--seed", type=int, default=0, help="decides answers and faults")
    parser.add_argument("--faults", metavar="FILE", help="JSON schedule of faults")
    parser.add_argument("--latency", default="10ms", help="before each answer, such as 200ms")
    parser.add_argument("--models", type=int, metavar="N", help="exactly N models per gateway")
    parser.add_argument(
        "--packets", default="whole", help="whole, bytes, random or mixed: how answers are cut"
    )
    parser.add_argument("--for", dest="for_", metavar="30m", help="end after this long")
    parser.add_argument("--log", metavar="FILE", help="one JSON line per request")
    parser.add_argument(
        "--behind",
        metavar="FAULT=PLACE",
        action="append",
        default=[],
        help="print a place's address behind a fault below HTTP, such as tls-handshake-stall=groq",
    )
    parser.add_argument("--env", action="store_true", help="print the variables for a shell")
    return parser.parse_args(arguments)
