"""Nebius Token Factory: its docs introduction (read 2026), recorded traffic."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Event, Route, Words
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn


class _Nebius(Dialect):
    key_variable = "NEBIUS_API_KEY"
    chat_cards = (
        Card("openai/gpt-oss-120b", "gpt-oss-120b"),
        Card("Qwen/Qwen3-235B-A22B-Instruct-2507", "Qwen3 235B A22B", 262_144, 8192, 0.2, 0.6),
        Card("deepseek-ai/DeepSeek-V3.2", "DeepSeek V3.2", 163_840),
        Card("deepseek-ai/DeepSeek-V3.2-fast", "DeepSeek V3.2 fast", 163_840, 8192, 0.8, 2.4),
    )
    other_cards = (
        Card("BAAI/bge-en-icl", "BGE EN ICL", 32_768, kind="embedding"),
        Card("black-forest-labs/flux-dev", "FLUX.1 dev", 0, kind="image"),
    )
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "Not authenticated: no API key."),
        Trouble.BAD_KEY: Words(401, "Invalid API key."),
        Trouble.NO_MODEL: Words(404, "The model `{model}` does not exist."),
        Trouble.NOT_CHAT: Words(400, "{model} is not a chat model."),
        Trouble.RATE_LIMIT: Words(429, "Rate limit exceeded, please slow down."),
        Trouble.SERVER: Words(500, "Internal server error"),
    }

    def routes(self) -> tuple[Route, ...]:
        """Adds the public list."""
        public = Route("GET", "/api/public/models_info", "models", self._rich_list, public=True)
        return (*super().routes(), public)

    def models(self, turn: Turn) -> Any:
        """Plain, or with `verbose=true` the details."""
        if turn.query.get("verbose") == "true":
            return self._rich_list(turn)
        return super().models(turn)

    def _rich_list(self, turn: Turn) -> Any:
        return {"object": "list", "data": [self._rich_entry(card) for card in turn.shelf]}

    def _rich_entry(self, card: Card) -> Document:
        output = "text" if card.kind == "chat" else card.kind
        return self.entry(card) | {
            "name": card.title,
            "context_length": card.context,
            "architecture": {"modality": f"text->{output}"},
            "pricing": {
                "prompt": f"{card.input_usd / 1e6:.10f}",
                "completion": f"{card.output_usd / 1e6:.10f}",
            },
            "supported_features": ["tools"] if "tools" in card.features else [],
        }

    def refuse_request(self, turn: Turn) -> Problem | None:
        """There is no developer role."""
        for message in turn.body.get("messages") or ():
            if isinstance(message, dict) and message.get("role") == "developer":
                text = "Unsupported value: role 'developer' is not supported"
                return Problem(trouble=Trouble.BAD_REQUEST, message=text)
        return super().refuse_request(turn)

    def shape(self, turn: Turn, problem: Problem) -> Any:  # noqa: ARG002 - the same for all
        """One sentence under `detail`."""
        return {"detail": problem.message}

    def headers(self, turn: Turn) -> Headers:
        """Quota, with a share that moves."""
        left = str(max(0, 600 - turn.count))
        return [
            *super().headers(turn),
            ("x-ratelimit-limit-requests", "600"),
            ("x-ratelimit-remaining-requests", left),
            ("x-ratelimit-reset-requests", "0.1"),
            ("x-ratelimit-limit-tokens", "400000"),
            ("x-ratelimit-remaining-tokens", "399000"),
            ("x-ratelimit-dynamic-period-remaining", "600"),
            ("x-ratelimit-dynamic-scale-requests", "1.0"),
        ]

    def events(self, turn: Turn, answer: Answer) -> list[Event]:
        """A stop reason beside the finish reason; keys in alphabetic order."""
        found = super().events(turn, answer)
        for event in found:
            if isinstance(event.data, dict):
                for choice in event.data["choices"]:
                    choice["stop_reason"] = None
                event.data = dict(sorted(event.data.items()))
        return found


DIALECT = _Nebius()
