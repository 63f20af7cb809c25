"""OpenRouter: openrouter.ai/docs and its published OpenAPI document (read 2026-08-22)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Event, Route, Words, link_to, page_of
from gatewayz.simulator.features import COMMON
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn

_PAGE, _TOP = 500, 1000


class _OpenRouter(Dialect):
    root = "/api/v1"
    key_variable = "OPENROUTER_API_KEY"
    public_models = True
    usage_in = "own"
    usage_unasked = True
    reasoning_field = "reasoning"
    chat_cards = (
        Card("anthropic/claude-sonnet-5", "Anthropic: Claude Sonnet 5", 1_000_000, 64_000, 3, 15,
             features=(*COMMON, "vision")),
        Card("openai/gpt-oss-120b", "OpenAI: gpt-oss-120b", 131_072, 131_072, 0.04, 0.2),
        Card("openai/gpt-oss-20b:free", "OpenAI: gpt-oss-20b (free)", 131_072, 131_072, 0, 0),
        Card("openrouter/auto", "Auto Router", 2_000_000, 0, -1e6, -1e6),
        Card("openrouter/free", "Free Models Router", 200_000, 0, 0, 0),
        Card("meta-llama/llama-3.3-70b-instruct", "Meta: Llama 3.3 70B Instruct"),
        Card("deepseek/deepseek-r2", "DeepSeek: R2", features=(*COMMON, "reasoning")),
    )  # fmt: skip
    # Listed only when asked for by `output_modalities`.
    other_cards = (
        Card("black-forest-labs/flux-2", "FLUX.2", kind="image"),
        Card("openai/text-embedding-3-small", "Text Embedding 3 Small", kind="embedding"),
    )
    words: ClassVar = {
        Trouble.NO_KEY: Words(401, "Missing Authentication header"),
        Trouble.BAD_KEY: Words(401, "User not found."),
        Trouble.NO_MODEL: Words(400, "{model} is not a valid model ID"),
        Trouble.NOT_CHAT: Words(404, "No endpoints found that support the requested modality"),
        Trouble.NO_CREDIT: Words(402, "Insufficient credits. Add more at openrouter.ai/credits"),
        Trouble.RATE_LIMIT: Words(429, "Rate limit exceeded: limit_rpm/{model}."),
        Trouble.OVERLOADED: Words(503, "Provider returned error: overloaded"),
    }

    def routes(self) -> tuple[Route, ...]:
        """Adds the key check."""
        return (*super().routes(), Route("GET", f"{self.root}/key", "other", self._key))

    def _key(self, turn: Turn) -> Any:  # noqa: ARG002 - a view
        return {"data": {"label": "sk-sim", "limit": None, "usage": 0, "is_free_tier": False}}

    def models(self, turn: Turn) -> Any:
        """Text models unless more is asked for; whole unless paging is."""
        wanted = turn.query.get("output_modalities", "text")
        found = [card for card in turn.shelf if card.kind == "chat" or wanted == "all"]
        if not {"offset", "limit"} & set(turn.query):
            return {"data": [self.entry(card) for card in found]}
        page, offset, limit = page_of(found, turn.query, default=_PAGE, top=_TOP)
        more = offset + limit < len(found)
        following = link_to(turn, offset=offset + limit, limit=limit) if more else None
        return {
            "data": [self.entry(card) for card in page],
            "total_count": len(found),
            "links": {"next": following},
        }

    def entry(self, card: Card) -> Document:
        """Prices are text, in USD per token; -1 means that they vary."""
        output = "text" if card.kind == "chat" else card.kind
        inputs = ["text", "image"] if "vision" in card.features else ["text"]
        parameters = ["max_tokens", "temperature", "stop"]
        parameters += [word for word in ("tools", "reasoning") if word in card.features]
        parameters += ["tool_choice"] if "tools" in card.features else []
        parameters += ["response_format", "structured_outputs"] if "json" in card.features else []
        return {
            "id": card.id,
            "canonical_slug": card.id,
            "hugging_face_id": "",
            "name": card.title,
            "created": 1_780_000_000,
            "description": f"{card.title} as the simulator serves it.",
            "context_length": card.context,
            "architecture": {
                "modality": f"{'+'.join(inputs)}->{output}",
                "input_modalities": inputs,
                "output_modalities": [output],
                "tokenizer": "Other",
                "instruct_type": None,
            },
            "pricing": {
                "prompt": _per_token(card.input_usd),
                "completion": _per_token(card.output_usd),
                "request": "0",
            },
            "top_provider": {
                "context_length": card.context,
                "max_completion_tokens": card.max_output or None,
                "is_moderated": False,
            },
            "supported_parameters": parameters,
            "per_request_limits": None,
        }

    def refuse_request(self, turn: Turn) -> Problem | None:
        """At most four stop sequences."""
        stop = turn.body.get("stop")
        if isinstance(stop, list) and len(stop) > 4:
            return Problem(trouble=Trouble.BAD_REQUEST, message="stop: at most 4 sequences")
        return super().refuse_request(turn)

    def lacks(self, turn: Turn, feature: str) -> Problem:
        """No endpoint does it, so there is none."""
        able = {"tools": "tool use", "vision": "image input"}.get(feature)
        message = (
            f"No endpoints found that support {able}"
            if able
            else (f"No endpoints found that can handle the requested parameters for {turn.model}.")
        )
        return Problem(trouble=Trouble.NO_ENDPOINTS, status=404, message=message)

    def shape(self, turn: Turn, problem: Problem) -> Any:
        """`code` is a number, there is no type and no param."""
        error: Document = {"message": problem.message, "code": problem.status}
        if problem.status == 429:
            error["metadata"] = {"headers": dict(self.retry_headers(problem))}
        return {"error": error, "user_id": f"user_{turn.request_id[:12]}"}

    def retry_headers(self, problem: Problem) -> Headers:
        """Quota headers come only with its own 429."""
        if problem.retry_after_s is None:
            return []
        return [
            ("Retry-After", f"{problem.retry_after_s:g}"),
            ("X-RateLimit-Limit", "20"),
            ("X-RateLimit-Remaining", "0"),
        ]

    def headers(self, turn: Turn) -> Headers:
        """Every inference answer has a generation id."""
        return [*super().headers(turn), ("X-Generation-Id", self.reply_id(turn))]

    def reply_id(self, turn: Turn) -> str:
        """Generations are numbered by time."""
        return f"gen-{turn.created}-{turn.request_id[:20]}"

    def usage(self, answer: Answer) -> Document:
        """Adds what it cost, in credits."""
        return super().usage(answer) | {
            "cost": answer.cost_usd,
            "is_byok": False,
            "cost_details": {},
        }

    def document(self, turn: Turn, answer: Answer) -> Document:
        """Names the provider that answered."""
        found = super().document(turn, answer) | {"provider": "Simulated"}
        for choice, said in zip(found["choices"], answer.choices, strict=True):
            choice["native_finish_reason"] = said.finish
            choice["message"].setdefault("refusal", None)
        choice = found["choices"][0]
        if answer.reasoning:
            details = [{"type": "reasoning.text", "text": answer.reasoning, "index": 0}]
            choice["message"]["reasoning_details"] = details
        return found

    def chunk(self, turn: Turn, answer: Answer, delta: Document, finish: str = "") -> Document:
        """Chunks name the provider too, and the role in each delta."""
        found = super().chunk(turn, answer, {"role": "assistant", "content": ""} | delta, finish)
        found["choices"][0]["native_finish_reason"] = finish or None
        return found | {"provider": "Simulated"}

    def before(self, turn: Turn) -> Iterable[Event]:
        """Comment lines until a model starts."""
        count = turn.rng.randint(1, 4)
        return [Event(comment="OPENROUTER PROCESSING", part="comment")] * count

    def events(self, turn: Turn, answer: Answer) -> list[Event]:
        """The last chunk holds usage with an empty delta; its finish reason is null again."""
        found = super().events(turn, answer)
        for event in found:
            if event.part == "usage" and turn.rng.random() < 0.5:
                event.data["choices"] = self.chunk(turn, answer, {})["choices"]
        return found


def _per_token(usd_per_mtok: float) -> str:
    return f"{usd_per_mtok / 1e6:.12f}".rstrip("0").rstrip(".") or "0"


DIALECT = _OpenRouter()
