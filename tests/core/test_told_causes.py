"""Causes that stand behind a vaguer status, code or sentence, and what they must not be taken for."""

import pytest

from gatewayz.core.failures import besides, classify
from gatewayz.core.gateway import Quirks

NO_RIGHT = "The caller does not have permission to execute the specified operation"
QUOTA = "You exceeded your current quota, please check your plan and billing details."


def label(attempt):
    return classify(attempt, Quirks()).label


def gemini(*quotas, retry="", message=QUOTA):
    """A refusal in the shape of Google's APIs, with the quotas that were exceeded."""
    details = [{"@type": "QuotaFailure", "violations": [{"quotaId": quota} for quota in quotas]}]
    if retry:
        details.append({"@type": "RetryInfo", "retryDelay": retry})
    status = {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": details}
    return {"error": status}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (gemini("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"), "rate-limit-no-hint"),
        (gemini("GenerateContentInputTokensPerModelPerMinute-FreeTier", retry="38s"),
         "rate-limit"),
        (gemini("GenerateRequestsPerSecondPerRegion"), "rate-limit-no-hint"),
        (gemini("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), "billing-free-daily-cap"),
        (gemini("GenerateRequestsPerDayPerProjectPerModel-FreeTier", retry="38s"),
         "billing-free-daily-cap"),
        (gemini("GenerateRequestsPerMinutePerProject", "GenerateRequestsPerDayPerProject-FreeTier"),
         "billing-free-daily-cap"),
        (gemini(retry="38s"), "rate-limit"),
        (gemini(retry="7s", message=f"{QUOTA} Quota exceeded for metric: free_tier_requests"),
         "rate-limit"),
        (gemini(), "billing-quota-as-429"),
        ({"error": {"message": QUOTA, "code": "insufficient_quota"}}, "billing-quota-as-429"),
    ],
)  # fmt: skip
def test_which_window_of_a_quota_is_used_up_is_read_before_the_sentence(refused, body, name):
    assert label(refused(429, body)) == name


def test_a_window_in_a_sentence_does_not_hide_what_else_it_says(refused):
    text = "5 requests are already running; up to 60 requests per minute are allowed, 5 at once"

    assert label(refused(429, {"error": {"message": text}})) == "rate-limit-concurrency"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"code": NO_RIGHT, "error": "Your team doesn't have any credits yet. Purchase credits."},
         "billing-no-credit"),
        ({"code": "permission_denied", "message": "Insufficient balance"}, "billing-no-credit"),
        ({"code": NO_RIGHT, "error": "Your country or region is not supported"},
         "permission-region"),
        ({"code": NO_RIGHT, "error": "The token lacks the scope inference"},
         "permission-token-scope"),
        ({"message": "The key does not have the permission model.invoke"}, "permission-token-scope"),
        ({"code": NO_RIGHT, "error": "Ask your administrator"}, "permission-token-scope"),
        ({"code": "missing_scope", "error": "This token has no access to models"},
         "permission-token-scope"),
    ],
)  # fmt: skip
def test_a_vague_code_gives_way_to_a_message_that_knows_more(refused, body, name):
    assert label(refused(403, body)) == name


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, "Could not finish the message because max_tokens or model output limit was reached."),
        (400, "Unable to complete the response: max_completion_tokens too small"),
        (422, "The answer is incomplete since max_tokens was used up by reasoning"),
    ],
)
def test_a_limit_too_small_for_an_answer_is_the_budgets_fault(refused, status, body):
    assert label(refused(status, {"error": {"message": body}})) == "reasoning-ate-budget"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (451, {"message": "Request rejected", "code": "censorship_blocked"}),
        (451, {"message": "输入内容触发内容安全策略"}),
        (421, {"message": "The content of the user field is too high risk"}),
        (461, {"message": "prompt contains sensitive words"}),
        (400, {"message": "x", "type": "sensitive_content"}),
        (400, {"message": "Your input is politically sensitive."}),
        (400, {"message": "Запрос отклонён: цензура"}),
    ],
)
def test_a_censors_refusal_is_moderation_under_any_status(refused, status, error):
    assert label(refused(status, {"error": error})) == "moderation-block"


