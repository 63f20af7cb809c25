"""The original backend as it was: gatewayz-backend at 500fa691 (2025-10-23)."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.backends import Backend, no_such_gateway
from gatewayz.simulator.dialect import Document, Event, Route, Words, number
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn


class _BackendA(Backend):
    gateways = (
        "openrouter", "portkey", "featherless", "deepinfra", "chutes", "groq", "fireworks",
        "together", "google", "cerebras", "nebius", "xai", "novita", "huggingface",
    )  # fmt: skip
    prefixed: ClassVar = {
        "groq": "groq/",
        **{name: f"@{name}/" for name in ("google", "cerebras", "nebius", "xai", "novita")},
    }
    public_models = True
    usage_in = "nowhere"
    words: ClassVar = {
        Trouble.NO_KEY: Words(403, "Not authenticated"),
        Trouble.BAD_KEY: Words(401, "Invalid API key"),
        Trouble.NO_CREDIT: Words(402, "Insufficient credits"),
        Trouble.NO_MODEL: Words(404, "Model or provider not found"),
        Trouble.NOT_CHAT: Words(400, "Upstream rejected the request"),
        Trouble.NO_ENDPOINTS: Words(404, "Model or provider not found"),
        Trouble.NO_ROUTE: Words(404, "Not Found"),
        Trouble.RATE_LIMIT: Words(429, "Rate limit exceeded"),
        Trouble.SERVER: Words(502, "Upstream error"),
        Trouble.OVERLOADED: Words(503, "Models data unavailable"),
    }

    def routes(self) -> tuple[Route, ...]:
        """Adds the health page."""
        health = Route("GET", "/health", "other", self._health, public=True)
        return (*super().routes(), health)

    def _health(self, turn: Turn) -> Any:  # noqa: ARG002 - a view
        return {"status": "healthy", "database": "connected"}

    def models(self, turn: Turn) -> Any:
        """One gateway's list, OpenRouter's by default; a limit counts only for `all`."""
        asked = turn.query.get("gateway", "openrouter")
        gateway = "all" if asked == "all" else self.gateway_of(asked)
        if not gateway:
            return no_such_gateway(turn)
        found = [self.entry_of(name, card) for name, card in self.listed(turn, gateway)]
        total = len(found)
        offset = number(turn.query.get("offset"), 0, low=0, high=total)
        limit = number(turn.query.get("limit"), total, low=1, high=max(1, total))
        if gateway == "all":
            found = found[offset : offset + limit]
        for entry in found:
            entry[f"raw_{entry['source_gateway']}"] = {}
        return {
            "data": found,
            "total": total,
            "returned": len(found),
            "offset": offset,
            "limit": limit,
            "include_huggingface": False,
            "gateway": asked,
            "note": f"{asked} catalog",
            "timestamp": "2025-10-23T12:00:00+00:00",
        }

    def shape(self, turn: Turn, problem: Problem) -> Any:  # noqa: ARG002 - the same for all
        """One sentence under `detail`."""
        return {"detail": problem.message}

    def error_event(self, turn: Turn, problem: Problem) -> Document:  # noqa: ARG002
        """Three types, whatever happened."""
        kind = {402: "insufficient_credits", 429: "plan_limit_exceeded"}
        name = kind.get(problem.status, "stream_error")
        return {"error": {"message": problem.message, "type": name}}

    def headers(self, turn: Turn) -> Headers:  # noqa: ARG002 - none depends on it
        """Nothing beyond the content type."""
        return []

    def message(self, answer: Answer) -> Document:
        """Thought is lost on the way."""
        message = super().message(answer)
        message.pop(self.reasoning_field, None)
        return message

    def events(self, turn: Turn, answer: Answer) -> list[Event]:
        """No thought."""
        return [event for event in super().events(turn, answer) if not _is_thought(event)]


def _is_thought(event: Event) -> bool:
    if not isinstance(event.data, dict):
        return False
    return any("reasoning_content" in choice["delta"] for choice in event.data["choices"])


DIALECT = _BackendA()
