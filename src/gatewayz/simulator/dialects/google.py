"""Google Gemini, OpenAI-compatible: ai.google.dev docs (read 2026), recorded error bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect, Document, Route, Words, number
from gatewayz.simulator.features import COMMON
from gatewayz.simulator.response import GRPC_STATUS, Headers
from gatewayz.simulator.turn import Problem, Trouble, Turn

_SEES = (*COMMON, "vision")
_BAD_KEY = "API key not valid. Please pass a valid API key."


class _Google(Dialect):
    root = "/v1beta/openai"
    key_variable = "GEMINI_API_KEY"
    id_prefix = "gemini-"
    chat_cards = (
        Card("gemini-2.5-flash", "Gemini 2.5 Flash", 1_048_576, 65_536, features=_SEES),
        Card("gemini-3.5-flash", "Gemini 3.5 Flash", 1_048_576, 65_536, features=_SEES),
        Card("gemini-flash-latest", "Gemini Flash Latest", 1_048_576, 65_536, features=_SEES),
        Card("gemini-3.8-flash", "Gemini 3.8 Flash", 1_048_576, 65_536, features=_SEES),
        Card("gemma-3-27b-it", "Gemma 3 27B", 131_072, 8192),
    )
    other_cards = (
        Card("gemini-embedding-001", "Gemini Embedding", 2048, kind="embedding"),
        Card("gemini-2.5-flash-preview-tts", "Gemini 2.5 Flash TTS", 8192, kind="audio"),
        Card("gemini-2.5-flash-image", "Gemini 2.5 Flash Image", 32_768, kind="image"),
        Card("imagen-4.0-generate-001", "Imagen 4", 480, kind="image"),
        Card("veo-3.0-generate-001", "Veo 3", 480, kind="video"),
        Card("gemini-live-2.5-flash", "Gemini Live", kind="audio"),
        Card("aqa", "Attributed Question Answering", 7168, kind="moderation"),
    )
    words: ClassVar = {
        # A wrong key is a 400 here.
        Trouble.BAD_KEY: Words(400, _BAD_KEY),
        Trouble.NO_KEY: Words(400, "Missing or invalid Authorization header."),
        Trouble.FORBIDDEN: Words(403, "Generative Language API has not been used or is disabled."),
        Trouble.NO_MODEL: Words(
            404, "models/{model} is not found for API version v1main, or is not supported for"
            " generateContent."
        ),
        Trouble.NOT_CHAT: Words(
            404, "models/{model} is not supported for generateContent: not a chat model."
        ),
        Trouble.RATE_LIMIT: Words(
            429, "Resource has been exhausted: too many requests per minute, slow down."
        ),
        Trouble.NO_CREDIT: Words(
            429, "You exceeded your current quota, please check your plan and billing details."
        ),
        Trouble.TOO_LONG: Words(
            400, "The input token count exceeds the maximum number of tokens allowed."
        ),
        Trouble.OVERLOADED: Words(503, "The model is overloaded. Please try again later."),
    }  # fmt: skip

    def routes(self) -> tuple[Route, ...]:
        """Adds the native list."""
        return (*super().routes(), Route("GET", "/v1beta/models", "models", self._native_list))

    def find(self, turn: Turn) -> Card | None:
        """Ids are taken with and without `models/`."""
        return turn.shelf.find(turn.model.removeprefix("models/"))

    def key_in(self, headers: Mapping[str, str]) -> str:
        """The native routes take a header of their own."""
        return super().key_in(headers) or headers.get("x-goog-api-key", "")

    def entry(self, card: Card) -> Document:
        """Ids carry `models/`; there is no type, no context and no price."""
        return {
            "id": f"models/{card.id}",
            "object": "model",
            "owned_by": "google",
            "display_name": card.title,
        }

    def _native_list(self, turn: Turn) -> Any:
        size = number(turn.query.get("pageSize"), 50, low=1, high=1000)
        start = number(turn.query.get("pageToken"), 0)
        page = turn.shelf.cards[start : start + size]
        found: Document = {"models": [_native_entry(card) for card in page]}
        if start + size < len(turn.shelf):
            found["nextPageToken"] = str(start + size)
        return found

    def shape(self, turn: Turn, problem: Problem) -> Any:
        """An array of one on the compatible routes, the plain object on the native ones."""
        error: Document = {
            "code": problem.status,
            "message": problem.message,
            "status": GRPC_STATUS.get(problem.status, "UNKNOWN"),
        }
        if problem.retry_after_s is not None:
            error["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.RetryInfo",
                    "retryDelay": f"{problem.retry_after_s:g}s",
                }
            ]
        elif problem.message == _BAD_KEY:
            error["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com",
                }
            ]
        native = not turn.request.path.startswith(f"/{self.name}{self.root}/")
        return {"error": error} if native else [{"error": error}]

    def retry_headers(self, problem: Problem) -> Headers:  # noqa: ARG002 - said in the body
        """No header: the delay stands among the details."""
        return []

    def headers(self, turn: Turn) -> Headers:  # noqa: ARG002 - nothing that depends on it
        """No quota headers are known, and no request id."""
        return [("server-timing", "gfet4t7; dur=12")]

    def message(self, answer: Answer) -> Document:
        """An answer that thinking has used up has no content key at all."""
        message = super().message(answer)
        message.pop(self.reasoning_field, None)
        if not answer.text:
            message.pop("content")
        return message


def _native_entry(card: Card) -> Document:
    methods = {"chat": ["generateContent", "countTokens"], "embedding": ["embedContent"]}
    return {
        "name": f"models/{card.id}",
        "displayName": card.title,
        "inputTokenLimit": card.context,
        "outputTokenLimit": card.max_output,
        "supportedGenerationMethods": methods.get(card.kind, ["predict"]),
    }


DIALECT = _Google()
