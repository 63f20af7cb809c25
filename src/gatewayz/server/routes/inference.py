"""POST /v1/chat/completions and its kin: admit, parse, decide, forward; the door records."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from gatewayz.server.amounts import parse_within
from gatewayz.server.backend import Backend
from gatewayz.server.bodies import MAX_BODY_BYTES, Asked, to_bytes
from gatewayz.server.callers import Answering, Caller
from gatewayz.server.drop_ins import CallingFunctions
from gatewayz.server.early_head import EarlyHead
from gatewayz.server.failover import (
    ASKED_ONE,
    attempts,
    first_that_answers,
    pass_by,
    take_fallbacks,
)
from gatewayz.server.foreseen import field_to_lessen, most_tokens
from gatewayz.server.forwarding import Forwarding
from gatewayz.server.headers import served_by
from gatewayz.server.refusals import Refusal, wrong_method
from gatewayz.server.routing import ENDPOINTS, Endpoint, Order, decide
from gatewayz.server.unasked_counts import SURE, Whom, refused_for_counts


def answers(backend: Backend) -> Mapping[str, Answering]:
    """What answers each endpoint, by its path. Raises: Refusal before the first byte."""
    return {f"/v1/{one.path}": partial(_answer, one, backend) for one in ENDPOINTS}


async def _answer(endpoint: Endpoint, backend: Backend, caller: Caller) -> None:
    visit = caller.visit
    if visit.method != "POST":
        raise wrong_method(visit.path, "POST")
    visit.endpoint = visit.path
    traffic = backend.traffic
    traffic.enter()
    visit.admit()
    asked = parse_within(await caller.body(MAX_BODY_BYTES))
    fields = asked.fields
    others = take_fallbacks(fields, backend.settings.fallbacks)
    early = EarlyHead(caller, traffic) if fields.get("stream") else None
    by = partial(_forward, endpoint, backend, caller, asked, early)
    work = first_that_answers(fields, others, by, visit) if others else by(fields)
    await caller.while_here(early.during(work) if early is not None else work)


async def _forward(
    endpoint: Endpoint,
    backend: Backend,
    caller: Caller,
    asked: Asked,
    early: EarlyHead | None,
    fields: dict[str, Any],
    *,
    asks_for_counts: bool = True,
) -> None:
    """Asks one gateway for what `fields` say, which are those of `asked` or a variant of them."""
    visit, called, lost_s = caller.visit, time.monotonic(), caller.visit.lost_s
    order = await decide(fields, endpoint, backend, visit, asks_for_counts=asks_for_counts)
    visit.model, visit.streamed = order.model, order.stream
    data = to_bytes(order.body, asked)
    if visit.counts_tokens:
        visit.reserve(*most_tokens(order, data), partial(field_to_lessen, order, data))
    visit.attempts += 1
    if visit.attempts == 1:
        caller.more_headers = ASKED_ONE
    else:
        pass_by(visit, backend.traffic)
        caller.more_headers = attempts(visit.attempts)
    visit.gateway = order.gateway.name
    try:
        if order.gateway.calls is None:
            await Forwarding(order, data, backend, caller, early).answer()
        else:
            await CallingFunctions(order, order.gateway.calls, backend, caller, early).answer()
    except Refusal as refusal:
        if order.counts_unasked and (sure := refused_for_counts(refusal, order.body)):
            # It is the same attempt of the client's.
            visit.attempts -= 1
            visit.lost_s = lost_s + time.monotonic() - called
            again = partial(_forward, endpoint, backend, caller, asked, early, fields)
            if await _answers_without_counts(again, order, sure, backend):
                return
        if refusal.gateway:  # its error, and who has told it
            refusal.headers.update(served_by(order.gateway.name, order.model))
        raise
    if order.counts_unasked:
        backend.refused_counts.answered(_whom(order))


async def _answers_without_counts(
    again: Callable[..., Awaitable[None]], order: Order, sure: int, backend: Backend
) -> bool:
    """Whether a stream is answered where it is not asked for counts; `sure` is how surely it was refused for them.

    Raises: Refusal where it surely was, and is refused all the same.
    """
    try:
        await again(asks_for_counts=False)
    except Refusal:
        if sure == SURE:
            raise
        return False
    backend.refused_counts.refused(_whom(order), sure)
    return True


def _whom(order: Order) -> Whom:
    return order.gateway.name, order.model, order.endpoint.path
