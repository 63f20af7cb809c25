"""The most that one concrete request can come to: tokens in, tokens out, money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatewayz.core import ChatRequest, Gateway, Model, Price
from gatewayz.core.costs import (
    PICTURES,
    TEXTS,
    kinds_in,
    pictures_in,
    price_of_request,
    searched_by,
    usd_of,
)
from gatewayz.core.families import SYSTEM_TOKENS, WITH_SYSTEM_MESSAGE
from gatewayz.core.names import family
from gatewayz.core.refusals import ALL_TOKEN_FIELDS, ANSWER_FIELDS, TOKEN_FIELDS
from gatewayz.core.units import as_asked, in_lower_case, most_asked

# Tokens that a provider may put around the messages: roles, a default system prompt. A token is at
# least one byte, so the bytes of the request bound the rest.
TEMPLATE_TOKENS = 256
# Providers count the end of the answer, or a mark around it, beyond the limit.
SLACK_TOKENS = 2
# The bytes of a picture say nothing of its tokens. No published rule comes to more than this one:
# gpt-4o-mini at high detail counts 2,833 and 5,667 for each of up to eight tiles
# (https://platform.openai.com/docs/guides/images-vision, read 2026-08-20).
PICTURE_TOKENS = 50_000
# Of what lies elsewhere, such as a film by its address, only the window bounds the tokens; no
# model is sold with a larger one than this.
LARGEST_WINDOW = 10_000_000

# Their data stands in the request, and has more bytes than tokens.
_BOUNDED_BY_BYTES = (*TEXTS, "input_audio")


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that one request can take.

    input_tokens    counted with whatever the provider adds of its own
    output_tokens   over all choices; None where nothing bounds them
    usd             None where the price is unknown or nothing bounds the tokens
    price           what the request costs, to settle by
    pictures        how many are in it, as some charge for each
    """

    input_tokens: int
    output_tokens: int | None
    usd: float | None
    price: Price = Price()
    pictures: int = 0

    @property
    def tokens(self) -> int | None:
        """Input and output together; None where nothing bounds them."""
        return None if self.output_tokens is None else self.input_tokens + self.output_tokens


def bound_of(
    request: ChatRequest, model: Model, gateway: Gateway, *, price: Price | None = None
) -> Bound:
    """The worst case of a request as it is sent to a gateway, its habits applied before.

    `price` is what to reckon with, None for what the model's own catalogue says.
    """
    price = model.price if price is None else price
    body = body_of(request, model, gateway)
    into, out = input_bound(request, body, model), answers_bound(request, body, model)
    price, pictures = price_for(request, model, price), pictures_in(request.messages)
    return Bound(into, out, most_usd(price, into, out, pictures=pictures), price, pictures)


def body_of(request: ChatRequest, model: Model, gateway: Gateway) -> dict[str, Any]:
    """The JSON body that goes to the gateway."""
    return {**request.body(model.id, gateway.quirks), **gateway.extra_body}


def input_bound(request: ChatRequest, body: Mapping[str, Any], model: Model) -> int:
    """The most tokens of a request's input: its bytes, its pictures, what is put around it."""
    return written_bytes(request, body) + put_around(model) + media_tokens(request, model)


def written_bytes(request: ChatRequest, body: Mapping[str, Any]) -> int:
    """How long the request is on the wire; what cannot be written is not sent."""
    if request.raw:
        return len(request.raw.encode(errors="replace"))
    try:
        return len(json.dumps(body, ensure_ascii=False).encode(errors="replace"))
    except (TypeError, ValueError):
        return 0


def put_around(model: Model) -> int:
    """Tokens that are counted and that we did not send."""
    brings_its_own = family(model.id) in WITH_SYSTEM_MESSAGE
    return TEMPLATE_TOKENS + (SYSTEM_TOKENS if brings_its_own else 0)


def price_for(request: ChatRequest, model: Model, price: Price) -> Price:
    """What a request to a model is reckoned at by its price; unknown where it asks for what may cost
    more.
    """
    asked = request.model_id or model.id
    return price_of_request(price, asked, request.extra, request.messages)


def media_tokens(request: ChatRequest, model: Model) -> int:
    """What pictures, media that lie elsewhere and what is searched for may count for; 0 for text."""
    kinds = kinds_in(request.messages)
    pictures = sum(kind in PICTURES for kind in kinds)
    others = sum(kind not in (*PICTURES, *_BOUNDED_BY_BYTES) for kind in kinds)
    searches = searched_by(request.model_id or model.id, request.extra)
    window = model.context_tokens or LARGEST_WINDOW
    return pictures * PICTURE_TOKENS + (window if others or searches else 0)


def answers_bound(request: ChatRequest, body: Mapping[str, Any], model: Model) -> int | None:
    """The most tokens of all answers to a request whose body is sent; None where nothing bounds them."""
    out = output_bound(limit_in(request, body), model)
    return None if out is None else out * choices_in(body)


def limit_in(request: ChatRequest, body: Mapping[str, Any]) -> int | None:
    """The token limit of one answer, as it is sent; None without one.

    Of several the largest; a name that not every provider knows sets none by itself.
    """
    if request.raw:
        return request.max_tokens
    if not any(as_asked(body.get(name)) > 0 for name in TOKEN_FIELDS):
        return None
    return most_asked(in_lower_case(body), ALL_TOKEN_FIELDS)


def output_bound(limit: int | None, model: Model) -> int | None:
    """The most tokens of one answer: the limit sent, else what is known of the model."""
    if limit is not None:
        return limit + SLACK_TOKENS
    return model.max_output_tokens or model.context_tokens


def choices_in(body: Mapping[str, Any]) -> int:
    """How many answers one request asks for, each of which may be as long as the limit."""
    return max(1, most_asked(in_lower_case(body), ANSWER_FIELDS))


def most_usd(
    price: Price,
    input_tokens: int,
    output_tokens: int | None,
    *,
    requests: int = 1,
    pictures: int = 0,
) -> float | None:
    """USD for so many tokens at most; None where a price is unknown or tokens have no bound.

    The tokens are those of all the requests together; each request and picture has its fee.
    """
    if output_tokens is None:
        # What comes out for nothing needs no bound.
        free = not price.output_usd_per_mtok and not price.thinking_usd_per_mtok
        if price.output_usd_per_mtok is None or not free:
            return None
    usd = usd_of(price, input_tokens, output_tokens or 0)
    fees = (requests - 1) * price.request_usd + pictures * price.picture_usd
    return None if usd is None else usd + fees
