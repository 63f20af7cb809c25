"""[gateways.NAME] in gatewayz.toml."""

from gatewayz.config import load_settings
from gatewayz.core import Gateway, Limits


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
    assert changed.base_url == "http://127.0.0.1:9/v1"
    assert changed.limits == Limits(9, 60)
    assert changed.headers == {"X-Own": "1", "X-Team": "search"}
    assert settings.configured(other) is other
