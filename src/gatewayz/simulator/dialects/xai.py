"""xAI: docs on debugging, a published OpenAPI copy, recorded streams (read 2026)."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Event, Route, Words
from gatewayz.simulator.features import COMMON
from gatewayz.simulator.turn import Problem, Trouble, Turn

# Human phrases that stand where others have a code.
_CODES = {
    400: "Client specified an invalid argument",
    401: "Unauthenticated",
    403: "The caller does not have permission to execute the specified operation",
    404: "Some requested entity was not found",
    429: "Some resource has been exhausted",
    503: "The service is currently unavailable",
}


class _XAI(Dialect):
    key_variable = "XAI_API_KEY"
    null_finish = False
    never_takes = ("presence_penalty", "frequency_penalty", "stop")
    chat_cards = (
        Card("grok-4.3", "", 1_000_000, 0, 1.25, 2.5, features=(*COMMON, "reasoning")),
        Card("grok-4.20-0309-non-reasoning", "", 2_000_000, 0, 2, 6),
        Card("grok-4.20-0309-reasoning", "", 2_000_000, 0, 2, 6, features=(*COMMON, "reasoning")),
        Card("grok-4.6", "", 256_000, 0, 3, 15, aliases=("grok-latest", "grok-4.6-latest")),
        Card("grok-4.5", "", 256_000, 0, 3, 15, features=(*COMMON, "vision")),
        Card("grok-4", "", 256_000, 0, 3, 15, aliases=("grok-4-0709",)),
        Card("grok-3", "", 131_072, 0, 3, 15),
    )
    other_cards = (
        Card("grok-imagine-image", kind="image"),
        Card("grok-imagine-video", kind="video"),
    )
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "No credentials were provided: pass an API key."),
        # Documented as 400, not 401.
        Trouble.BAD_KEY: Words(
            400, "Incorrect API key provided. You can obtain an API key from console.x.ai."
        ),
        Trouble.FORBIDDEN: Words(403, "Your team does not have permission to use {model}."),
        Trouble.NO_MODEL: Words(400, "Model not found: {model}", code="invalid-argument"),
        Trouble.NOT_CHAT: Words(400, "{model} is not a chat model", code="invalid-argument"),
        Trouble.BAD_PARAMETER: Words(
            400, "Argument not supported on this model", code="invalid-argument"
        ),
        Trouble.OVERLOADED: Words(503, "The service is currently unavailable, try again later."),
    }

    def routes(self) -> tuple[Route, ...]:
        """Adds the lists by kind and the key check."""
        return (
            *super().routes(),
            Route("GET", "/v1/language-models", "models", self._language_models),
            Route("GET", "/v1/image-generation-models", "models", self._image_models),
            Route("GET", "/v1/api-key", "other", self._api_key),
        )

    def _language_models(self, turn: Turn) -> Any:
        return {"models": [_detail(card) for card in turn.shelf if card.kind == "chat"]}

    def _image_models(self, turn: Turn) -> Any:
        return {"models": [self.entry(card) for card in turn.shelf if card.kind == "image"]}

    def _api_key(self, turn: Turn) -> Any:  # noqa: ARG002 - a view
        return {"name": "simulated", "api_key_blocked": False, "team_blocked": False}

    def shape(self, turn: Turn, problem: Problem) -> Any:
        """Two strings, or now and then an OpenAI envelope."""
        if turn.rng.random() < 0.2:
            return super().shape(turn, problem)
        code = problem.code or _CODES.get(problem.status, "Internal error")
        return {"code": code, "error": problem.message}

    def reply_id(self, turn: Turn) -> str:
        """A plain UUID."""
        hexes = turn.request_id.ljust(32, "0")
        return "-".join((hexes[:8], hexes[8:12], hexes[12:16], hexes[16:20], hexes[20:32]))

    def usage(self, answer: Answer) -> Document:
        """Completion tokens leave reasoning out; the total has it in. Costs are in ten-billionths of a
        dollar.
        """
        said = answer.completion_tokens - answer.reasoning_tokens
        return {
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": said,
            "total_tokens": answer.prompt_tokens + answer.completion_tokens,
            "prompt_tokens_details": {
                "text_tokens": answer.prompt_tokens,
                "audio_tokens": 0,
                "image_tokens": 0,
                "cached_tokens": 0,
            },
            "completion_tokens_details": {
                "reasoning_tokens": answer.reasoning_tokens,
                "audio_tokens": 0,
            },
            "num_sources_used": 0,
            "cost_in_usd_ticks": round(answer.cost_usd * 10**10),
        }

    def document(self, turn: Turn, answer: Answer) -> Document:
        """Adds a fingerprint."""
        return super().document(turn, answer) | {"system_fingerprint": "fp_sim"}

    def events(self, turn: Turn, answer: Answer) -> list[Event]:
        """Every chunk has the fingerprint."""
        found = super().events(turn, answer)
        for event in found:
            if isinstance(event.data, dict):
                event.data["system_fingerprint"] = "fp_sim"
        return found


def _detail(card: Card) -> Document:
    """Prices are whole US cents per 100 million tokens."""
    return {
        "id": card.id,
        "aliases": list(card.aliases),
        "created": 1_780_000_000,
        "object": "model",
        "owned_by": "xai",
        "version": "1.0.0",
        "fingerprint": "fp_sim",
        "input_modalities": ["text", "image"] if "vision" in card.features else ["text"],
        "output_modalities": ["text"],
        "prompt_text_token_price": round(card.input_usd * 10_000),
        "cached_prompt_text_token_price": 2000,
        "prompt_image_token_price": 0,
        "completion_text_token_price": round(card.output_usd * 10_000),
        "search_price": 0,
        "max_prompt_length": card.context,
    }


DIALECT = _XAI()
