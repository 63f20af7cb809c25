"""What is offered beside a limit, and what a wrapper is called, against what the message states."""

import pytest

from gatewayz.core.asides import without_class_names, without_offers
from gatewayz.core.failures import classify
from gatewayz.core.gateway import Quirks

SOON = {"retry-after": "5"}
QUOTA = "You exceeded your current quota, please check your plan and billing details."
GONE = "billing-quota-as-429"


def label(attempt):
    return classify(attempt, Quirks()).label


@pytest.mark.parametrize(
    "text",
    [
        "Rate limit exceeded. Please add credits or upgrade your tier to raise the limit.",
        "Rate limit exceeded, add credits to raise the limit",
        "Rate limit exceeded: to raise your limit, top up your balance",
        "Too many requests. Accounts with more credits get higher limits.",
        "Too many requests. Add a payment method to get higher limits.",
        "Rate limit exceeded. To avoid rate limits, purchase more credits.",
        "Rate limit exceeded: free-models-per-min. Add 10 credits to unlock 1000 requests per day",
        "Rate limit exceeded: 20 requests per minute. Free accounts also have 50 requests per day.",
        "Zu viele Anfragen. Laden Sie Guthaben auf, um höhere Limits zu erhalten.",
        "Trop de requêtes. Rechargez votre compte pour augmenter la limite.",
        "Demasiadas solicitudes. Compre más créditos para aumentar el límite.",
        "Слишком много запросов. Пополните баланс, чтобы увеличить лимит.",
        "请求过于频繁。充值以提高限额。",
        "リクエストが多すぎます。クレジットを追加すると上限が引き上げられます。",
    ],
)
def test_an_offer_of_more_says_nothing_of_credit_that_is_gone(refused, text):
    assert label(refused(429, {"error": {"message": text}})) == "rate-limit-no-hint"
    assert label(refused(429, {"error": {"message": text}}, SOON)) == "rate-limit"


@pytest.mark.parametrize(
    "text",
    [
        "You have insufficient credits. Add credits to increase your limit.",
        "Insufficient credits: add credits to raise your limit.",
        "You have run out of credits, add more to raise your limits",
        "Your balance is exhausted. Accounts with more credits get higher limits.",
        "Rate limit exceeded. Not enough credits left.",
    ],
)
def test_credit_that_is_gone_is_told_beside_an_offer_too(refused, text):
    assert label(refused(429, {"error": {"message": text}})) == GONE


def test_a_way_to_pay_beside_a_short_wait_is_an_offer(refused):
    body = {"error": {"message": "Rate limit reached. Buy credits to go on."}}

    assert label(refused(429, body, SOON)) == "rate-limit"


def test_a_wait_in_words_is_one_beside_an_offer(refused):
    text = "Request was throttled. Expected available in 3 seconds. Buy credits to raise the limit."
    attempt = refused(429, {"error": {"message": text}})

    assert attempt.error.retry_after_s == 3
    assert label(attempt) == "rate-limit"


def test_a_day_that_is_used_up_is_one_though_more_is_offered(refused):
    text = (
        "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 requests per day"
    )

    assert label(refused(429, {"error": {"message": text}})) == "billing-free-daily-cap"


@pytest.mark.parametrize("status", [429, 500, 400])
@pytest.mark.parametrize(
    "name", ["litellm.RateLimitError: RateLimitError: OpenAIException - ", "TooManyRequestsError: "]
)
def test_a_quota_is_told_whatever_the_error_around_it_is_called(refused, status, name):
    body = {"error": {"message": f"{name}{QUOTA}", "code": "429"}}

    assert label(refused(status, body)) == GONE


def test_the_name_of_an_error_stands_where_its_message_says_nothing(refused):
    body = {"error": {"message": "litellm.RateLimitError: XException - please be patient"}}

    assert label(refused(500, body)) == "rate-limit-no-hint"


def test_what_states_nothing_but_an_offer_stays():
    assert without_offers("Add credits to raise the limit") == "Add credits to raise the limit"
    assert without_offers("Slow down. Pay to get higher limits.") == "Slow down."
    assert without_class_names("a.b.RateLimitError: no") == "no"
    assert without_class_names("ContextWindowExceededError: no") == "ContextWindowExceededError: no"
