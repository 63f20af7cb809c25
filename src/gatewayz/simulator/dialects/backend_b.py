"""The original backend as it became: gatewayz-backend, head of August 2026."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.backends import Backend, no_such_gateway
from gatewayz.simulator.dialect import Document, Route, Words, number
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn

_PAGE, _TOP = 100, 1000


class _BackendB(Backend):
    gateways = (
        "openrouter", "groq", "together", "fireworks", "featherless", "deepinfra", "google",
        "cerebras", "xai", "novita",
    )  # fmt: skip
    public_models = True
    words: ClassVar = {
        Trouble.NO_KEY: Words(403, "Authorization header is required", "authentication_error"),
        Trouble.BAD_KEY: Words(401, "Invalid API key", "invalid_api_key", "INVALID_API_KEY"),
        Trouble.NO_CREDIT: Words(
            402, "Insufficient credits", "insufficient_credits", "INSUFFICIENT_CREDITS"
        ),
        Trouble.NO_MODEL: Words(
            404, "Model '{model}' not found", "model_not_found", "MODEL_NOT_FOUND"
        ),
    }

    def routes(self) -> tuple[Route, ...]:
        """Lists under two paths, and health pages."""
        return (
            *super().routes(),
            Route("GET", "/models", "models", self.models, public=True),
            *(
                Route("GET", path, "other", self._health, public=True)
                for path in ("/health", "/health/quick", "/health/gateways")
            ),
        )

    def _health(self, turn: Turn) -> Any:  # noqa: ARG002 - a view
        return {"status": "healthy", "timestamp": "2026-08-20T12:00:00+00:00"}

    def models(self, turn: Turn) -> Any:
        """All gateways by default, a hundred at a time."""
        asked = turn.query.get("gateway", "all")
        gateway = "all" if asked == "all" else self.gateway_of(asked)
        if not gateway:
            return no_such_gateway(turn)
        cards = list(self.listed(turn, gateway))
        limit = number(turn.query.get("limit"), _PAGE, low=1, high=_TOP)
        offset = number(turn.query.get("offset"), 0, low=0, high=len(cards))
        page = cards[offset : offset + limit]
        more = offset + limit < len(cards)
        extra = {"object": "model"}
        return {
            "object": "list",
            "data": [
                self.entry_of(name, card) | extra | {"owned_by": card.owned_by}
                for name, card in page
            ],
            "total": len(cards),
            "returned": len(page),
            "offset": offset,
            "limit": limit,
            "has_more": more,
            "next_offset": offset + limit if more else None,
            "gateway": asked,
            "timestamp": "2026-08-20T12:00:00+00:00",
        }

    def shape(self, turn: Turn, problem: Problem) -> Any:
        """An envelope with much beside the message."""
        return {
            "error": {
                "type": problem.type,
                "message": problem.message,
                "detail": problem.message,
                "code": problem.code or problem.type.upper(),
                "status": problem.status,
                "request_id": turn.request_id,
                "timestamp": "2026-08-20T12:00:00Z",
                "suggestions": ["Check the model id", "See /v1/models"],
            }
        }

    def error_event(self, turn: Turn, problem: Problem) -> Document:
        """The same words, with a status inside."""
        return {
            "error": {
                "message": problem.message,
                "type": problem.type,
                "code": problem.code,
                "status": problem.status,
                "provider": turn.body.get("provider"),
                "model": turn.model,
                "request_id": turn.request_id,
            }
        }

    def headers(self, turn: Turn) -> Headers:
        """Who answered, with which model."""
        provider = turn.body.get("provider")
        found = [*super().headers(turn), ("X-Requested-Model", turn.model)]
        if isinstance(provider, str):
            found += [("X-Provider", provider), ("X-Model", turn.model)]
        return found


DIALECT = _BackendB()
