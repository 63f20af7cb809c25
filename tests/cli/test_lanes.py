"""Which gateways are called, on which way, with whose key."""

import pytest

from gatewayz.cli.lanes import choose, known_gateways, lanes
from gatewayz.config import load_settings
from gatewayz.core import ConfigError, Limits

GEMINI, PORTKEY = "gemini-key-0123456789", "portkey-key-0123456789"


@pytest.fixture
def lane(tmp_path):
    """The one lane of a gateway, and the value of the key it takes."""

    def make(name, *, toml="", flags=None, **environ):
        if toml:
            (tmp_path / "gatewayz.toml").write_text(toml)
        settings = load_settings(
            flags={"gateways": name, **(flags or {})}, environ=environ, folder=tmp_path
        )
        (found,) = lanes(choose(settings), settings)
        key = settings.keys.find(found.gateway)
        return found, key.value if key else None

    return make


def test_native_wins_when_both_keys_exist(lane):
    found, key = lane("google", GEMINI_API_KEY=GEMINI, PORTKEY_API_KEY=PORTKEY)

    assert "googleapis.com" in found.gateway.base_url
    assert key == GEMINI


def test_portkey_is_taken_where_only_its_key_exists(lane):
    found, key = lane("google", PORTKEY_API_KEY=PORTKEY)

    assert (found.name, found.skip) == ("google", "")
    assert "portkey.ai" in found.gateway.base_url
    assert key == PORTKEY


def test_via_decides(lane):
    both = {"GEMINI_API_KEY": GEMINI, "PORTKEY_API_KEY": PORTKEY}
    portkey, _ = lane("google", flags={"via": "portkey"}, **both)
    native, _ = lane("google", flags={"via": "native"}, PORTKEY_API_KEY=PORTKEY)

    assert "portkey.ai" in portkey.gateway.base_url
    assert "GEMINI_API_KEY" in native.skip


def test_through_the_backend_the_host_behind_it_is_known(lane):
    found, _ = lane("groq", flags={"mode": "api"}, GROQ_BASE_URL="https://groq.example:8443/v1")

    assert found.behind == "groq.example:8443"
    assert lane("groq", flags={"mode": "direct"})[0].behind == ""


def test_a_gateway_that_portkey_does_not_reach_says_so(lane):
    with pytest.raises(ConfigError, match="not reached through Portkey"):
        lane("groq", flags={"via": "portkey"}, GROQ_API_KEY="x" * 20, PORTKEY_API_KEY=PORTKEY)


def test_the_backend_and_portkey_get_their_own_keys_and_headers_only(lane, tmp_path):
    (tmp_path / "key").write_text(GEMINI)
    (tmp_path / "key").chmod(0o600)
    toml = "[gateways.google]\nkey_file = 'key'\nheaders = { 'X-Secret' = 'for google alone' }\n"
    own, own_key = lane("google", toml=toml)
    _, portkey_key = lane("google", toml=toml, flags={"via": "portkey"}, PORTKEY_API_KEY=PORTKEY)
    api, api_key = lane(
        "google", toml=toml, flags={"mode": "api"}, GATEWAYZ_API_KEY="gw-key-012345"
    )

    assert own_key == GEMINI
    assert own.gateway.headers["X-Secret"]
    assert (portkey_key, api_key) == (PORTKEY, "gw-key-012345")
    assert "X-Secret" not in api.gateway.headers
    assert api.gateway.extra_body == {"provider": "google"}


def test_an_alias_is_the_gateway_itself(lane):
    assert lane("hug", HF_TOKEN="hf-0123456789")[0].name == "huggingface"


def test_a_server_of_ones_own_runs_when_it_is_named_or_has_an_address(lane, tmp_path):
    settings = load_settings(environ={}, folder=tmp_path)
    moved = load_settings(environ={"LOCAL_BASE_URL": "http://127.0.0.1:9/v1"}, folder=tmp_path)

    skip = {found.name: found.skip for found in lanes(choose(settings), settings)}
    runs = {found.name: found.skip for found in lanes(choose(moved), moved)}
    assert "LOCAL_BASE_URL" in skip["local"]
    assert runs["local"] == ""
    assert lane("local")[0].skip == ""


def test_an_address_in_the_settings_file_moves_a_gateway(lane):
    found, _ = lane(
        "groq", toml="[gateways.groq]\nbase_url = 'http://127.0.0.1:9/v1'\n", GROQ_API_KEY="x" * 20
    )

    assert found.gateway.base_url == "http://127.0.0.1:9/v1"


@pytest.fixture
def from_info(tmp_path, monkeypatch):
    """What is chosen from a script's GATEWAY_INFO when names are given as well."""
    monkeypatch.chdir(tmp_path)

    def make(info, *names):
        flags = {"gateways": names} if names else {}
        settings = load_settings(flags=flags, environ={"GROQ_API_KEY": "x" * 20}, folder=tmp_path)
        chosen = choose(settings, info)
        return {found.name: found.skip for found in lanes(chosen, settings)}, chosen.problems

    return make


def test_what_a_script_leaves_out_stays_out_when_it_is_named(from_info):
    info = {"groq": known_gateways()["groq"], "xai": {"testable": False, "description": "no money"}}

    assert from_info(info, "xai") == ({"xai": "no money"}, ())
    assert from_info({**known_gateways()}, "local") == ({"local": ""}, ())
    with pytest.raises(ConfigError, match="unknown gateway 'novita'; known: groq, xai"):
        from_info(info, "novita")


def test_a_client_that_cannot_be_used_costs_its_own_gateway_when_it_is_named(from_info, tmp_path):
    services = tmp_path / "src" / "services"
    services.mkdir(parents=True)
    (services / "acme_client.py").write_text("raise RuntimeError('not today')\n")
    found, (problem,) = from_info(None, "groq", "acme")
    info = {"groq": {"testable": True}, "mine_own": {"testable": True}}
    same, (missing,) = from_info(info, "mine_own", "groq")

    assert found == same == {"groq": ""}
    assert "not today" in problem
    assert "drop src/services/mine_own_client.py" in missing
    with pytest.raises(ConfigError, match="not today"):
        from_info(None, "acme")


def test_a_key_that_cannot_be_sent_is_told_where_none_is_required_too(lane):
    with pytest.raises(ConfigError, match="LOCAL_API_KEY"):
        lane("local", LOCAL_BASE_URL="http://127.0.0.1:1/v1", LOCAL_API_KEY="sk-broken\n")


def test_limits_of_the_settings_file_hold_through_the_api_too(tmp_path):
    (tmp_path / "gatewayz.toml").write_text(
        "[gateways.groq]\nconcurrency = 1\nrequests_per_minute = 12\nheaders = { 'X-A' = 'b' }\n"
    )
    flags = {"gateways": ("groq",), "mode": "both"}
    settings = load_settings(flags=flags, environ={"GROQ_API_KEY": "x" * 20}, folder=tmp_path)

    direct, through = lanes(choose(settings), settings)

    assert direct.gateway.limits == through.gateway.limits == Limits(1, 12)
    assert through.gateway.headers == {}
