"""LiteLLM's proxy as the API under test: OpenAI's shapes, with codes as strings of digits."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.cards import Card, Shelf, stock
from gatewayz.simulator.dialect import Dialect, Route, Words
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn

_FROM = (
    ("groq", "llama-3.3-70b-versatile"),
    ("openrouter", "anthropic/claude-sonnet-5"),
    ("together_ai", "openai/gpt-oss-120b"),
    ("gemini", "gemini-2.5-flash"),
    ("xai", "grok-4.3"),
)


class _LiteLLM(Dialect):
    chat_cards = tuple(Card(f"{provider}/{model}") for provider, model in _FROM)
    words: ClassVar = {
        Trouble.NO_KEY: Words(
            401, "Authentication Error, No api key passed in.", "auth_error", "401", "None"
        ),
        Trouble.BAD_KEY: Words(
            401, "Authentication Error, Invalid proxy server token passed. Received API Key ends"
            " in unknown characters, key not found in the proxy's table.",
            "token_not_found_in_db", "401", "key",
        ),
        Trouble.NO_MODEL: Words(
            400, "/chat/completions: Invalid model name passed in model={model}. Call `/v1/models`"
            " to view available models for your key.",
            "invalid_request_error", "400", "model",
        ),
    }  # fmt: skip

    def routes(self) -> tuple[Route, ...]:
        """The same with and without `/v1`, and a health page."""
        return (
            *super().routes(),
            Route("POST", "/chat/completions", "chat", self.chat),
            Route("GET", "/models", "models", self.models),
            Route("GET", "/health/liveliness", "other", self._alive, public=True),
        )

    def shelf(self, count: int | None = None) -> Shelf:
        """As its configuration names them."""
        return stock(self.chat_cards, (), prefix="openai/", count=count)

    def _alive(self, turn: Turn) -> Any:  # noqa: ARG002 - a view
        return "I'm alive!"

    def shape(self, turn: Turn, problem: Problem) -> Any:
        """The code is the status as text; the provider's own words are wrapped."""
        message = problem.message
        if problem.trouble not in self.words:
            message = f"litellm.{_class_of(problem.status)}: {message}"
        envelope: dict[str, Any] = super().shape(turn, problem)
        envelope["error"] |= {"message": message, "code": str(problem.status)}
        return envelope

    def headers(self, turn: Turn) -> Headers:
        """Which call, which model."""
        return [
            *super().headers(turn),
            ("x-litellm-call-id", turn.request_id),
            ("x-litellm-version", "1.84.0"),
        ]


def _class_of(status: int) -> str:
    return {
        400: "BadRequestError",
        401: "AuthenticationError",
        403: "PermissionDeniedError",
        404: "NotFoundError",
        429: "RateLimitError",
        503: "ServiceUnavailableError",
    }.get(status, "InternalServerError" if status >= 500 else "APIError")


DIALECT = _LiteLLM()
