"""Groq: groq/groq-python (read 2026-08-18), docs on errors and limits, recorded traffic."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Event, Words
from gatewayz.simulator.features import COMMON
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn


class _Groq(Dialect):
    root = "/openai/v1"
    key_variable = "GROQ_API_KEY"
    usage_in = "finish"
    usage_unasked = True
    reasoning_field = "reasoning"
    never_takes = ("logprobs", "top_logprobs", "logit_bias")
    chat_cards = (
        Card("openai/gpt-oss-120b", "GPT OSS 120B", features=(*COMMON, "reasoning")),
        Card("llama-3.3-70b-versatile", "Llama 3.3 70B Versatile", 131_072, 32_768, owner="Meta"),
        Card("qwen/qwen3-32b", "Qwen 3 32B", 131_072, 40_960, owner="Alibaba Cloud"),
        Card("groq/compound", "Compound", owner="Groq"),
        Card("groq/compound-mini", "Compound Mini", owner="Groq"),
    )
    other_cards = (
        Card("whisper-large-v3", "Whisper", 448, 448, kind="audio", owner="OpenAI"),
        Card("canopylabs/orpheus-v1-english", "Orpheus", 4000, kind="audio"),
        Card("meta-llama/llama-prompt-guard-2-86m", "Prompt Guard", 512, kind="moderation"),
        Card("openai/gpt-oss-safeguard-20b", "Safeguard", kind="moderation"),
        Card("playai-tts", "PlayAI TTS", 8192, kind="audio"),
        Card("gemma2-9b-it", "Gemma 2 9B", 8192, deprecated=True, live=False),
    )
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "Invalid API Key", code="invalid_api_key"),
        Trouble.BAD_KEY: Words(401, "Invalid API Key", code="invalid_api_key"),
        Trouble.NO_MODEL: Words(
            404, "The model `{model}` does not exist or you do not have access to it.",
            code="model_not_found",
        ),
        Trouble.NO_ENDPOINTS: Words(
            400, "The model `{model}` has been decommissioned and is no longer supported.",
            code="model_decommissioned",
        ),
        Trouble.NOT_CHAT: Words(400, "The model `{model}` does not support chat completions"),
        Trouble.RATE_LIMIT: Words(
            429, "Rate limit reached for model `{model}` on tokens per minute (TPM).", "tokens",
            "rate_limit_exceeded",
        ),
        Trouble.TOO_LONG: Words(
            400, "Please reduce the length of the messages or completion.",
            code="context_length_exceeded", param="messages",
        ),
        Trouble.SERVER: Words(500, "Internal Server Error", "internal_server_error"),
        Trouble.OVERLOADED: Words(503, "Service is over capacity", "service_unavailable"),
    }  # fmt: skip

    def entry(self, card: Card) -> Document:
        """The older fields and what newer payloads add."""
        return super().entry(card) | {
            "active": card.live,
            "context_window": card.context,
            "public_apps": None,
            "max_completion_tokens": card.max_output,
            "name": card.title,
            "pricing": {
                "prompt": f"{card.input_usd / 1e6:.8f}",
                "completion": f"{card.output_usd / 1e6:.8f}",
            },
        }

    def refuse_request(self, turn: Turn) -> Problem | None:
        """No names on messages, one choice only."""
        messages = turn.body.get("messages")
        named = isinstance(messages, list) and any(
            isinstance(message, dict) and "name" in message for message in messages
        )
        if named:
            text = "property 'name' is unsupported, did you mean 'role'?"
            return Problem(trouble=Trouble.BAD_REQUEST, message=text)
        if turn.body.get("n") not in (None, 1):
            return Problem(trouble=Trouble.BAD_REQUEST, message="'n' : number must be at most 1")
        return super().refuse_request(turn)

    def shape(self, turn: Turn, problem: Problem) -> Any:  # noqa: ARG002 - the same for all
        """No nulls: what is not said is not there."""
        error: Document = {"message": problem.message, "type": problem.type}
        error |= {
            name: value
            for name, value in (("code", problem.code), ("param", problem.param))
            if value
        }
        return {"error": error}

    def headers(self, turn: Turn) -> Headers:
        """Requests are counted by the day, tokens by the minute; resets are durations."""
        return [
            *super().headers(turn),
            ("x-ratelimit-limit-requests", "14400"),
            ("x-ratelimit-limit-tokens", "18000"),
            ("x-ratelimit-remaining-requests", str(max(0, 14_400 - turn.count))),
            ("x-ratelimit-remaining-tokens", "17900"),
            ("x-ratelimit-reset-requests", "6m0s"),
            ("x-ratelimit-reset-tokens", "1.2s"),
            ("x-groq-region", "sim"),
        ]

    def usage(self, answer: Answer) -> Document:
        """Adds times in seconds."""
        times = {"queue_time": 0.01, "prompt_time": 0.002, "completion_time": 0.02}
        return super().usage(answer) | times | {"total_time": 0.022}

    def document(self, turn: Turn, answer: Answer) -> Document:
        """Adds its own id."""
        extra = {"system_fingerprint": "fp_sim", "x_groq": {"id": f"req_{turn.request_id}"}}
        return super().document(turn, answer) | extra

    def events(self, turn: Turn, answer: Answer) -> list[Event]:
        """Its own id first; usage twice with the finish reason, asked for or not."""
        found = super().events(turn, answer)
        own_id = {"id": f"req_{turn.request_id}"}
        for event in found:
            if event.part == "role":
                event.data["x_groq"] = own_id | {"seed": 1234}
            if event.part == "finish":
                event.data["x_groq"] = own_id | {"usage": self.usage(answer)}
        if turn.include_usage:
            last = self.chunk(turn, answer, {}) | {"choices": [], "usage": self.usage(answer)}
            found.insert(-1, Event(last, part="usage"))
        return found


DIALECT = _Groq()
