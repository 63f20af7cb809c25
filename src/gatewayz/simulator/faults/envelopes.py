"""The shapes in which providers and gateways put an error, invented after what is seen on the wire.

Each envelope takes what is to be said and gives a JSON value, or text. What a variant leaves
unmarked carries no structured word: the status and the sentence alone say what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from gatewayz.simulator.response import GRPC_STATUS


@dataclass(frozen=True, slots=True)
class Said:
    """An error before it has a shape; `mark` is a word such as invalid_api_key, "" for none."""

    status: int
    message: str
    mark: str = ""
    param: str = ""

    @property
    def upper(self) -> str:
        """The mark as a constant."""
        return self.mark.upper()

    @property
    def pascal(self) -> str:
        """The mark as a class's name."""
        return "".join(word.capitalize() for word in self.mark.split("_"))


Envelope = Callable[[Said, Random], Any]


def _code(said: Said, rng: Random) -> dict[str, Any]:
    """The code field without a mark: none, null, the status as a number or as text."""
    choices: tuple[dict[str, Any], ...] = (
        {},
        {"code": None},
        {"code": said.status},
        {"code": str(said.status)},
    )
    return rng.choice(choices)


def _openai(said: Said, rng: Random) -> Any:
    error: dict[str, Any] = {"message": said.message, "param": said.param or None}
    if not said.mark:
        return {"error": error | _code(said, rng)}
    where = rng.choice(({"code"}, {"type"}, {"code", "type"}))
    error |= {"code": None, "type": None} | dict.fromkeys(where, said.mark)
    return {"error": error}


def _flat(said: Said, rng: Random) -> Any:
    body: dict[str, Any] = {"message": said.message}
    if said.param:
        body["param"] = said.param
    if said.mark:
        return body | {rng.choice(("code", "error_code", "type", "reason")): said.mark}
    return body | _code(said, rng)


def _detail(said: Said, rng: Random) -> Any:
    if not said.mark:
        return {"detail": said.message}
    if rng.random() < 0.5:
        return {"detail": {"code": said.mark, "message": said.message}}
    return {"detail": said.message, "error_code": said.mark}


def _errors(said: Said, rng: Random) -> Any:
    one: dict[str, Any] = {rng.choice(("message", "detail")): said.message}
    one |= {"code": said.mark} if said.mark else _code(said, rng)
    return {"errors": [one], "status": said.status}


def _bare(said: Said, rng: Random) -> Any:
    if not said.mark:
        return {"error": said.message}
    if rng.random() < 0.5:
        return {"error": said.mark, "error_description": said.message}
    return {"error": said.message, rng.choice(("code", "error_type", "reason")): said.mark}


def _problem(said: Said, rng: Random) -> Any:
    """RFC 7807."""
    kind = said.mark.replace("_", "-")
    body: dict[str, Any] = {
        "type": f"https://errors.{rng.choice(('acme', 'modelhub'))}.example/{kind}"
        if kind
        else "about:blank",
        "status": said.status,
        "detail": said.message,
        "instance": f"/requests/{rng.randrange(10**9)}",
    }
    if kind:
        body["title"] = kind.replace("-", " ").capitalize()
    return body


def _google(said: Said, rng: Random) -> Any:
    error: dict[str, Any] = {"code": said.status, "message": said.message}
    if said.status in GRPC_STATUS:
        error["status"] = GRPC_STATUS[said.status]
    if said.mark:
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": said.upper,
            "domain": "inference.example",
        }
        error["details"] = [info]
    return [{"error": error}] if rng.random() < 0.3 else {"error": error}


def _aws(said: Said, rng: Random) -> Any:
    body: dict[str, Any] = {rng.choice(("message", "Message")): said.message}
    if said.mark:
        tail = rng.choice(("Exception", "Error", "Fault"))
        body["__type"] = rng.choice(("", "com.example.inference#")) + said.pascal + tail
    return body


def _listed(said: Said, rng: Random) -> Any:
    return [_openai(said, rng)]


def _typed(said: Said, rng: Random) -> Any:
    error: dict[str, Any] = {"message": said.message}
    if said.mark:
        error["type"] = said.mark
    return {"type": "error", "error": error, "request_id": f"req_{rng.randrange(16**12):012x}"}


def _status(said: Said, rng: Random) -> Any:
    body: dict[str, Any] = {
        "status": rng.choice(("error", "failure", "failed")),
        rng.choice(("message", "msg", "reason", "error_message")): said.message,
    }
    return body | ({"error_code": said.mark} if said.mark else {})


def _wrapped(said: Said, rng: Random) -> Any:
    """A gateway hands on what its provider said, as text inside its own error."""
    raw = json.dumps(_openai(said, rng))
    error = {
        "message": rng.choice(("Provider returned error", "Upstream error", "")),
        "code": said.status,
        "metadata": {"raw": raw, "provider_name": rng.choice(("Acme", "Borealis", "Cumulus"))},
    }
    return {"error": error}


def _text(said: Said, rng: Random) -> Any:
    """No JSON at all."""
    return rng.choice((said.message, f"{said.status} {said.message}", f"Error: {said.message}\n"))


ENVELOPES: dict[str, Envelope] = {
    "openai": _openai,
    "flat": _flat,
    "detail": _detail,
    "errors": _errors,
    "bare": _bare,
    "problem": _problem,
    "google": _google,
    "aws": _aws,
    "listed": _listed,
    "typed": _typed,
    "status": _status,
    "wrapped": _wrapped,
    "text": _text,
}
