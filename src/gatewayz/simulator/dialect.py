"""Plain OpenAI, and the seams at which a provider's dialect differs from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import Any, ClassVar
from urllib.parse import urlencode

from gatewayz.core import Registry
from gatewayz.simulator.answers import Answer, prompt_tokens
from gatewayz.simulator.cards import Card, Shelf, stock
from gatewayz.simulator.features import FIELDS, needed
from gatewayz.simulator.models import compose
from gatewayz.simulator.response import Headers, Response, body_response
from gatewayz.simulator.turn import Problem, Trouble, Turn

Document = dict[str, Any]


@dataclass(slots=True)
class Event:
    """One thing in a stream: a chunk, a comment, a named event, or the end marker.

    `data` is a document to be written as JSON, or text written as it is. `part` is as in
    response.Piece.
    """

    data: Any = None
    comment: str = ""
    name: str = ""
    part: str = "content"


@dataclass(frozen=True, slots=True)
class Words:
    """How a dialect words one trouble; `{model}` and `{path}` are filled in."""

    status: int
    message: str
    type: str = "invalid_request_error"
    code: str = ""
    param: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A path of a dialect, relative to its root, and the view that answers it.

    `kind` is "chat", "models" or "other"; `public` routes ask for no key.
    """

    method: str
    path: str
    kind: str
    view: Callable[[Turn], Any]
    public: bool = False


_WORDS: Mapping[Trouble, Words] = {
    Trouble.NO_KEY: Words(401, "You didn't provide an API key.", code="missing_api_key"),
    Trouble.BAD_KEY: Words(401, "Incorrect API key provided.", code="invalid_api_key"),
    Trouble.FORBIDDEN: Words(
        403, "Your plan does not include the model {model}.", code="model_access_denied"
    ),
    Trouble.GATED: Words(403, "Accept the terms of {model} first.", code="gated_model"),
    Trouble.NO_CREDIT: Words(
        402, "Insufficient credits: add funds to go on.", "billing_error", "payment_required"
    ),
    Trouble.QUOTA: Words(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
    ),
    Trouble.RATE_LIMIT: Words(
        429, "Rate limit reached, try again later.", "requests", "rate_limit_exceeded"
    ),
    Trouble.NO_ROUTE: Words(404, "Unknown request URL: {path}.", code="unknown_url"),
    Trouble.WRONG_METHOD: Words(405, "This method is not allowed here.", code="bad_method"),
    Trouble.NO_MODEL: Words(
        404,
        "The model `{model}` does not exist or you do not have access to it.",
        code="model_not_found",
        param="model",
    ),
    Trouble.NO_ENDPOINTS: Words(404, "No endpoints found for {model}.", code="not_found"),
    Trouble.NOT_CHAT: Words(
        404, "This is not a chat model: {model} cannot be used for chat completions.", param="model"
    ),
    Trouble.BAD_REQUEST: Words(400, "The request body is not valid."),
    Trouble.BAD_PARAMETER: Words(
        400, "Unsupported parameter: a field is not supported.", code="unsupported_parameter"
    ),
    Trouble.TOO_LONG: Words(
        400,
        "This model's maximum context length is exceeded by the messages.",
        code="context_length_exceeded",
        param="messages",
    ),
    Trouble.COLD: Words(503, "Model {model} is currently loading.", "server_error", "loading"),
    Trouble.SERVER: Words(500, "The server had an error.", "server_error"),
    Trouble.OVERLOADED: Words(503, "The engine is currently overloaded.", "overloaded_error"),
}


