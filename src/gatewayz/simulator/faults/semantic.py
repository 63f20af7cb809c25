"""A sound message that says nothing, says it oddly, or leaves something out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.dialect import Document, Event
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.turn import Turn

_THOUGHT = "The user asks for a fixed phrase. I should answer with exactly that phrase."


def _on_answer(name: str, act: Callable[[Turn, Answer], None], form: str = "any") -> Fault:
    return Fault(name, Stage.ANSWER, act, form=form, routes=CHAT)


def _on_shape(name: str, act: Callable[[Turn, list[Document]], None], form: str = "any") -> Fault:
    return Fault(name, Stage.SHAPE, act, form=form, routes=CHAT)


def said(documents: list[Document]) -> Iterator[Document]:
    """Every message of a reply, or every delta of a stream."""
    for document in documents:
        for choice in document.get("choices") or ():
            yield choice["message"] if "message" in choice else choice["delta"]


def _empty(turn: Turn, answer: Answer) -> None:  # noqa: ARG001
    answer.text, answer.reasoning, answer.finish = "", "", "stop"
    answer.count()


def _null_content(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    for message in said(documents):
        for name in ("reasoning", "reasoning_content"):
            message.pop(name, None)
        if "content" in message or "role" in message:
            message["content"] = None


def _reasoning_only(turn: Turn, answer: Answer) -> None:  # noqa: ARG001
    answer.reasoning, answer.text, answer.finish = _THOUGHT, "", "stop"
    answer.count()


def _budget_eaten(turn: Turn, answer: Answer) -> None:
    """Thought up to the limit, no word after it."""
    limit = turn.max_tokens or 50
    words = _THOUGHT.split()
    answer.reasoning = " ".join(words[n % len(words)] for n in range(limit))
    answer.text, answer.finish = "", "length"
    answer.count()
    answer.reasoning_tokens = answer.completion_tokens = limit


def _field_variant(turn: Turn, documents: list[Document]) -> None:
    """Thought under one of its other names, before an answer that is all there."""
    name = turn.rng.choice(("reasoning", "reasoning_content", "thinking", "reasoning_details"))
    value = (
        [{"type": "reasoning.text", "text": _THOUGHT}] if name == "reasoning_details" else _THOUGHT
    )
    for message in said(documents):
        for old in ("reasoning", "reasoning_content", "reasoning_details"):
            message.pop(old, None)
    first = next(said(documents), None)
    if first is not None:
        first[name] = value


def _think_tags(turn: Turn, answer: Answer) -> None:
    """Both tags, or only the closing one, in the text itself."""
    opening = turn.rng.choice(("<think>\n", ""))
    answer.text = f"{opening}{_THOUGHT}\n</think>\n\n{answer.text}"
    answer.reasoning = ""
    answer.count()


def _odd_finish(turn: Turn, answer: Answer) -> None:
    answer.finish = turn.rng.choice(("eos", "STOP", "end_turn", "MALFORMED_FUNCTION_CALL"))


def _no_usage(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    for document in documents:
        document.pop("usage", None)
        groq = document.get("x_groq")
        if isinstance(groq, dict):
            groq.pop("usage", None)


def _no_usage_chunk(turn: Turn, events: list[Event]) -> None:
    events[:] = [event for event in events if event.part != "usage"]
    _no_usage(turn, [event.data for event in events if isinstance(event.data, dict)])


def _usage_zero(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    for document in documents:
        if document.get("usage"):
            counts = ("prompt_tokens", "completion_tokens", "total_tokens")
            document["usage"] = dict.fromkeys(counts, 0)


def _usage_everywhere(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    """Growing usage in every chunk; the last one is right."""
    for said_tokens, document in enumerate(documents[:-1], start=1):
        document["usage"] = {
            "prompt_tokens": 11,
            "completion_tokens": said_tokens,
            "total_tokens": 11 + said_tokens,
        }


def _no_model(turn: Turn, documents: list[Document]) -> None:
    drop = turn.rng.random() < 0.5
    for document in documents:
        if drop:
            document.pop("model", None)
        else:
            document["model"] = ""


def _odd_role(turn: Turn, documents: list[Document]) -> None:
    """Absent, null, or in every delta again."""
    how = turn.rng.choice(("absent", "null", "repeated"))
    for message in said(documents):
        if how == "absent":
            message.pop("role", None)
        else:
            message["role"] = None if how == "null" else "assistant"


def _special_token(turn: Turn, answer: Answer) -> None:
    answer.text += turn.rng.choice(("<|im_end|>", "<|eot_id|>", "<unused123>", " [/INST]"))
    answer.count()


def _wrong_model(turn: Turn, answer: Answer) -> None:
    answer.model = turn.rng.choice(("gpt-4o-mini-2024-07-18", "claude-3-haiku-20240307", "llama2"))


FAULTS = (
    _on_answer("empty-content", _empty, form="plain"),
    _on_answer("stream-no-content", _empty, form="stream"),
    _on_shape("null-content", _null_content, form="plain"),
    _on_answer("reasoning-only", _reasoning_only),
    _on_answer("reasoning-ate-budget", _budget_eaten),
    _on_shape("reasoning-field-variant", _field_variant),
    _on_answer("think-tags-in-content", _think_tags),
    _on_answer("special-token-leak", _special_token),
    _on_answer("wrong-model-served", _wrong_model),
    _on_answer("finish-unknown", _odd_finish),
    _on_shape("usage-missing", _no_usage, form="plain"),
    Fault("usage-missing", Stage.EVENTS, _no_usage_chunk, form="stream", routes=CHAT),
    _on_shape("usage-zero", _usage_zero),
    _on_shape("usage-every-chunk", _usage_everywhere, form="stream"),
    _on_shape("model-field-empty", _no_model),
    _on_shape("role-missing-or-odd", _odd_role),
)
