"""Fireworks AI: fw-ai-external/python-sdk (read 2026-07-21), its inference error codes."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Event, Route, Words, number
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn

_PREFIX = "accounts/fireworks/models/"
_MISSING = "Model not found, inaccessible, and/or not deployed"
_STATUS_CODES = {404: "NOT_FOUND", 429: "RATE_LIMIT_EXCEEDED", 401: "UNAUTHORIZED"}


class _Fireworks(Dialect):
    root = "/inference/v1"
    key_variable = "FIREWORKS_API_KEY"
    id_prefix = _PREFIX
    chat_cards = (
        Card(f"{_PREFIX}gpt-oss-120b", "OpenAI gpt-oss-120b"),
        Card(f"{_PREFIX}deepseek-v4-pro", "DeepSeek V4 Pro", 163_840),
        Card(f"{_PREFIX}kimi-k2p6", "Kimi K2.6", 262_144),
        Card("accounts/fireworks/routers/auto", "Auto"),
    )
    other_cards = (
        Card(f"{_PREFIX}flux-1-schnell-fp8", "FLUX.1 schnell", kind="image"),
        Card(f"{_PREFIX}qwen3-embedding-8b", "Qwen3 Embedding 8B", kind="embedding"),
        Card(f"{_PREFIX}whisper-v3", "Whisper V3", kind="audio"),
        Card(f"{_PREFIX}qwen3-reranker-8b", "Qwen3 Reranker 8B", kind="rerank"),
    )
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "Missing API key", "error"),
        Trouble.BAD_KEY: Words(401, "The API key you provided is invalid.", "error"),
        Trouble.NO_MODEL: Words(404, _MISSING, code="NOT_FOUND"),
        Trouble.NO_ENDPOINTS: Words(404, _MISSING, code="NOT_FOUND"),
        Trouble.NOT_CHAT: Words(400, "{model} is not a chat model"),
        Trouble.NO_CREDIT: Words(402, "Account has no credit left, add a payment method", "error"),
        Trouble.FORBIDDEN: Words(403, "Your account may not use {model}", "error"),
        Trouble.BAD_PARAMETER: Words(400, "Extra inputs are not permitted"),
        Trouble.TOO_LONG: Words(400, "The prompt is too long: it exceeds the context length"),
    }

    def routes(self) -> tuple[Route, ...]:
        """Adds the control plane's list."""
        control = Route("GET", "/v1/accounts/fireworks/models", "models", self._control_list)
        return (*super().routes(), control)

    def entry(self, card: Card) -> Document:
        """Plain, with what newer payloads add."""
        kind = "FLUMINA_BASE_MODEL" if card.kind == "image" else "HF_BASE_MODEL"
        return super().entry(card) | {
            "kind": kind,
            "supports_chat": card.kind == "chat",
            "display_name": card.title,
            "context_length": card.context,
        }

    def _control_list(self, turn: Turn) -> Any:
        size = number(turn.query.get("pageSize"), 50, low=1, high=200)
        start = number(turn.query.get("pageToken"), 0)
        cards = turn.shelf.cards[start : start + size]
        following = str(start + size) if start + size < len(turn.shelf) else ""
        models = [
            {
                "name": card.id,
                "displayName": card.title,
                "kind": self.entry(card)["kind"],
                "contextLength": card.context,
                "supportsServerless": card.live,
                "state": "READY",
            }
            for card in cards
        ]
        return {"models": models, "nextPageToken": following, "totalSize": len(turn.shelf)}

    def shape(self, turn: Turn, problem: Problem) -> Any:  # noqa: ARG002 - the same for all
        """An error object that says so; the edge in front has a shape of its own."""
        if problem.trouble is Trouble.NO_ROUTE:
            detail = {"errorcode": "messaging.adaptors.http.flow.ApplicationNotFound"}
            return {"fault": {"faultstring": problem.message, "detail": detail}}
        code = problem.code or _STATUS_CODES.get(problem.status, problem.type)
        error: Document = {"object": "error", "type": problem.type, "code": code}
        if problem.param:
            error["param"] = problem.param
        return {"error": error | {"message": problem.message}}

    def headers(self, turn: Turn) -> Headers:
        """Quota and server times."""
        return [
            *super().headers(turn),
            ("x-ratelimit-limit-requests", "600"),
            ("x-ratelimit-remaining-requests", str(max(0, 600 - turn.count))),
            ("x-ratelimit-over-limit", "no"),
            ("fireworks-server-processing-time", f"{turn.pace.wait_s:.3f}"),
        ]

    def events(self, turn: Turn, answer: Answer) -> list[Event]:
        """`usage` and `raw_output` are null until the usage chunk."""
        found = super().events(turn, answer)
        for event in found:
            if event.part in ("role", "content", "finish"):
                event.data["usage"] = None
                event.data["choices"][0]["raw_output"] = None
        return found


DIALECT = _Fireworks()
