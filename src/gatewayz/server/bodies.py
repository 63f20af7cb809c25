"""Request bodies: bounded while they come in, and strict JSON."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from starlette.requests import Request

from gatewayz.server.refusals import Refusal, bad_request

MAX_BODY_BYTES = 10 * 1024 * 1024


async def read_object(request: Request, limit: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """The JSON object in a request's body; of a field given twice the last value counts.

    Raises: Refusal, 413 for more than `limit` bytes, 400 for anything that is not a JSON object.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > limit:
            raise _too_large(limit)
    document = _parse(bytes(data))
    if not isinstance(document, dict):
        raise bad_request(f"the body is a JSON {_NAMES[type(document)]}, not an object")
    return document


def to_bytes(document: Any) -> bytes:
    """A document as it is sent upstream: compact, plain ASCII, numbers and texts as they came.

    Raises: Refusal for a number that JSON cannot hold.
    """
    try:
        return json.dumps(document, separators=(",", ":"), allow_nan=False).encode("ascii")
    except (ValueError, RecursionError):
        raise bad_request("the body holds a number out of range, or is nested too deeply") from None


_NAMES = {list: "array", str: "string", int: "number", float: "number", bool: "boolean"}
_NAMES[type(None)] = "null"


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        problem = f"{error.msg} at character {error.pos}" if data.strip() else "it is empty"
    except RecursionError:
        problem = "nested too deeply"
    except ValueError:
        problem = "it holds a number that JSON does not have"
    raise bad_request(f"the body is not JSON: {problem}", code="invalid_json")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _too_large(limit: int) -> Refusal:
    return Refusal(
        413,
        f"the body is larger than {limit // 1024} KiB",
        code="request_too_large",
        kind="payload-too-large-413",
    )