class Dialect:
    """Plain OpenAI. A provider's file overrides what differs, and nothing else.

    root             the path of the chat base URL below the place, such as "/openai/v1"
    key_variable     the variable that holds its key; its stem names the base URL's variable
    key_header, key_scheme   how the key comes in
    public_models    whether the model list asks for no key
    id_prefix        goes before made-up ids, so that they look like its own
    words            its own words for troubles
    usage_in         where a stream puts usage: "own" chunk, "finish" chunk, "both", "nowhere"
    usage_unasked    whether usage comes without being asked for
    null_finish      whether chunks before the last carry `finish_reason: null`
    reasoning_field  the name under which thought comes
    never_takes      request fields that are refused
    done_after_error whether a stream that is an error ends with the marker of a good end
    """

    root: ClassVar[str] = "/v1"
    key_variable: ClassVar[str] = ""
    key_header: ClassVar[str] = "authorization"
    key_scheme: ClassVar[str] = "Bearer"
    public_models: ClassVar[bool] = False
    id_prefix: ClassVar[str] = ""
    chat_cards: ClassVar[tuple[Card, ...]] = ()
    other_cards: ClassVar[tuple[Card, ...]] = ()
    words: ClassVar[Mapping[Trouble, Words]] = {}
    usage_in: ClassVar[str] = "own"
    usage_unasked: ClassVar[bool] = False
    null_finish: ClassVar[bool] = True
    reasoning_field: ClassVar[str] = "reasoning_content"
    never_takes: ClassVar[tuple[str, ...]] = ()
    done_after_error: ClassVar[bool] = False

    def __init__(self) -> None:
        self.name = type(self).__module__.rsplit(".", 1)[-1].replace("_", "-")

    # Where things are, and who may come in.

    def routes(self) -> tuple[Route, ...]:
        """The paths it serves, relative to the place's own prefix."""
        return (
            Route("POST", f"{self.root}/chat/completions", "chat", self.chat),
            Route("GET", f"{self.root}/models", "models", self.models, self.public_models),
        )

    def shelf(self, count: int | None = None) -> Shelf:
        """Its models; `count` asks for exactly so many plain ones."""
        return stock(self.chat_cards, self.other_cards, prefix=self.id_prefix, count=count)

    @property
    def own_key(self) -> str:
        """The one key it accepts."""
        return f"sk-sim-{self.name}-5d41402abc4b2a76"

    def key_in(self, headers: Mapping[str, str]) -> str:
        """The credential of a request; "" without one."""
        value = headers.get(self.key_header, "")
        if not self.key_scheme:
            return value
        scheme, _, key = value.partition(" ")
        return key.strip() if scheme.lower() == self.key_scheme.lower() else ""

    def refuse_key(self, turn: Turn) -> Problem | None:
        """What is wrong with the credential, None when it is right."""
        if not turn.key:
            return Problem(trouble=Trouble.NO_KEY)
        return None if turn.key == self.own_key else Problem(trouble=Trouble.BAD_KEY)

    def find(self, turn: Turn) -> Card | None:
        """The model that a request means, None when there is no such model."""
        return turn.shelf.find(turn.model)

    # Errors.

    def problem(self, turn: Turn, problem: Problem) -> Response:
        """An error the way this provider words and shapes it."""
        full = self.fill(turn, problem)
        headers = self.headers(turn)
        if full.retry_after_s is not None:
            headers += self.retry_headers(full)
        data = dump(self.shape(turn, full))
        return body_response(full.status, data, "application/json", headers)

    def fill(self, turn: Turn, problem: Problem) -> Problem:
        """The problem with every empty field filled from this dialect's words."""
        own = self.words.get(problem.trouble) or _WORDS[problem.trouble]
        full = problem.worded(status=own.status, type=own.type)
        if not problem.message:
            # A message that a fault brings along must not get a code that says something else.
            full = full.worded(message=own.message, code=own.code, param=own.param)
        message = full.message
        for name, value in (
            ("{model}", turn.model),
            ("{path}", turn.request.path),
            ("{key}", turn.key),
        ):
            message = message.replace(name, value)
        return replace(full, message=message)

    def shape(self, turn: Turn, problem: Problem) -> Any:  # noqa: ARG002 - others need the turn
        """The error body as a JSON value."""
        return {
            "error": {
                "message": problem.message,
                "type": problem.type or None,
                "param": problem.param or None,
                "code": problem.code or None,
            }
        }

    def shape_in_band(self, turn: Turn, problem: Problem) -> Document:
        """An error inside a 200: the status goes into `error.code`."""
        return {
            "error": {"message": problem.message, "code": problem.status, "type": problem.type},
            "id": self.reply_id(turn),
        }

    def retry_headers(self, problem: Problem) -> Headers:
        """How it says when to come back."""
        return [("retry-after", f"{problem.retry_after_s:g}")]

    def headers(self, turn: Turn) -> Headers:
        """Headers of every answer, quota included."""
        return [("x-request-id", turn.request_id)]

    # The catalogue.

    def models(self, turn: Turn) -> Any:
        """The model list as a JSON value."""
        return {"object": "list", "data": [self.entry(card) for card in turn.shelf]}

    def entry(self, card: Card) -> Document:
        """One model of the list."""
        return {
            "id": card.id,
            "object": "model",
            "created": 1_780_000_000,
            "owned_by": card.owned_by,
        }

    # Chat.

    def chat(self, turn: Turn) -> Answer | Problem:
        """The honest answer, or why there is none."""
        return self.refuse_request(turn) or self.refuse_model(turn) or compose(turn)

    def refuse_request(self, turn: Turn) -> Problem | None:
        """What is wrong with the body, None when it will do."""
        body = turn.body
        bad = Trouble.BAD_REQUEST
        if not body:
            return Problem(trouble=bad, message="We could not parse the JSON body of your request.")
        if not isinstance(body.get("model"), str) or not turn.model:
            return Problem(trouble=bad, message="you must provide a model parameter", param="model")
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            return Problem(trouble=bad, message="'messages' must not be empty", param="messages")
        if body.get("stream_options") is not None and not turn.stream:
            message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            return Problem(trouble=bad, message=message, param="stream_options")
        for name in self.never_takes:
            if body.get(name) is not None:
                message = f"Unsupported parameter: '{name}' is not supported with this model."
                return Problem(trouble=Trouble.BAD_PARAMETER, message=message, param=name)
        return None

    def refuse_model(self, turn: Turn) -> Problem | None:
        """Why the model does not answer, None when it does."""
        card = turn.card
        if card is None:
            return Problem(trouble=Trouble.NO_MODEL)
        if card.kind != "chat":
            return Problem(trouble=Trouble.NOT_CHAT)
        if not card.live:
            return Problem(trouble=Trouble.NO_ENDPOINTS)
        if prompt_tokens(turn.body) + (turn.max_tokens or 0) > card.context:
            return Problem(trouble=Trouble.TOO_LONG)
        lacking = [feature for feature in needed(turn.body) if feature not in card.features]
        return self.lacks(turn, lacking[0]) if lacking else None

    def lacks(self, turn: Turn, feature: str) -> Problem:  # noqa: ARG002 - others need the turn
        """How it says that a model cannot do what was asked."""
        field = FIELDS[feature]
        message = f"'{field}' is not supported with this model."
        if feature == "vision":
            message = "This model does not support image input."
        return Problem(trouble=Trouble.BAD_PARAMETER, message=message, param=field)

    def reply_id(self, turn: Turn) -> str:
        """The id of an answer, the same in all its chunks."""
        return f"chatcmpl-{turn.request_id}"

    def usage(self, answer: Answer) -> Document:
        """Token counts in the provider's form."""
        usage: Document = {
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "total_tokens": answer.prompt_tokens + answer.completion_tokens,
        }
        if answer.reasoning_tokens:
            usage["completion_tokens_details"] = {"reasoning_tokens": answer.reasoning_tokens}
        return usage

    def message(self, answer: Answer) -> Document:
        """The assistant's message."""
        message: Document = {"role": "assistant", "content": answer.text}
        if answer.reasoning:
            message[self.reasoning_field] = answer.reasoning
        if answer.calls:
            message["content"] = answer.text or None
            message["tool_calls"] = [call.document() for call in answer.calls]
        if answer.refusal:
            message |= {"content": answer.text or None, "refusal": answer.refusal}
        return message

    def choice(self, answer: Answer) -> Document:
        """One choice of a whole answer."""
        return {
            "index": answer.index,
            "message": self.message(answer),
            "logprobs": _logprobs(answer, answer.pieces),
            "finish_reason": answer.finish,
        }

    def document(self, turn: Turn, answer: Answer) -> Document:
        """The whole answer of a call that does not stream."""
        return {
            "id": self.reply_id(turn),
            "object": "chat.completion",
            "created": turn.created,
            "model": answer.model,
            "choices": [self.choice(choice) for choice in answer.choices],
            "usage": self.usage(answer),
        }

    def chunk(self, turn: Turn, answer: Answer, delta: Document, finish: str = "") -> Document:
        """One chunk of a stream."""
        choice: Document = {"index": answer.index, "delta": delta}
        if finish or self.null_finish:
            choice["finish_reason"] = finish or None
        return {
            "id": self.reply_id(turn),
            "object": "chat.completion.chunk",
            "created": turn.created,
            "model": answer.model,
            "choices": [choice],
        }

    def before(self, turn: Turn) -> Iterable[Event]:  # noqa: ARG002 - others need the turn
        """What comes before the first chunk, such as comment lines."""
        return ()

    def events(self, turn: Turn, answer: Answer) -> list[Event]:
        """The whole stream, end marker included."""
        found = [*self.before(turn)]
        for choice in answer.choices:
            content = None if choice.calls and not choice.text else ""
            first = self.chunk(turn, choice, {"role": "assistant", "content": content})
            found.append(Event(first, part="role"))
        # Choices take turns, as engines send them.
        told = [self._told(turn, choice) for choice in answer.choices]
        found += [event for event in chain(*zip_longest(*told)) if event is not None]
        last: Document = {}
        for choice in answer.choices:
            last = self.chunk(turn, choice, {}, choice.finish)
            found.append(Event(last, part="finish"))
        if turn.include_usage or self.usage_unasked:
            if self.usage_in in ("finish", "both"):
                last["usage"] = self.usage(answer)
            if self.usage_in in ("own", "both"):
                own = self.chunk(turn, answer, {}) | {"choices": [], "usage": self.usage(answer)}
                found.append(Event(own, part="usage"))
        found.append(Event("[DONE]", part="done"))
        return found

    def _told(self, turn: Turn, choice: Answer) -> list[Event]:
        """The chunks of one choice between its first and its last: thought, text, calls."""
        deltas: list[Document] = [{self.reasoning_field: piece} for piece in choice.thoughts]
        found = [Event(self.chunk(turn, choice, delta)) for delta in deltas]
        for piece in choice.pieces:
            chunk = self.chunk(turn, choice, {"content": piece})
            if choice.top_logprobs is not None:
                chunk["choices"][0]["logprobs"] = _logprobs(choice, (piece,))
            found.append(Event(chunk))
        deltas = [{"refusal": choice.refusal}] if choice.refusal else []
        for index, call in enumerate(choice.calls):
            opening = call.document() | {"function": {"name": call.name, "arguments": ""}}
            deltas.append({"tool_calls": [{"index": index} | opening]})
            deltas += [
                {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
                for piece in call.pieces
            ]
        return found + [Event(self.chunk(turn, choice, delta)) for delta in deltas]


def _logprobs(answer: Answer, pieces: Sequence[str]) -> Document | None:
    """How likely each piece was, and what stood beside it; None when nobody asked."""
    if answer.top_logprobs is None:
        return None
    return {"content": [_likely(piece, answer.top_logprobs) for piece in pieces], "refusal": None}


def _likely(piece: str, top: int) -> Document:
    data = piece.encode("utf-8", "surrogatepass")
    own: Document = {"token": piece, "logprob": -(sum(data) % 89 + 1) / 1000, "bytes": [*data]}
    rivals = [
        {"token": word, "logprob": own["logprob"] - 2.5 - rank, "bytes": [*word.encode()]}
        for rank, word in enumerate((" the", " a", ".", ",", " and", "\n", " of", " to")[: top - 1])
    ]
    return own | {"top_logprobs": [dict(own), *rivals] if top else []}


def dump(value: Any) -> bytes:
    """A JSON value as compact UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def page_of(
    cards: Sequence[Card], query: Mapping[str, str], *, default: int, top: int
) -> tuple[Sequence[Card], int, int]:
    """A slice by `offset` and `limit`: the cards, the offset, the limit used."""
    offset = number(query.get("offset"), 0)
    limit = number(query.get("limit"), default, low=1, high=top)
    return cards[offset : offset + limit], offset, limit


def number_page(turn: Turn, default: int, top: int) -> tuple[list[Card], int, int]:
    """A slice by `page` and `per_page`: the cards, the page, the number of pages."""
    size = number(turn.query.get("per_page"), default, low=1, high=top)
    page = number(turn.query.get("page"), 1, low=1)
    cards = list(turn.shelf.cards[(page - 1) * size : page * size])
    return cards, page, -(-len(turn.shelf) // size)


def link_to(turn: Turn, **query: int) -> str:
    """The request's own path with other query fields."""
    return f"{turn.url}{turn.request.path}?{urlencode(turn.query | query)}"


def number(text: str | None, otherwise: int, *, low: int = 0, high: int = 10**9) -> int:
    """A query's number within bounds; what cannot be read is `otherwise`."""
    try:
        value = int(text) if text else otherwise
    except ValueError:
        value = otherwise
    return min(high, max(low, value))


DIALECTS: Registry[Dialect] = Registry(
    "gatewayz.simulator.dialects", what="place", attribute="DIALECT"
)
