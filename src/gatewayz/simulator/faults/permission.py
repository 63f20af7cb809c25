"""The key is right and may not do this."""

from __future__ import annotations

from gatewayz.simulator.faults.table import refusal
from gatewayz.simulator.turn import Problem, Trouble

_NO = Trouble.FORBIDDEN

FAULTS = (
    refusal(
        "permission-model-not-in-plan",
        Problem(
            trouble=_NO,
            status=403,
            message="Your plan does not include access to the model {model}.",
            code="model_access_denied",
        ),
        Problem(
            trouble=_NO,
            status=403,
            message="Model {model} is not available on your current plan; upgrade to use it.",
            code="permission_denied",
        ),
        Problem(
            trouble=_NO,
            status=404,
            message="You do not have access to {model} with your subscription tier.",
            code="model_access_denied",
        ),
    ),
    refusal(
        "permission-token-scope",
        Problem(
            trouble=_NO,
            status=403,
            message="This token does not have sufficient permissions to call inference.",
            code="insufficient_scope",
        ),
        Problem(trouble=_NO, status=403, message="Missing scope: inference.serverless.write"),
    ),
    refusal(
        "permission-region",
        Problem(
            trouble=_NO,
            status=403,
            message="Country, region, or territory not supported",
            code="unsupported_country_region_territory",
        ),
        Problem(trouble=_NO, status=403, message="This model is not available in your region."),
    ),
    refusal(
        "permission-policy-filter",
        Problem(
            trouble=_NO,
            status=404,
            message="No endpoints found matching your data policy (Free model training).",
        ),
        Problem(
            trouble=_NO,
            status=404,
            message="Your privacy policy settings exclude every endpoint of this model.",
        ),
    ),
    refusal(
        "permission-gated-model",
        Problem(
            trouble=Trouble.GATED,
            status=403,
            message="{model} is gated: accept its license agreement first.",
            code="gated_model",
        ),
        Problem(
            trouble=Trouble.GATED,
            status=403,
            message="You must accept the terms of {model} before you can use it.",
        ),
    ),
)
