"""Settings: which layer wins, and what a wrong value is told."""

import pytest

from gatewayz.config import load_settings
from gatewayz.config.values import without_login
from gatewayz.core import ConfigError


def settings(folder, *, toml=None, dotenv=None, environ=None, **layers):
    if toml is not None:
        (folder / "gatewayz.toml").write_text(toml)
    if dotenv is not None:
        (folder / ".env").write_text(dotenv)
        (folder / ".env").chmod(0o600)
    return load_settings(environ={"HOME": str(folder), **(environ or {})}, folder=folder, **layers)


def test_without_anything_every_value_is_its_default(tmp_path):
    found = settings(tmp_path)

    assert (found.models, found.timeout_s, found.max_tokens, found.temperature) == (
        "3",
        30.0,
        50,
        0.7,
    )
    assert found.message == 'Respond with: "Test successful"'
    assert found.origin("timeout_s") == "default"
    assert found.store == str(tmp_path / ".local/share/gatewayz/gatewayz.db")
    assert found.warnings == ()


def test_each_layer_wins_over_the_one_before(tmp_path):
    layers = {"toml": "timeout_s = 1\nmodels = 1\nrepeat = 1\nretries = 1\nseed = 1\n"}
    layers["dotenv"] = "GATEWAYZ_MODELS=2\nGATEWAYZ_REPEAT=2\nGATEWAYZ_RETRIES=2\nGATEWAYZ_SEED=2\n"
    layers["environ"] = {"GATEWAYZ_REPEAT": "3", "GATEWAYZ_RETRIES": "3", "GATEWAYZ_SEED": "3"}
    layers["test_config"] = {"retries": 4, "seed": 4}
    found = settings(tmp_path, flags={"seed": 5, "repeat": None}, **layers)

    assert (found.timeout_s, found.models, found.repeat, found.retries, found.seed) == (
        1.0,
        "2",
        3,
        4,
        5,
    )
    assert {name: found.origin(name) for name in ("timeout_s", "models", "repeat", "retries")} == {
        "timeout_s": "gatewayz.toml",
        "models": ".env GATEWAYZ_MODELS",
        "repeat": "environment GATEWAYZ_REPEAT",
        "retries": "TEST_CONFIG",
    }
    assert found.origin("seed") == "--seed"


def test_a_variable_set_to_nothing_hides_its_line_in_dotenv(tmp_path):
    found = settings(tmp_path, dotenv="GATEWAYZ_MODELS=9\n", environ={"GATEWAYZ_MODELS": ""})

    assert found.models == "3"


def test_the_original_test_config_is_understood(tmp_path):
    found = settings(
        tmp_path,
        test_config={
            "max_models_per_gateway": 7,
            "timeout_seconds": 12,
            "test_message": "Say hi",
            "max_tokens": 5,
            "temperature": 0,
        },
    )

    assert (found.models, found.timeout_s, found.message) == ("7", 12.0, "Say hi")
    assert (found.max_tokens, found.temperature) == (5, 0.0)


def test_the_longest_prompt_is_a_setting_like_any_other(tmp_path):
    found = settings(tmp_path, toml="max_prompt_tokens = 32000\n")
    whole = settings(tmp_path, environ={"GATEWAYZ_MAX_PROMPT_TOKENS": "none"})

    assert (found.max_prompt_tokens, found.ask.max_prompt_tokens) == (32000, 32000)
    assert whole.ask.max_prompt_tokens is None


@pytest.mark.parametrize(
    ("layer", "nearest"),
    [
        ({"test_config": {"max_model_per_gateway": 3}}, "max_models_per_gateway"),
        ({"toml": "timout_s = 3\n"}, "timeout_s"),
        ({"toml": "[gateways.groq]\nbase_ulr = 'http://x'\n"}, "base_url"),
        ({"toml": "mode = 'bth'\n"}, "both"),
    ],
)
def test_an_unknown_name_is_told_the_nearest(tmp_path, layer, nearest):
    with pytest.raises(ConfigError, match=f"did you mean '{nearest}'"):
        settings(tmp_path, **layer)


