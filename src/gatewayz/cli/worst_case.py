"""What one case can come to at most: every retry and every second look at every step."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from gatewayz.core import ChatRequest, Model, Occasion, Probe, Reply
from gatewayz.runner.second_looks import MOST_LOOKS, most_tokens

if TYPE_CHECKING:
    from gatewayz.runner import Lane, RollCall

# Tokens that a provider may put around a message (roles, a default system prompt). A token is at
# least one byte, so the bytes of the request bound the rest.
TEMPLATE_TOKENS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """`steps` are the questions when all goes well, the rest is what they may come to.

    `output_tokens` is None where nothing bounds them.
    """

    steps: int
    calls: int
    input_tokens: int
    output_tokens: int | None


def worst_of(order: RollCall, lane: Lane, probe: Probe, model: Model) -> Worst:
    """The worst case of one question to one model."""
    tries = 1 + order.retries + MOST_LOOKS
    steps = 1 + len(probe.then)
    quirks = lane.gateway.quirks
    input_tokens, answered = 0, 0
    output_tokens: int | None = 0
    longest = 0
    questions: tuple[ChatRequest, ...] = ()
    for step in range(steps):
        request = _question(order, probe, model, step, questions)
        questions = (*questions, request) if request is not None else questions
        if request is not None:
            body = {**request.body(model.id, quirks), **lane.gateway.extra_body}
            # What a habit renames or leaves out is no longer than this.
            longest = max(
                longest, len(json.dumps(body, ensure_ascii=False).encode()), len(request.raw)
            )
        limit = request.max_tokens if request is not None else order.ask.max_tokens
        limit = limit if limit is None else max(limit, quirks.min_max_tokens)
        most_out = most_tokens(limit) or model.max_output_tokens or model.context_tokens
        # A later step may repeat every question and answer before it.
        input_tokens += ((step + 1) * longest + answered + TEMPLATE_TOKENS) * tries
        answered += most_out or 0
        if most_out is None or output_tokens is None:
            output_tokens = None
        else:
            output_tokens += most_out * tries * _choices(request)
    return Worst(
        steps=steps,
        calls=steps * tries,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
    )


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
        return probe.question(step, occasion)
    except (LookupError, ValueError, TypeError):
        return None  # it needs the answer before it


def _choices(request: ChatRequest | None) -> int:
    """How many answers one request asks for, each of which may be as long as the limit."""
    asked = request.extra.get("n") if request is not None else None
    return asked if isinstance(asked, int) and asked > 1 else 1
