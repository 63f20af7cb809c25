"""Endpoints whose modules are loaded by the first who asks for them, beside the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import wraps
from importlib import import_module

from starlette.requests import Request
from starlette.responses import Response

Answer = Callable[[Request], Awaitable[Response]]

# What pages, their documents and the figures of both are made of.
PAGES = (
    "gatewayz.reports._history",
    "gatewayz.server.pages.documents",
    "gatewayz.server.pages.live",
    "gatewayz.server.pages.making",
)


def loaded_first(answer: Answer, *modules: str) -> Answer:
    """The same endpoint, which answers once the modules are loaded.

    That takes tenths of a second, in which the loop would answer nobody: so it is done in a thread.
    """
    is_loaded = False

    @wraps(answer)
    async def answered(request: Request) -> Response:
        nonlocal is_loaded
        if not is_loaded:
            await asyncio.to_thread(load, *modules)
            is_loaded = True
        return await answer(request)

    return answered


def load(*modules: str) -> None:
    """Loads them, one thread at a time.

    Of two threads that load one room, each from another file on, one could get half of it.
    """
    with _LOADING:
        for name in modules:
            import_module(name)


_LOADING = threading.Lock()
