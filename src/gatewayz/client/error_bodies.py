"""Errors in whatever shape they come: the message is always found, or an excerpt given.

Shapes seen: {"error": {...}}, {"error": "text"}, [{"error": {...}}], flat {"message", "code"},
{"detail": "text" | {...} | [{"loc", "msg"}]}, {"fault": {"faultstring"}}, {"reason", "message"},
{"status": "failure", "message"}, {"html-message"}, {"success": false}, {"errors": [...]}, problem
details (RFC 9457), <Error><Code>, JSON inside a message, events, HTML, plain text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gatewayz.client.documents import BadDocument, parse
from gatewayz.client.error_fields import (
    MESSAGE_CHARS,
    error_of,
    html_text,
    message_of,
    tells_a_status,
    unpacked,
)
from gatewayz.client.waits import number, plain_key, plain_keys, retry_after, wait_in_words
from gatewayz.core.attempt import ErrorBody

__all__ = [
    "error_in", "is_all_well", "plain_words", "read_error", "retry_after", "words_alone",
]  # fmt: skip


def read_error(
    data: bytes, *, content_type: str = "", headers: Mapping[str, str] | None = None
) -> ErrorBody:
    """The error in the body of a failed request, however it is shaped."""
    text = data.decode("utf-8-sig", "replace").strip()
    found = _in_text(text, "html" in content_type)
    wait = retry_after(headers or {})
    return found if wait is None else replace(found, retry_after_s=wait)


def _in_text(text: str, is_html: bool) -> ErrorBody:
    page = ErrorBody(message=html_text(text), shape="html")
    if text.startswith("<"):
        fields = _elements(text)
        return error_of(fields, message_of(fields), "xml") if fields else page
    for candidate in (text, *_event_payloads(text)):
        try:
            document, _ = parse(candidate)
        except BadDocument:
            continue
        found = error_in(document, whole=True)
        if found is not None:
            return found
    return page if is_html else _in_words(text)


def _in_words(text: str, *, in_band: bool = False) -> ErrorBody:
    """What bare text says, and what stands in it as JSON, if there is any."""
    message = text[:MESSAGE_CHARS]
    found = ErrorBody(
        message=message, shape="text", retry_after_s=wait_in_words(message), in_band=in_band
    )
    return unpacked(found)


_ELEMENT = re.compile(r"<(?:\w{1,20}:)?([A-Za-z]\w{0,40})>([^<]{1,2000})</")


def _elements(text: str) -> dict[str, str]:
    """The texts of an XML error's elements; none when it is a web page, or has no message."""
    head = text[:MESSAGE_CHARS]
    if re.search("<(html|head|body|!doctype html)", head[:2000], re.IGNORECASE):
        return {}
    found = {name: value.strip() for name, value in _ELEMENT.findall(head)}
    return found if {"message", "code", "faultstring"} & set(plain_keys(found)) else {}


def error_in(document: Any, *, whole: bool = False, in_band: bool = False) -> ErrorBody | None:
    """The error a parsed document carries, None when it carries none.

    `whole` says that the document is known to be an error, so that any text in it will do;
    otherwise only an `error` that says something counts.
    """
    if isinstance(document, list):
        return _in_list(document, whole=whole, in_band=in_band)
    if isinstance(document, str):
        return _in_string(document) if whole else None
    if not isinstance(document, dict) or (not whole and _TELLING.isdisjoint(document)):
        return None
    error = document.get("error", document.get("Error") if whole else None)
    if document.get("choices") and is_all_well(error):
        return None
    if isinstance(error, str) and error.strip():
        return error_of(
            _besides_answer(document), _with_message(error, document), "string", in_band=in_band
        )
    if isinstance(error, dict) and _says_something(error, document, whole=whole):
        told = isinstance(error.get("message"), str)  # the one field that the contract asks for
        shape = "error" if told else "odd"
        fields = _with_status_of(document, error)
        return error_of(fields, message_of(error), shape, in_band=in_band)
    if isinstance(error, list) and error:
        return error_of({"error": error}, message_of({"message": error}), "list", in_band=in_band)
    if (found := _told_elsewhere(document, in_band=in_band)) is not None:
        return found
    if not whole and document.get("success") is not False and not _owns_up(document):
        return None
    fields = _besides_answer(document)
    for shape in ("detail", "fault", "errors"):
        inner = document.get(shape)
        if inner:
            text = message_of({"message": inner})
            return error_of(fields, _with_title(text, document), shape, in_band=in_band)
    return error_of(fields, message_of(document), "flat", in_band=in_band)


def _told_elsewhere(document: Mapping[str, Any], *, in_band: bool) -> ErrorBody | None:
    """The error that stands in a place of its sender's own."""
    if document.get("type") == "response.failed":  # an event of OpenAI's Responses
        return error_in(document.get("response"), in_band=in_band)
    outcome = document.get("base_resp")  # MiniMax's, beside `choices: null`
    if isinstance(outcome, dict) and _is_error_code(outcome.get("status_code")):
        return error_of(outcome, message_of(outcome), "flat", in_band=in_band)
    return None