@pytest.mark.parametrize(
    ("test_config", "words"),
    [
        ({"models": 0}, "would test nothing"),
        ({"models": "-3"}, "would test nothing"),
        ({"models": True}, "not a number of models"),
        ({"timeout_seconds": "soon"}, "not a duration"),
        ({"timeout_seconds": 0}, "from 1ms"),
        ({"timeout_seconds": float("nan")}, "not a duration"),
        ({"max_tokens": 0}, "from 1"),
        ({"max_prompt_tokens": "long"}, "a whole number from 1"),
        ({"temperature": "hot"}, "a number from 0"),
        ({"retries": -1}, "from 0"),
        ({"api_url": "localhost:8000"}, "not a URL"),
        ({"api_url": "http://host:99999"}, "not a URL"),
        ({"api_url": "http://host:0x/"}, "not a URL"),
        ({"api_url": "http://[::1"}, "not a URL"),
        ({"api_url": "http://me:pw@host/v1"}, "user or password"),
        ({"api_url": "http://host/v1?api_key=abc"}, "must not hold a key"),
        ({"proxy": "socks5://host:1"}, "not a proxy"),
        ({"message": 3}, "not a text"),
        ({"message": " "}, "a question"),
        ({"fail_fast": "perhaps"}, "yes or no"),
        ({"probes": 3}, "list of names"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_place(tmp_path, test_config, words):
    with pytest.raises(ConfigError, match=words) as raised:
        settings(tmp_path, test_config=test_config)

    assert str(raised.value).startswith(f"TEST_CONFIG {next(iter(test_config))}: ")
    assert "\n" not in str(raised.value)
    assert "pw" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"models = \n", "TOML"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"gateways = 3\n", "tables"),
        (b'[gateways.groq]\nheaders = {"X-A" = "b\\nc"}\n', "one line"),
        (b"[gateways.groq]\nheaders = {'X A' = 'b'}\n", "not a header name"),
        (b"[gateways.groq]\nheaders = {'x-a' = 'b', HOST = 'c'}\n", "headers: HOST is set by each"),
        (
            b"[gateways.groq]\nheaders = {Transfer-Encoding = 'chunked'}\n",
            "leave it out of headers",
        ),
        (b"fallbacks = 3\n", "is a table"),
        (b"[fallbacks]\n'groq/a' = []\n", "one to 5"),
        (b"[fallbacks]\n'groq/a' = [1]\n", "groq/a"),
        (b"[fallbacks]\n'groq/a' = ['groq/b', '']\n", "no model id"),
        (b"#" * (2 * 1024 * 1024), "too large"),
    ],
)
def test_a_settings_file_that_cannot_be_read_is_named(tmp_path, content, words):
    (tmp_path / "gatewayz.toml").write_bytes(content)

    with pytest.raises(ConfigError, match=words) as raised:
        settings(tmp_path)

    assert "gatewayz.toml" in str(raised.value)


def test_a_settings_file_that_was_named_must_exist(tmp_path):
    with pytest.raises(ConfigError, match="config init"):
        settings(tmp_path, config_file="other.toml")


def test_a_mistyped_variable_is_pointed_out(tmp_path):
    found = settings(tmp_path, environ={"GATEWAYZ_TIMOUT": "3", "GATEWAYZ_API_KEY": "x"})

    assert found.warnings == ("GATEWAYZ_TIMOUT is not read; did you mean GATEWAYZ_TIMEOUT?",)


def test_the_ways_follow_the_mode_and_the_api_url(tmp_path):
    backend = "http://localhost:8000"

    assert settings(tmp_path).ways == ("direct",)
    assert settings(tmp_path, environ={"GATEWAYZ_API_URL": backend}).ways == ("api",)
    assert settings(
        tmp_path, environ={"GATEWAYZ_API_URL": backend}, flags={"mode": "direct"}
    ).ways == ("direct",)
    assert settings(tmp_path, flags={"mode": "both"}).ways == ("direct", "api")


def test_what_is_shown_holds_no_password(tmp_path):
    found = settings(
        tmp_path,
        environ={
            "GATEWAYZ_PROXY": "http://me:hunter22@proxy:3128",
            "GATEWAYZ_STORE": "pg://u:pw1234@h/d",
        },
    )

    assert "hunter22" not in str(found.shown())
    assert "pw1234" not in str(found.shown())
    assert "hunter22" in found.keys.secrets()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://me:hunter22@proxy:3128", "http://***@proxy:3128"),
        ("http://me:hun@ter22@proxy:3128", "http://***@proxy:3128"),
        ("http://me:hun/ter22@proxy:3128", "http://***@proxy:3128"),
        ("http://me:hun?ter22@proxy:3128", "http://***@proxy:3128"),
        ("http://me:hun#t/er@22@proxy", "http://***@proxy"),
        ("http://tok/en@proxy", "http://***@proxy"),
        ("http://me:hun\n@ter22@proxy", "http://***@proxy"),
        ("//me:hunter22@proxy", "//***@proxy"),
        ("me:hun@ter/22@proxy:3128", "***@proxy:3128"),
        ("http://tok?en@proxy", "http://***@proxy"),
        ("http:///me:hunter22@proxy", "http:///***@proxy"),
        ("http//me:hunter22@proxy", "http//***@proxy"),
        ("http:/me:hun/ter22@proxy", "http:/***@proxy"),
        ("me:hun/ter22@proxy", "***@proxy"),
        ("m:hunter22@proxy:80", "***@proxy:80"),
        ("C:/folder@home/w.db", "C:/folder@home/w.db"),
        ("./folder:1@home/w.db", "./folder:1@home/w.db"),
        ("http://proxy:3128/?to=a@b", "http://proxy:3128/?to=a@b"),
        ("postgresql://[::1]:5432?user=a@b", "postgresql://[::1]:5432?user=a@b"),
        ("postgresql://db?user=a@b&password=hunter22", "postgresql://db?user=a@b&password=***"),
        ("sqlite:////folder@home/w.db", "sqlite:////folder@home/w.db"),
        ("/folder@home//w@.db", "/folder@home//w@.db"),
        ("week:1/w@.db", "***@.db"),
        ("w@.db", "w@.db"),
    ],
)
def test_an_address_is_shown_without_its_login(address, shown):
    assert without_login(address) == shown


@pytest.mark.parametrize("models", ["3.5", "1,000", "-2.0"])
def test_a_broken_number_of_models_is_not_taken_for_an_id(models):
    with pytest.raises(ConfigError, match="whole number of models"):
        load_settings(flags={"models": models}, environ={})
