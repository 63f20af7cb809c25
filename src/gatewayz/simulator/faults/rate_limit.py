"""Too much at once."""

from __future__ import annotations

from gatewayz.simulator.faults.table import CHAT, Fault, Stage, in_band, refusal
from gatewayz.simulator.response import Response
from gatewayz.simulator.turn import Problem, Trouble, Turn

_SLOW = Trouble.RATE_LIMIT


def _with_hint(turn: Turn) -> Problem:
    """429 that says when to come back; `;seconds=2` sets it."""
    message = turn.rng.choice(
        (
            "",
            "Too many requests, please slow down.",
            "Rate limit reached for {model}: 60 requests per minute.",
            "请求过于频繁",
            "Zu viele Anfragen",
        )
    )
    return Problem(
        trouble=_SLOW, status=429, message=message, retry_after_s=turn.option("seconds", 1)
    )


def _without_hint(turn: Turn) -> Response:
    problem = Problem(
        trouble=_SLOW,
        status=429,
        message=turn.rng.choice(("", "Too many requests.", "Rate limit exceeded")),
    )
    response = turn.dialect.problem(turn, problem)
    # Nothing that tells a time.
    response.headers = [
        pair
        for pair in response.headers
        if "ratelimit" not in pair[0].lower() and pair[0].lower() != "retry-after"
    ]
    return response


def _as_403(turn: Turn) -> Response:
    message = turn.rng.choice(
        ("Rate limit exceeded for this key", "Too many requests: you are rate limited")
    )
    problem = Problem(trouble=_SLOW, status=403, message=message, code="rate_limit_exceeded")
    response = turn.dialect.problem(turn, problem)
    response.set_header("x-ratelimit-remaining-requests", "0")
    response.set_header("x-ratelimit-reset-requests", "1s")
    return response


FAULTS = (
    Fault("rate-limit", Stage.INSTEAD, _with_hint, routes=("chat", "models")),
    Fault("rate-limit-no-hint", Stage.INSTEAD, _without_hint, routes=("chat", "models")),
    Fault("rate-limit-as-403", Stage.INSTEAD, _as_403, routes=CHAT),
    in_band(
        "rate-limit-in-200",
        Problem(trouble=_SLOW, status=429, message="Rate limit exceeded"),
        Problem(trouble=_SLOW, status=429, message="Provider returned error: too many requests"),
    ),
    refusal(
        "rate-limit-concurrency",
        Problem(
            trouble=_SLOW,
            status=429,
            message="Worker local total request limit reached (33/32)",
            code="concurrency_limit",
        ),
        Problem(
            trouble=_SLOW,
            status=503,
            message="Concurrency limit reached: 4 requests in flight",
            code="concurrency_limit",
        ),
        routes=CHAT,
    ),
)
