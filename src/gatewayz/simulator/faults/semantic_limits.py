"""What was asked for and is not kept to: limits, stops, counts, seeds, orders, earlier turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gatewayz.simulator.answers import Answer, tokens_of
from gatewayz.simulator.dialect import Document
from gatewayz.simulator.faults.planting import choices_in, on_answer, on_shape, speaks
from gatewayz.simulator.models import compose, has_orders, stops_of
from gatewayz.simulator.turn import Turn

_MORE = " There is always a little more to say about it, and so it goes on and on."


def _limited(turn: Turn, answer: Answer | None) -> bool:
    return turn.max_tokens is not None and speaks(turn, answer)


def _too_long(
    *, times: int = 0, more: int = 0, finish: str = "stop", said_tokens: str = ""
) -> Callable[[Turn, Answer], None]:
    """More than was allowed: so many times the limit, or so many tokens over it.

    `said_tokens` "limit" makes the usage claim that the limit was kept.
    """

    def act(turn: Turn, answer: Answer) -> None:
        limit = turn.max_tokens or 0
        wanted = max(limit * times, limit + 4) + more
        for choice in answer.choices:
            text = choice.whole or choice.text
            while len(tokens_of(text)) < wanted:
                text += _MORE
            choice.text = "".join(tokens_of(text)[:wanted])
            choice.finish = finish
        answer.count()
        if said_tokens == "limit":
            answer.completion_tokens, answer.reasoning_tokens = limit, 0

    return act


def _can_be_cut(turn: Turn, answer: Answer | None) -> bool:
    limit = turn.max_tokens
    return (
        speaks(turn, answer)
        and limit is not None
        and limit >= 8
        and answer is not None
        and len(answer.text) >= 8
    )


def _cut_short(share: float, *, at_word: bool = False) -> Callable[[Turn, Answer], None]:
    """Only so much of the text, far below the limit, as if that had been reached."""

    def act(turn: Turn, answer: Answer) -> None:
        for choice in answer.choices:
            text = "".join(choice.pieces[: (turn.max_tokens or 8) // 3])
            text = text[: max(1, min(int(len(text) * share), len(choice.text) - 1))]
            if at_word and len(tokens_of(text)) > 1:
                text = "".join(tokens_of(text)[:-1])
            choice.text, choice.reasoning, choice.finish = text, "", "length"
        answer.count()

    return act


def _stops(turn: Turn, answer: Answer | None) -> bool:
    """Whether a stop sequence has really ended the text, and the limit would have let it go on."""
    if answer is None or not speaks(turn, answer):
        return False
    whole = "".join(tokens_of(answer.whole)[: turn.max_tokens])
    return any(
        stop in whole and len(whole) > whole.find(stop) + len(stop) for stop in stops_of(turn.body)
    )


def _beyond_stop(*, tokens: int | None = None, finish: str = "") -> Callable[[Turn, Answer], None]:
    """The text goes on past the stop: to its end, or for some tokens."""

    def act(turn: Turn, answer: Answer) -> None:
        for choice in answer.choices:
            ends = [choice.whole.find(stop) + len(stop) for stop in stops_of(turn.body)]
            stop_tokens = len(tokens_of(choice.whole[: min(end for end in ends if end > 0)]))
            keep = None if tokens is None else stop_tokens + tokens
            choice.text = "".join(tokens_of(choice.whole)[:keep])
            if turn.max_tokens is not None:
                choice.limit(turn.max_tokens)
            choice.finish = finish or choice.finish
        answer.count()

    return act


def _asks_for_several(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001
    return answer is not None and len(answer.others) > 0


def _only_one(*, counts_all: bool = False, joined: str = "") -> Callable[[Turn, Answer], None]:
    """One choice, whatever the usage claims; its text may hold what the others would have said."""

    def act(turn: Turn, answer: Answer) -> None:  # noqa: ARG001
        counted = answer.completion_tokens
        texts = [choice.text for choice in answer.choices]
        answer.others = []
        if joined:
            answer.text = joined.join(texts)
        answer.count()
        if counts_all:
            answer.completion_tokens = counted

    return act


def _renumbered(turn: Turn, answer: Answer) -> None:
    """One choice, and its number is not the first."""
    kept = turn.rng.choice(answer.choices)
    answer.text, answer.calls, answer.index, answer.others = kept.text, kept.calls, kept.index, []
    answer.count()


def _seeded(turn: Turn, answer: Answer | None) -> bool:
    return turn.body.get("seed") is not None and speaks(turn, answer)


_MANNERS = ("{}", "Sure: {}", "{} That is all.", "Here you are: {}", "{} Done.", "Well, {}", "{} .")


def _another_each_time(turn: Turn, answer: Answer) -> None:
    """As without a seed; where there is only one right answer, it is put differently."""
    free = {name: value for name, value in turn.body.items() if name not in ("seed", "temperature")}
    fresh = compose(turn, free)
    for choice, other in zip(answer.choices, fresh.choices, strict=True):
        alike = other.text == choice.text
        manner = _MANNERS[turn.nth % len(_MANNERS)] if alike else "{}"
        choice.text, choice.finish = manner.format(other.text), other.finish
        if turn.max_tokens is not None:
            choice.limit(turn.max_tokens)
    answer.count()


def _asks_logprobs(turn: Turn, answer: Answer | None) -> bool:
    return turn.body.get("logprobs") is True and answer is not None and bool(answer.text)


def _logprobs_are(value: Any) -> Callable[[Turn, list[Document]], None]:
    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for choice in choices_in(documents):
            choice["logprobs"] = value

    return act


def _no_logprobs(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    for choice in choices_in(documents):
        choice.pop("logprobs", None)


# A part of the conversation that was not read.


def _unread(body: Mapping[str, Any], *roles: str, last_only: bool = False) -> dict[str, Any]:
    """The request without messages of these roles, or without all but the last and the system."""
    messages = [one for one in body.get("messages") or () if isinstance(one, Mapping)]
    kept = [message for message in messages if message.get("role") not in roles]
    if last_only:
        kept = [one for one in kept[:-1] if one.get("role") in ("system", "developer")] + kept[-1:]
    return dict(body) | {"messages": kept}


def _ignoring(
    part: Callable[[Mapping[str, Any]], dict[str, Any]], manner: str = "{}"
) -> Callable[[Turn, Answer], None]:
    def act(turn: Turn, answer: Answer) -> None:
        fresh = compose(turn, part(turn.body))
        for choice, other in zip(answer.choices, fresh.choices, strict=True):
            choice.text, choice.finish = manner.format(other.text), other.finish
            if turn.max_tokens is not None:
                choice.limit(turn.max_tokens)
        answer.count()

    return act


def _without_system(body: Mapping[str, Any]) -> dict[str, Any]:
    return _unread(body, "system", "developer")


def _without_history(body: Mapping[str, Any]) -> dict[str, Any]:
    return _unread(body, last_only=True)


def _is_ordered(turn: Turn, answer: Answer | None) -> bool:
    return has_orders(turn.body) and speaks(turn, answer)


def _needs_history(turn: Turn, answer: Answer | None) -> bool:
    """Whether the answer would be another one without the earlier turns."""
    if not speaks(turn, answer):
        return False
    still = {"seed": 0}
    whole = compose(turn, dict(turn.body) | still).text
    return whole != compose(turn, _without_history(turn.body) | still).text


FAULTS = (
    on_answer(
        "max-tokens-ignored",
        _too_long(times=3),
        _too_long(times=2, finish="length"),
        _too_long(more=12),
        _too_long(times=4, said_tokens="limit"),
        _too_long(times=3, finish="length", said_tokens="limit"),
        when=_limited,
    ),
    on_answer(
        "truncated-answer",
        _cut_short(0.9),
        _cut_short(0.7),
        _cut_short(0.5),
        _cut_short(0.3),
        _cut_short(0.1),
        _cut_short(0.9, at_word=True),
        when=_can_be_cut,
    ),
    on_answer(
        "stop-ignored",
        _beyond_stop(),
        _beyond_stop(tokens=3),
        _beyond_stop(tokens=8),
        _beyond_stop(tokens=5, finish="length"),
        _beyond_stop(tokens=20),
        when=_stops,
    ),
    on_answer(
        "n-ignored",
        _only_one(),
        _only_one(counts_all=True),
        _only_one(joined="\n"),
        _only_one(joined="\n\n---\n\n"),
        _renumbered,
        when=_asks_for_several,
    ),
    on_answer("seed-ignored", _another_each_time, when=_seeded),
    on_shape(
        "logprobs-ignored",
        _logprobs_are(None),
        _no_logprobs,
        _logprobs_are({"content": None}),
        _logprobs_are({"content": []}),
        _logprobs_are({}),
        when=_asks_logprobs,
    ),
    on_answer(
        "system-prompt-ignored",
        _ignoring(_without_system),
        _ignoring(_without_system, "Sure! {}"),
        _ignoring(_without_system, "Of course. {}"),
        _ignoring(_without_system, "Answer: {}"),
        _ignoring(_without_system, "**{}**"),
        when=_is_ordered,
    ),
    on_answer(
        "history-ignored",
        _ignoring(_without_history),
        _ignoring(_without_history, "I am sorry. {}"),
        _ignoring(_without_history, "This is the start of our talk. {}"),
        _ignoring(_without_history, "Hello! {}"),
        _ignoring(_without_history, "{} Could you tell me?"),
        when=_needs_history,
    ),
)
