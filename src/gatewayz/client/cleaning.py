"""The texts of an attempt made safe to keep: valid Unicode, and no secret in any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from gatewayz.core.attempt import ErrorBody, Reply
from gatewayz.core.text import excerpt, well_formed

Clean = Callable[[str], str]


def as_it_is(text: str) -> str:
    """What cleans a text that is known to be clean."""
    return text


def are_well_formed(texts: list[str]) -> bool:
    """Whether `well_formed` leaves each of these as it is."""
    joined = "".join(texts)
    if joined.isascii():
        return "\x00" not in joined
    return all(text.isascii() or well_formed(text) == text for text in texts) and (
        "\x00" not in joined
    )


def clean_headers(headers: Mapping[str, str], clean: Clean) -> dict[str, str]:
    """Headers with names and values made safe to keep."""
    if clean is as_it_is:
        return dict(headers)
    return {clean(name): clean(value) for name, value in headers.items()}


def clean_error(error: ErrorBody, clean: Clean) -> ErrorBody:
    """The error with every text of it made safe to keep or to pass on."""
    return replace(
        error,
        message=clean(error.message),
        type=clean(error.type),
        code=clean(error.code),
        param=clean(error.param),
        kind=clean(error.kind),
        failure_class=clean(error.failure_class),
        gateway=clean(error.gateway),
    )


def texts_of_error(error: ErrorBody) -> Iterator[str]:
    """What `clean_error` cleans."""
    yield from (error.message, error.type, error.code, error.param)
    yield from (error.kind, error.failure_class, error.gateway)


def clean_reply(reply: Reply, clean: Clean) -> Reply:
    """The reply with every text of it made safe to keep."""
    if clean is as_it_is and not reply.sights:
        return reply
    return replace(
        reply,
        text=clean(reply.text),
        reasoning=clean(reply.reasoning),
        refusal=clean(reply.refusal),
        model=clean(reply.model),
        id=clean(reply.id),
        finish_reason=clean(reply.finish_reason),
        fingerprint=clean(reply.fingerprint),
        notice=clean(reply.notice),
        sights={name: excerpt(clean(saw)) for name, saw in reply.sights.items()},
        others=tuple(map(clean, reply.others)),
        tool_calls=tuple(
            replace(c, id=clean(c.id), name=clean(c.name), arguments=clean(c.arguments))
            for c in reply.tool_calls
        ),
    )


def texts_of_reply(reply: Reply) -> Iterator[str]:
    """What `clean_reply` cleans."""
    yield from (reply.text, reply.reasoning, reply.refusal, reply.model, reply.id)
    yield from (reply.finish_reason, reply.fingerprint, reply.notice)
    yield from reply.sights.values()
    yield from reply.others
    for call in reply.tool_calls:
        yield from (call.id, call.name, call.arguments)
