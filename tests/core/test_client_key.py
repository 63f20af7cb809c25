"""A client's key: shown once, kept as a digest; and what it allows."""

import hmac
import re
from datetime import UTC, datetime

import pytest

from gatewayz.core import Allowance, ConfigError
from gatewayz.core.client_key import digest_of, new_key

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = b"a secret of the tests, long enough"


def test_what_is_kept_of_a_key_gives_it_to_nobody():
    value, key = new_key("ci", SECRET, created_at=NOON)

    assert value.startswith(key.prefix)
    assert len(value) - len(key.prefix) > 30
    assert value not in repr(key)
    assert key.digest not in repr(key)
    assert bytes.fromhex(key.digest) == digest_of(value.encode(), SECRET)
    assert bytes.fromhex(key.digest) != digest_of(value.encode(), b"another secret")


@pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 65, 200])
def test_a_digest_is_the_hmac_of_rfc_2104_however_long_the_secret_is(length):
    secret = bytes(range(length))

    made = digest_of(b"gwz_key", secret)

    assert made == hmac.digest(secret, b"gwz_key", "sha256")


def test_no_two_keys_are_alike():
    values = {new_key("ci", SECRET, created_at=NOON)[0] for _ in range(100)}

    assert len(values) == 100


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "a\n", "é", "a" * 65, "../a", "a;b"])
def test_a_name_is_a_plain_word(name):
    with pytest.raises(ConfigError, match="a key's name is"):
        new_key(name, SECRET, created_at=NOON)


@pytest.mark.parametrize("pattern", ["m", "gpt-4o", "chat[beta]"])
def test_a_pattern_that_no_id_with_its_gateway_fits_makes_no_key(pattern):
    with pytest.raises(ConfigError, match=rf"write '\*/{re.escape(pattern)}'"):
        new_key("ci", SECRET, created_at=NOON, allowance=Allowance(models=("groq/*", pattern)))


@pytest.mark.parametrize("pattern", ["groq/m", "*/m", "*m", "groq?m", "*"])
def test_a_pattern_that_some_id_fits_makes_one(pattern):
    _, key = new_key("ci", SECRET, created_at=NOON, allowance=Allowance(models=(pattern,)))

    assert key.allowance.models == (pattern,)


@pytest.mark.parametrize(
    ("allowance", "allowed", "refused"),
    [
        (Allowance(), ["groq/llama", "x/y/z"], []),
        (Allowance(gateways=("groq",)), ["groq/llama"], ["openrouter/groq"]),
        (Allowance(models=("groq/llama-*",)), ["groq/llama-3"], ["groq/gemma", "x/groq/llama-3"]),
        (Allowance(models=("*/gpt-?",)), ["a/gpt-4", "a/b/gpt-5"], ["a/gpt-4o", "a/GPT-4"]),
        (
            Allowance(models=("groq/chat[beta]",)),
            ["groq/chat[beta]"],
            ["groq/CHAT[beta]", "x/chat[beta]"],
        ),
        (
            Allowance(gateways=("groq",), models=("*llama*",)),
            ["groq/llama"],
            ["groq/gemma", "openrouter/llama"],
        ),
    ],
)
def test_gateways_and_patterns_of_models_both_hold(allowance, allowed, refused):
    for full in allowed:
        assert allowance.allows(*full.split("/", 1)), full
    for full in refused:
        assert not allowance.allows(*full.split("/", 1)), full


@pytest.mark.parametrize(
    ("models", "reached"),
    [
        ((), True),
        (("acme/*",), True),
        (("acme/one",), True),
        (("*/two",), True),
        (("*two",), True),
        (("ac?e/x-*",), True),
        (("other/*",), False),
        (("acme-two/*",), False),
        (("acm",), False),
        (("other/*", "a*"), True),
    ],
)
def test_a_gateway_is_reached_where_any_model_of_it_could_be(models, reached):
    assert Allowance(models=models).reaches("acme") is reached
    assert not Allowance(models=models, gateways=("other",)).reaches("acme")
