"""Errors as this API words them: OpenAI's envelope, with the failure's kind and class added.

    {"error": {"message", "type", "param", "code", "kind", "class", "gateway"}}

`kind` is a name from docs/failures.md or null, `class` its group. `gateway` is null when the
trouble is ours or the client's own. See docs/server.md, "Errors".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

INVALID = "invalid_request_error"
# By status, else INVALID. Clients tell errors apart by these words, too: LiteLLM's makes a bad request
# of whatever is called an invalid one, whatever its status.
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


class Refusal(Exception):
    """An answer that is an error; raised anywhere before the first byte went out.

    `type`, `code` and `param` are OpenAI's fields, `kind` and `failure_class` ours; the type left
    out is the status's. `inner_status` is a status that stood in the provider's body. `detail` is for
    the log alone.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "",
        code: str = "",
        param: str = "",
        kind: str = "",
        failure_class: str = "bad-request",
        gateway: str = "",
        inner_status: int | None = None,
        headers: Mapping[str, str] | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type or _TYPES.get(status, INVALID)
        self.code = code
        self.param = param
        self.kind = kind
        self.failure_class = failure_class
        self.gateway = gateway
        self.inner_status = inner_status
        self.headers = dict(headers or {})
        self.detail = detail

    def envelope(self) -> bytes:
        """The body, as JSON in plain ASCII, so that no character of it can break a stream."""
        error: dict[str, Any] = {
            "message": self.message,
            "type": self.type,
            "param": self.param or None,
            "code": self.code or self.kind or None,
            "kind": self.kind or None,
            "class": self.failure_class,
            "gateway": self.gateway or None,
        }
        if self.inner_status is not None and self.inner_status != self.status:
            error["status"] = self.inner_status
        return json.dumps({"error": error}).encode("ascii")

    def event(self) -> bytes:
        """The same as an event that ends a stream; no end mark follows it."""
        return b"data: " + self.envelope() + b"\n\n"

    def answer(self) -> tuple[dict[str, str], bytes]:
        """The headers and the body of the whole HTTP answer."""
        body = self.envelope()
        own = {"content-length": str(len(body)), "content-type": "application/json"}
        return {**own, **self.headers}, body


def bad_request(message: str, *, param: str = "", code: str = "") -> Refusal:
    """400: something in the request cannot be used; `param` names the field."""
    return Refusal(400, message, param=param, code=code)


def not_found(message: str, *, param: str = "", code: str, kind: str = "") -> Refusal:
    """404: no gateway, model or path of that name."""
    return Refusal(404, message, param=param, code=code, kind=kind, failure_class="not-found")


def wrong_method(path: str, allowed: str) -> Refusal:
    """405: a path that is here, asked by another method than it takes."""
    return Refusal(
        405,
        f"{path[:100]} takes {allowed}",
        code="method_not_allowed",
        headers={"allow": allowed},
    )


def forbidden(message: str, *, param: str = "", code: str = "forbidden") -> Refusal:
    """403: known, and not allowed."""
    return Refusal(403, message, param=param, code=code, failure_class="permission")


def not_allowed(named: str, param: str) -> Refusal:
    """403: the client's key is for other models; `param` is the field that names this one."""
    told = f"this key may not use {named[:200]}"
    return forbidden(told, param=param, code="model_not_allowed")


def needs_key(*, wrong: bool = False) -> Refusal:
    """401: no key that is known here came; `wrong` says that another did."""
    return Refusal(
        401,
        "the key is missing or not known here; send the server's GATEWAYZ_API_KEY, or one of"
        " `gatewayz keys create`, as 'Authorization: Bearer ...'",
        code="invalid_api_key",
        kind="auth-bad-key" if wrong else "auth-no-key",
        failure_class="auth",
        headers={"www-authenticate": "Bearer"},
    )


def unavailable(message: str, *, code: str, kind: str = "overloaded") -> Refusal:
    """503: this server itself cannot take it now, and may in a second. `code` says why."""
    return Refusal(
        503,
        message,
        type=code,
        code=code,
        kind=kind,
        failure_class="server-error",
        headers={"retry-after": "1"},
    )


def cut_by_stop() -> Refusal:
    """What ends a stream that this server, as it stops, waits for no longer."""
    return unavailable(
        "this server is stopping; the answer is not complete",
        code="server_stopping",
        kind="overloaded-mid-stream",
    )
