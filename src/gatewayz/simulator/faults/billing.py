"""Money and allowances."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from gatewayz.simulator.faults.surface import Told, in_band, told
from gatewayz.simulator.faults.table import CHAT
from gatewayz.simulator.response import Headers
from gatewayz.simulator.turn import Trouble, Turn

_DAY_S = 86_400

_NO_CREDIT = Told(
    trouble=Trouble.NO_CREDIT,
    statuses=(402,),
    marks=("insufficient_credits", "payment_required", "billing_error", "insufficient_balance"),
    sentences=(
        "Insufficient credits. Add more to your account.",
        "Payment required: your balance is $0.00",
        "You have run out of credits.",
        "Your prepaid balance is exhausted; top up to continue.",
        "This request requires more credits than you have: {n} tokens could not be afforded.",
        "Insufficient Balance",
        "余额不足，请充值",
        "Guthaben aufgebraucht.",
        "Crédit insuffisant, veuillez recharger votre compte.",
        "Saldo insuficiente.",
    ),
    terse=("", "Payment Required"),
    clear=True,
)

_QUOTA = Told(
    trouble=Trouble.QUOTA,
    statuses=(429,),
    marks=("insufficient_quota", "billing_hard_limit_reached", "quota_exhausted"),
    sentences=(
        "You exceeded your current quota, please check your plan and billing details.",
        "Monthly spend limit reached for this billing account.",
        "Your account is out of quota; raise the billing limit to continue.",
        "The usage budget of your organization is used up. Add a payment method.",
        "Quota exceeded: your credit balance is too low to access the API.",
        "You have reached your billing hard limit.",
        "Das Kontingent Ihres Kontos ist aufgebraucht, bitte prüfen Sie die Abrechnung.",
        "Vous avez dépassé votre quota actuel, vérifiez votre facturation.",
        "您的账户额度已用完，请充值",
        "Ha superado su cuota actual; revise los datos de facturación.",
    ),
    terse=("Quota exceeded", ""),
)

_DAILY = Told(
    trouble=Trouble.RATE_LIMIT,
    statuses=(429,),
    marks=("free_tier_daily_limit", "daily_limit_reached", "free_quota_exceeded"),
    sentences=(
        "Rate limit exceeded: free-models-per-day. Add credits to unlock 1000 a day.",
        "You have used the daily free quota of 50 requests.",
        "Daily limit for free requests reached.",
        "Free tier: 200 requests per day. The allowance resets at midnight UTC.",
        "You hit the per-day cap of the free plan; come back tomorrow.",
        "The free daily allowance for {model} is used up.",
        "Das kostenlose Tageskontingent ist aufgebraucht.",
        "Limite quotidienne gratuite atteinte.",
        "今日免费额度已用完",
        "Se alcanzó el límite diario gratuito.",
    ),
)

_IN_200 = Told(
    trouble=Trouble.NO_CREDIT,
    statuses=(402,),
    marks=("insufficient_credits", "payment_required", "insufficient_balance"),
    sentences=(
        "Insufficient credits",
        "This request requires more credits.",
        "Payment required",
        "Your balance is too low for this request.",
        "Out of credit: please top up.",
        "Kein Guthaben mehr vorhanden.",
        "Solde insuffisant.",
        "余额不足",
        "Créditos insuficientes",
    ),
    terse=("", "Provider returned error"),
    clear=True,
)


def _midnight(turn: Turn) -> Headers:
    """A reset at the next midnight: as a moment in ms or s, as a date, or as a long wait."""
    now_s = int(time.time())
    midnight_s = (now_s // _DAY_S + 1) * _DAY_S
    wait_s = max(3_600, midnight_s - now_s)
    date = datetime.fromtimestamp(now_s + wait_s, UTC)
    name, value = turn.rng.choice(
        (
            ("X-RateLimit-Reset", str((now_s + wait_s) * 1000)),
            ("X-RateLimit-Reset", str(now_s + wait_s)),
            ("x-ratelimit-reset-requests", f"{wait_s // 3600}h{wait_s % 3600 // 60}m0s"),
            ("Retry-After", str(wait_s)),
            ("Retry-After", f"{date:%a, %d %b %Y %H:%M:%S} GMT"),
        )
    )
    return [("X-RateLimit-Limit", "50"), ("X-RateLimit-Remaining", "0"), (name, value)]


FAULTS = (
    told("billing-no-credit", _NO_CREDIT),
    told("billing-quota-as-429", _QUOTA),
    told("billing-free-daily-cap", _DAILY, routes=CHAT, headers=_midnight),
    in_band("billing-error-in-200", _IN_200),
)
