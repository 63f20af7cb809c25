"""What was learned of one model: the form in which it wants to be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatewayz.core.case import Way

if TYPE_CHECKING:
    from gatewayz.core.gateway import Quirks
    from gatewayz.core.probe import ChatRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whose habits they are: one model of one gateway, on one way.

    `host` is where that gateway was then (see Gateway.host): whoever stands elsewhere under the
    same name, a simulator or a deployment of one's own, may be another server with other habits.
    """

    gateway: str
    way: Way
    host: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How one model differs from its gateway's dialect, as its own refusals told.

    max_tokens_field   the request field it takes the token limit in; "" for the gateway's
    never_send         request fields that it refuses
    stream_only        whether it answers in streams only
    least_tokens       the smallest token limit with which it came to an answer; 0: any
    """

    max_tokens_field: str = ""
    never_send: frozenset[str] = frozenset()
    stream_only: bool = False
    least_tokens: int = 0

    def quirks(self, quirks: Quirks) -> Quirks:
        """The gateway's dialect with this model's habits."""
        return replace(
            quirks,
            max_tokens_field=self.max_tokens_field or quirks.max_tokens_field,
            never_send=quirks.never_send | self.never_send,
            stream_usage=quirks.stream_usage and "stream_options" not in self.never_send,
        )

    def put(self, request: ChatRequest) -> ChatRequest:
        """The request in the form that the model wants."""
        if not (self.stream_only or self.least_tokens):
            return request
        limit = request.max_tokens
        return replace(
            request,
            stream=request.stream or self.stream_only,
            max_tokens=limit if limit is None else max(limit, self.least_tokens),
        )

    @property
    def told(self) -> str:
        """How the model is asked, in words: "with max_completion_tokens, without temperature"."""
        words = [
            f"with {self.max_tokens_field}" if self.max_tokens_field else "",
            *(f"without {name}" for name in sorted(self.never_send)),
            "streamed" if self.stream_only else "",
            f"with at least {self.least_tokens} tokens" if self.least_tokens else "",
        ]
        return ", ".join(word for word in words if word)