@pytest.mark.parametrize(
    "message",
    ["Model 'zeta/x' not found. Model ids are case-sensitive.",
     "Unknown model zeta/x: names are case sensitive"],
)  # fmt: skip
def test_letters_that_matter_are_no_censors_word(refused, message):
    assert label(refused(404, {"error": {"message": message}})) == "model-not-found"


@pytest.mark.parametrize(
    "detail",
    [
        "Function '9b96341b-9791-4db9-a00d-4e43aa192a39': Not found for account 'x'",
        "Function 9b96341b: Not found for account 'abc'",
        "Function id '9b96341b' version 'null': Specified function in account 'x' is not found",
    ],
)
def test_a_function_of_an_account_is_a_deployed_model(refused, detail):
    body = {"status": 404, "title": "Not Found", "detail": detail}

    assert label(refused(404, body)) == "model-not-found"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"error": "Unexpected endpoint or method. (POST /v1/v1/chat/completions)"}),
        (200, {"error": "Unknown route"}),
        (400, {"error": {"message": "Invalid URL (POST /v1/v1/chat/completions)"}}),
        (404, {"error": {"message": "No route matched with those values"}}),
    ],
)
def test_a_route_that_is_not_there_is_told_under_any_status(refused, status, body):
    assert label(refused(status, body)) == "endpoint-not-found"


OVERLOADED = {"code": "overloaded", "type": "overloaded_error"}


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Could not find any replica that satisfies your filter", "no-provider-available"),
        (
            "Unable to find an upstream provider that meets your constraints",
            "no-provider-available",
        ),
        ("Impossible de trouver un fournisseur conforme à vos règles", "no-provider-available"),
        ("Es konnte kein passender Anbieter gefunden werden", "no-provider-available"),
        ("No pudimos localizar un proveedor con esas condiciones", "no-provider-available"),
        ("Não conseguimos encontrar um provedor para a rota pedida", "no-provider-available"),
        ("Не удалось подобрать провайдера под ваши условия", "no-provider-available"),
        ("无法找到满足条件的供应商", "no-provider-available"),
        ("条件に合うプロバイダーが見つけられませんでした", "no-provider-available"),
        ("조건에 맞는 제공자를 찾지 못했습니다", "no-provider-available"),
        ("El modelo se está cargando", "cold-start-503"),
        ("All providers are overloaded at the moment", "overloaded"),
        ("Tous les fournisseurs sont surchargés", "overloaded"),
        ("Come back later", "overloaded"),
    ],
)
def test_a_code_for_any_want_of_capacity_gives_way_to_what_is_wanting(refused, message, name):
    assert label(refused(503, {"error": {"message": message, **OVERLOADED}})) == name


@pytest.mark.parametrize(
    ("status", "body", "hidden"),
    [
        (500, {"error": {"message": "The machines are overloaded"}}, True),
        (400, {"error": {"message": "Not enough credits", "type": "provider_error"}}, True),
        (400, {"error": {"message": "The vendor's backend said: invalid API key"}}, True),
        (400, {"detail": "Invalid API key", "upstream_status": 401}, True),
        (400, {"error": {"message": "Not enough credits"}}, False),
        (400, {"error": {"message": "Invalid API key"}}, False),
        (500, {"error": {"message": "The model is loading"}}, False),
        (503, {"error": {"message": "The machines are overloaded"}}, False),
    ],
)
def test_a_status_that_hides_anothers_is_told_beside_what_it_hides(refused, status, body, hidden):
    attempt = refused(status, body)
    found = classify(attempt, Quirks())

    told = [other.kind for other in besides(attempt, found, Quirks())]
    assert told == (["status-flattened"] if hidden else [])


@pytest.mark.parametrize(
    "message",
    [
        "Upstream error: モデル zeta/large が見つかりません",
        "Provider returned error: no model of that name, zeta/large",
        "The backend responded: le modèle zeta/large n'existe pas",
    ],
)
def test_whoever_is_quoted_is_no_subject_of_the_words_that_follow(refused, message):
    assert label(refused(404, {"error": {"message": message}})) == "model-not-found"


@pytest.mark.parametrize("outcome", ["failure", "failed", "error"])
def test_a_mere_outcome_is_no_word_about_what_stands_beside_it(refused, outcome):
    body = {"status": outcome, "reason": "令牌缺少推理权限"}

    assert label(refused(403, body)) == "permission-token-scope"
