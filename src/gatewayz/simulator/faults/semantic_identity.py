"""Who answered, and which answer it is: models, ids, times, roles, reasons."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Any

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card, faults_in
from gatewayz.simulator.dialect import Document
from gatewayz.simulator.faults.planting import choices_in, on_answer, on_shape, said
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.turn import Turn

Way = Callable[[Turn, list[Document]], None]

# Families apart from each other, with names as their makers and resellers write them.
_FAMILIES = {
    "gpt": ("gpt-4o-mini-2024-07-18", "openai/gpt-4.1", "gpt-3.5-turbo-0125"),
    "claude": ("claude-3-haiku-20240307", "anthropic/claude-3.5-sonnet"),
    "llama": ("meta-llama/Llama-3.1-8B-Instruct", "llama2", "llama-3.2-1b-preview"),
    "mistral": ("mistral-7b-instruct-v0.2", "mistralai/Mixtral-8x7B-Instruct-v0.1"),
    "gemini": ("gemini-1.5-flash-002", "models/gemini-2.0-flash"),
    "qwen": ("Qwen/Qwen2.5-7B-Instruct", "qwen-turbo"),
    "deepseek": ("deepseek-chat", "deepseek-ai/DeepSeek-V3"),
    "phi": ("microsoft/phi-4", "phi3:mini"),
}
# Names under which a family goes as well.
_KIN = {"mixtral": "mistral", "codestral": "mistral", "chatgpt": "gpt", "qwq": "qwen"}
_WORD = re.compile(r"[a-z]+")


def _stranger(turn: Turn) -> str:
    """A model of another family than the asked one."""
    asked = {_KIN.get(word, word) for word in _WORD.findall(turn.model.lower())}
    families = [names for family, names in _FAMILIES.items() if family not in asked]
    return turn.rng.choice(turn.rng.choice(families))


def _another_model(turn: Turn, answer: Answer) -> None:
    name = _stranger(turn)
    for choice in answer.choices:
        choice.model = name


def _accepts(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001 - before any answer
    """Only what is on no list can be a made-up id."""
    return turn.card is None or bool(faults_in(turn.model))


def _any_model(turn: Turn) -> Any:
    """Answers as if there were such a model, and calls it so, in one manner or another."""
    turn.card = turn.card or Card(turn.model)
    made = turn.dialect.chat(turn)
    manners: tuple[Callable[[str], str], ...] = (
        str,
        str.lower,
        lambda name: f"{name}-2026-08-01",
        lambda name: f"accounts/any/models/{name}",
        lambda name: f"{name}:latest",
        lambda name: name.rsplit("/", 1)[-1],
    )
    if isinstance(made, Answer):
        made.model = turn.rng.choice(manners)(turn.model)
    return made


def _model_in(which: Callable[[int, int], bool]) -> Way:
    """Another model's name in those chunks of which this is true of (number, how many)."""

    def act(turn: Turn, documents: list[Document]) -> None:
        name = _stranger(turn)
        for number, document in enumerate(documents):
            if which(number, len(documents)):
                document["model"] = name

    return act


def _several_models(turn: Turn, documents: list[Document]) -> None:
    names = [turn.model, _stranger(turn), _stranger(turn)]
    for number, document in enumerate(documents):
        document["model"] = names[number % 3]


