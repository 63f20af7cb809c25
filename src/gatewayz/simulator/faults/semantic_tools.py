"""Tool calls that say the wrong thing: text in their place, bad arguments, the wrong tool."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from gatewayz.simulator.answers import Answer, Call
from gatewayz.simulator.dialect import Document, Event
from gatewayz.simulator.faults.call_texts import WRITERS
from gatewayz.simulator.faults.planting import (
    calls,
    choices_in,
    documents_in,
    offered,
    on_answer,
    on_events,
    on_shape,
    opens,
    parsed,
    said,
    tool_parts,
)
from gatewayz.simulator.faults.table import Fault
from gatewayz.simulator.filling import filled
from gatewayz.simulator.spoiling import spoiled
from gatewayz.simulator.turn import Turn


def _as_text(write: Callable[[Call], str]) -> Callable[[Turn, Answer], None]:
    def act(turn: Turn, answer: Answer) -> None:
        opening = turn.rng.choice(("", "", "I will look that up.\n"))
        for choice in answer.choices:
            choice.text = opening + "\n".join(map(write, choice.calls))
            choice.calls, choice.finish = [], "stop"
        answer.count()

    return act


# Arguments.


def _arguments(bend: Callable[[Turn, Call], str]) -> Callable[[Turn, Answer], None]:
    """Every call's arguments rewritten."""

    def act(turn: Turn, answer: Answer) -> None:
        for choice in answer.choices:
            for call in choice.calls:
                call.arguments = bend(turn, call)
        answer.count()

    return act


def _unclosed(turn: Turn, call: Call) -> str:  # noqa: ARG001
    return call.arguments[:-1]


def _single_quoted(turn: Turn, call: Call) -> str:  # noqa: ARG001
    return str(parsed(call.arguments))


def _comma_too_many(turn: Turn, call: Call) -> str:  # noqa: ARG001
    return f"{call.arguments[:-1]},}}"


def _unquoted_keys(turn: Turn, call: Call) -> str:  # noqa: ARG001
    rows = (f"{name}: {json.dumps(v)}" for name, v in parsed(call.arguments).items())
    return "{" + ", ".join(rows) + "}"


def _more_after(turn: Turn, call: Call) -> str:
    return call.arguments + turn.rng.choice(("</tool_call>", "}", call.arguments, "<|im_end|>"))


