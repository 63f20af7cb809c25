"""Hugging Face Inference Providers: huggingface/hub-docs (read 2026-08-22), recorded traffic."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Words
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn

_PROVIDERS = ("groq", "together", "fireworks-ai", "novita", "cerebras")
_POLICIES = ("fastest", "cheapest", "preferred")


class _HuggingFace(Dialect):
    key_variable = "HF_TOKEN"
    public_models = True
    chat_cards = (
        Card("openai/gpt-oss-120b", context=131_072, input_usd=0.15, output_usd=0.6),
        Card("deepseek-ai/DeepSeek-V4-Pro", context=163_840, input_usd=0.6, output_usd=1.7),
        Card("Qwen/Qwen3-32B", context=131_072, input_usd=0.29, output_usd=0.59),
        Card("meta-llama/Llama-3.3-70B-Instruct", context=131_072),
    )
    # Listed although no provider is live; the router answers 400.
    other_cards = (Card("sim/no-live-provider", live=False),)
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "Invalid username or password."),
        Trouble.BAD_KEY: Words(401, "Invalid credentials in Authorization header"),
        Trouble.NO_CREDIT: Words(
            402, "You have exceeded your monthly included credits for Inference Providers."
        ),
        Trouble.NO_MODEL: Words(
            400, "The requested model '{model}' does not exist", code="model_not_found",
            param="model",
        ),
        Trouble.NO_ENDPOINTS: Words(
            400, "The requested model '{model}' is not supported by any provider you have enabled.",
            code="model_not_supported", param="model",
        ),
        Trouble.FORBIDDEN: Words(
            403, "This authentication method does not have sufficient permissions to call"
            " Inference Providers"
        ),
    }  # fmt: skip

    def find(self, turn: Turn) -> Card | None:
        """An id may end in `:provider` or `:policy`."""
        whole = turn.shelf.find(turn.model)
        model, colon, choice = turn.model.rpartition(":")
        if whole is not None or not colon or choice not in (*_PROVIDERS, *_POLICIES):
            return whole
        return turn.shelf.find(model)

    def entry(self, card: Card) -> Document:
        """Context and prices stand with each provider, in USD per million tokens."""
        status = "live" if card.live else "error"
        providers = [
            {
                "provider": name,
                "status": status,
                "context_length": card.context,
                "pricing": {
                    "input": round(card.input_usd * factor, 6),
                    "output": round(card.output_usd * factor, 6),
                },
                "supports_tools": "tools" in card.features,
                "supports_structured_output": True,
                "is_model_author": False,
            }
            for name, factor in (("groq", 1.0), ("together", 1.2))
        ]
        return super().entry(card) | {
            "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            "providers": [*providers, {"provider": "hf-inference", "status": "staging"}],
        }

    def shape(self, turn: Turn, problem: Problem) -> Any:
        """The router's own refusals are a bare string, those about models an envelope."""
        if problem.status in (401, 402, 403):
            return {"error": problem.message}
        return super().shape(turn, problem)

    def headers(self, turn: Turn) -> Headers:
        """Names the provider that answered."""
        _, _, choice = turn.model.rpartition(":")
        name = choice if choice in _PROVIDERS else "groq"
        return [*super().headers(turn), ("x-inference-provider", name)]


DIALECT = _HuggingFace()
