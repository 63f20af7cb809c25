"""Serves a GGUF file with llama.cpp's own HTTP server, out of the `xllamacpp` wheel.

The server is other people's code from end to end; only its settings are chosen here: loopback
alone, nothing fetched, temperature 0 so that an answer is the same every time.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Serving:
    """What is served and how.

    port: 0 takes a free one. slots: how many requests are answered side by side.
    context_tokens: for each slot, prompt and answer together.
    """

    model: Path
    alias: str = "tiny"
    port: int = 0
    api_key: str = ""
    slots: int = 4
    context_tokens: int = 4096


def serve(serving: Serving, *, until_eof: bool = False) -> None:
    """Serve until SIGTERM, SIGINT or, with until_eof, the end of standard input; never returns.

    Prints one line when ready: the base URL and how long the start took.
    Raises: ImportError without the wheel, OSError if the port is taken, RuntimeError if the model
    cannot be read.
    """
    started = time.monotonic()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    _refuse_taken(serving.port)
    # Named, because the server stops when this object is collected.
    server = _start(serving)
    print(f"{server.listening_address}/v1 ready in {time.monotonic() - started:.2f}s", flush=True)
    if until_eof:
        threading.Thread(target=_watch_input, args=(stop,), daemon=True).start()
    stop.wait()
    # At once, without unwinding: the server's threads may be in the middle of an answer.
    os._exit(0)


def _refuse_taken(port: int) -> None:
    # The server listens with SO_REUSEPORT: two of them on one port would silently share its calls.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def _start(serving: Serving) -> Any:
    # Late, because the wheel holds native code for this process alone to load.
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(serving.model)
    params.model_alias = {serving.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = serving.port
    params.n_parallel = serving.slots
    params.n_ctx = serving.context_tokens * serving.slots
    # One thread is plenty for a model of this size, and leaves the machine to what is tested.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.n_threads_http = 4
    params.warmup = False
    params.ui = False
    params.offline = True
    params.use_jinja = True
    params.endpoint_metrics = True
    params.sampling.temp = 0.0
    params.verbosity = 0
    if serving.api_key:
        params.api_keys = [serving.api_key]
    return xllamacpp.Server(params)


def _watch_input(stop: threading.Event) -> None:
    sys.stdin.buffer.read()
    stop.set()
