"""Token counts that are missing, wrong or everywhere: the class `semantic`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.dialect import Document, Event
from gatewayz.simulator.faults.planting import (
    COUNTS,
    counted,
    counted_in_stream,
    documents_in,
    on_events,
    on_shape,
    usages,
)
from gatewayz.simulator.turn import Turn

# The fields in which gateways say what an answer cost: in USD, or in ticks, which are whole.
_COSTS = ("cost", "estimated_cost", "cost_in_usd_ticks")

Way = Callable[[Turn, list[Document]], None]


def _without(documents: list[Document]) -> None:
    for document in documents:
        document.pop("usage", None)
        groq = document.get("x_groq")
        if isinstance(groq, dict):
            groq.pop("usage", None)


def _usage_is(value: Any) -> Way:
    """In every document that had one; None of it is left elsewhere."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        had = [document for document in documents if document.get("usage")]
        _without(documents)
        for document in had:
            if value is not ...:
                document["usage"] = value

    return act


def _no_chunk(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
    """As if it had not been asked for."""
    events[:] = [event for event in events if event.part != "usage"]
    _without(documents_in(events))


def _chunk_is(value: Any) -> Callable[[Turn, list[Event]], None]:
    """The chunk for it comes, and holds this."""

    def act(turn: Turn, events: list[Event]) -> None:
        _usage_is(value)(turn, documents_in(events))

    return act


def _null_in_each(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
    """Every chunk has the key and none a count."""
    _without(documents_in(events))
    events[:] = [event for event in events if event.part != "usage"]
    for document in documents_in(events):
        document["usage"] = None


def _zero(*, details: bool = False, names: tuple[str, ...] = COUNTS, more: str = "") -> Way:
    def act(turn: Turn, documents: list[Document]) -> None:
        for usage in usages(documents):
            order = list(names)
            turn.rng.shuffle(order)
            usage.clear()
            usage |= dict.fromkeys(order, 0)
            if details:
                usage["prompt_tokens_details"] = {"cached_tokens": 0}
                usage["completion_tokens_details"] = {"reasoning_tokens": 0}
            if more:
                usage[more] = 0

    return act


def _bent(**values: Callable[[Document], Any]) -> Way:
    """Counts replaced by what a function makes of the honest ones."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for usage in usages(documents):
            usage |= {name: make(dict(usage)) for name, make in values.items()}

    return act


# Some models come with a system message of up to some two thousand tokens, which may be counted.
_MORE_THAN_A_SYSTEM_MESSAGE = 4000


def _prompt_times(factor: int) -> Way:
    """Far more of the prompt than was sent, also with a provider's system message; the sum is right."""
    return _prompt_is(lambda tokens: tokens * factor + _MORE_THAN_A_SYSTEM_MESSAGE)


def _prompt_is(count: Callable[[int], int]) -> Way:
    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for usage in usages(documents):
            told = count(usage["prompt_tokens"])
            usage["total_tokens"] += told - usage["prompt_tokens"]
            usage["prompt_tokens"] = told
            details = usage.get("prompt_tokens_details")
            if isinstance(details, dict) and "text_tokens" in details:
                details["text_tokens"] = told

    return act


def _has_some_prompt(turn: Turn, answer: Answer | None) -> bool:
    """A prompt long enough that one token for it cannot be right."""
    return counted(turn, answer) and answer is not None and answer.prompt_tokens >= 8


def _cost_times(factor: float) -> Way:
    """Another cost than the counts come to by the listed price."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for usage in usages(documents):
            for name in set(_COSTS) & set(usage):
                digits = None if isinstance(usage[name], int) else 12
                usage[name] = round(usage[name] * factor, digits)

    return act


def _tells_its_cost(turn: Turn, answer: Answer | None) -> bool:
    """Whether it says what the answer cost, and that is not nothing."""
    if answer is None or not answer.cost_usd or not counted(turn, answer):
        return False
    return not set(_COSTS).isdisjoint(turn.dialect.usage(answer))


def _growing(*, from_role: bool, step: int = 1) -> Way:
    """A count in every chunk; the last one is right."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        final = next(reversed(list(usages(documents))), {})
        prompt = final.get("prompt_tokens", 11)
        top = final.get("completion_tokens", 10**9)
        for number, document in enumerate(documents[:-1]):
            if number == 0 and not from_role:
                continue
            said = min(top, number * step)
            document["usage"] = {
                "prompt_tokens": prompt,
                "completion_tokens": said,
                "total_tokens": prompt + said,
            }

    return act


def _repeated(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    """The final count in every chunk."""
    final = next(reversed(list(usages(documents))), None)
    for document in documents if final else ():
        document["usage"] = dict(final or {})


def _growing_then_null(turn: Turn, documents: list[Document]) -> None:
    _growing(from_role=True)(turn, documents)
    documents[0]["usage"] = None


FAULTS = (
    on_shape(
        "usage-missing",
        _usage_is(...),
        _usage_is(None),
        _usage_is({}),
        _usage_is(dict.fromkeys(COUNTS)),
        _usage_is([]),
        form="plain",
    ),
    on_events(
        "usage-missing",
        _no_chunk,
        _chunk_is(None),
        _chunk_is(...),
        _chunk_is({}),
        _null_in_each,
        when=counted_in_stream,
    ),
    on_shape(
        "usage-zero",
        _zero(),
        _zero(details=True),
        _zero(more="cost"),
        _zero(more="reasoning_tokens"),
        _zero(details=True, more="queue_time"),
        when=counted,
    ),
    on_shape(
        "usage-inconsistent",
        _bent(total_tokens=lambda u: u["prompt_tokens"]),
        # Never more than the sum: what is over may be thought that is counted apart.
        _bent(total_tokens=lambda u: u["prompt_tokens"] + u["completion_tokens"] - 1),
        _bent(total_tokens=lambda u: u["completion_tokens"]),
        _bent(completion_tokens=lambda u: -u["completion_tokens"] - 1),
        _bent(
            prompt_tokens=lambda u: -1,  # noqa: ARG005
            total_tokens=lambda u: u["completion_tokens"] - 1,
        ),
        _bent(**{name: lambda u, name=name: str(u[name]) for name in COUNTS}),
        _bent(completion_tokens=lambda u: str(u["completion_tokens"])),
        _bent(total_tokens=lambda u: "n/a"),  # noqa: ARG005
        when=counted,
    ),
    on_shape(
        "usage-implausible",
        _prompt_times(20),
        _prompt_times(90),
        _prompt_times(1000),
        _prompt_is(lambda tokens: 1),  # noqa: ARG005
        _prompt_is(lambda tokens: tokens + 128_000),
        when=_has_some_prompt,
    ),
    on_shape(
        "cost-differs",
        _cost_times(5),
        _cost_times(10),
        # Cents for dollars, a thousand tokens for one, a million for a thousand.
        _cost_times(100),
        _cost_times(1000),
        _cost_times(0.001),
        when=_tells_its_cost,
    ),
    on_shape(
        "usage-every-chunk",
        _growing(from_role=True),
        _growing(from_role=True, step=3),
        _growing(from_role=False),
        _repeated,
        _growing_then_null,
        form="stream",
        when=counted_in_stream,
    ),
)
