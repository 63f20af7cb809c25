"""Request bodies: bounded while they come in, and strict JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any, NoReturn

from starlette.requests import Request

from gatewayz.core.text import of_json
from gatewayz.server.refusals import Refusal, bad_request
from gatewayz.server.visits import visit_of

MAX_BODY_BYTES = 10 * 1024 * 1024
_PATIENCE_S = 2.0
BODY_S = 60.0


async def read_object(request: Request, limit: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """The JSON object in a request's body; of a field given twice the last value counts.

    Raises: Refusal, 413 for more than `limit` bytes, 408 for one that is too long in coming, 400
    for anything that is not a JSON object.
    """
    try:
        async with asyncio.timeout(BODY_S):
            return await _read_object(request, limit)
    except TimeoutError:
        raise Refusal(
            408,
            f"the body did not come within {BODY_S:.0f} s",
            code="request_timeout",
            headers={"connection": "close"},
        ) from None


async def _read_object(request: Request, limit: int) -> dict[str, Any]:
    visit, began = visit_of(request.scope), time.monotonic()
    declared = request.headers.get("content-length", "")
    pieces = request.stream()
    data = bytearray()
    if not (declared.isdigit() and int(declared) > limit):
        async for piece in pieces:
            data += piece
            if len(data) > limit:
                break
        else:
            visit.waited_s = time.monotonic() - began
            return _object(bytes(data))
    await _let_finish(pieces, limit)
    raise _too_large(limit)


async def _let_finish(pieces: AsyncIterator[bytes], limit: int) -> None:
    """Throws away the rest of a body that is too large, within bounds.

    A client that is still sending when the connection closes sees a reset instead of the answer.
    """
    thrown = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            async for piece in pieces:
                thrown += len(piece)
                if thrown > 4 * limit:
                    return


def _object(data: bytes) -> dict[str, Any]:
    document = _parse(data)
    if not isinstance(document, dict):
        raise bad_request(f"the body is a JSON {_NAMES[type(document)]}, not an object")
    return document


def to_bytes(document: Any) -> bytes:
    """A document as it is sent upstream: compact, plain ASCII, numbers and texts as they came.

    Raises: Refusal for a number that JSON cannot hold.
    """
    try:
        return _ENCODER.encode(document).encode("ascii")
    except (ValueError, RecursionError):
        raise bad_request("the body holds a number out of range, or is nested too deeply") from None


_NAMES = {list: "array", str: "string", int: "number", float: "number", bool: "boolean"}
_NAMES[type(None)] = "null"


def _parse(data: bytes) -> Any:
    try:
        return _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        problem = of_json(error) if data.strip() else "it is empty"
    except RecursionError:
        problem = "nested too deeply"
    except ValueError:
        problem = "it holds a number that JSON does not have"
    raise bad_request(f"the body is not JSON: {problem}", code="invalid_json")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Made once: json.loads and json.dumps make one for each call that has a wish.
_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def _too_large(limit: int) -> Refusal:
    return Refusal(
        413,
        f"the body is larger than {limit // 1024} KiB",
        code="request_too_large",
        kind="payload-too-large-413",
    )
