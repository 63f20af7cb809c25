"""The key is right and may not do this."""

from __future__ import annotations

from gatewayz.simulator.faults.surface import Told, told
from gatewayz.simulator.turn import Trouble

_NOT_IN_PLAN = Told(
    trouble=Trouble.FORBIDDEN,
    statuses=(403, 403, 404),
    marks=("model_access_denied", "model_not_in_plan", "plan_upgrade_required", "tier_too_low"),
    sentences=(
        "Your plan does not include access to the model {model}.",
        "Model {model} is not available on your current plan; upgrade to use it.",
        "You do not have access to {model} with your subscription tier.",
        "{model} is only available to customers on the Pro plan.",
        "Your organization is not allowed to use the model {model}.",
        "This model requires a higher tier.",
        "Ihr Tarif enthält das Modell {model} nicht.",
        "Votre abonnement ne donne pas accès au modèle {model}.",
        "您的套餐不包含模型 {model}",
        "Su plan no incluye acceso al modelo {model}.",
    ),
)

_SCOPE = Told(
    trouble=Trouble.FORBIDDEN,
    statuses=(403,),
    marks=("insufficient_scope", "missing_scope", "insufficient_permissions"),
    sentences=(
        "This token does not have sufficient permissions to call inference.",
        "Missing scope: inference.serverless.write",
        "The key lacks the permission model.request.",
        "You have insufficient permissions for this operation. Missing scopes: model.request",
        "This authentication method does not have the scope to call Inference Providers",
        "API key is read-only: inference calls need a key with the write scope.",
        "Dem Token fehlt die Berechtigung für Inferenz.",
        "Le jeton n'a pas la permission d'appeler l'inférence.",
        "令牌缺少推理权限",
    ),
)

_REGION = Told(
    trouble=Trouble.FORBIDDEN,
    statuses=(403, 403, 451),
    marks=("unsupported_country_region_territory", "region_not_supported", "geo_blocked"),
    sentences=(
        "Country, region, or territory not supported",
        "This model is not available in your region.",
        "Service is not offered in your country.",
        "Requests from your location are blocked.",
        "User location is not supported for the API use.",
        "Access from this geographic region is restricted.",
        "Dieser Dienst ist in Ihrer Region nicht verfügbar.",
        "Ce service n'est pas disponible dans votre pays.",
        "您所在的地区不受支持",
    ),
)

_POLICY = Told(
    trouble=Trouble.FORBIDDEN,
    statuses=(404,),
    marks=("data_policy_mismatch", "privacy_policy_restriction", "no_endpoint_for_policy"),
    sentences=(
        "No endpoints found matching your data policy (Free model training).",
        "Your privacy policy settings exclude every endpoint of this model.",
        "All providers of {model} are ruled out by your account's data policy.",
        "No allowed providers: your privacy settings forbid prompt logging.",
        "Zero data retention is set for your account, and no host of {model} offers it.",
        "The data policy of your organization matches no provider of this model.",
        "Ihre Datenschutzrichtlinie schließt alle Anbieter dieses Modells aus.",
        "Votre politique de confidentialité exclut tous les hôtes de ce modèle.",
        "没有符合您数据隐私政策的服务端点",
    ),
)

_GATED = Told(
    trouble=Trouble.GATED,
    statuses=(403,),
    marks=("gated_model", "terms_not_accepted", "license_acceptance_required"),
    sentences=(
        "{model} is gated: accept its license agreement first.",
        "You must accept the terms of {model} before you can use it.",
        "Access to model {model} is restricted; request access on its page first.",
        "The model's terms of use have not been accepted by this organization.",
        "Please agree to the licence of this gated model in the console.",
        "This is a gated model and you are not on the authorized list.",
        "Bitte akzeptieren Sie zuerst die Lizenzbedingungen von {model}.",
        "Vous devez accepter les conditions d'utilisation de ce modèle.",
        "请先同意该模型的许可协议",
    ),
)

FAULTS = (
    told("permission-model-not-in-plan", _NOT_IN_PLAN),
    told("permission-token-scope", _SCOPE),
    told("permission-region", _REGION),
    told("permission-policy-filter", _POLICY),
    told("permission-gated-model", _GATED),
)
