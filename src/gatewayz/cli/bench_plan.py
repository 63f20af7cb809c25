"""What a load run will send at most, and what that may cost: told before the first request."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from gatewayz.core import ChatRequest
from gatewayz.core.units import show_seconds, show_usd
from gatewayz.load import Aim, LoadOrder, Search
from gatewayz.load.search import at_worst
from gatewayz.load.shapes import for_each, most_requests
from gatewayz.money import bound_of
from gatewayz.money.bound import body_of, choices_in, limit_in
from gatewayz.reports._blocks import by_way_of
from gatewayz.reports._wrapping import WIDTH, wrapped

# Prompts of a size differ by a few words; so many are looked at for the longest.
_LOOKED_AT = 20


def announced(order: LoadOrder, width: int = WIDTH) -> list[str]:
    """Lines for people of at most `width` columns: the load, what goes out at most, what limits it."""
    fold = partial(wrapped, break_words=True, width=width)
    names = ", ".join(map(_named, order.aims))
    lines = fold(f"Load on {names}: {order.shape.words}", "")
    lines += fold(f"Prompts: {order.prompts.title}; seed {order.seed}", "  ")
    lines += fold(f"At most: {_at_most(order)}", "  ")
    for note in order.notes:
        lines += fold(f"Note: {note}", "  ")
    return [*lines, ""]


def _named(aim: Aim) -> str:
    route = by_way_of(aim.gateway.via)
    return f"{aim.target.name} {route}".rstrip()


def _at_most(order: LoadOrder) -> str:
    targets = len(order.aims)
    warm = order.warm_up * targets
    tokens = _tokens(order)
    if order.search is not None:
        return _of_a_search(order, order.search, tokens)
    each = [most_requests(for_each(stage, targets)) for stage in order.shape.stages]
    known = [one for one in each if one is not None]
    if len(known) < len(each):
        time_s = sum(stage.duration_s or 0.0 for stage in order.shape.stages)
        return f"as many requests as go in {show_seconds(time_s)}{tokens}"
    most = sum(known) + warm
    timed = [stage for stage in order.shape.stages if stage.requests is not None]
    within = [stage.duration_s for stage in timed if stage.duration_s is not None]
    by_time = f", or as many as go in {show_seconds(sum(within))}" if within else ""
    warming = f" ({warm} of them to warm up)" if warm else ""
    return f"{most} requests{warming}{tokens}{by_time}; {_money(order, most / targets)}"


def _tokens(order: LoadOrder) -> str:
    """How long answers may be: what each request asks for, which the line of a file may say itself."""
    limits = [_limit(aim, request) for aim in order.aims for request in _requests(order, aim)]
    known = sorted({limit for limit in limits if limit is not None})
    if not known:
        return ""
    low, high = known[0], known[-1]
    unbounded = " where a limit is set" if None in limits else ""
    return f", {low if low == high else f'{low} to {high}'} tokens each{unbounded}"


def _limit(aim: Aim, request: ChatRequest) -> int | None:
    """The tokens that one request asks for as it is sent, all its choices together; None without limit."""
    body = body_of(request, aim.model, aim.gateway)
    limit = limit_in(request, body)
    return None if limit is None else limit * choices_in(body)


def _requests(order: LoadOrder, aim: Aim) -> Iterator[ChatRequest]:
    """Requests as they will go to a target: one of each line of a file, else a few."""
    for number in range(len(order.prompts.written) or _LOOKED_AT):
        request = order.prompts.request(
            order.seed, "plan", number,
            max_tokens=order.max_tokens, temperature=order.temperature, stream=order.stream,
        )  # fmt: skip
        yield aim.habits.put(request)


def _of_a_search(order: LoadOrder, search: Search, tokens: str) -> str:
    """The worst that each step can come to, and all targets one after the other."""
    targets = len(order.aims)
    steps, requests, seconds = at_worst(search, order.shape.stages[0])
    most = (requests + order.warm_up) * targets
    warming = f" ({order.warm_up * targets} of them to warm up)" if order.warm_up else ""
    each = f"{steps} steps" if targets == 1 else f"{steps} steps for each of {targets} targets"
    timed = f" in {show_seconds(seconds * targets)}" if order.shape.unit == "rate" else ""
    return f"{each}{timed}, {most} requests{warming}{tokens}; {_money(order, most / targets)}"


def _money(order: LoadOrder, requests: float) -> str:
    """The worst case in money, as far as prices are known."""
    costs = [_cost_usd(order, aim, requests) for aim in order.aims]
    known = [cost for cost in costs if cost is not None]
    if not known:
        return "what it costs is not known"
    rest = len(costs) - len(known)
    beside = f", and {rest} of unknown price" if rest else ""
    return f"{show_usd(sum(known))}{beside}"


def _cost_usd(order: LoadOrder, aim: Aim, requests: float) -> float | None:
    """What so many requests to one target come to at most."""
    bounds = [
        bound_of(request, aim.model, aim.gateway, price=aim.price).usd
        for request in _requests(order, aim)
    ]
    known = [usd for usd in bounds if usd is not None]
    return max(known) * requests if len(known) == len(bounds) else None
