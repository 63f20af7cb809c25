"""What an error object holds, by whatever names: its words, its codes, its status, its wait."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from gatewayz.client.documents import BadDocument, parse
from gatewayz.client.waits import number, plain_key, plain_keys, wait_in_body, wait_in_words
from gatewayz.core.attempt import ErrorBody

# What of a message is looked at; it is cut to an excerpt once secrets are out of it.
MESSAGE_CHARS = 20_000

# So deep an error is looked into, and so many of its objects are.
_DEPTH, _OBJECTS = 8, 40
_WORD_CHARS = 100

# Plain keys (`waits.plain_key`), the most telling first.
_TEXT_KEYS = (
    "message", "msg", "faultstring", "detail", "errormsg", "errormessage", "errordescription",
    "statusmsg", "statusmessage", "description", "title", "reason", "htmlmessage", "error", "errors",
)  # fmt: skip
_CODE_KEYS = ("code", "status", "reason")
_INNER_CODE_KEYS = ("code", "reason", "errorcode", "errortype", "status", "quotaid")
# Keys that tell by being there: of a model that is being loaded, of moderation.
SIGNS = ("estimated_time", "flagged_input")
_STATUS_KEYS = ("code", "status", "statuscode", "httpstatus", "httpcode", "errorcode", "error")
# A status that is told to be somebody's: `upstream_status`, `providerStatusCode`.
_SOMEBODYS_STATUS = re.compile(r"[a-z]{2,30}status(?:code)?")

_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]{0,300}>", re.IGNORECASE | re.DOTALL)
_BLANKS = re.compile(r"\s+")


def error_of(
    fields: Mapping[str, Any], message: str, shape: str, *, in_band: bool = False
) -> ErrorBody:
    """The error that these fields and this message make."""
    plain = plain_keys(fields)
    inner = list(_objects_in(fields))
    words = [plain.get(key) for key in _CODE_KEYS] + [plain.get("errorcode")]
    words += [some.get(key) for some in inner for key in _INNER_CODE_KEYS]
    words += [name for name in SIGNS if any(plain_key(name) in some for some in (plain, *inner))]
    raw = next((some["raw"] for some in inner if isinstance(some.get("raw"), str)), "")
    if raw:
        message = f"{message}: {raw}" if message else raw
    kind = plain.get("type") or plain.get("object") or _first_word(inner, "type")
    found = ErrorBody(
        message=message[:MESSAGE_CHARS],
        type=word(kind),
        code=" ".join(dict.fromkeys(filter(None, map(word, words)))),
        param=word(plain.get("param")) or _first_word(inner, "param"),
        status=_status_in([plain, *inner]),
        retry_after_s=_wait(plain, message),
        in_band=in_band,
        shape=shape,
        kind=word(plain.get("kind")),
        failure_class=word(plain.get("class")),
        gateway=word(plain.get("gateway")),
    )
    return unpacked(found)


def word(value: Any) -> str:
    """A value that may be a name: text, and short."""
    return value if isinstance(value, str) and len(value) < _WORD_CHARS else ""


def message_of(fields: Mapping[str, Any], depth: int = 0) -> str:
    """The words of an error object: under the usual keys, else any text in it."""
    plain = plain_keys(fields)
    for key in _TEXT_KEYS:
        text = _text_of(plain.get(key), depth)
        if text:
            return text
    told = [(k, v) for k, v in fields.items() if isinstance(v, str | int | float)]
    # An empty field says nothing, unless there is nothing else to show.
    texts = [f"{k}: {v}" for k, v in ([each for each in told if str(each[1]).strip()] or told)][:6]
    if plain.keys() & set(_TEXT_KEYS):
        return ", ".join(texts) or _nested(plain, depth)
    # Whatever it is called, in another language or by another habit.
    return ", ".join(filter(None, (*texts, _nested(plain, depth))))


def _nested(plain: Mapping[str, Any], depth: int) -> str:
    """The first words of an object or a list inside, under a key that is none of the usual."""
    rest = (v for k, v in plain.items() if k not in _TEXT_KEYS and not isinstance(v, str))
    return next(filter(None, (_text_of(value, depth) for value in rest)), "")


def _text_of(value: Any, depth: int) -> str:
    if depth > _DEPTH:
        return ""
    if isinstance(value, str):
        return html_text(value) if value.lstrip().startswith("<") else value.strip()
    if isinstance(value, dict):
        return message_of(value, depth + 1)
    if isinstance(value, list):
        return "; ".join(filter(None, (_row(item, depth + 1) for item in value[:5])))
    return ""


def _row(item: Any, depth: int) -> str:
    """One row of a list of errors: where, and what."""
    if not isinstance(item, dict):
        return str(item)[:MESSAGE_CHARS] if isinstance(item, str | int | float) else ""
    where = item.get("loc")
    path = ".".join(map(str, where[:10])) if isinstance(where, list) else ""
    text = message_of(item, depth)
    return f"{path}: {text}" if path else text


def html_text(page: str) -> str:
    """What a web page says, without its tags, in one line."""
    return _BLANKS.sub(" ", _TAGS.sub(" ", page[:MESSAGE_CHARS])).strip()


def _objects_in(fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects inside an error, nearest first: `metadata`, `innererror`, rows of `details`."""
    waiting: list[tuple[Any, int]] = [(value, 1) for value in fields.values()]
    seen = 0
    for value, depth in waiting:  # grows while it is walked
        if isinstance(value, list):
            waiting += [(item, depth + 1) for item in value[:10] if depth < _DEPTH]
        elif isinstance(value, dict) and seen < _OBJECTS:
            seen += 1
            yield plain_keys(value)
            waiting += [(item, depth + 1) for item in value.values() if depth < _DEPTH]


