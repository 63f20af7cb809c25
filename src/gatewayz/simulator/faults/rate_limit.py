"""Too much at once."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from gatewayz.simulator.faults.surface import Told, draw, in_band, refuse, told
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Headers, Response
from gatewayz.simulator.turn import Problem, Trouble, Turn

_WORDS = Told(
    trouble=Trouble.RATE_LIMIT,
    statuses=(429,),
    marks=("rate_limit_exceeded", "too_many_requests", "rate_limit_error", "throttled"),
    sentences=(
        "Too many requests, please slow down.",
        "Rate limit reached for {model}: 60 requests per minute.",
        "Rate limit exceeded",
        "You are sending requests too quickly.",
        "Request was throttled.",
        "Limit of 6000 tokens per minute exceeded for {model}.",
        "请求过于频繁",
        "Zu viele Anfragen",
        "Trop de requêtes, réessayez plus tard.",
        "Demasiadas solicitudes",
        "リクエストが多すぎます",
    ),
    terse=("", "Too Many Requests"),
    clear=True,
)

_AS_403 = replace(
    _WORDS,
    statuses=(403,),
    sentences=(
        "Rate limit exceeded for this key",
        "Too many requests: you are rate limited",
        "You have exceeded a secondary rate limit.",
        "Request blocked: rate limit of 100 per minute reached.",
        "Rate limiting in effect, slow down.",
        "Zu viele Anfragen mit diesem Schlüssel.",
        "Limite de débit dépassée.",
        "超出速率限制",
        "Límite de solicitudes excedido",
    ),
    terse=(),
    clear=False,
)

_IN_200 = replace(_WORDS, terse=("", "Provider returned error"))

_CONCURRENCY = Told(
    trouble=Trouble.RATE_LIMIT,
    statuses=(429, 429, 503),
    marks=("concurrency_limit", "concurrency_limit_exceeded", "too_many_concurrent_requests"),
    sentences=(
        "Worker local total request limit reached (33/32)",
        "Concurrency limit reached: 4 requests in flight",
        "Too many concurrent requests for this key (max 8).",
        "Maximum number of parallel requests exceeded.",
        "The limit of simultaneous requests is 2 for your account.",
        "Max concurrency of 16 reached, wait for running requests to finish.",
        "Zu viele gleichzeitige Anfragen.",
        "Nombre maximal de requêtes simultanées atteint.",
        "并发请求数超过限制",
    ),
)


def _hints(turn: Turn) -> Headers:
    """When to come back, in one of the ways that are in use; `;seconds=2` sets it."""
    wait_s = turn.option("seconds", 1)
    now_s = time.time()
    date = datetime.fromtimestamp(now_s + max(1, wait_s), UTC)
    ways: tuple[Headers, ...] = (
        [("retry-after", f"{wait_s:g}")],
        [("Retry-After", f"{wait_s:g}"), ("x-ratelimit-remaining-requests", "0")],
        [("retry-after", f"{date:%a, %d %b %Y %H:%M:%S} GMT")],
        [("x-ratelimit-reset-requests", f"{wait_s:g}s"), ("x-ratelimit-remaining-requests", "0")],
        [
            ("x-ratelimit-reset-tokens", f"{wait_s * 1000:.0f}ms"),
            ("x-ratelimit-limit-tokens", "6000"),
        ],
        [("retry-after-ms", f"{wait_s * 1000:.0f}"), ("retry-after", f"{wait_s:g}")],
    )
    return list(turn.rng.choice(ways))


def _with_hint(turn: Turn) -> Response:
    """The place's own form, which may say it in the body, or one of many."""
    if turn.rng.random() < 0.3:
        said, number = draw(turn, _WORDS)
        turn.variant = f"own-{number}"
        problem = Problem(
            trouble=Trouble.RATE_LIMIT,
            status=429,
            message=said.message,
            code=said.mark,
            retry_after_s=turn.option("seconds", 1),
        )
        return turn.dialect.problem(turn, problem)
    return _in_envelope(turn, _WORDS, _hints(turn))


def _in_envelope(turn: Turn, words: Told, headers: Headers) -> Response:
    """A surface without the quotas that the place's own headers tell."""
    response = refuse(turn, words)
    response.headers = [pair for pair in response.headers if not _tells_a_time(pair[0])]
    response.headers += headers
    return response


def _tells_a_time(name: str) -> bool:
    return "ratelimit" in name.lower() or name.lower().startswith("retry-after")


def _without_hint(turn: Turn) -> Response:
    return _in_envelope(turn, _WORDS, [])


def _as_403(turn: Turn) -> Response:
    reset = turn.rng.choice(
        (
            [("x-ratelimit-reset-requests", "1s")],
            [("x-ratelimit-reset", str(int(time.time()) + 2))],
            [("retry-after", "1"), ("x-ratelimit-reset", "1")],
            [("ratelimit-reset", "1")],
        )
    )
    return _in_envelope(turn, _AS_403, [("x-ratelimit-remaining-requests", "0"), *reset])


FAULTS = (
    Fault("rate-limit", Stage.INSTEAD, _with_hint, routes=("chat", "models")),
    Fault("rate-limit-no-hint", Stage.INSTEAD, _without_hint, routes=("chat", "models")),
    Fault("rate-limit-as-403", Stage.INSTEAD, _as_403, routes=CHAT),
    in_band("rate-limit-in-200", _IN_200, midway=True),
    told("rate-limit-concurrency", _CONCURRENCY, routes=CHAT),
)
