"""Errors in whatever shape they come: the message is always found, or an excerpt given.

Shapes seen: {"error": {...}}, {"error": "text"}, [{"error": {...}}], flat {"message", "code"},
{"detail": "text" | {...} | [{"loc", "msg"}]}, {"fault": {"faultstring"}}, {"reason", "message"},
{"status": "failure", "message"}, {"html-message"}, {"success": false}, HTML, plain text.
"""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gatewayz.client.documents import BadDocument, parse
from gatewayz.core.attempt import ErrorBody
from gatewayz.core.errors import ConfigError
from gatewayz.core.units import parse_duration_s

# What of a message is looked at; it is cut to an excerpt once secrets are out of it.
_MESSAGE_CHARS = 20_000

_TEXT_KEYS = (
    "message", "msg", "faultstring", "detail", "error_msg", "error_message", "errorMessage", "status_msg",
    "description", "title", "reason", "html-message", "error",
)  # fmt: skip
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]{0,300}>", re.IGNORECASE | re.DOTALL)
_BLANKS = re.compile(r"\s+")


def read_error(
    data: bytes, *, content_type: str = "", headers: Mapping[str, str] | None = None
) -> ErrorBody:
    """The error in the body of a failed request, however it is shaped."""
    retry_after_s = retry_after(headers or {})
    text = data.decode("utf-8", "replace").strip()
    page = ErrorBody(message=html_text(text), shape="html", retry_after_s=retry_after_s)
    if text.startswith("<"):
        return page
    for candidate in (text, *_event_payloads(text)):
        try:
            document, _ = parse(candidate)
        except BadDocument:
            continue
        found = error_in(document, whole=True)
        if found is not None:
            return _with_retry(found, retry_after_s)
    if "html" in content_type:
        return page
    return ErrorBody(message=text[:_MESSAGE_CHARS], shape="text", retry_after_s=retry_after_s)


def error_in(document: Any, *, whole: bool = False, in_band: bool = False) -> ErrorBody | None:
    """The error a parsed document carries, None when it carries none.

    `whole` says that the document is known to be an error, so that any text in it will do;
    otherwise only an `error` that says something counts.
    """
    if isinstance(document, list) and document and isinstance(document[0], Mapping):
        found = error_in(document[0], whole=whole, in_band=in_band)
        return found and replace(found, shape="list")
    if isinstance(document, str):
        return ErrorBody(message=document[:_MESSAGE_CHARS], shape="string") if whole else None
    if not isinstance(document, Mapping):
        return None
    error = document.get("error")
    if isinstance(error, str) and error.strip():
        return _of(document, error, "string", in_band)
    if isinstance(error, Mapping) and _says_something(error, document):
        return _of(error, _message(error), "error", in_band)
    if isinstance(error, list) and error:
        return _of({}, _message({"message": error}), "list", in_band)
    outcome = document.get("base_resp")  # MiniMax's place for it, beside `choices: null`
    if isinstance(outcome, Mapping) and _is_error_code(outcome.get("status_code")):
        return _of(outcome, _message(outcome), "flat", in_band)
    if not whole and document.get("success") is not False and not _owns_up(document):
        return None
    for shape in ("detail", "fault", "errors"):
        inner = document.get(shape)
        if inner:
            fields = inner if isinstance(inner, Mapping) else document
            return _of(fields, _message({"message": inner}), shape, in_band)
    return _of(document, _message(document), "flat", in_band)


def plain_words(data: bytes) -> ErrorBody:
    """A success whose body is bare text instead of an answer."""
    text = data.decode("utf-8", "replace").strip()
    return ErrorBody(message=text[:_MESSAGE_CHARS], shape="text", in_band=True)


