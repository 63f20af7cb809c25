"""What a soak needs: pretend providers and `gatewayz serve` before them, each a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.soak.wire import Place
from gatewayz.config import load_settings, made_key_secret
from gatewayz.core import Allowance
from gatewayz.core.client_key import new_key
from gatewayz.core.units import utc_now
from gatewayz.store import open_store

OWN_KEY = "gw-the-own-key-of-the-soak-0123456789"
# A silent provider is given up after this; sound answers take milliseconds.
PATIENCE_S = "8"
NARROW = 30
LIMITS = {
    # All limits are counted, and none is in the way.
    "wide": Allowance(
        requests_per_minute=1_000_000, tokens_per_minute=1_000_000_000, concurrency=500
    ),
    "narrow": Allowance(requests_per_minute=NARROW),
}
ROOT = Path(__file__).resolve().parents[2]
_START_S = 30.0


@dataclass(frozen=True)
class Stage:
    """A running backend: its process, its log, its store, and the place as each key sees it."""

    process: subprocess.Popen[bytes]
    log: Path
    store: Path
    own: Place
    wide: Place
    narrow: Place

    def stop(self, limit_s: float) -> tuple[int | None, float]:
        """TERM: the exit code, None where it did not end in time, and how long it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            code = None
        return code, time.monotonic() - began


@contextmanager
def set_up(folder: Path) -> Iterator[Stage]:
    """All of it, on loopback, gone at the end."""
    # What is put before our own path, such as a planted leak, comes along.
    python_path = os.pathsep.join(
        [*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT / "src")]
    )
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": python_path}
    store = folder / "kept.db"
    with ExitStack() as stack:
        simulate = ["-m", "gatewayz.simulator", "--port", "0", "--latency", "5ms", "--env"]
        told = stack.enter_context(_process(simulate, environ, folder / "simulator"))[1]
        variables = dict(re.findall(r"export (\w+)=(\S+)", told("export XAI_")))
        environ |= {
            # What is freed is given back at once, so that what stays is held by somebody.
            "MALLOC_ARENA_MAX": "1",
            "MALLOC_MMAP_THRESHOLD_": "131072",
            "MALLOC_TRIM_THRESHOLD_": "131072",
            **variables,
            "GATEWAYZ_API_KEY": OWN_KEY,
            "GATEWAYZ_STORE": str(store),
            "GATEWAYZ_TIMEOUT": PATIENCE_S,
        }
        keys = _made_keys(environ, folder)
        serve = ["-m", "gatewayz", "serve", "--port", "0"]
        log = folder / "serve"
        process, told = stack.enter_context(_process(serve, environ, log))
        found = re.search(r"Serving on (\S+)", told("Serving on "))
        address = urlsplit(found[1]) if found else None
        if address is None or address.hostname is None or address.port is None:
            raise RuntimeError(log.read_text())
        places = {
            name: Place(address.hostname, address.port, key)
            for name, key in {"own": OWN_KEY, **keys}.items()
        }
        yield Stage(process=process, log=log, store=store, **places)


def _made_keys(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """A key for each set of limits."""
    settings = load_settings(environ=environ, folder=folder)
    secret, made = made_key_secret(settings), {}
    with closing(open_store(settings.store)) as store:
        for name, allowance in LIMITS.items():
            made[name], key = new_key(name, secret, created_at=utc_now(), allowance=allowance)
            store.keys.add(key)
    return made


@contextmanager
def _process(arguments: list[str], environ: Mapping[str, str], log: Path) -> Iterator[tuple]:  # type: ignore[type-arg]
    """A Python that writes to a file, and a way to wait until a word stands there."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *arguments], env=environ, cwd=log.parent, stdout=out, stderr=out
        )

        def told(word: str) -> str:
            deadline = time.monotonic() + _START_S
            while word not in (text := log.read_text(errors="replace")):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"no {word!r} in {text[-2000:]}")
                time.sleep(0.05)
            return text

        try:
            yield process, told
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
