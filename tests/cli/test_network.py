"""How a gateway is reached, as a reader of a panel is told."""

import asyncio

import pytest

from gatewayz.cli.network import access_over, unreachable_api
from gatewayz.config import load_settings
from gatewayz.core import Gateway

ACME = Gateway(
    name="acme", base_url="https://h.example/v1", key_env="ACME_KEY", older_key_envs=("OLD_KEY",)
)


def access(folder, *, dotenv="", **environ):
    if dotenv:
        (folder / ".env").write_text(dotenv)
        (folder / ".env").chmod(0o600)
    settings = load_settings(environ=environ, folder=folder)
    return access_over(settings.configured(ACME), settings)


def test_the_variable_that_is_named_is_the_one_in_use(tmp_path):
    assert access(tmp_path, OLD_KEY="k" * 20).key_env == "OLD_KEY"
    assert access(tmp_path, OLD_KEY="k" * 20, ACME_KEY="j" * 20).key_env == "ACME_KEY"
    assert access(tmp_path).key_env == "ACME_KEY"


def test_a_key_that_no_shell_has_is_told_with_its_place(tmp_path):
    assert access(tmp_path, OLD_KEY="k" * 20).key_origin == ""
    assert access(tmp_path, dotenv=f"OLD_KEY={'k' * 20}\n").key_origin == ".env OLD_KEY"


@pytest.mark.parametrize("name", ["ACME_KEY", "OLD_KEY"])
def test_a_key_in_a_file_of_its_own_is_told_so_too(tmp_path, name):
    path = tmp_path / "key"
    path.write_text("k" * 20)
    path.chmod(0o600)

    found = access(tmp_path, **{f"{name}_FILE": str(path)})

    assert (found.key_env, found.key_origin) == (name, f"environment {name}_FILE")


def test_a_header_that_counts_as_a_secret_is_shown_to_nobody_whatever_its_name(tmp_path):
    shown = {"X-Team": "search", "HTTP-Referer": "https://h.example/a/page"}
    secret = {"X-Tenant": "team-0123456789abcdef", "X-From": "https://me:pass-word@h.example"}
    fields = ", ".join(f'{name} = "{value}"' for name, value in {**shown, **secret}.items())
    (tmp_path / "gatewayz.toml").write_text(f"[gateways.acme]\nheaders = {{ {fields} }}\n")

    assert access(tmp_path).headers == {**shown, "X-Tenant": "***", "X-From": "***"}


def test_the_banner_starts_the_backend_at_the_address_that_was_tried(tmp_path):
    address = "http://127.0.0.1:1"
    settings = load_settings(environ={"GATEWAYZ_API_URL": address}, folder=tmp_path)

    told = asyncio.run(unreachable_api(settings))

    assert "gatewayz serve --port 1," in told
    assert "python -m uvicorn src.main:app --port 1" in told
    assert "connection refused" in told