def _broken_inside(turn: Turn, call: Call) -> str:
    """Cut within, though nothing says that a limit was reached."""
    return call.arguments[: turn.rng.randint(len(call.arguments) // 3, len(call.arguments) - 2)]


def _cut_by_length(share: float) -> Callable[[Turn, Answer], None]:
    """The limit ends the last call in the middle of its arguments."""

    def act(turn: Turn, answer: Answer) -> None:  # noqa: ARG001
        for choice in answer.choices:
            if not choice.calls:
                continue
            last = choice.calls[-1]
            last.arguments = last.arguments[: max(1, int(len(last.arguments) * share))]
            choice.finish = "length"
        answer.count()

    return act


def _listed(turn: Turn, call: Call) -> str:  # noqa: ARG001
    return json.dumps(list(parsed(call.arguments).values()), ensure_ascii=False)


def _wrapped(turn: Turn, call: Call) -> str:  # noqa: ARG001
    return f"[{call.arguments}]"


def _string_in_string(turn: Turn, call: Call) -> str:  # noqa: ARG001
    return json.dumps(call.arguments, ensure_ascii=False)


def _other_value(turn: Turn, call: Call) -> str:  # noqa: ARG001
    return turn.rng.choice(('"Lima"', "17", "true", "null", "3.5", "[]"))


def _off_schema(turn: Turn, call: Call) -> str:
    wrong = spoiled(offered(turn).get(call.name, {}), parsed(call.arguments), turn.rng)
    return json.dumps(wrong, ensure_ascii=False)


def _bound(turn: Turn, answer: Answer | None) -> bool:
    """Whether every call has parameters that can be got wrong."""
    return calls(turn, answer) and answer is not None and all(
        call.arguments != "{}" and _parses(call.arguments)
        and spoiled(offered(turn).get(call.name, {}), parsed(call.arguments), turn.rng)
        is not None
        for call in answer.calls
    )  # fmt: skip


def _given(turn: Turn, answer: Answer | None) -> bool:
    """Whether calls have arguments, and whole ones."""
    return calls(turn, answer) and answer is not None and all(
        call.arguments != "{}" and _parses(call.arguments) for call in answer.calls
    )  # fmt: skip


def _parses(arguments: str) -> bool:
    try:
        json.loads(arguments)
    except ValueError:
        return False
    return True


def _without_parameters(turn: Turn, answer: Answer | None) -> bool:
    return calls(turn, answer) and answer is not None and all(
        call.arguments == "{}" for call in answer.calls
    )  # fmt: skip


def _no_arguments(**message: Any) -> Callable[[Turn, list[Document]], None]:
    """ "" where others send "{}"; what else the message may hold beside it."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for part in tool_parts(documents):
            part["function"]["arguments"] = ""
        for one in said(documents):
            if one.get("tool_calls"):
                one |= message

    return act


def _object_arguments(*more: str) -> Callable[[Turn, list[Document]], None]:
    """An object in a whole message; keys that some servers add beside it."""

    def act(turn: Turn, documents: list[Document]) -> None:
        for number, part in enumerate(tool_parts(documents)):
            value = parsed(part["function"]["arguments"])
            part["function"]["arguments"] = value
            extra = {"index": number, "parameters": value, "description": "", "parsed": None}
            part["function"] |= {name: extra[name] for name in more if name != "index"}
            if "index" in more:
                part["index"] = number
            if turn.rng.random() < 0.5:
                part["function"] = dict(reversed(part["function"].items()))

    return act


def _object_delta(
    *, at_opening: bool, nulls: bool = False, whole: bool = False
) -> Callable[[Turn, list[Event]], None]:
    """A stream's arguments as one object, with the name or in the delta after it."""

    def act(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
        opening: Document = {}
        texts: dict[Any, str] = {}
        for part in tool_parts(documents_in(events)):
            key = part.get("index")
            texts[key] = texts.get(key, "") + str(part["function"]["arguments"])
        done: set[Any] = set()
        kept: list[Event] = []
        for event in events:
            parts = list(tool_parts([event.data])) if isinstance(event.data, dict) else []
            if not parts:
                kept.append(event)
                continue
            part = parts[0]
            value = parsed(texts[part.get("index")])
            if opens(part):
                opening = part
                if at_opening:
                    part["function"]["arguments"] = value
                    done.add(part.get("index"))
                elif nulls:
                    part["function"]["arguments"] = None
            elif part.get("index") in done:
                continue
            else:
                part["function"]["arguments"] = value
                done.add(part.get("index"))
                if whole:
                    part |= {"id": opening.get("id"), "type": "function"}
                    part["function"]["name"] = None
            kept.append(event)
        events[:] = kept

    return act


# Which tool.


def _named(bend: Callable[[str], str]) -> Callable[[Turn, Answer], None]:
    def act(turn: Turn, answer: Answer) -> None:
        for choice in answer.choices:
            for call in choice.calls:
                name = bend(call.name)
                call.name = name if name not in offered(turn) else f"{name}_2"
        answer.count()

    return act


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest) if rest else f"{name}Tool"


def _must_choose(turn: Turn, answer: Answer | None) -> bool:
    """Whether the request binds the choice of tools, so that it can be disobeyed."""
    choice = turn.body.get("tool_choice")
    return answer is not None and bool(offered(turn)) and choice not in (None, "auto")


_INSTEAD_OF_CALLS = (
    "It is mild today, with a light breeze.", "I would rather answer this myself: it is sunny.",
    "Let me look that up for you.", "Sure, I can help with that.", "Das weiß ich leider nicht.",
    "I do not have access to live data.",
)  # fmt: skip


def _disobeys(turn: Turn, answer: Answer) -> None:
    """A text where a call is due, a call where none may be, another tool than the named one."""
    choice = turn.body.get("tool_choice")
    tools = offered(turn)
    wanted = choice["function"]["name"] if isinstance(choice, dict) else None
    others = [name for name in tools if name != wanted]
    for said_so in answer.choices:
        if choice == "none" or (wanted is not None and others and turn.rng.random() < 0.7):
            name = turn.rng.choice(others)
            arguments = json.dumps(filled(tools[name], turn.rng, subject="Lima"))
            text = said_so.text if turn.rng.random() < 0.3 else ""
            said_so.calls = [Call(f"call_{turn.token(22)}", name, arguments)]
            said_so.text, said_so.finish = text, "tool_calls"
        else:
            said_so.calls, said_so.finish = [], "stop"
            said_so.text = turn.rng.choice(_INSTEAD_OF_CALLS)
    answer.count()


def _finish_stop(content: Any = ...) -> Callable[[Turn, list[Document]], None]:
    """The calls are all there; the reason says that the text has ended."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for choice in choices_in(documents):
            for name in ("finish_reason", "native_finish_reason"):
                if choice.get(name):
                    choice[name] = "stop"
        first = next(said(documents))
        if content is not ... and not first.get("content"):
            first["content"] = content

    return act


FAULTS: tuple[Fault, ...] = (
    on_answer(
        "tool-call-as-text",
        *map(_as_text, WRITERS),
        when=_given,
    ),
    on_answer(
        "tool-args-invalid-json",
        *map(
            _arguments,
            (_unclosed, _single_quoted, _comma_too_many, _unquoted_keys, _more_after,
             _broken_inside),
        ),
        when=_given,
    ),
    on_answer(
        "tool-args-cut-by-length",
        *map(_cut_by_length, (0.15, 0.3, 0.45, 0.6, 0.75, 0.9)),
        when=_given,
    ),
    on_shape(
        "tool-args-empty-string",
        _no_arguments(),
        _no_arguments(refusal=None),
        _no_arguments(function_call=None),
        _no_arguments(annotations=[]),
        _no_arguments(reasoning=None),
        when=_without_parameters,
    ),
    on_shape(
        "tool-args-object",
        _object_arguments(),
        _object_arguments("index"),
        _object_arguments("parameters"),
        _object_arguments("description"),
        _object_arguments("index", "parsed"),
        form="plain",
        when=_given,
    ),
    on_events(
        "tool-args-object",
        _object_delta(at_opening=True),
        _object_delta(at_opening=False),
        _object_delta(at_opening=False, nulls=True),
        _object_delta(at_opening=False, whole=True),
        _object_delta(at_opening=False, nulls=True, whole=True),
        when=_given,
    ),
    on_answer(
        "tool-args-not-object",
        *map(_arguments, (_listed, _wrapped, _string_in_string, _other_value, _other_value)),
        when=_given,
    ),
    on_answer("tool-args-schema-violated", _arguments(_off_schema), when=_bound),
    on_answer(
        "tool-unknown-name",
        _named(lambda name: f"functions.{name}"),
        _named(lambda name: f"default_api:{name}"),
        _named(_camel),
        _named(lambda name: f"{name}_v2"),
        _named(lambda name: "search_web"),  # noqa: ARG005 - whatever was called
        _named(str.upper),
        _named(lambda name: name.split("_")[-1] + "_lookup"),
        when=calls,
    ),
    on_answer("tool-choice-violated", _disobeys, when=_must_choose),
    on_shape(
        "finish-stop-with-tool-calls",
        _finish_stop(),
        _finish_stop(None),
        _finish_stop(""),
        _finish_stop("Let me look."),
        _finish_stop("One moment, please."),
        when=calls,
    ),
)  # fmt: skip
