"""Money and allowances."""

from __future__ import annotations

import time

from gatewayz.simulator.faults.table import CHAT, Fault, Stage, in_band, refusal
from gatewayz.simulator.response import Response
from gatewayz.simulator.turn import Problem, Trouble, Turn

_MONEY = Trouble.NO_CREDIT
_DAY_S = 86_400


def _daily_cap(turn: Turn) -> Response:
    """429 with a reset at the next midnight, in milliseconds."""
    message = turn.rng.choice(
        (
            "Rate limit exceeded: free-models-per-day. Add credits to unlock 1000 a day.",
            "You have used the daily free quota of 50 requests.",
            "Daily limit for free requests reached.",
        )
    )
    problem = Problem(trouble=Trouble.RATE_LIMIT, status=429, message=message, code="429")
    response = turn.dialect.problem(turn, problem)
    midnight_s = (int(time.time()) // _DAY_S + 1) * _DAY_S
    response.set_header("X-RateLimit-Limit", "50")
    response.set_header("X-RateLimit-Remaining", "0")
    response.set_header("X-RateLimit-Reset", str(midnight_s * 1000))
    return response


FAULTS = (
    refusal(
        "billing-no-credit",
        Problem(trouble=_MONEY, status=402),
        Problem(
            trouble=_MONEY,
            status=402,
            message="Insufficient credits. Add more to your account.",
            code="insufficient_credits",
        ),
        Problem(
            trouble=_MONEY,
            status=402,
            message="Payment required: your balance is $0.00",
            type="billing_error",
        ),
        Problem(trouble=_MONEY, status=402, message="余额不足，请充值", code="payment_required"),
        Problem(trouble=_MONEY, status=402, message="Guthaben aufgebraucht."),
    ),
    refusal(
        "billing-quota-as-429",
        Problem(
            trouble=Trouble.QUOTA,
            status=429,
            message="You exceeded your current quota, please check your plan and billing details.",
            type="insufficient_quota",
            code="insufficient_quota",
        ),
        Problem(
            trouble=Trouble.QUOTA,
            status=429,
            message="Monthly spend limit reached.",
            type="insufficient_quota",
            code="billing_hard_limit_reached",
        ),
        Problem(
            trouble=Trouble.QUOTA,
            status=429,
            message="Your account is out of quota; please check your plan and billing details.",
            type="requests",
            code="insufficient_quota",
        ),
    ),
    Fault("billing-free-daily-cap", Stage.INSTEAD, _daily_cap, routes=CHAT),
    in_band(
        "billing-error-in-200",
        Problem(trouble=_MONEY, status=402, message="Insufficient credits"),
        Problem(trouble=_MONEY, status=402, message="This request requires more credits."),
        Problem(trouble=_MONEY, status=402, message="Payment required"),
    ),
)
