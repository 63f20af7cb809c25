"""Going on to another model or gateway when one fails: only when asked, and before the first byte."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatewayz.config import MOST_FALLBACKS
from gatewayz.server.refusals import Refusal, bad_request

FIELD = "fallbacks"
# Where the request itself is at fault, or what it says, the next one would say no as well.
_STAYS = frozenset({"bad-request", "semantic"})

Answering = Callable[[str], Awaitable[ASGIApp]]


def take_fallbacks(
    asked: dict[str, Any], configured: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """The models to go on to, in order: the request's, which is taken out of it, else the configured.

    An empty list in the request turns them off. Raises: Refusal.
    """
    given = asked.pop(FIELD, None)
    if given is None:
        model = asked.get("model")
        return configured.get(model, ()) if isinstance(model, str) else ()
    if not isinstance(given, list) or not all(isinstance(m, str) and m.strip() for m in given):
        raise bad_request(f"'{FIELD}' is a list of model ids", param=FIELD)
    if len(given) > MOST_FALLBACKS:
        raise bad_request(f"'{FIELD}' holds more than {MOST_FALLBACKS} models", param=FIELD)
    return tuple(given)


class Failover:
    """The ASGI answer of the first model that gives one.

    `answering` makes the answer of one model; it may raise a Refusal, as the answer itself may until
    its first byte is out. What counts as a failure is anything but a request that is at fault itself.
    """

    def __init__(self, models: Sequence[str], answering: Answering) -> None:
        self._models = models
        self._answering = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises: Refusal, the last model's when none gave an answer."""
        attempts = 0

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                tried = (b"x-gatewayz-attempts", str(attempts).encode())
                message["headers"] = [*message["headers"], tried]
            await send(message)

        for model in self._models:
            attempts += 1
            try:
                answer = await self._answering(model)
                await answer(scope, receive, sending)
            except Refusal as refusal:
                if attempts == len(self._models) or refusal.failure_class in _STAYS:
                    refusal.headers["x-gatewayz-attempts"] = str(attempts)
                    raise
            else:
                return