def _field_is(field: str, value: Any) -> Way:
    """A field of every document; ... takes it out."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for document in documents:
            document.pop(field, None)
            if value is not ...:
                document[field] = value

    return act


def _no_model(value: Any, *, renamed: str = "") -> Way:
    def act(turn: Turn, documents: list[Document]) -> None:
        _field_is("model", value)(turn, documents)
        for document in documents if renamed else ():
            document[renamed] = turn.model

    return act


def _ids(make: Callable[[Turn, int, int], str | None]) -> Way:
    """Chunk ids as made of (turn, number, how many); None leaves one as it is."""

    def act(turn: Turn, documents: list[Document]) -> None:
        for number, document in enumerate(documents):
            made = make(turn, number, len(documents))
            if made is not None:
                document["id"] = made

    return act


def _same_for_all(turn: Turn, documents: list[Document]) -> None:
    """One id for each model of a place, whoever asks, in the manner of that place."""
    number = zlib.crc32(f"{turn.dialect.name}|{turn.model}".encode())
    manners = (
        "chatcmpl-{:08x}",
        "chatcmpl-{}",
        "gen-{:012d}",
        "{:032x}",
        "cmpl-{:08X}",
        "req_{:x}",
    )
    same = manners[number % len(manners)].format(number)
    for document in documents:
        document["id"] = same


def _created(make: Callable[[int], Any]) -> Way:
    """The moment in another unit, or another moment."""

    def act(turn: Turn, documents: list[Document]) -> None:
        for document in documents:
            document["created"] = make(turn.created)

    return act


def _role_is(value: Any, *, repeated: bool) -> Way:
    """The role of the first delta, or of each."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for number, message in enumerate(said(documents)):
            if repeated or number == 0:
                message["role"] = value

    return act


def _no_role(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    for message in said(documents):
        message.pop("role", None)


def _finish_is(value: str) -> Way:
    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for choice in choices_in(documents):
            for name in ("finish_reason", "native_finish_reason"):
                if choice.get(name):
                    choice[name] = value

    return act


FAULTS = (
    on_answer("wrong-model-served", _another_model),
    Fault("unknown-model-accepted", Stage.INSTEAD, _any_model, routes=CHAT, when=_accepts),
    on_shape(
        "model-changes-mid-stream",
        _model_in(lambda number, count: number == count - 1),
        _model_in(lambda number, count: number == 0),  # noqa: ARG005
        _model_in(lambda number, count: number >= count // 2),
        _model_in(lambda number, count: number % 2 == 1),  # noqa: ARG005
        _model_in(lambda number, count: number == count // 2),
        _several_models,
        form="stream",
    ),
    on_shape(
        "model-field-empty",
        _no_model(...),
        _no_model(""),
        _no_model(None),
        _no_model(" "),
        _no_model(..., renamed="model_name"),
        _no_model("", renamed="engine"),
    ),
    on_shape(
        "id-changes-mid-stream",
        _ids(lambda turn, number, count: f"chatcmpl-{turn.token(24)}"),  # noqa: ARG005
        _ids(lambda turn, number, count: turn.token(32) if number == count - 1 else None),
        _ids(lambda turn, number, count: turn.token(32) if number == 0 else None),  # noqa: ARG005
        _ids(lambda turn, number, count: f"{turn.request_id}-{number}"),  # noqa: ARG005
        _ids(lambda turn, number, count: f"gen-{number // max(1, count // 2)}-{turn.nth}"),
        _ids(lambda turn, number, count: f"cmpl-{number % 2}{turn.request_id}"),  # noqa: ARG005
        form="stream",
    ),
    on_shape("id-repeated-across-requests", _same_for_all),
    on_shape(
        "created-odd",
        _created(lambda moment: 0),  # noqa: ARG005
        _created(lambda moment: moment * 1000),
        _created(lambda moment: moment * 1000 + 123),
        _created(lambda moment: moment * 1_000_000),
        _created(lambda moment: 1),  # noqa: ARG005
        _created(lambda moment: -1),  # noqa: ARG005
        _created(lambda moment: moment * 1000.0 + 0.5),
    ),
    on_shape(
        "role-missing-or-odd",
        _no_role,
        *(_role_is(value, repeated=False) for value in (None, "", "model", "ASSISTANT")),
        form="plain",
    ),
    on_shape(
        "role-missing-or-odd",
        _no_role,
        *(_role_is(value, repeated=True) for value in (None, "", "assistant", "model")),
        _role_is(None, repeated=False),
        form="stream",
    ),
    on_shape(
        "finish-unknown",
        *map(
            _finish_is,
            ("", "eos", "STOP", "MALFORMED_FUNCTION_CALL", "end_turn", "eos_token", "completed",
             "FINISH_REASON_UNSPECIFIED"),
        ),
    ),
)  # fmt: skip