def _first_word(objects: list[dict[str, Any]], key: str) -> str:
    return next(filter(None, (word(some.get(key)) for some in objects)), "")


def _status_in(objects: list[dict[str, Any]]) -> int | None:
    for some in objects:
        others = [key for key in some if tells_a_status(key) and key not in _STATUS_KEYS]
        for key in (*others, *_STATUS_KEYS):
            found = status_of(some.get(key))
            if found is not None:
                return found
    return None


def tells_a_status(key: str) -> bool:
    """Whether a plain key is that of a status, whosever it is."""
    return key in ("status", "statuscode") or _SOMEBODYS_STATUS.fullmatch(key) is not None


def status_of(value: Any) -> int | None:
    """An HTTP status of the 400s or 500s, be it in digits; None for all else."""
    if isinstance(value, str) and not re.fullmatch("[0-9]{3}", value):
        return None
    found = None if isinstance(value, bool) else number(value)
    return int(found) if found is not None and 400 <= found <= 599 and found % 1 == 0 else None


def _wait(plain: Mapping[str, Any], message: str) -> float | None:
    told = wait_in_body(plain)
    return wait_in_words(message) if told is None else told


def unpacked(error: ErrorBody) -> ErrorBody:
    """The error whose message is, or ends in, another error's JSON: what both say."""
    begin = error.message.find("{")
    if begin < 0 or not error.message.rstrip().endswith(("}", "]")):
        return error
    try:
        document, _ = parse(error.message[begin:].rstrip().rstrip("]"))
    except BadDocument:
        return error
    if not isinstance(document, dict):
        return error
    fields = document.get("error")
    fields = fields if isinstance(fields, dict) else document
    inner = error_of(fields, message_of(fields), error.shape)
    wait = error.retry_after_s if error.retry_after_s is not None else inner.retry_after_s
    codes = " ".join(filter(None, (error.code, inner.code, inner.type)))
    return replace(
        error,
        message=f"{error.message[:begin].rstrip('[')}{inner.message}"[:MESSAGE_CHARS],
        code=codes,
        param=error.param or inner.param,
        status=inner.status or error.status,
        retry_after_s=wait,
    )
