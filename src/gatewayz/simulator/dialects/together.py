"""Together AI: togethercomputer/openapi (read 2026-04-28), its error page, recorded traffic."""

from __future__ import annotations

from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Words
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn


class _Together(Dialect):
    key_variable = "TOGETHER_API_KEY"
    reasoning_field = "reasoning"
    chat_cards = (
        Card("openai/gpt-oss-120b", "OpenAI GPT-OSS 120B"),
        Card(
            "meta-llama/Llama-3.3-70B-Instruct-Turbo",
            "Meta Llama 3.3 70B Instruct Turbo",
            input_usd=0.88,
            output_usd=0.88,
        ),
        Card("Qwen/Qwen3.5-9B", "Qwen3.5 9B", input_usd=0.1, output_usd=0.15),
        Card(
            "deepseek-ai/DeepSeek-R2",
            "DeepSeek R2",
            features=("json", "logprobs", "choices", "reasoning"),
        ),
    )
    other_cards = (
        Card("black-forest-labs/FLUX.1-schnell", "FLUX.1 schnell", kind="image"),
        Card("BAAI/bge-large-en-v1.5", "BGE Large EN", 512, kind="embedding"),
        Card("meta-llama/Llama-Guard-4-12B", "Llama Guard 4", kind="moderation"),
        Card("mixedbread-ai/Mxbai-Rerank-Large-V2", "Mxbai Rerank", kind="rerank"),
    )
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "Missing API key", code="missing_api_key"),
        Trouble.BAD_KEY: Words(
            401, "Invalid API key provided. You can find your API key in your account settings.",
            code="invalid_api_key",
        ),
        Trouble.NO_MODEL: Words(
            404, "Unable to access model {model}. Please visit the list of available models.",
            code="model_not_available",
        ),
        Trouble.NOT_CHAT: Words(400, "{model} is not a chat model", code="invalid_model_type"),
        Trouble.NO_CREDIT: Words(402, "Credit limit exceeded, add credits", "credit_limit"),
        # Documented as 403, unlike everybody's 400.
        Trouble.TOO_LONG: Words(
            403, "Input validation error: inputs tokens plus max_new_tokens exceed the context"
            " length of this model", code="context_length_exceeded",
        ),
        Trouble.SERVER: Words(500, "Internal server error", "server_error"),
        Trouble.OVERLOADED: Words(503, "The engine is currently overloaded", "overloaded"),
    }  # fmt: skip

    def models(self, turn: Turn) -> Any:
        """A bare array."""
        return [self.entry(card) for card in turn.shelf]

    def entry(self, card: Card) -> Document:
        """Prices are numbers, in USD per million tokens."""
        return {
            "id": card.id,
            "object": "model",
            "created": 1_780_000_000,
            "type": card.kind,
            "running": False,
            "display_name": card.title,
            "organization": card.owned_by,
            "link": "",
            "license": "other",
            "context_length": card.context,
            "config": {"chat_template": None, "stop": ["<|im_end|>"], "bos_token": None},
            "pricing": {
                "hourly": 0,
                "input": card.input_usd,
                "output": card.output_usd,
                "base": 0,
                "finetune": 0,
            },
        }

    def shape(self, turn: Turn, problem: Problem) -> Any:
        """The list words a bad key in one word; chat answers carry an id."""
        if turn.request.method == "GET" and problem.status == 401:
            return {"error": {"message": "Unauthorized"}}
        return {"id": self.reply_id(turn), **super().shape(turn, problem)}

    def headers(self, turn: Turn) -> Headers:
        """Quota; `retry-after` comes even with a 200."""
        left = str(max(0, 60 - turn.count % 60))
        quota = [("x-ratelimit", "60"), ("x-ratelimit-limit", "60"), ("x-ratelimit-reset", "1")]
        tokens = [("x-ratelimit-limit-tokens", "3000000")]
        return [*super().headers(turn), *quota, ("x-ratelimit-remaining", left), *tokens]

    def reply_id(self, turn: Turn) -> str:
        """Short ids with the edge's place in them."""
        return f"o{turn.request_id[:6]}-{turn.request_id[6:22]}-FRA"

    def usage(self, answer: Answer) -> Document:
        """`reasoning_tokens` stands at the top of usage."""
        usage = super().usage(answer)
        usage.pop("completion_tokens_details", None)
        return usage | {"reasoning_tokens": answer.reasoning_tokens, "cached_tokens": 0}

    def document(self, turn: Turn, answer: Answer) -> Document:
        """Adds a prompt list and a seed."""
        found = super().document(turn, answer)
        found["choices"][0]["seed"] = 1234
        return found | {"prompt": []}

    def chunk(self, turn: Turn, answer: Answer, delta: Document, finish: str = "") -> Document:
        """Choices carry a text beside the delta, deltas a token id."""
        found = super().chunk(turn, answer, delta, finish)
        text = delta.get("content") or ""
        choice = found["choices"][0]
        choice |= {"text": text, "logprobs": None}
        choice["delta"] = {"role": "assistant", "token_id": len(text), "content": ""} | delta
        return found


DIALECT = _Together()
