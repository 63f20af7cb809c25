"""The key is not accepted. `auth-no-key` needs no planting: a request without a key gets it."""

from __future__ import annotations

from gatewayz.simulator.faults.table import refusal
from gatewayz.simulator.turn import Problem, Trouble

_BAD = Trouble.BAD_KEY

FAULTS = (
    refusal(
        "auth-bad-key",
        Problem(trouble=_BAD, status=401),
        # Some echo the whole key back.
        Problem(
            trouble=_BAD,
            status=401,
            message="Incorrect API key provided: {key}.",
            code="invalid_api_key",
        ),
        Problem(trouble=_BAD, status=401, message="Unauthorized", code="unauthorized"),
        Problem(trouble=_BAD, status=401, message="Clé d'API invalide.", code="invalid_api_key"),
        Problem(trouble=_BAD, status=401, message="认证失败", type="authentication_error"),
    ),
    refusal(
        "auth-bad-key-as-400",
        Problem(
            trouble=_BAD,
            status=400,
            message="API key not valid. Please pass a valid API key.",
            code="API_KEY_INVALID",
        ),
        Problem(trouble=_BAD, status=400, message="Incorrect API key provided: {key}"),
        Problem(trouble=_BAD, status=400, message="The API key is invalid", code="invalid_api_key"),
        Problem(trouble=_BAD, status=500, message="Your API key was revoked and is not valid."),
        Problem(trouble=_BAD, status=400, message="The provided api key has expired."),
    ),
    refusal(
        "auth-wrong-header-scheme",
        Problem(trouble=_BAD, status=401, message="Missing required header: x-api-key"),
        Problem(trouble=_BAD, status=401, message="The 'api-key' header is required."),
        Problem(trouble=_BAD, status=403, message="Use the header x-goog-api-key to authenticate"),
    ),
)
