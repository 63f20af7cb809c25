"""Chutes: chutesai/chutes-api (source of 2025-10-04) and chutes.ai pages (read 2026)."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Words
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn

_UNAUTHENTICATED = Words(401, "Authentication required.")


class _Chutes(Dialect):
    key_variable = "CHUTES_API_KEY"
    public_models = True
    chat_cards = (
        Card("Qwen/Qwen3-32B-TEE", context=40_960, input_usd=0.05, output_usd=0.2),
        Card("zai-org/GLM-5.2-TEE", context=202_752, input_usd=0.6, output_usd=2.2),
        Card("moonshotai/Kimi-K2.6-TEE", context=262_144, input_usd=0.5, output_usd=2.4),
        Card("deepseek-ai/DeepSeek-V3.2-TEE", context=163_840, input_usd=0.25, output_usd=0.35),
    )
    words: ClassVar = {
        Trouble.NO_KEY: _UNAUTHENTICATED,
        Trouble.BAD_KEY: _UNAUTHENTICATED,
        Trouble.NO_CREDIT: Words(402, "Quota exceeded and account balance is $0.0, please pay"),
        Trouble.NO_MODEL: Words(404, "model not found: {model}"),
        Trouble.NO_ENDPOINTS: Words(503, "No instances available (yet) for {model}"),
        Trouble.RATE_LIMIT: Words(429, "Too many requests, slow down."),
        Trouble.OVERLOADED: Words(503, "Infrastructure is at maximum capacity, try again later"),
        Trouble.COLD: Words(503, "No instances available (yet), {model} is warming up"),
    }

    @property
    def own_key(self) -> str:
        """`cpk_`, two stretches of hexadecimal, one of letters and digits."""
        return f"cpk_{'5d41402abc4b2a76' * 2}.{'b9719d911017c592' * 2}.{'sim0chutes0key00' * 2}"

    def find(self, turn: Turn) -> Card | None:
        """`:THINKING` turns thinking on."""
        return turn.shelf.find(turn.model.removesuffix(":THINKING"))

    def entry(self, card: Card) -> Document:
        """An engine's model card with prices beside it, in USD per million tokens."""
        return super().entry(card) | {
            "root": card.id,
            "price": {
                "input": {"usd": card.input_usd, "tao": card.input_usd / 400},
                "output": {"usd": card.output_usd, "tao": card.output_usd / 400},
            },
            "pricing": {"prompt": card.input_usd, "completion": card.output_usd},
            "context_length": card.context,
            "max_model_len": card.context,
            "max_output_length": card.max_output,
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "supported_features": ["tools", "json_mode", "structured_outputs"],
            "supported_sampling_parameters": ["temperature", "top_p", "stop", "seed"],
            "quantization": "fp8",
            "confidential_compute": True,
        }

    def shape(self, turn: Turn, problem: Problem) -> Any:  # noqa: ARG002 - the same for all
        """Under `detail`: a string, or an object for money and for the engine's errors."""
        if problem.status == 402:
            return {"detail": {"message": problem.message, "quota_reset_timestamp": None}}
        if problem.trouble in (Trouble.BAD_REQUEST, Trouble.BAD_PARAMETER, Trouble.TOO_LONG):
            fields = {"object": "error", "type": "BadRequestError", "code": problem.status}
            return {"detail": fields | {"message": problem.message}}
        return {"detail": problem.message}

    def headers(self, turn: Turn) -> Headers:
        """Names the invocation."""
        return [*super().headers(turn), ("X-Chutes-InvocationID", turn.request_id)]


DIALECT = _Chutes()
