"""How many tokens a request may come to, before anybody has counted them.

Wherever a request can be read in two ways, as the one that comes to more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gatewayz.core.costs import PICTURES, parts_in
from gatewayz.core.refusals import ALL_TOKEN_FIELDS, ANSWER_FIELDS
from gatewayz.core.units import as_asked, in_lower_case, most_asked
from gatewayz.server.routing import CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES, Order

# Of text in any common language a token has three bytes or more, nearly always.
_BYTES_PER_TOKEN = 3
# Where a request sets no limit: longer than most answers are.
_ANSWER = 1000
_READY = frozenset((int, bool, list))  # a truth value is a number here, as it is to Python
_MAY_HOLD_PICTURES = b'"data:'
# An item of /v1/responses that is a picture, in base64 alone.
_MADE = "image_generation_call"
_MAY_HOLD_MADE_ONES = f'"{_MADE}"'.encode()
_PICTURE = "data:image/"


def most_tokens(order: Order, data: bytes) -> tuple[int, int]:
    """Of the question a third of the bytes that are sent; and the longest answer asked for, so many times.

    Pictures within are not counted: what they come to differs from model to model.
    """
    asked, longest, answers = _foreseen(order, data)
    return asked, longest * answers


def field_to_lessen(order: Order, data: bytes, limit: int) -> str:
    """The field by which most of it can be had under a limit that it is over: the prompt where that alone is."""
    asked, longest, answers = _foreseen(order, data)
    body, endpoint = order.body, order.endpoint
    if asked + bool(longest) > limit:
        return endpoint.needs
    if asked + longest <= limit < asked + longest * answers:
        given = [n for n in body if n.lower() in ANSWER_FIELDS and as_asked(body[n]) > 1]
        return max(given, key=lambda name: as_asked(body[name]), default=endpoint.needs)
    given = [name for name in body if name.lower() in ALL_TOKEN_FIELDS and as_asked(body[name]) > 0]
    return max(given, key=lambda name: as_asked(body[name]), default=endpoint.limits[0])


def _foreseen(order: Order, data: bytes) -> tuple[int, int, int]:
    """Tokens of the question, those of the longest answer, and how many of these there may be."""
    body, endpoint = order.body, order.endpoint
    said = len(data)
    if _MAY_HOLD_PICTURES in data or (endpoint is RESPONSES and _MAY_HOLD_MADE_ONES in data):
        said = max(0, said - sum(_pictures(body)))
    asked = max(-(-said // _BYTES_PER_TOKEN), _ready_tokens(body.get(endpoint.needs)))
    if endpoint is EMBEDDINGS:  # its answer has no tokens
        return asked, 0, 0
    fields = in_lower_case(body)
    longest = most_asked(fields, ALL_TOKEN_FIELDS)
    for name in endpoint.limits:
        if as_asked(body.get(name)) > 0:
            break
    else:
        longest = max(longest, _ANSWER)
    # Of all that are asked for a provider may show the best alone.
    answers = max(1, most_asked(fields, ANSWER_FIELDS))
    return asked, longest, answers * _prompts(body) if endpoint is COMPLETIONS else answers


def _prompts(body: dict[str, Any]) -> int:
    """How many prompts are to be completed, each by itself."""
    prompts = body.get("prompt")
    if not isinstance(prompts, list):
        return 1
    one = all(isinstance(token, int) for token in prompts)  # a prompt that is in tokens already
    return 1 if one else len(prompts)


def _ready_tokens(given: Any) -> int:
    """Those of prompts that are lists of numbers, each of which is a token, however short."""
    if not isinstance(given, list) or _READY.isdisjoint(map(type, given)):
        return 0
    inner = sum(len(one) for one in given if isinstance(one, list))
    return inner + sum(isinstance(one, int) for one in given)


def _pictures(body: dict[str, Any]) -> Iterator[int]:
    """The lengths of all pictures that stand where providers look for one, given as they are."""
    for name in (CHAT.needs, RESPONSES.needs):
        for part in parts_in(body.get(name)):
            if part.get("type") in PICTURES:
                picture = part.get("image_url")
                url = picture.get("url") if isinstance(picture, dict) else picture
                made = part.get("result")
                if isinstance(url, str) and url.startswith(_PICTURE):
                    yield len(url)
                elif isinstance(made, str) and part["type"] == _MADE:
                    yield len(made)
