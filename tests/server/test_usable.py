"""A setting that cannot be used ends the start with one line, by whatever door it is started."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gatewayz.config import load_settings
from gatewayz.core import ConfigError, Gateway
from gatewayz.server import create_app
from gatewayz.server.crew import Share

SRC = Path(__file__).resolve().parents[2] / "src"
UNUSABLE = [
    ({"GATEWAYZ_CA_FILE": "/no/such.pem"}, "", "environment GATEWAYZ_CA_FILE: /no/such.pem: No such"),
    ({}, 'ca_file = "gatewayz.toml"', "gatewayz.toml: gatewayz.toml: no PEM file"),
    ({}, "[gateways.grok]\nconcurrency = 1", "gatewayz.toml [gateways]: unknown gateway 'grok'; did you mean 'groq'?"),
    ({"GATEWAYZ_GATEWAYS": "groq,cerebra"}, "", "GATEWAYZ_GATEWAYS: unknown gateway 'cerebra'; did you mean 'cerebras'?"),
    ({}, '[gateways.groq]\nkey_file = "/no/such"', "[gateways.groq] key_file: no file at /no/such"),
    ({"GROQ_API_KEY_FILE": "/no/such"}, "", "environment GROQ_API_KEY_FILE: no file at /no/such"),
    ({"GATEWAYZ_HOSTS": "llm.lan,https://llm.lan"}, "", "environment GATEWAYZ_HOSTS: 'https://llm.lan' is no host's name; write"),
    ({}, 'hosts = ["*.lan"]', "gatewayz.toml: '*.lan' is no host's name; write it as it stands in an address"),
    ({}, "[gateways.groq]\nheaders = { Host = 'x' }", "[gateways.groq] headers: Host is set by each request"),
]  # fmt: skip
NAMES = [
    "no file",
    "no certificates",
    "table",
    "name",
    "key file",
    "key file by variable",
    "scheme in a host",
    "pattern of hosts",
    "header",
]


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Settings of a folder with this gatewayz.toml."""

    def load(environ, toml):
        (tmp_path / "gatewayz.toml").write_text(toml)
        monkeypatch.chdir(tmp_path)
        return load_settings(environ={"XDG_DATA_HOME": str(tmp_path), **environ}, folder=tmp_path)

    return load


@pytest.mark.parametrize(("environ", "toml", "words"), UNUSABLE, ids=NAMES)
def test_it_is_told_before_the_start(found, environ, toml, words):
    with pytest.raises(ConfigError) as told:
        create_app(found(environ, toml))

    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_so_it_is_under_another_server(tmp_path):
    (tmp_path / "gatewayz.toml").write_text('[gateways.groq]\nkey_file = "none"\n')
    done = subprocess.run(
        [sys.executable, "-c", "from gatewayz.server import app"], cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SRC)}, capture_output=True, timeout=30,
    )  # fmt: skip

    assert done.returncode == 2
    assert re.fullmatch(
        rb"gatewayz: [^\n]*\[gateways.groq\] key_file: no file at [^\n]*\n", done.stderr
    )


@pytest.mark.parametrize(
    ("environ", "toml"),
    [
        ({"GATEWAYZ_GATEWAYS": "hug,acme"}, "[gateways.acme]\nprivate = true"),
        ({"GROQ_API_KEY": "gsk-that-counts"}, '[gateways.groq]\nkey_file = "/no/such"'),
        ({"GROQ_API_KEY": "gsk-with a blank"}, ""),
    ],
    ids=["a program's own gateway, an alias", "a file that is not read", "a key that costs its gateway"],
)  # fmt: skip
def test_what_can_be_used_is_let_be(found, environ, toml):
    settings = found(environ, toml)
    acme = Gateway(name="acme", base_url="http://127.0.0.1:9/v1")
    hug = Gateway(name="huggingface", base_url="http://127.0.0.1:9/v1", aliases=("hug",))
    groq = Gateway(name="groq", base_url="http://127.0.0.1:9/v1", key_env="GROQ_API_KEY")

    assert create_app(settings, {one.name: one for one in (acme, hug, settings.configured(groq))})


def test_a_worker_that_comes_later_does_without_a_key_that_has_gone_since(found):
    settings = found({"GROQ_API_KEY_FILE": "/no/such"}, "")

    assert create_app(settings, share=Share.alone())
