"""DeepInfra: its model list and OpenAI-compatible API (read 2026); error bodies partly a guess."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Event, Route, Words
from gatewayz.simulator.features import COMMON
from gatewayz.simulator.turn import Problem, Trouble, Turn

_TYPES = {
    "chat": "text-generation",
    "embedding": "embeddings",
    "rerank": "reranker",
    "image": "text-to-image",
    "audio": "automatic-speech-recognition",
    "video": "text-to-video",
    "moderation": "text-classification",
}


class _DeepInfra(Dialect):
    root = "/v1/openai"
    key_variable = "DEEPINFRA_API_KEY"
    public_models = True
    usage_in = "finish"
    usage_unasked = True
    chat_cards = (
        Card("openai/gpt-oss-120b", input_usd=0.05, output_usd=0.24),
        Card("meta-llama/Llama-3.3-70B-Instruct-Turbo", input_usd=0.1, output_usd=0.32),
        Card("deepseek-ai/DeepSeek-V3.2", context=163_840, input_usd=0.26, output_usd=0.39),
        Card("deepseek-ai/DeepSeek-R2", context=163_840, features=(*COMMON, "reasoning"),
             input_usd=0.9, output_usd=2.4),
    )  # fmt: skip
    other_cards = (
        Card("BAAI/bge-m3", context=8192, kind="embedding"),
        Card("Qwen/Qwen3-Reranker-8B", kind="rerank"),
        Card("black-forest-labs/FLUX-1-schnell", kind="image"),
        Card("openai/whisper-large-v3", kind="audio"),
        Card("meta-llama/Llama-2-70b-chat-hf", deprecated=True, live=False),
    )
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "Not authenticated: no API key"),
        Trouble.BAD_KEY: Words(401, "User is not authenticated: the API key is invalid"),
        Trouble.NO_CREDIT: Words(402, "Insufficient balance: add funds to your account"),
        Trouble.NO_MODEL: Words(404, "Model '{model}' is not available"),
        Trouble.NO_ENDPOINTS: Words(404, "Model '{model}' is retired and no longer available"),
        Trouble.NOT_CHAT: Words(400, "{model} is not a chat model"),
        Trouble.RATE_LIMIT: Words(429, "Rate limited: too many concurrent requests"),
        Trouble.OVERLOADED: Words(503, "Model busy, retry later"),
    }

    def routes(self) -> tuple[Route, ...]:
        """Adds the richer list, and the shorter chat path."""
        return (
            *super().routes(),
            Route("GET", "/models/list", "models", self._bare_list, public=True),
            Route("POST", "/v1/chat/completions", "chat", self.chat),
        )

    def _bare_list(self, turn: Turn) -> Any:
        return [_listed(card) for card in turn.shelf]

    def entry(self, card: Card) -> Document:
        """Prices in USD per million tokens under `metadata`."""
        tags = ["chat"] if card.kind == "chat" else [_TYPES[card.kind]]
        pricing = {"input_tokens": card.input_usd, "output_tokens": card.output_usd}
        return super().entry(card) | {
            "root": card.id,
            "metadata": {
                "description": f"{card.title}, simulated",
                "context_length": card.context,
                "max_tokens": card.max_output,
                "tags": tags,
                "pricing": pricing,
            },
        }

    def shape(self, turn: Turn, problem: Problem) -> Any:  # noqa: ARG002 - the same for all
        """One sentence under `detail`, or a list of places for what it cannot read."""
        if problem.trouble is Trouble.BAD_REQUEST and problem.param:
            place = {"loc": ["body", problem.param], "type": "value_error"}
            return {"detail": [place | {"msg": problem.message}]}
        return {"detail": problem.message}

    def usage(self, answer: Answer) -> Document:
        """Adds an estimate of the cost."""
        return super().usage(answer) | {"estimated_cost": answer.cost_usd}

    def before(self, turn: Turn) -> Iterable[Event]:
        """Keep-alive comments with the time."""
        second = turn.rng.uniform(0, 60)
        text = f"ping - 2026-08-20 03:55:{second:09.6f}+00:00"
        return [Event(comment=text, part="comment")]


def _listed(card: Card) -> Document:
    """Prices are US cents per token."""
    pricing: Document = {"type": "time", "cents_per_sec": 0.05}
    if card.kind in ("chat", "embedding"):
        pricing = {
            "type": "tokens",
            "cents_per_input_token": card.input_usd / 10_000,
            "cents_per_output_token": card.output_usd / 10_000,
        }
    return {
        "model_name": card.id,
        "type": _TYPES[card.kind],
        "reported_type": _TYPES[card.kind],
        "description": "",
        "tags": ["featured"],
        "pricing": pricing,
        "max_tokens": card.context,
        "deprecated": 1_770_000_000 if card.deprecated else None,
        "replaced_by": None,
        "quantization": "fp4",
        "is_partner": False,
    }


DIALECT = _DeepInfra()
