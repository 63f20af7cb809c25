"""Portkey, hosted: Portkey-AI/docs-core (read 2026-08-21) and its open-source gateway 1.15.2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Words
from gatewayz.simulator.features import COMMON
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn

# Troubles that the gateway has itself; the others come from the provider behind it.
_OWN = (Trouble.NO_KEY, Trouble.BAD_KEY, Trouble.NO_ROUTE, Trouble.WRONG_METHOD)


class _Portkey(Dialect):
    key_variable = "PORTKEY_API_KEY"
    key_header = "x-portkey-api-key"
    key_scheme = ""
    id_prefix = "@openai/"
    chat_cards = (
        Card("@google/gemini-2.5-flash", "Gemini 2.5 Flash", 1_048_576,
             features=(*COMMON, "vision")),
        Card("@google/gemini-pro", "Gemini Pro", 1_048_576),
        Card("@xai/grok-4", "Grok 4", 256_000),
        Card("@google/gemini-1.5-pro", "Gemini 1.5 Pro", 1_048_576),
        Card("@x-ai/grok-beta", "Grok Beta"),
        Card("@cerebras/gpt-oss-120b", "gpt-oss-120b on Cerebras"),
        Card("@cerebras/zai-glm-4.7", "GLM 4.7 on Cerebras"),
        Card("@nebius/Qwen/Qwen3-235B-A22B-Instruct-2507", "Qwen3 235B on Nebius"),
        Card("@nebius/deepseek-ai/DeepSeek-V3.2", "DeepSeek V3.2 on Nebius"),
        Card("@novita/deepseek/deepseek-v3.2", "DeepSeek V3.2 on Novita"),
        Card("@novita/zai-org/glm-5", "GLM-5 on Novita"),
        Card("@huggingface/openai/gpt-oss-120b", "gpt-oss-120b on Hugging Face"),
        Card("@openai/gpt-5-mini", "GPT-5 mini"),
    )  # fmt: skip
    other_cards = (
        Card("@openai/text-embedding-3-small", kind="embedding"),
        Card("@openai/whisper-1", kind="audio"),
        Card("@google/gemini-embedding-001", kind="embedding"),
        Card("@google/imagen-4.0-generate-001", kind="image"),
    )
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "Portkey Error: missing API key header"),
        Trouble.BAD_KEY: Words(401, "Portkey Error: Invalid API Key. Error Code: 03"),
        Trouble.NO_ROUTE: Words(404, "Invalid path {path}"),
        Trouble.NO_CREDIT: Words(412, "Portkey Error: budget exhausted for this integration"),
    }

    def key_in(self, headers: Mapping[str, str]) -> str:
        """Its own header, or a Bearer of the same key."""
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return super().key_in(headers) or bearer

    def find(self, turn: Turn) -> Card | None:
        """By `@slug/model`, or by the model alone when a header names the slug."""
        headers = turn.request.headers
        slug = headers.get("x-portkey-provider") or headers.get("x-portkey-virtual-key", "")
        found = turn.shelf.find(turn.model)
        if found is None and slug:
            found = turn.shelf.find(f"@{slug.removeprefix('@')}/{turn.model}")
        return found

    def refuse_model(self, turn: Turn) -> Problem | None:
        """Without a slug there is no telling whom to ask."""
        headers = turn.request.headers
        signal = any(f"x-portkey-{name}" in headers for name in ("provider", "config"))
        if turn.card is None and not signal and not turn.model.startswith("@"):
            message = "Either x-portkey-config or x-portkey-provider header is required"
            return Problem(trouble=Trouble.NO_ROUTE, status=400, message=message)
        return super().refuse_model(turn)

    def entry(self, card: Card) -> Document:
        """Little more than the id and the slug that is sent."""
        return super().entry(card) | {"slug": card.id, "provider": _provider(card.id)}

    def shape(self, turn: Turn, problem: Problem) -> Any:
        """The gateway's own failures are flat; a provider's carry its name."""
        if problem.trouble in _OWN:
            return {"status": "failure", "message": problem.message}
        name = _provider(turn.model)
        error: Document = super().shape(turn, problem)["error"]
        return {"error": error | {"message": f"{name} error: {problem.message}"}, "provider": name}

    def headers(self, turn: Turn) -> Headers:
        """Who was asked, and how often."""
        return [
            *super().headers(turn),
            ("x-portkey-provider", _provider(turn.model)),
            ("x-portkey-last-used-option-index", "config"),
            ("x-portkey-retry-attempt-count", "0"),
            ("x-portkey-cache-status", "DISABLED"),
            ("x-portkey-trace-id", turn.request_id),
        ]


def _provider(model_id: str) -> str:
    return model_id[1:].split("/", 1)[0] if model_id.startswith("@") else "openai"


DIALECT = _Portkey()
