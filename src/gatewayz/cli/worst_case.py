"""What one case can come to at most: every retry and every second look at every step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from gatewayz.core import ChatRequest, Model, Occasion, Price, Probe, Reply
from gatewayz.core.costs import pictures_in
from gatewayz.core.marks import mark_for
from gatewayz.money.bound import (
    body_of,
    choices_in,
    limit_in,
    media_tokens,
    most_usd,
    output_bound,
    price_for,
    put_around,
    written_bytes,
)
from gatewayz.runner.second_looks import MOST_LOOKS, most_tokens

if TYPE_CHECKING:
    from gatewayz.runner import Lane, RollCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """`steps` are the questions when all goes well, the rest is what they may come to.

    `output_tokens` and `usd` are None where nothing bounds them. `plain_usd` is the same for the
    questions alone, each put once and answered as long as it may.
    """

    steps: int
    calls: int
    input_tokens: int
    output_tokens: int | None
    usd: float | None = None
    plain_usd: float | None = None


def worst_of(
    order: RollCall, lane: Lane, probe: Probe, model: Model, *, price: Price | None = None
) -> Worst:
    """The worst case of one question to one model; `price` is what to reckon with, None its own."""
    tries = 1 + order.retries + MOST_LOOKS
    steps = 1 + len(probe.then)
    into, answered = 0, 0
    out: int | None = 0
    plain_out: int | None = 0
    longest = media = most_pictures = pictures = 0
    price = model.price if price is None else price
    questions: tuple[ChatRequest, ...] = ()
    for step in range(steps):
        request = _question(order, probe, model, step, questions)
        choices, limit = 1, _limit(order, lane)
        if request is not None:
            questions = (*questions, request)
            body = body_of(request, model, lane.gateway)
            choices, limit = choices_in(body), limit_in(request, body)
            # What a habit renames or leaves out is no longer than this.
            longest = max(longest, written_bytes(request, body), len(request.raw))
            media = max(media, media_tokens(request, model))
            most_pictures = max(most_pictures, pictures_in(request.messages))
            price = price_for(request, model, price)
        most_out = output_bound(most_tokens(limit), model)
        # A later step may repeat every question and answer before it.
        into += (step + 1) * (longest + media) + answered + put_around(model)
        pictures += (step + 1) * most_pictures
        answered += most_out or 0
        out = _plus(out, most_out, choices)
        plain_out = _plus(plain_out, output_bound(limit, model), choices)
    most_in, most_out = into * tries, None if out is None else out * tries
    return Worst(
        steps=steps,
        calls=steps * tries,
        input_tokens=most_in,
        output_tokens=most_out,
        usd=most_usd(price, most_in, most_out, requests=steps * tries, pictures=pictures * tries),
        plain_usd=most_usd(price, into, plain_out, requests=steps, pictures=pictures),
    )


def _limit(order: RollCall, lane: Lane) -> int | None:
    """The token limit that a question is put with which nobody knows yet."""
    limit = order.ask.max_tokens
    return limit if limit is None else max(limit, lane.gateway.quirks.min_max_tokens)


def _plus(tokens: int | None, more: int | None, times: int) -> int | None:
    return None if tokens is None or more is None else tokens + more * times


def _question(
    order: RollCall, probe: Probe, model: Model, step: int, questions: tuple[ChatRequest, ...]
) -> ChatRequest | None:
    """A step's question, as far as it can be known before there is an answer; None when not."""
    occasion = Occasion(
        ask=order.ask,
        model=model,
        rng=Random(order.seed),
        questions=questions,
        replies=(Reply(),) * step,
    )
    try:
        found = probe.question(step, occasion)
    except (LookupError, ValueError, TypeError):
        return None  # it needs the answer before it
    if found is None or order.repeat < 2 or not probe.marked:
        return found
    return replace(found, mark=mark_for(""))
