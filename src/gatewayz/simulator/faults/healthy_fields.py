"""Odd but sound: fields that are more, fewer, elsewhere or written otherwise than usual.

Nothing here is a fault; a tester that reports one of these cries wolf.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.dialect import Document
from gatewayz.simulator.faults.planting import (
    choices_in,
    counted,
    on_answer,
    on_shape,
    on_times,
    reordered,
    said,
    usages,
)
from gatewayz.simulator.response import Response
from gatewayz.simulator.turn import Turn

Way = Callable[[Turn, list[Document]], None]

_EXTRA_NAMES = ("x_trace", "service_tier", "vendor_info", "object_version", "metrics", "_debug",
                "provider_specific_fields", "safety", "kv_transfer_params", "cluster")  # fmt: skip
_EXTRA_VALUES: tuple[Any, ...] = (
    None, "", "default", 0, 17, 0.25, True, [], {}, {"p50_ms": 12, "ok": True}, ["a", {"b": 1}],
)  # fmt: skip


def _model_as(rename: Callable[[str], str]) -> Callable[[Turn, Answer], None]:
    """The asked model under another of its names."""

    def act(turn: Turn, answer: Answer) -> None:
        for choice in answer.choices:
            choice.model = rename(turn.model)

    return act


def _tail(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _extra(turn: Turn, holder: Document) -> None:
    for name in turn.rng.sample(_EXTRA_NAMES, turn.rng.randint(1, 3)):
        holder.setdefault(name, turn.rng.choice(_EXTRA_VALUES))


def _extra_at_top(turn: Turn, documents: list[Document]) -> None:
    for document in documents:
        _extra(turn, document)


def _extra_in_choices(turn: Turn, documents: list[Document]) -> None:
    for choice in choices_in(documents):
        _extra(turn, choice)


def _extra_in_messages(turn: Turn, documents: list[Document]) -> None:
    for message in said(documents):
        _extra(turn, message)


def _extra_in_usage(turn: Turn, documents: list[Document]) -> None:
    for usage in usages(documents):
        _extra(turn, usage)


def _extra_everywhere(turn: Turn, documents: list[Document]) -> None:
    for where in (_extra_in_usage, _extra_in_messages, _extra_in_choices, _extra_at_top):
        where(turn, documents)


_NO_ERRORS: tuple[Document, ...] = (
    {"code": 0, "message": ""},
    {"code": "0", "msg": "ok", "details": []},
    {"code": 200, "message": "success"},
    {"message": None, "type": None, "code": None},
)


def _no_error(turn: Turn, documents: list[Document]) -> None:
    """Every document says in the place of an error that there is none."""
    well = turn.rng.choice(_NO_ERRORS)
    for document in documents:
        document["error"] = well


def _beside_finish(**more: Any) -> Way:
    """Other words for the end, beside the usual one."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for choice in choices_in(documents):
            if choice.get("finish_reason"):
                choice |= more

    return act


def _nulls(**more: Any) -> Way:
    """Fields of the message that say that there is nothing of their kind."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for message in said(documents):
            for name, value in more.items():
                message.setdefault(name, value)

    return act


def _nulls_at_top(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    for document in documents:
        document |= {"system_fingerprint": None, "service_tier": None, "error": None}


def _floats(*, created: bool = False, usage: bool = False, index: bool = False) -> Way:
    """Whole numbers written with a fraction of nothing."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for document in documents:
            if created:
                document["created"] = float(document["created"])
        for counts in usages(documents) if usage else ():
            counts |= {n: float(v) for n, v in counts.items() if isinstance(v, int)}
        for choice in choices_in(documents) if index else ():
            choice["index"] = float(choice["index"])

    return act


