"""Request bodies: bounded while they come in, strict JSON, and sent on as they came.

What a request says is decoded once, to decide by it. What goes upstream is made of the bytes that
came: only fields that were changed are written anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn

import msgspec
from starlette.types import Message

from gatewayz.core.text import of_json
from gatewayz.server.refusals import Refusal, bad_request
from gatewayz.server.values import outside_strings, values_in

MAX_BODY_BYTES = 10 * 1024 * 1024
# The slow parser takes several microseconds for each.
MOST_VALUES_SLOWLY = 30_000
_PATIENCE_S = 2.0
BODY_S = 60.0

Receive = Callable[[], Awaitable[Message]]


class Asked(msgspec.Struct, frozen=True):
    """What a request asks for: the fields of its JSON object, and the bytes that they came in.

    Of a field given twice the last value counts. Where only the slow parser could read it, `data` is
    None, and `written` has each field's name and value as JSON anew.
    """

    fields: dict[str, Any]
    data: bytes | None
    written: dict[str, tuple[str, str]] = {}


def length_in(headers: Mapping[bytes, bytes]) -> int:
    """How long a body is said to be; 0 where nothing is said of it."""
    declared = headers.get(b"content-length", b"")
    return int(declared) if declared.isdigit() else 0


async def whole(message: Message, receive: Receive, limit: int) -> bytes:
    """A request's body, whose first message has come. Raises: Refusal, 413 beyond `limit` bytes."""
    pieces = bytearray(message.get("body", b""))
    while message.get("more_body", False) and len(pieces) <= limit:
        message = await receive()
        pieces += message.get("body", b"")
    if len(pieces) <= limit:
        return bytes(pieces)
    if not message.get("more_body", False):
        raise _too_large(limit)
    raise await too_large(receive, limit)


async def too_large(receive: Receive, limit: int) -> Refusal:
    """413, once the rest of a body that is too large was thrown away, within bounds.

    A client that is still sending when the connection closes sees a reset instead of the answer.
    """
    await throw_away(receive, 4 * limit)
    return _too_large(limit)


async def throw_away(receive: Receive, most: int) -> None:
    """Returns at a body's end, or when it is too long in coming or longer than `most` bytes."""
    thrown, more = 0, True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            while more and thrown <= most:
                message = await receive()
                thrown += len(message.get("body", b""))
                more = message.get("more_body", False)


def not_to_be_sent(limit: int) -> Refusal:
    """413 in place of the go-ahead for which the client waits: no other request can follow."""
    return _too_large(limit, connection="close")


def too_late() -> Refusal:
    """408: the body was too long in coming."""
    return Refusal(
        408,
        f"the body did not come within {BODY_S:.0f} s",
        code="request_timeout",
        headers={"connection": "close"},
    )


def parse(data: bytes) -> Asked:
    """What a body asks for. Raises: Refusal, 400 for anything that is not a JSON object."""
    try:
        document = _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        return _parsed_slowly(data, problem)
    return Asked(_object(document), data)


def _parsed_slowly(data: bytes, problem: Exception) -> Asked:
    outside = outside_strings(data, MOST_VALUES_SLOWLY)
    if outside is None or values_in(outside) > MOST_VALUES_SLOWLY:
        if isinstance(problem, RecursionError):
            raise _too_deep() from None
        raise _no_json(
            f"{problem}; half of a character is read in up to {MOST_VALUES_SLOWLY:,} values"
        )
    fields = _object(_slowly(data))
    # Once, however many gateways it is sent to.
    return Asked(fields, None, {name: (_written(name), _written(v)) for name, v in fields.items()})


def _object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise bad_request(f"the body is a JSON {_NAMES[type(document)]}, not an object")
    return document


def to_bytes(fields: dict[str, Any], asked: Asked) -> bytes:
    """The fields as they are sent upstream, values that are still those of `asked` as they came.

    Raises: Refusal for a body that is nested too deeply.
    """
    before = asked.fields
    if asked.data is None:
        pairs = [
            asked.written[name]
            if value is before.get(name, _NOTHING)
            else (_written(name), _written(value))
            for name, value in fields.items()
        ]
        return b"{%b}" % ",".join(map(":".join, pairs)).encode("ascii")
    try:
        came = _AS_THEY_CAME.decode(asked.data)
        return _ENCODER.encode(
            {
                name: came[name] if value is before.get(name, _NOTHING) else value
                for name, value in fields.items()
            }
        )
    except RecursionError:  # how deep one may go depends on how deep one stands
        raise _too_deep() from None


_NAMES = {list: "array", str: "string", int: "number", float: "number", bool: "boolean"}
_NAMES[type(None)] = "null"


def _slowly(data: bytes) -> Any:
    """The same by a parser that knows halves of characters, and says what is wrong and where."""
    try:
        return _SLOW_DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        problem = of_json(error) if data.strip() else "it is empty"
    except RecursionError:
        problem = "nested too deeply"
    except ValueError:
        problem = "it holds a number that JSON does not have"
    raise _no_json(problem)


def _written(value: Any) -> str:
    try:
        return _SLOW_ENCODER.encode(value)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise bad_request("the body holds a number out of range") from None


def _no_json(problem: str) -> Refusal:
    return bad_request(f"the body is not JSON: {problem}", code="invalid_json")


def _too_deep() -> Refusal:
    return _no_json("nested too deeply")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_NOTHING = object()
_DECODER = msgspec.json.Decoder()
_AS_THEY_CAME = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER = msgspec.json.Encoder()
# Made once: json.loads and json.dumps make one for each call that has a wish.
_SLOW_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_SLOW_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def _too_large(limit: int, **headers: str) -> Refusal:
    return Refusal(
        413,
        f"the body is larger than {limit // 1024} KiB",
        code="request_too_large",
        kind="payload-too-large-413",
        headers=headers,
    )
