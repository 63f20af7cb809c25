"""A refusal of a request that is wrong on purpose counts only when it is about what is wrong."""

import pytest

from gatewayz.core import Case, ChatRequest, Model, MustRefuse, Observation, Outcome
from gatewayz.core.gateway import Quirks
from gatewayz.core.judge import judge

ACCEPTED = {"model": "unknown-model-accepted", "key": "wrong-key-accepted",
            "body": "malformed-body-accepted"}  # fmt: skip
CLASSES = {"model": ("not-found", "permission"), "key": ("auth",), "body": ("bad-request",)}
ELSE = "refused-as-something-else"


def said(attempt, about):
    wanted = MustRefuse(classes=CLASSES[about], accepted=ACCEPTED[about], about=about)
    request = ChatRequest(messages=(), must_refuse=wanted, feature="refusals")
    case = Case(gateway="g", probe="p", model=Model(id="m"))
    found = judge(Observation(case=case, request=request, attempts=(attempt,)), ((),), Quirks())
    return "passed" if found.outcome is Outcome.PASSED else found.failure.label


def message(text, **more):
    return {"error": {"message": text, **more}}


PAGE = "<html><head><title>Attention Required! | Cloudflare</title></head></html>"
REGION = message("Country, region, or territory not supported")
BAD_KEY = message("API key not valid. Please pass a valid API key.")
TLS = "<html><h1>400 The plain HTTP request was sent to HTTPS port</h1></html>"
CROWD = message("Too many requests")
BROKE = message("Insufficient credits")
DOWN = message("The server is overloaded")


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (404, message("The model `zeta/x-1` does not exist", code="model_not_found"), "passed"),
        (404, message("No endpoints found for zeta/x-1."), "passed"),
        (400, message("zeta/x-1 is not a valid model ID"), "passed"),
        (
            400,
            message("The requested model is not supported by any provider you have enabled"),
            "passed",
        ),
        (400, message("Invalid request", param="model"), "passed"),
        (422, {"detail": [{"loc": ["body", "model"], "msg": "not one of the literals"}]}, "passed"),
        (403, message("You have no access to the model zeta/x-1"), "passed"),
        (503, message("No available provider for this model"), "passed"),
        (404, message("This is not a chat model"), "passed"),
        (404, {"detail": "Not Found"}, "endpoint-not-found"),
        (404, "<html>404</html>", "endpoint-not-found"),
        (410, message("gone"), "moved-endpoint"),
        (403, REGION, "permission-region"),
        (403, PAGE, "permission"),
        (403, {"message": "Forbidden"}, "permission"),
        (401, BAD_KEY, "auth-bad-key"),
        (400, BAD_KEY, "auth-bad-key-as-400"),
        (402, BROKE, "billing-no-credit"),
        (429, CROWD, "rate-limit-no-hint"),
        (503, DOWN, "overloaded"),
        (400, TLS, "tls-version-mismatch"),
        (502, "<html>502 Bad Gateway</html>", "bad-gateway-html"),
        (500, message("Internal error"), ELSE),
        (400, message("messages: at least one is needed"), ELSE),
        (422, {"detail": [{"loc": ["body", "n"], "msg": "too large"}]}, ELSE),
    ],
)
def test_a_made_up_model_is_refused_for_the_models_sake(refused, status, body, name):
    assert said(refused(status, body, model="zeta/x-1"), "model") == name


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (401, {"error": "Unauthorized"}, "passed"),
        (401, "<html>401 Authorization Required</html>", "passed"),
        (400, BAD_KEY, "passed"),
        (403, message("The credentials are not those of an account here"), "passed"),
        (403, {"message": "Forbidden"}, "passed"),
        (403, message("Missing permissions"), "passed"),
        (403, REGION, "permission-region"),
        (403, PAGE, "permission"),
        (429, CROWD, "rate-limit-no-hint"),
        (402, BROKE, "billing-no-credit"),
        (403, message("No endpoints found matching your data policy"), ELSE),
        (403, message("You have no access to the model zeta/x-1"), ELSE),
        (404, message("The model `zeta/x-1` does not exist"), ELSE),
        (500, message("Internal error"), ELSE),
        (400, message("messages: at least one is needed"), ELSE),
    ],
)
def test_a_made_up_key_is_refused_for_the_keys_sake(refused, status, body, name):
    assert said(refused(status, body), "key") == name


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (400, message("We could not parse the JSON body of your request"), "passed"),
        (400, message("Invalid request"), "passed"),
        (422, {"detail": [{"loc": ["body", 40], "msg": "JSON decode error"}]}, "passed"),
        (400, "<html><pre>SyntaxError: Unexpected end of JSON input</pre></html>", "passed"),
        (400, "", "passed"),
        (400, message("Model not found: unexpected end of JSON"), "passed"),
        (415, message("Unsupported media type"), "passed"),
        (400, BAD_KEY, "auth-bad-key-as-400"),
        (401, BAD_KEY, "auth-bad-key"),
        (400, TLS, "tls-version-mismatch"),
        (400, "<html><center>400 Bad Request</center><hr>nginx</html>", "bad-request"),
        (400, message("User location is not supported for the API use."), "permission-region"),
        (403, PAGE, "permission"),
        (429, CROWD, "rate-limit-no-hint"),
        (404, message("The model `zeta/x-1` does not exist"), ELSE),
        (500, message("Expecting value: line 1 column 90"), ELSE),
    ],
)
def test_a_broken_body_is_refused_for_the_bodys_sake(refused, status, body, name):
    assert said(refused(status, body), "body") == name


def test_a_stored_question_that_does_not_say_what_is_wrong_goes_by_the_class(refused):
    wanted = MustRefuse(classes=("auth",), accepted="wrong-key-accepted")
    request = ChatRequest(messages=(), must_refuse=wanted)
    case = Case(gateway="g", probe="p", model=Model(id="m"))
    seen = Observation(case=case, request=request, attempts=(refused(401, BAD_KEY),))

    assert judge(seen, ((),), Quirks()).outcome is Outcome.PASSED