def _parts(turn: Turn, documents: list[Document]) -> None:
    """The content as a list of parts, of one or of several."""
    extras: tuple[Document, ...] = ({}, {"annotations": []}, {"cache_control": None})
    for message in said(documents):
        text = message.get("content")
        if not isinstance(text, str):
            continue
        at = turn.rng.choice((0, len(text) // 2))
        texts = [piece for piece in (text[:at], text[at:]) if piece]
        more = turn.rng.choice(extras)
        message["content"] = [{"type": "text", "text": piece} | more for piece in texts]


def _says_something(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001 - a condition
    return answer is not None and bool(answer.text)


def _counted_apart(*, detail: bool = True, top: bool = False, in_total: bool = True) -> Way:
    """Tokens of hidden thought, which the completion leaves out and the total may hold."""

    def act(turn: Turn, documents: list[Document]) -> None:
        thought = turn.rng.randint(5, 400)
        for usage in usages(documents):
            own = usage["prompt_tokens"] + usage["completion_tokens"]
            usage["total_tokens"] = own + (thought if in_total else 0)
            if detail:
                usage["completion_tokens_details"] = {"reasoning_tokens": thought}
            if top:
                usage["reasoning_tokens"] = thought

    return act


def _plain_reasoning(turn: Turn, answer: Answer | None) -> bool:
    """Where usage comes, and no thought of its own is counted in it already."""
    return counted(turn, answer) and answer is not None and not answer.reasoning


def _shuffled(*, deep: bool) -> Way:
    """Keys in another order."""

    def act(turn: Turn, documents: list[Document]) -> None:
        for document in documents:
            if deep:
                for one in (*choices_in([document]), *said([document]), *usages([document])):
                    reordered(turn, one)
            reordered(turn, document)

    return act


def _rewritten(**how: Any) -> Callable[[Turn, Response], None]:
    """The same JSON in other bytes: escapes for what is not ASCII, blanks, lines."""

    def act(turn: Turn, response: Response) -> None:  # noqa: ARG001
        for piece in response.pieces:
            start = b"" if piece.data.startswith(b"{") else b"data: "
            text = piece.data.removeprefix(start)
            if not text.startswith(b"{"):
                continue
            end = b"\n\n" if start else b""
            indent = None if start else how.get("indent")
            written = json.dumps(json.loads(text), **(how | {"indent": indent}))
            piece.data = start + written.encode("utf-8", "surrogatepass") + end

    return act


FAULTS = (
    on_answer(
        "healthy-model-alias",
        _model_as(lambda name: f"{name}-2024-08-06"),
        _model_as(lambda name: f"{name}-20260801"),
        _model_as(_tail),
        _model_as(lambda name: f"accounts/sim/models/{_tail(name)}"),
        _model_as(lambda name: f"vendor/{name}"),
        _model_as(str.lower),
        _model_as(str.title),
        _model_as(lambda name: f"{name}-fp8"),
        _model_as(lambda name: f"{name}-FP8"),
        _model_as(lambda name: f"{name}-AWQ"),
        _model_as(lambda name: f"{name}:latest"),
    ),
    on_shape(
        "healthy-extra-fields",
        _extra_at_top,
        _extra_in_choices,
        _extra_in_messages,
        _extra_in_usage,
        _extra_everywhere,
        _no_error,
    ),
    on_shape(
        "healthy-finish-extras",
        _beside_finish(native_finish_reason="STOP"),
        _beside_finish(stop_reason=None),
        _beside_finish(stop_reason=128_009),
        _beside_finish(matched_stop=151_645),
        _beside_finish(finish_details={"type": "stop", "stop": "<|im_end|>"}),
        _beside_finish(native_finish_reason="end_turn", stop_reason="eos"),
    ),
    on_shape(
        "healthy-null-fields",
        _nulls(refusal=None),
        _nulls(function_call=None),
        _nulls(annotations=[]),
        _nulls(tool_calls=[]),
        _nulls(refusal=None, audio=None, annotations=[], function_call=None),
        _nulls(reasoning=None, reasoning_content=None),
        _nulls(reasoning_content=""),
        _nulls_at_top,
    ),
    on_shape(
        "healthy-float-numbers",
        _floats(created=True),
        _floats(usage=True),
        _floats(created=True, usage=True),
        _floats(index=True),
        _floats(created=True, usage=True, index=True),
    ),
    on_shape("healthy-content-parts", _parts, form="plain", when=_says_something),
    on_shape(
        "healthy-reasoning-counted-apart",
        _counted_apart(),
        _counted_apart(top=True),
        _counted_apart(detail=False, top=True),
        _counted_apart(detail=False),
        _counted_apart(in_total=False),
        _counted_apart(detail=False, top=True, in_total=False),
        when=_plain_reasoning,
    ),
    on_shape("healthy-key-order", _shuffled(deep=False), _shuffled(deep=True)),
    on_times(
        "healthy-json-style",
        _rewritten(ensure_ascii=True),
        _rewritten(ensure_ascii=False, separators=(" , ", " : ")),
        _rewritten(ensure_ascii=False, indent=2),
        _rewritten(ensure_ascii=True, indent=4, separators=(",", ": ")),
        _rewritten(ensure_ascii=False, separators=(",\t", ":\t"), sort_keys=True),
        _rewritten(ensure_ascii=True, separators=(",", ":"), sort_keys=True),
    ),
)  # fmt: skip
