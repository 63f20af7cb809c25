"""Honest models: what they answer, one ability per file, and how a request bounds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any

from gatewayz.core import Registry
from gatewayz.simulator.answers import Answer, prompt_tokens
from gatewayz.simulator.models._asked import Ability, read
from gatewayz.simulator.models._orders import obeying
from gatewayz.simulator.turn import Turn

__all__ = ["ABILITIES", "compose", "has_orders", "stops_of"]

ABILITIES: Registry[Ability] = Registry(
    "gatewayz.simulator.models", what="ability", attribute="ABILITY"
)
_MOST_CHOICES = 16
_THOUGHTS = "The user wants a short fixed reply."


def compose(turn: Turn, body: Mapping[str, Any] | None = None) -> Answer:
    """The honest answer to a chat request, within its stop sequences and its token limit.

    `body` stands for the request's own: what a model answers that has read only a part of it.
    """
    body = turn.body if body is None else body
    count = body.get("n")
    choices = min(count, _MOST_CHOICES) if isinstance(count, int) else 1
    first, *others = [_choice(turn, body, index) for index in range(max(1, choices))]
    first.others = others
    first.prompt_tokens = prompt_tokens(body)
    first.count()
    if turn.card is not None:
        first.input_usd, first.output_usd = turn.card.input_usd, turn.card.output_usd
    return first


def stops_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The stop sequences of a request."""
    stop = body.get("stop")
    found = stop if isinstance(stop, list) else [stop]
    return tuple(text for text in found if isinstance(text, str) and text)


def _choice(turn: Turn, body: Mapping[str, Any], index: int) -> Answer:
    asked = read(body, _chance(turn, body, index))
    said = next(answer for answer in (one.answer(asked) for one in _in_order()) if answer)
    thinks = turn.card is not None and "reasoning" in turn.card.features
    answer = Answer(
        text=obeying(asked, said) if isinstance(said, str) else "",
        model=turn.model,
        index=index,
        reasoning=_THOUGHTS if thinks and not _thinking_is_off(body) else "",
        top_logprobs=_top_logprobs(body),
    )
    answer.whole = answer.text
    if not isinstance(said, str):
        answer.calls, answer.finish = said, "tool_calls"
    _stop(answer, stops_of(body))
    if turn.max_tokens is not None:
        answer.limit(turn.max_tokens)
    return answer


@cache
def _in_order() -> tuple[Ability, ...]:
    return tuple(sorted((ABILITIES[name] for name in ABILITIES), key=lambda one: one.rank))


def _chance(turn: Turn, body: Mapping[str, Any], index: int) -> Random:
    """With a seed, or without any heat, the same request gets the same answer."""
    seed = body.get("seed")
    if seed is None and body.get("temperature") != 0:
        return turn.rng
    asked = json.dumps([body.get("messages"), body.get("response_format"), body.get("tools")])
    return Random(f"{turn.model}|{seed}|{index}|{asked}")


def _stop(answer: Answer, stops: tuple[str, ...]) -> None:
    found = [at for at in (answer.text.find(stop) for stop in stops) if at >= 0]
    if found:
        answer.text = answer.text[: min(found)]


def _top_logprobs(body: Mapping[str, Any]) -> int | None:
    if body.get("logprobs") is not True:
        return None
    top = body.get("top_logprobs")
    return min(max(0, top), 20) if isinstance(top, int) else 0


def _thinking_is_off(body: Mapping[str, Any]) -> bool:
    return body.get("reasoning_effort") == "none" or body.get("disable_reasoning") is True


def has_orders(body: Mapping[str, Any]) -> bool:
    """Whether a system message orders something of every answer."""
    return obeying(read(body, Random(0)), "") != ""
