"""The key is not accepted, or not there.

`auth-key-with-newline` cannot be planted: such a key never leaves the client.
"""

from __future__ import annotations

from typing import Any

from gatewayz.simulator.faults.surface import Told, refuse, told
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Headers, Response
from gatewayz.simulator.turn import Trouble, Turn

_CALLS_BEFORE = 3

_NO_KEY = Told(
    trouble=Trouble.NO_KEY,
    statuses=(401,),
    marks=("missing_api_key", "no_credentials", "authentication_required", "unauthenticated"),
    sentences=(
        "No API key was provided.",
        "You did not send an API key. Pass it in the Authorization header as Bearer TOKEN.",
        "Authentication required: the request carries no credentials.",
        "Missing bearer token",
        "Not authenticated",
        "The authorization header is missing.",
        "Kein API-Schlüssel angegeben.",
        "Aucune clé d'API n'a été fournie.",
        "未提供 API 密钥",
        "Falta la clave de API en la solicitud.",
    ),
    terse=("", "Unauthorized"),
    clear=True,
)

_BAD_KEY = Told(
    trouble=Trouble.BAD_KEY,
    statuses=(401,),
    marks=("invalid_api_key", "unauthorized", "authentication_error", "invalid_token", "bad_key"),
    sentences=(
        # Some echo the whole key back.
        "Incorrect API key provided: {key}.",
        "The token {key} is not known here.",
        "Invalid authentication credentials",
        "We could not verify this API key; it may have been deleted or rotated.",
        "User not found for the given token",
        "This key has been revoked by its owner.",
        "Clé d'API invalide.",
        "Ungültiger API-Schlüssel.",
        "API 密钥无效",
        "認証に失敗しました: APIキーが無効です",
        "La clave de API no es válida.",
    ),
    terse=("", "Unauthorized", "Access denied"),
    clear=True,
)

_EXPIRED = Told(
    trouble=Trouble.BAD_KEY,
    statuses=(401,),
    marks=("expired_api_key", "token_expired", "key_revoked", "invalid_api_key"),
    sentences=(
        "The API key has expired.",
        "This key was rotated and is no longer valid.",
        "Token expired, please issue a new one.",
        "Your access token is no longer active.",
        "The key {key} was revoked a moment ago.",
        "Der API-Schlüssel ist abgelaufen.",
        "La clé d'API a expiré.",
        "令牌已过期",
        "Incorrect API key provided.",
    ),
    terse=("", "Unauthorized"),
    clear=True,
)

_AS_400 = Told(
    trouble=Trouble.BAD_KEY,
    statuses=(400, 400, 500),
    marks=("api_key_invalid", "invalid_api_key", "api_key_expired", "authentication_error"),
    sentences=(
        "API key not valid. Please pass a valid API key.",
        "Incorrect API key provided: {key}",
        "The provided API key has expired.",
        "Your API key was revoked and is not valid.",
        "Invalid API key format",
        "The api key in the authorization header is not recognised",
        "Der API-Schlüssel ist ungültig.",
        "La clé API fournie n'est pas valide.",
        "无效的 API key",
        "APIキーが正しくありません",
    ),
)

_OTHER_HEADER = Told(
    trouble=Trouble.BAD_KEY,
    statuses=(401, 401, 403),
    marks=("missing_header", "missing_api_key_header", "wrong_auth_scheme"),
    sentences=(
        "Missing required header: x-api-key",
        "The 'api-key' header is required.",
        "Use the header x-goog-api-key to authenticate.",
        "Access denied due to missing subscription key: send it in the header api-key.",
        "Bearer tokens are not accepted here; put the key into the X-API-Key header.",
        "x-api-key header is required",
        "Bitte den Schlüssel im Header X-Api-Key senden.",
        "请在请求头 x-api-key 中提供密钥",
        "L'en-tête x-api-key est requis.",
    ),
)


def _challenge(turn: Turn) -> Headers:
    """Many name the scheme that they would take."""
    scheme = turn.rng.choice(("Bearer", 'Bearer realm="api"', 'Bearer error="invalid_request"', ""))
    return [("www-authenticate", scheme)] if scheme else []


def _expired(turn: Turn) -> Response | None:
    """Nothing for the first calls (`;after=3`), then the same refusal for all."""
    if turn.calls <= int(turn.option("after", _CALLS_BEFORE)):
        return None
    return refuse(turn, _EXPIRED)


def _as_it_is(turn: Turn, value: Any) -> Any:  # noqa: ARG001 - every fault is handed the turn
    """The list, whoever asks."""
    return value


FAULTS = (
    told("auth-no-key", _NO_KEY, headers=_challenge, keyless=True),
    told("auth-bad-key", _BAD_KEY),
    Fault("auth-key-expired-mid-run", Stage.INSTEAD, _expired, routes=CHAT),
    told("auth-bad-key-as-400", _AS_400),
    told("auth-wrong-header-scheme", _OTHER_HEADER, keyless=True),
    Fault("auth-listing-is-public", Stage.LISTING, _as_it_is, routes=("models",), keyless=True),
)
