"""Cerebras: its SDK (January 2026) and docs on errors and rate limits, recorded traffic."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Event, Route, Words
from gatewayz.simulator.features import COMMON
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn

_TIME_INFO = {
    "queue_time": 0.00018,
    "prompt_time": 0.00261,
    "completion_time": 0.0142,
    "total_time": 0.0189,
    "created": 1_787_000_000,
}


class _Cerebras(Dialect):
    key_variable = "CEREBRAS_API_KEY"
    usage_in = "finish"
    usage_unasked = True
    null_finish = False
    reasoning_field = "reasoning"
    never_takes = ("frequency_penalty", "presence_penalty", "logit_bias", "service_tier")
    chat_cards = (
        Card("gpt-oss-120b", "OpenAI GPT OSS", 131_072, 40_960, 0.35, 0.75,
             features=(*COMMON, "reasoning")),
        Card("zai-glm-4.7", "Z.ai GLM 4.7", 131_072, 40_960, 2.25, 2.75),
        Card("gemma-4-31b", "Gemma 4 31B", 131_072, 40_960, 0.2, 0.4),
    )  # fmt: skip
    other_cards = (Card("llama-3.3-70b-retired", "Llama 3.3 70B", deprecated=True, live=False),)
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "Missing API Key", code="wrong_api_key", param="api_key"),
        Trouble.BAD_KEY: Words(401, "Wrong API Key", code="wrong_api_key", param="api_key"),
        Trouble.NO_MODEL: Words(
            404, "Model {model} does not exist or you do not have access to it.",
            "not_found_error", "model_not_found", "model",
        ),
        Trouble.NO_ENDPOINTS: Words(
            404, "Model {model} does not exist or you do not have access to it.",
            "not_found_error", "model_not_found", "model",
        ),
        Trouble.RATE_LIMIT: Words(
            429, "Requests per minute limit exceeded - too many requests sent.",
            "too_many_requests_error", "request_quota_exceeded", "quota",
        ),
        Trouble.BAD_PARAMETER: Words(
            400, "Unsupported parameter", code="unsupported_parameter"
        ),
    }  # fmt: skip

    def routes(self) -> tuple[Route, ...]:
        """Adds the public list, which is richer."""
        public = Route("GET", "/public/v1/models", "models", self._public_list, public=True)
        return (*super().routes(), public)

    def _public_list(self, turn: Turn) -> Any:
        return {"object": "list", "data": [self._public_entry(card) for card in turn.shelf]}

    def _public_entry(self, card: Card) -> Document:
        tools = "tools" in card.features
        return self.entry(card) | {
            "name": card.title,
            "pricing": {
                "prompt": f"{card.input_usd / 1e6:.8f}",
                "completion": f"{card.output_usd / 1e6:.8f}",
            },
            "capabilities": {"streaming": True, "function_calling": tools, "tools": tools},
            "limits": {
                "max_context_length": card.context,
                "max_completion_tokens": card.max_output,
            },
            "context_length": card.context,
            "max_completion_tokens": card.max_output,
            "deprecated": card.deprecated,
            "preview": False,
        }

    def shape(self, turn: Turn, problem: Problem) -> Any:  # noqa: ARG002 - the same for all
        """A flat body."""
        return {
            "message": problem.message,
            "type": problem.type,
            "param": problem.param,
            "code": problem.code,
        }

    def headers(self, turn: Turn) -> Headers:
        """Quota by the minute, hour and day."""
        left = max(0, 14_400 - turn.count)
        return [
            *super().headers(turn),
            ("x-ratelimit-limit-requests-day", "14400"),
            ("x-ratelimit-remaining-requests-day", str(left)),
            ("x-ratelimit-limit-tokens-minute", "60000"),
            ("x-ratelimit-remaining-tokens-minute", "59000"),
            ("x-ratelimit-reset-requests-day", "33011.382867"),
            ("x-ratelimit-reset-tokens-minute", "11.382867"),
            ("inference-id", self.reply_id(turn)),
        ]

    def document(self, turn: Turn, answer: Answer) -> Document:
        """Times of the server beside usage."""
        found = super().document(turn, answer)
        for choice in found["choices"]:
            if choice["logprobs"] is None:
                del choice["logprobs"]
        return found | {"system_fingerprint": "fp_sim", "time_info": _TIME_INFO}

    def events(self, turn: Turn, answer: Answer) -> list[Event]:
        """Usage and times come with the finish reason."""
        found = super().events(turn, answer)
        for event in found:
            if event.part == "finish":
                event.data["time_info"] = _TIME_INFO
        return found


DIALECT = _Cerebras()
