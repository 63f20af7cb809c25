"""Featherless AI: featherless.ai/docs (read 2026). Its error JSON is not documented: OpenAI-like."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Route, Words, number_page
from gatewayz.simulator.turn import Problem, Trouble, Turn

_PAGE, _TOP = 100, 1000


class _Featherless(Dialect):
    key_variable = "FEATHERLESS_API_KEY"
    public_models = True
    chat_cards = (
        Card("Qwen/Qwen3-32B", context=32_768, max_output=4096),
        Card("unsloth/Llama-3.3-70B-Instruct", context=32_768, max_output=4096),
        Card("moonshotai/Kimi-K2-Instruct", context=32_768, max_output=4096),
        Card("mistralai/Mistral-Small-3.2-24B-Instruct-2506", context=32_768, max_output=4096),
    )
    words: ClassVar = {
        Trouble.BAD_KEY: Words(401, "Unauthorized: unknown API key", "authentication_error"),
        Trouble.NO_KEY: Words(401, "Unauthorized: no API key", "authentication_error"),
        Trouble.GATED: Words(403, "{model} is gated: accept its license on Hugging Face first"),
        # What elsewhere is a missing endpoint is a model that has not been loaded here.
        Trouble.NO_ENDPOINTS: Words(
            400, "Model {model} is cold and is being loaded, try again later", "model_not_ready"
        ),
        Trouble.COLD: Words(400, "Model {model} is cold and is being loaded", "model_not_ready"),
        Trouble.RATE_LIMIT: Words(
            429, "Concurrency limit of your plan reached", "concurrency_limit", "concurrency_limit"
        ),
        Trouble.OVERLOADED: Words(503, "No capacity available, please retry", "unavailable"),
    }

    def routes(self) -> tuple[Route, ...]:
        """Adds the plan."""
        return (*super().routes(), Route("GET", "/v1/plan", "other", self._plan))

    def _plan(self, turn: Turn) -> Any:  # noqa: ARG002 - a view
        return {"id": "premium", "name": "Premium", "max_context_length": 32768, "concurrency": 4}

    def models(self, turn: Turn) -> Any:
        """The whole long list, or a page of it."""
        if not {"page", "per_page"} & set(turn.query):
            return {"data": [self.entry(card) for card in turn.shelf]}
        cards, page, pages = number_page(turn, _PAGE, _TOP)
        pagination = {"current_page": page, "total_pages": pages, "total_items": len(turn.shelf)}
        entries = [self.entry(card) for card in cards]
        return {"data": entries, "pagination": pagination, "total": len(turn.shelf)}

    def entry(self, card: Card) -> Document:
        """No price and no modality, since it is a subscription to text models."""
        return {
            "id": card.id,
            "name": card.title,
            "model_class": "llama3-70b",
            "context_length": card.context,
            "max_completion_tokens": card.max_output,
            "is_gated": False,
            "available_on_current_plan": True,
        }

    def refuse_request(self, turn: Turn) -> Problem | None:
        """Null keys in a message are refused (seen once in another client's work-around)."""
        for message in turn.body.get("messages") or ():
            if isinstance(message, dict) and message.get("tool_calls", ()) is None:
                return Problem(trouble=Trouble.BAD_REQUEST, message="tool_calls must be an array")
        return super().refuse_request(turn)


DIALECT = _Featherless()
