"""[gateways.NAME] in gatewayz.toml."""

from dataclasses import replace

import pytest

from gatewayz.config import load_settings
from gatewayz.core import ConfigError, Gateway, Limits


def test_a_table_changes_what_it_names_and_nothing_else(tmp_path):
    (tmp_path / "gatewayz.toml").write_text(
        "[gateways.acme]\n"
        'base_url = "http://127.0.0.1:9/v1/"\n'
        "concurrency = 9\n"
        'headers = { "X-Team" = "search" }\n'
    )
    acme = Gateway(
        name="acme",
        base_url="https://acme.example/v1",
        key_env="ACME_API_KEY",
        limits=Limits(2, 60),
        headers={"X-Own": "1"},
    )
    other = Gateway(name="other", base_url="https://other.example/v1")

    settings = load_settings(environ={}, folder=tmp_path)

    changed = settings.configured(acme)
    assert settings.environ["ACME_BASE_URL"] == "http://127.0.0.1:9/v1"
    assert changed.limits == Limits(9, 60)
    assert changed.headers == {"X-Own": "1", "X-Team": "search"}
    assert settings.configured(other) is other


def test_an_address_in_the_environment_wins_over_the_table(tmp_path):
    (tmp_path / "gatewayz.toml").write_text('[gateways.acme]\nbase_url = "http://127.0.0.1:9"\n')

    settings = load_settings(environ={"ACME_BASE_URL": "http://127.0.0.1:8"}, folder=tmp_path)

    assert settings.environ["ACME_BASE_URL"] == "http://127.0.0.1:8"


def test_a_gateway_reached_through_another_takes_no_key_file_of_its_own(tmp_path):
    (tmp_path / "key").write_text("acme-key")
    (tmp_path / "gatewayz.toml").write_text("[gateways.acme]\nkey_file = 'key'\n")
    acme = Gateway(name="acme", key_env="ACME_API_KEY")

    settings = load_settings(environ={}, folder=tmp_path)
    own = settings.configured(acme)
    rerouted = replace(own, key_env="BACKEND_KEY", older_key_envs=())

    assert settings.keys.find(own).value == "acme-key"
    assert settings.keys.find(rerouted) is None


def test_a_limit_that_is_known_of_a_gateway_can_be_lifted(tmp_path):
    (tmp_path / "gatewayz.toml").write_text('[gateways.acme]\nrequests_per_minute = "none"\n')
    acme = Gateway(name="acme", base_url="https://acme.example/v1", limits=Limits(2, 60))

    settings = load_settings(environ={}, folder=tmp_path)

    assert settings.configured(acme).limits == Limits(2, None)


def test_a_word_that_is_no_limit_is_told(tmp_path):
    (tmp_path / "gatewayz.toml").write_text('[gateways.acme]\nrequests_per_minute = "lots"\n')

    with pytest.raises(ConfigError, match=r"acme.* requests_per_minute: 'lots' is not a number"):
        load_settings(environ={}, folder=tmp_path)
