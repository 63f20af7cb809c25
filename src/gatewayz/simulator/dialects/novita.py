"""Novita AI: docs on models and errors (read 2026), recorded traffic."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Event, Route, Words
from gatewayz.simulator.features import COMMON
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn

_NO_MODEL = Words(404, "model not found", code="MODEL_NOT_FOUND")


class _Novita(Dialect):
    root = "/openai/v1"
    key_variable = "NOVITA_API_KEY"
    public_models = True
    usage_in = "both"
    usage_unasked = True
    chat_cards = (
        Card("meta-llama/llama-3.1-8b-instruct", "Llama 3.1 8B Instruct", 16_384, 16_384,
             0.02, 0.05),
        Card("deepseek/deepseek-v3.2", "DeepSeek V3.2", 163_840, 65_536, 0.27, 0.4),
        Card("zai-org/glm-5", "GLM-5", 202_752, 131_072, 1.0, 3.2),
        Card("deepseek/deepseek-r2", "DeepSeek R2", features=(*COMMON, "reasoning"),
             input_usd=0.39, output_usd=1.2),
    )  # fmt: skip
    other_cards = (
        Card("baai/bge-m3", "BGE-M3", 8192, kind="embedding"),
        Card("baai/bge-reranker-v2-m3", "BGE Reranker", 8192, kind="rerank"),
        Card("sophosympatheia/retired-70b", "A model that was switched off", live=False),
    )
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "missing api key", code="FAILED_TO_AUTH"),
        Trouble.BAD_KEY: Words(401, "fail to authenticate", code="FAILED_TO_AUTH"),
        Trouble.FORBIDDEN: Words(403, "model access denied", code="model_access_denied"),
        Trouble.NO_MODEL: _NO_MODEL,
        Trouble.NO_ENDPOINTS: _NO_MODEL,
        Trouble.NOT_CHAT: Words(400, "{model} is not a chat model", code="INVALID_REQUEST_BODY"),
        Trouble.BAD_REQUEST: Words(400, "invalid request body", code="INVALID_REQUEST_BODY"),
        Trouble.NO_CREDIT: Words(403, "not enough balance", code="NOT_ENOUGH_BALANCE"),
        Trouble.RATE_LIMIT: Words(429, "rate limit exceeded", code="RATE_LIMIT_EXCEEDED"),
        Trouble.SERVER: Words(500, "unknown error, please contact us", "server_error"),
    }

    def routes(self) -> tuple[Route, ...]:
        """The older base serves the same."""
        return (
            *super().routes(),
            Route("POST", "/v3/openai/chat/completions", "chat", self.chat),
            Route("GET", "/v3/openai/models", "models", self.models, public=True),
        )

    def models(self, turn: Turn) -> Any:
        """No `object` at the top."""
        return {"data": [self.entry(card) for card in turn.shelf]}

    def entry(self, card: Card) -> Document:
        """Prices are whole ten-thousandths of a USD per million tokens."""
        chat = card.kind == "chat"
        return {
            "id": card.id,
            "object": "model",
            "created": 1_780_000_000,
            "title": card.id,
            "display_name": card.title,
            "description": "",
            "context_size": card.context,
            "max_output_tokens": card.max_output,
            "model_type": card.kind,
            "status": 1 if card.live else 2,
            "features": ["serverless", "function-calling"] if chat else ["serverless"],
            "endpoints": ["chat/completions", "completions"] if chat else [card.kind],
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "input_token_price_per_m": round(card.input_usd * 10_000),
            "output_token_price_per_m": round(card.output_usd * 10_000),
            "pricing": {
                "prompt": _price(card.input_usd),
                "completion": _price(card.output_usd),
            },
        }

    def shape(self, turn: Turn, problem: Problem) -> Any:
        """A reason beside a number; the engine's own failures look otherwise."""
        if problem.status >= 500:
            message = f"{problem.message} trace_id: {turn.request_id}"
            return {"message": message, "type": problem.type or "server_error"}
        reason = problem.code or "INVALID_REQUEST_BODY"
        return {
            "code": problem.status,
            "reason": reason,
            "message": problem.message,
            "metadata": {},
        }

    def headers(self, turn: Turn) -> Headers:
        """No quota headers have been seen."""
        return [("x-trace-id", turn.request_id), *super().headers(turn)]

    def reply_id(self, turn: Turn) -> str:
        """Bare hexadecimal."""
        return turn.request_id

    def events(self, turn: Turn, answer: Answer) -> list[Event]:
        """Choices carry filter results; the last chunk may add service figures."""
        found = super().events(turn, answer)
        for event in found:
            if isinstance(event.data, dict):
                for choice in event.data["choices"]:
                    choice["content_filter_results"] = {"hate": {"filtered": False}}
            if event.part == "usage":
                event.data["sla_metrics"] = {"ttft_ms": 20, "ts": 1_787_000_000}
        return found


def _price(usd: float) -> Document:
    return {"price_per_m": round(usd * 10_000), "price_per_m_decimal": f"{usd * 10_000:.2f}"}


DIALECT = _Novita()