def _in_list(rows: list[Any], *, whole: bool, in_band: bool) -> ErrorBody | None:
    found = error_in(rows[0], whole=whole, in_band=in_band) if rows else None
    return found and replace(found, shape="list")


def _in_string(text: str) -> ErrorBody:
    """A JSON string: words, or a document packed once more."""
    return replace(_in_words(text), shape="string")


def _with_message(error: str, document: Mapping[str, Any]) -> str:
    """The text under `error`; where it is a mere name, with the sentence beside it."""
    texts = (document.get(key) for key in ("message", "error_description", "detail"))
    beside = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    return f"{error}: {beside}" if beside and beside != error else error


def _with_title(text: str, document: Mapping[str, Any]) -> str:
    title = document.get("title")
    return f"{title}: {text}" if isinstance(title, str) and title and title != text else text


_AROUND = ("estimatedtime", "retryafter")


def _with_status_of(document: Mapping[str, Any], error: Mapping[str, Any]) -> dict[str, Any]:
    """An error's fields, and the status and the wait that stand around it."""
    around = {
        key: value
        for key, value in document.items()
        if (plain := plain_key(key)) in _AROUND or (plain != "status" and tells_a_status(plain))
    }
    return {**around, **error}


def _besides_answer(document: Mapping[str, Any]) -> dict[str, Any]:
    """What is no part of an answer: an error's own fields."""
    return {key: value for key, value in document.items() if key not in _SUBSTANCE}


def plain_words(data: bytes) -> ErrorBody:
    """A success whose body is bare text instead of an answer."""
    return _in_words(data.decode("utf-8", "replace").strip(), in_band=True)


# A sentence or two; an answer of another API may be longer.
_SHORT = 300


def words_alone(document: Any) -> ErrorBody | None:
    """The short words of a flat document without an answer in it; None for any other.

    Nothing in it says whether it is an error: {"message": "Unauthorized"} and {"message": "Hello"}
    differ in their words only, so that these have to be judged. Its shape is "words".
    """
    if not isinstance(document, dict) or any(
        isinstance(value, dict | list) for value in document.values()
    ):
        return None
    text = message_of(document)
    if not text or len(text) > _SHORT:
        return None
    return error_of(document, text, "words", in_band=True)


def _says_something(error: Mapping[str, Any], document: Mapping[str, Any], *, whole: bool) -> bool:
    """Whether an `error` object tells of one: empty ones, and those of a success, do not.

    Of a document that is known to be an error anything in it does.
    """
    if document.get("choices") and _is_success_code(error.get("code")):
        return False
    if whole:
        return any(value not in (None, "", {}, []) for value in error.values())
    return not is_all_well(error)


# What stands in the place of an error where there is none, letters alone.
_NOTHING_WRONG = frozenset(
    ("", "none", "null", "nil", "na", "no", "false", "ok", "okay", "success", "successful",
     "succeeded", "noerror", "noerrors", "nothing")
)  # fmt: skip


def is_all_well(error: Any) -> bool:
    """Whether the value of an `error` field says that nothing is wrong: null, "none", 0, "OK"."""
    if isinstance(error, str):
        letters = "".join(filter(str.isalnum, error.casefold()))
        return letters in _NOTHING_WRONG or _is_success_code(letters)
    if isinstance(error, dict):
        return all(map(is_all_well, error.values()))
    return error is None or error is False or error == [] or _is_success_code(error)


def _is_success_code(value: Any) -> bool:
    return _is_code(value) and not _is_error_code(value)


# Codes that are words: InvalidApiKey, Throttling.RateQuota, model_not_found, "STARTED" not.
_ERROR_WORDS = re.compile(
    r"error|invalid|fail|denied|throttl|limit|exceed|not.?found|unauth|overload|unavailable"
    r"|insufficient|arrear|forbidden|timeout",
    re.IGNORECASE,
)
# Where an answer or a chunk of it may tell of an error; most hold none of these.
_TELLING = frozenset({
    "error", "base_resp", "success", "type", "status", "error_msg", "error_message",
    "errorMessage", "code", "error_code", "status_code", "message", "msg", "detail",
})  # fmt: skip
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
    return not isinstance(value, bool) and number(value) is not None


def _is_error_code(value: Any) -> bool:
    """Whether a code is none of the successes, 0 and 2xx."""
    found = None if isinstance(value, bool) else number(value)
    return found is not None and found != 0 and not 200 <= found < 300


def _event_payloads(text: str) -> list[str]:
    return [line[5:].strip() for line in text.splitlines()[:50] if line.startswith("data:")]