def _says_something(error: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether an `error` object tells of one: empty ones, and code 0 beside an answer, do not."""
    if document.get("choices") and error.get("code") in (0, "0"):
        return False
    return any(value not in (None, "", {}, []) for value in error.values())


# Codes that are words: InvalidApiKey, Throttling.RateQuota, model_not_found, "STARTED" not.
_ERROR_WORDS = re.compile(
    r"error|invalid|fail|denied|throttl|limit|exceed|not.?found|unauth|overload|unavailable"
    r"|insufficient|arrear|forbidden|timeout",
    re.IGNORECASE,
)
# What a document or a chunk that is none of an error's holds.
_SUBSTANCE = ("choices", "data", "models")


def _owns_up(document: Mapping[str, Any]) -> bool:
    """Whether a document without an answer in it says that there was an error.

    {"code": 50505, "message": ...}, {"detail": ..., "status_code": 500}, {"status": "error", ...}
    and the like. A code of 0 or 200 is a success, and words alone ("queued") are no error.
    """
    if any(document.get(key) for key in _SUBSTANCE):
        return False
    if document.get("type") == "error" or document.get("status") in ("error", "failure", "failed"):
        return True
    if any(document.get(key) for key in ("error_msg", "error_message", "errorMessage")):
        return True
    codes = [document.get(key) for key in ("code", "error_code", "status_code", "status")]
    told = [code for code in codes if _is_code(code)]
    if any(isinstance(document.get(key), str) for key in ("message", "msg", "detail")):
        word = document.get("code")
        if told or (isinstance(word, str) and _ERROR_WORDS.search(word)):
            return not told or any(_is_error_code(code) for code in told)
    # FastAPI's shape says no more than this.
    return bool(document.get("detail")) and not told


def _is_code(value: Any) -> bool:
    """Whether a value is a number, be it in digits; "queued" and True are none."""
    return not isinstance(value, bool) and _number(value) is not None


def _is_error_code(value: Any) -> bool:
    """Whether a code is none of the successes, 0 and 2xx."""
    number = None if isinstance(value, bool) else _number(value)
    return number is not None and number != 0 and not 200 <= number < 300


def retry_after(headers: Mapping[str, str], *, now_s: float | None = None) -> float | None:
    """Seconds the server asks to wait, from its headers; None when it does not say.

    `headers` have lower-cased names. Retry-After holds seconds or a date; resets are durations
    ("6m0s"), seconds, or an epoch in seconds or milliseconds.
    """
    now = time.time() if now_s is None else now_s
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    value = headers.get("retry-after", "")
    if value:
        seconds = _seconds(value, now)
        if seconds is not None:
            return seconds
        try:
            return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
        except (ValueError, TypeError, OverflowError, IndexError):
            pass
    return _reset_of_windows(headers, now)


def _reset_of_windows(headers: Mapping[str, str], now: float) -> float | None:
    """When the used-up windows have all passed; of unknown ones, the first.

    A window with something left is not what holds us back.
    """
    used_up, unknown = [], []
    for name, text in headers.items():
        seconds = _seconds(text, now) if name.startswith("x-ratelimit-reset") else None
        if seconds is None:
            continue
        left = _number(headers.get(name.replace("-reset", "-remaining")))
        if left is None:
            unknown.append(seconds)
        elif left <= 0:
            used_up.append(seconds)
    return max(used_up) if used_up else min(unknown, default=None)


def html_text(page: str) -> str:
    """What a web page says, without its tags, in one line."""
    return _BLANKS.sub(" ", _TAGS.sub(" ", page[:20_000])).strip()


def _of(fields: Mapping[str, Any], message: str, shape: str, in_band: bool) -> ErrorBody:
    code = fields.get("code")
    status = _status(code) or _status(fields.get("status")) or _status(fields.get("status_code"))
    kind = fields.get("type") or fields.get("object") or ""
    words = [fields.get("code"), fields.get("status"), fields.get("reason")]
    metadata = fields.get("metadata")
    if isinstance(metadata, Mapping):
        words.append(metadata.get("error_type"))
        raw = metadata.get("raw")
        if isinstance(raw, str) and raw:
            message = f"{message}: {raw}" if message else raw
    return ErrorBody(
        message=message[:_MESSAGE_CHARS],
        type=kind if isinstance(kind, str) else "",
        code=" ".join(w for w in words if isinstance(w, str) and len(w) < 100),
        param=fields["param"] if isinstance(fields.get("param"), str) else "",
        status=status,
        retry_after_s=_retry_in_body(fields),
        in_band=in_band,
        shape=shape,
        kind=_word(fields.get("kind")),
        failure_class=_word(fields.get("class")),
        gateway=_word(fields.get("gateway")),
    )


def _word(value: Any) -> str:
    return value if isinstance(value, str) and len(value) < 100 else ""


def _message(fields: Mapping[str, Any]) -> str:
    for key in _TEXT_KEYS:
        value = fields.get(key)
        if isinstance(value, str) and value.strip():
            return html_text(value) if value.lstrip().startswith("<") else value.strip()
        if isinstance(value, Mapping):
            inner = _message(value)
            if inner:
                return inner
        if isinstance(value, list) and value:
            return "; ".join(_list_item(item) for item in value[:5])
    texts = [f"{k}: {v}" for k, v in fields.items() if isinstance(v, str | int | float)]
    if not texts:  # under a key in another language, perhaps
        nested = (_message(value) for value in fields.values() if isinstance(value, Mapping))
        return next(filter(None, nested), "")
    return ", ".join(texts[:6])


def _list_item(item: Any) -> str:
    """One row of a validation error: where, and what."""
    if not isinstance(item, Mapping):
        return str(item)
    where = item.get("loc")
    path = ".".join(map(str, where)) if isinstance(where, list) else ""
    text = _message(item)
    return f"{path}: {text}" if path else text


def _status(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch("[0-9]{3}", value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599:
        return value
    return None


def _retry_in_body(fields: Mapping[str, Any]) -> float | None:
    for key in ("retry_after", "retry_after_seconds", "estimated_time", "retryDelay"):
        seconds = _seconds(fields.get(key), 0)
        if seconds is not None:
            return seconds
    for key in ("details", "metadata", "headers"):
        inner = fields.get(key)
        for item in inner if isinstance(inner, list) else [inner]:
            if isinstance(item, Mapping):
                found = _retry_in_body(item)
                if found is not None:
                    return found
    return None


def _with_retry(found: ErrorBody, retry_after_s: float | None) -> ErrorBody:
    return found if retry_after_s is None else replace(found, retry_after_s=retry_after_s)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _seconds(value: Any, now: float) -> float | None:
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = parse_duration_s(str(value))
    except ConfigError:
        return None
    if seconds > 1e11:  # an epoch in milliseconds
        seconds /= 1000
    if seconds > 1e8:  # an epoch in seconds
        seconds -= now
    return max(0.0, seconds)


def _event_payloads(text: str) -> list[str]:
    return [line[5:].strip() for line in text.splitlines()[:50] if line.startswith("data:")]
