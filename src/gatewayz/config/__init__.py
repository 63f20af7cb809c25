"""One frozen Settings that knows where each value came from, and the keys that go with it."""

from gatewayz.config.certificates import check_certificates
from gatewayz.config.key_secret import key_secret, made_key_secret
from gatewayz.config.keys import Key, Keys
from gatewayz.config.load import load_settings
from gatewayz.config.settings import (
    DEFAULT_API_URL,
    MOST_FALLBACKS,
    SETTINGS,
    GatewayTable,
    Names,
    Settings,
)

__all__ = [
    "DEFAULT_API_URL",
    "MOST_FALLBACKS",
    "SETTINGS",
    "GatewayTable",
    "Key",
    "Keys",
    "Names",
    "Settings",
    "check_certificates",
    "key_secret",
    "load_settings",
    "made_key_secret",
]
