"""Asking through a client's own functions instead of HTTP: a drop-in, or a dict of callables.

The functions speak OpenAI's shapes as mappings or as objects of a client library, and may be
plain or async; plain ones run in a thread, so that a slow one does not hold up the others.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from gatewayz.client.listing import Listing
from gatewayz.client.record import Record
from gatewayz.client.threads import Left, in_thread
from gatewayz.core.attempt import Attempt, FaultName, Phase, WireFault
from gatewayz.core.catalog import fields
from gatewayz.core.errors import CatalogError
from gatewayz.core.gateway import Calls
from gatewayz.core.model import Model
from gatewayz.core.text import excerpt

T = TypeVar("T")

_READ = fields()
_NOT_OPTIONS = ("model", "messages", "stream", "stream_options", "provider")


async def ask(functions: Calls, record: Record) -> None:
    """Puts the recorded request to the functions; the answer goes into the record's builder.

    Raises: whatever the functions raise.
    """
    body = record.body
    record.sent = time.monotonic()
    if not record.streamed or functions.stream is None:
        document = await answer(functions, body)
        record.status, record.reached = 200, Phase.END
        record.builder.add_document(document)
        if record.streamed:
            record.builder.note("stream-answered-with-json")
        return
    chunks = await open_stream(functions.stream, body)
    record.status = 200
    async for chunk in chunks:
        record.builder.add_chunk(chunk, time.monotonic())
    record.builder.add_done()
    record.reached = Phase.END
    if not record.builder.finished and record.builder.error is None:
        record.builder.note("sse-missing-finish")


async def answer(functions: Calls, body: Mapping[str, Any], *, left: Left | None = None) -> Any:
    """The whole answer to a request body, as plain mappings.

    When the waiting is cancelled a plain function runs on, and `left` is told of its thread.
    Raises: whatever the function does.
    """
    return _plain(await _asked(functions.request, body, left))


async def open_stream(
    function: Callable[..., Any], body: Mapping[str, Any], *, left: Left | None = None
) -> AsyncIterator[Any]:
    """The chunks of the answer, each as a plain mapping; `left` is as for `answer`.

    Raises: whatever the function does.
    """
    return _each(await _asked(function, body, left), left)


async def _asked(function: Callable[..., Any], body: Mapping[str, Any], left: Left | None) -> Any:
    options = {k: v for k, v in body.items() if k not in _NOT_OPTIONS}
    return await _result(partial(function, body["messages"], body["model"], **options), left)


async def list_models(functions: Calls, total_s: float, redact: Callable[[str], str]) -> Listing:
    """The models a client's own function lists: ids, or entries with an "id".

    `redact` takes secrets out of what is told of one that has failed.
    """
    try:
        async with asyncio.timeout(total_s):
            found = await _entries(functions.list_models)
    except TimeoutError:
        return _broken(FaultName.TIMEOUT, "listing the models took too long")
    except Exception as error:  # noqa: BLE001 -- somebody else's code, any error is data
        return _broken(FaultName.CALL_RAISED, redact(f"{type(error).__name__}: {error}"))
    if found is None:
        return _broken(FaultName.CALL_RAISED, "listing the models gave no list")
    models: dict[str, Model] = {}
    listed = dropped = 0
    for entry in found:
        listed += 1
        model = _model(entry)
        if model is None:
            dropped += 1
        else:
            models.setdefault(model.id, model)
    return Listing(models=tuple(models.values()), listed=listed, dropped=dropped)


async def _entries(function: Callable[..., Any]) -> list[Any] | None:
    """What a function lists, None where that is no list."""
    found = await _result(function)
    if isinstance(found, Mapping):
        found = found.get("data") or found.get("models")
    if not isinstance(found, Iterable) or isinstance(found, str | bytes):
        return None
    # A generator does its work only now.
    return await _theirs(in_thread(partial(list, found)))


def _model(entry: Any) -> Model | None:
    if isinstance(entry, Model):
        return entry
    if isinstance(entry, str) and entry.strip():
        return Model(id=entry)
    plain = _plain(entry)
    try:
        return _READ(plain) if isinstance(plain, Mapping) else None
    except CatalogError:
        return None


async def _result(function: Callable[[], Any], left: Left | None = None) -> Any:
    """Calls a plain or an async function and waits for what it gives."""
    if inspect.iscoroutinefunction(function):
        return await _theirs(function())
    found = await _theirs(in_thread(function, left))
    return await _theirs(found) if inspect.isawaitable(found) else found


async def _each(chunks: Any, left: Left | None) -> AsyncIterator[Any]:
    """The chunks of a plain or an async iterable, each as it comes."""
    end = object()
    following: Callable[[], Awaitable[Any]]
    if hasattr(chunks, "__aiter__"):
        following = partial(anext, aiter(chunks), end)
    else:
        following = partial(in_thread, partial(next, iter(chunks), end), left)
    while (chunk := await _theirs(following())) is not end:
        yield _plain(chunk)


async def _theirs(given: Awaitable[T]) -> T:
    """What somebody else's code gives; what it raises is its own error, whatever that is.

    A `sys.exit` would end the whole program, and a CancelledError look as if nobody waited any more.
    """
    try:
        return await given
    except (Exception, GeneratorExit):
        raise
    except BaseException as end:
        task = asyncio.current_task()
        if isinstance(end, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        raise RuntimeError(f"{type(end).__name__}: {end}") from end


def _plain(value: Any) -> Any:
    """A client library's object, or any mappings and sequences, as JSON would be read."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    for name in ("model_dump", "to_dict", "dict"):
        dump = getattr(value, name, None)
        if callable(dump) and not isinstance(value, type):
            return _plain(dump())
    return value


def _broken(name: FaultName, detail: str) -> Listing:
    fault = WireFault(name=name, phase=Phase.HEADERS, detail=excerpt(detail), timer="total")
    return Listing(attempts=(Attempt(method="GET", fault=fault),), complete=False)
