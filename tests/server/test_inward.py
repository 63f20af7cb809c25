"""The backend goes into a private network only where somebody has said so."""

import ipaddress
import socket
from urllib.parse import urlsplit

import pytest

from gatewayz.config import load_settings
from gatewayz.core import Gateway
from gatewayz.server.inward import inward_hosts, is_own

PUBLIC = "api.acme.example"


@pytest.fixture
def leads_to(monkeypatch):
    """Gives names addresses; a name may come to mean another by the next look-up."""
    real, means = socket.getaddrinfo, {}

    def look_up(host, port, *args, **kwargs):
        if host in means:
            ip = means[host]
            family = socket.AF_INET6 if ":" in ip else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", (ip, port))]
        return real(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return means.__setitem__


def named(provider, host):
    """The provider's own port under another name."""
    port = urlsplit(provider.url).port
    return Gateway(name="acme", base_url=f"http://{host}:{port}/v1", key_env="ACME_API_KEY")


@pytest.mark.parametrize(
    "ip", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "fd00::1", "::ffff:127.0.0.1"]
)
def test_a_public_name_that_leads_inward_is_not_followed(start, provider, leads_to, logged, ip):
    leads_to(PUBLIC, ip)
    client = start(named(provider, PUBLIC))

    answer = client.chat()

    assert (answer.status, answer.error["code"]) == (502, "dns-failure")
    (line,) = logged(1)
    assert f"{PUBLIC} leads into a private network" in line["rest"]
    assert "set private = true" in line["rest"]
    assert str(ipaddress.ip_address(ip)) not in answer.body.decode()
    assert provider.calls == []


def test_it_is_looked_at_anew_for_each_connection(start, provider, leads_to):
    leads_to("models.internal", "127.0.0.1")
    client = start(named(provider, "models.internal"))
    assert client.chat().status == 200

    leads_to(PUBLIC, "127.0.0.1")
    assert start(named(provider, PUBLIC)).chat().status == 502


def test_what_its_table_calls_private_may_lead_inward(start, provider, leads_to, tmp_path):
    (tmp_path / "gatewayz.toml").write_text("[gateways.acme]\nprivate = true\n")
    leads_to(PUBLIC, "127.0.0.1")

    assert start(named(provider, PUBLIC)).chat().status == 200


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True), ("10.0.0.5", True), ("::1", True), ("fe80::1%eth0", True),
        ("localhost", True), ("vllm", True), ("vllm.internal", True), ("Box.LOCAL.", True),
        ("api.groq.com", False), ("internal.example.com", False), ("notlocal.x", False),
        ("10.0.0.5.nip.io", False), ("local.example", False),
    ],
)  # fmt: skip
def test_a_host_is_ones_own_by_how_it_is_written(host, own):
    assert is_own(host) is own


def test_hosts_are_those_of_the_gateways_in_use(tmp_path):
    gateways = [
        Gateway(name="local", base_url="http://127.0.0.1:8080/v1"),
        Gateway(name="own", base_url="https://vllm.corp.example/v1"),
        Gateway(name="far", base_url="https://api.far.example/v1"),
        Gateway(name="calls"),
        Gateway(name="broken", base_url="http://[bad"),
    ]
    (tmp_path / "gatewayz.toml").write_text("[gateways.own]\nprivate = true\n")
    settings = load_settings(environ={}, folder=tmp_path)

    assert inward_hosts(gateways, settings) == {"127.0.0.1", "vllm.corp.example"}
