"""`[watch]` of gatewayz.toml: its values, its mistakes, and the secrets in it."""

import pytest

from gatewayz.config import load_settings
from gatewayz.core import ConfigError


@pytest.fixture
def loaded(tmp_path):
    """Settings out of a gatewayz.toml of these lines, and an environment."""

    def load(*lines, **environ):
        (tmp_path / "gatewayz.toml").write_text("\n".join(lines) + "\n")
        return load_settings(folder=tmp_path, environ={"HOME": str(tmp_path), **environ})

    return load


def test_without_a_table_there_are_defaults(loaded):
    watch = loaded().watch

    assert (watch.confirm, watch.recover, watch.remind_s) == ((2, 3), 2, 6 * 3600)
    assert watch.max_tokens_total == 200_000
    assert watch.alerts == ()


def test_every_setting_is_read(loaded):
    watch = loaded(
        "[watch]", "jitter = 0.2", 'confirm = "3 of 5"', "recover = 3", 'recheck = "2m"',
        'remind = "none"', 'alert_on = ["down", "degraded"]', "max_cost = 0.25",
        'max_tokens_total = "none"', 'alerts = ["slack://a/b/c"]', 'webhook = "https://x.example/y"',
        "[watch.tiers.chat]", 'every = "30m"', "[watch.tiers.features]", 'every = "off"',
        "[watch.tiers.vip]", 'every = "5m"', 'probes = ["chat"]', 'models = ["groq/*"]',
    ).watch  # fmt: skip

    assert (watch.jitter, watch.confirm, watch.recover, watch.recheck_s) == (0.2, (3, 5), 3, 120)
    assert (watch.remind_s, watch.alert_on) == (None, ("down", "degraded"))
    assert (watch.max_cost_usd, watch.max_tokens_total) == (0.25, None)
    assert watch.tiers["chat"].every_s == 1800
    assert watch.tiers["features"].every_s == 0
    assert watch.tiers["vip"].models == ("groq/*",)


def test_the_environment_wins_for_alerts(loaded):
    watch = loaded(
        "[watch]", 'alerts = ["slack://a/b/c"]',
        GATEWAYZ_ALERTS="ntfy://t json://h", GATEWAYZ_WEBHOOK="https://x.example/z",
        GATEWAYZ_WEBHOOK_SECRET="s",
    ).watch  # fmt: skip

    assert watch.alerts == ("ntfy://t", "json://h")
    assert (watch.webhook, watch.webhook_secret) == ("https://x.example/z", "s")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (['watch = "yes"'], r"\[watch\] is a table"),
        (["[watch]", 'remnd = "4h"'], "did you mean 'remind'"),
        (["[watch]", 'confirm = "3 of 2"'], "such as '2 of 3'"),
        (["[watch]", 'alert_on = ["dwon"]'], "did you mean 'down'"),
        (["[watch.tiers.chat]", 'evry = "5m"'], "did you mean 'every'"),
        (["[watch.tiers.chat]", 'every = "0.1s"'], "once a second is the most"),
        (["[watch.tiers]", "chat = 3"], "tiers are tables"),
        (["[watch]", 'webhook = "hooks.example/S3CRET"'], "write https://host/path"),
        (["[watch]", 'alerts = ["S3CRET"]'], "is like service://token"),
    ],
)
def test_a_mistake_is_one_line_without_secrets(loaded, lines, said):
    with pytest.raises(ConfigError, match=said) as error:
        loaded(*lines)
    assert "\n" not in str(error.value)
    assert "S3CRET" not in str(error.value)


def test_alerts_are_secrets_like_keys(loaded):
    settings = loaded(
        "[watch]", 'alerts = ["slack://TOKENTOKENTOKENA/TOKENTOKENTOKENB/x"]',
        GATEWAYZ_WEBHOOK_SECRET="whsec_0123456789",
    )  # fmt: skip

    secrets = settings.keys.secrets()
    assert {"TOKENTOKENTOKENA", "TOKENTOKENTOKENB", "whsec_0123456789"} <= set(secrets)
    assert "TOKEN" not in repr(settings.watch)
    assert "TOKEN" not in str(settings.shown())


def test_a_file_with_alerts_that_others_may_read_is_warned_of(loaded, tmp_path):
    settings = loaded("[watch]", 'alerts = ["slack://a/b/c"]')
    (tmp_path / "gatewayz.toml").chmod(0o644)

    assert any("chmod 600" in line for line in loaded("[watch]", 'webhook = "http://x"').warnings)
    assert not any("TOKEN" in line for line in settings.warnings)
