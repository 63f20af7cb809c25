"""Keys: where they are found, and that nobody sees them."""

import base64
import json

import pytest

from gatewayz.config import load_settings
from gatewayz.config.keys import secrets_in_headers
from gatewayz.core import ConfigError, Gateway

ACME = Gateway(name="acme", key_env="ACME_API_KEY", older_key_envs=("OLD_ACME_KEY",))
SECRET = "acme-0123456789-secret"


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


def find(folder, *, toml=None, dotenv=None, **environ):
    if toml:
        (folder / "gatewayz.toml").write_text(toml)
    if dotenv:
        private(folder / ".env", dotenv)
    settings = load_settings(environ=environ, folder=folder)
    return settings.keys.find(settings.configured(ACME))


def test_a_key_is_found_in_the_environment_first(tmp_path):
    private(tmp_path / "key", "from-file")
    found = find(
        tmp_path,
        toml="[gateways.acme]\nkey_file = 'key'\n",
        dotenv="ACME_API_KEY=from-dotenv\n",
        ACME_API_KEY=SECRET,
    )

    assert (found.value, found.origin) == (SECRET, "environment ACME_API_KEY")


def test_an_older_variable_is_read_after_the_preferred_one(tmp_path):
    both = find(tmp_path, ACME_API_KEY=SECRET, OLD_ACME_KEY="older")
    older = find(tmp_path, OLD_ACME_KEY="older")

    assert both.value == SECRET
    assert older.origin == "environment OLD_ACME_KEY"


def test_a_variable_may_name_a_file(tmp_path):
    path = private(tmp_path / "key", SECRET + "\n")
    found = find(tmp_path, ACME_API_KEY_FILE=str(path))

    assert (found.value, found.origin) == (SECRET, "environment ACME_API_KEY_FILE")


def test_the_settings_file_may_name_a_file_or_another_variable(tmp_path):
    private(tmp_path / "key", SECRET)
    from_file = find(tmp_path, toml="[gateways.acme]\nkey_file = 'key'\n")
    from_variable = find(
        tmp_path, toml="[gateways.acme]\nkey_env = 'MINE'\n", MINE=SECRET, ACME_API_KEY="other"
    )

    assert from_file.value == from_variable.value == SECRET
    assert from_variable.origin == "environment MINE"


def test_dotenv_is_read_last_and_literally(tmp_path):
    found = find(tmp_path, dotenv="ACME_API_KEY='pa$${HOME}rt'\n", HOME="/root")

    assert (found.value, found.origin) == ("pa$${HOME}rt", ".env ACME_API_KEY")


def test_an_empty_variable_is_no_key(tmp_path):
    assert find(tmp_path, ACME_API_KEY="") is None


@pytest.mark.parametrize(
    "bad",
    [SECRET + "\n", SECRET + "\r\nX: 1", "a b" + SECRET, " ", "ключ" + SECRET, SECRET + "\x07"],
)
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(tmp_path, bad):
    with pytest.raises(ConfigError, match="ACME_API_KEY: there is a") as raised:
        find(tmp_path, ACME_API_KEY=bad)

    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "empty"), (SECRET + "\nsecond line\n", "line end"), (None, "no file")],
)
def test_a_key_file_that_holds_no_one_key_is_named(tmp_path, content, words):
    if content is not None:
        private(tmp_path / "key", content)

    with pytest.raises(ConfigError, match=words) as raised:
        find(tmp_path, ACME_API_KEY_FILE=str(tmp_path / "key"))

    assert "ACME_API_KEY_FILE" in str(raised.value)
    assert SECRET not in str(raised.value)


def test_files_that_others_may_read_are_warned_of(tmp_path):
    (tmp_path / ".env").write_text(f"ACME_API_KEY={SECRET}\n")
    (tmp_path / ".env").chmod(0o644)
    path = private(tmp_path / "key", SECRET)
    path.chmod(0o640)

    settings = load_settings(environ={"ACME_API_KEY_FILE": str(path)}, folder=tmp_path)

    assert [line.split()[0] for line in settings.warnings] == [str(tmp_path / ".env")]
    assert [line.split()[0] for line in settings.keys.warnings(ACME)] == [str(path)]


def test_nothing_shows_a_key(tmp_path):
    private(tmp_path / "key", "file-" + SECRET)
    settings = load_settings(
        environ={"ACME_API_KEY": SECRET, "OTHER_TOKEN_FILE": str(tmp_path / "key")}, folder=tmp_path
    )
    key = settings.keys.find(ACME)

    shown = f"{settings!r} {settings.keys!r} {key!r} {key} {settings.shown()} {key.fingerprint}"

    for form in (SECRET, SECRET[:12], SECRET[-12:], base64.b64encode(SECRET.encode()).decode()):
        assert form not in shown
    assert len(key.fingerprint) == 8
    assert set(settings.keys.secrets()) >= {SECRET, "file-" + SECRET}


LONG = "cookie-0123456789-abcdef"


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("X-Team", "search", set()),
        ("X-Team", f" {LONG} ", {LONG}),
        ("X-Auth", f"Bearer  {LONG} ", {f"Bearer  {LONG}", LONG}),
        ("X-Auth", f"ApiKey {LONG}", {f"ApiKey {LONG}", LONG}),
        ("Authorization", f"Acme-2 {LONG}", {f"Acme-2 {LONG}", LONG}),
        ("Authorization", f'Token token="{LONG}"',
         {f'Token token="{LONG}"', f'token="{LONG}"', LONG}),
        ("Cookie", f"a={LONG}; next=https://acme.example/in",
         {f"a={LONG}; next=https://acme.example/in", LONG}),
        ("Cookie", "a=b; in=https://me:pass@acme.example/",
         {"a=b; in=https://me:pass@acme.example/", "pass"}),
        ("x-portkey-config", f'{{"targets": [{{"provider": "openai", "api_key": "{LONG}"}}]}}', {LONG}),
        ("X-Extra", f'{{"headers": {{"Authorization": "Bearer {LONG}"}}, "model": "a/{LONG}"}}',
         {f"Bearer {LONG}", LONG}),
        ("X-Extra", f'{{"host": "https://me:pass@h.example/v1?k={LONG}", "model": "a/long-{LONG[1:]}"}}',
         {"pass", LONG}),
        ("X-Extra", f'{{"config": "{{\\"api_key\\": \\"{LONG}\\"}}", "max_tokens": 7}}', {LONG}),
        ("X-Auth-Config", f'{{"config": "{{\\"api_key\\": \\"{LONG}\\"}}"}}', {LONG}),
        ("X-Extra", '{"host": "https://h.example/a/long/path", "max_tokens": 7}', set()),
        ("X-Auth", f"SSWS {LONG}", {f"SSWS {LONG}", LONG}),
        ("x-api-key", f"{LONG}, 2{LONG}", {f"{LONG}, 2{LONG}", LONG, f"2{LONG}"}),
        ("X-Api-Keys", f"{LONG} 2{LONG}", {f"{LONG} 2{LONG}", LONG, f"2{LONG}"}),
        ("X-Api-Key", f"{LONG} (production)", {f"{LONG} (production)", LONG}),
        ("X-Backends", "https://u:PASS1@h1/, https://v:PASS2@h2/",
         {"https://u:PASS1@h1/, https://v:PASS2@h2/", "PASS1", "PASS2"}),
        ("X-Secret-Urls", "primary postgres://u:PASS@h/db",
         {"primary postgres://u:PASS@h/db", "PASS"}),
        ("X-Extra", f'{{"api_keys": "{LONG} 2{LONG}"}}', {f"{LONG} 2{LONG}", LONG, f"2{LONG}"}),
        ("X-Api-Key", f"me:{LONG}", {f"me:{LONG}", LONG}),
        ("X-Team", f'"{LONG}"', {LONG}),
        ("X-Auth", f'Bearer "{LONG}"', {f'Bearer "{LONG}"', LONG}),
        ("X-Team", f"me:{LONG}", {f"me:{LONG}"}),
        ("Cookie", "session=s%3A0123456789.Ab%2FCd",
         {"session=s%3A0123456789.Ab%2FCd", "session=s:0123456789.Ab/Cd", "s%3A0123456789.Ab%2FCd", "s:0123456789.Ab/Cd"}),
        ("X-Extra", '[{"key": "short"}, 7, true]', set()),
        ("Cookie", f"CF_Authorization={LONG}; __Secure-next-auth.session-token=2{LONG}",
         {f"CF_Authorization={LONG}; __Secure-next-auth.session-token=2{LONG}", LONG, f"2{LONG}"}),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAxyz/20261127, Signature=abcdef",
         {"AWS4-HMAC-SHA256 Credential=AKIAxyz/20261127, Signature=abcdef",
          "Credential=AKIAxyz/20261127, Signature=abcdef", "AKIAxyz/20261127"}),
        ("X-Session-Affinity", "conversation_affinity=on", {"conversation_affinity=on"}),
        ("X-Db", "postgres://user:Xy&1234567890@db.example/x", {"Xy&1234567890"}),
        ("X-Secret-Db", "postgres://user:Xy,1234567890-abcdefgh@db/x", {"Xy,1234567890-abcdefgh"}),
        ("X-Cb", f"https://h.example/cb#access_token={LONG}", {LONG}),
        ("X-Extra", "[" * 5000, set()),
        ("X-Words", "three words of it", {"three words of it"}),
        ("X-From", "https://acme.example/a/long/path", set()),
        ("X-From", "https://me:pa%20ss@acme.example/", {"pa%20ss", "pa ss"}),
        ("X-From", f"https://acme.example/?team=a&token={LONG}", {LONG}),
        ("X-Title", "Acme Customer Support", set()),
        ("X-OpenRouter-Title", "Acme Customer Support", set()),
        ("X-OpenRouter-Categories", "creative-writing", set()),
        ("HTTP-Referer", f"https://acme.example/?from={LONG}", set()),
        ("user-agent", "acme-internal-tests/1.0", set()),
        ("OpenAI-Beta", "assistants=v2-and-everything", set()),
    ],
)  # fmt: skip
def test_what_is_secret_in_a_header_hangs_on_its_name_and_value(name, value, secrets):
    assert set(secrets_in_headers([(name, value)])) == secrets


def readable(name, value, word):
    """Whether a word of an answer stays as it is where a gateway has this header."""
    return not any(secret in word for secret in secrets_in_headers([(name, value)]))


# Two signs of padding and one, each of them in every form.
PADDED = ("c2VjcmV0b25lMTIzNA==", "zz/yy+xx/ww+vv11uu22tt3=")


@pytest.mark.parametrize("parts", ["{}, {}", "{},{}", "{};{}", "{} {}", "{}|{}", "{}:{}", "[{}, {}]", "('{}')", "'{}', '{}'",
    '"{}", "{}"', "{{'{}':'{}'}}", '["{}", "{}"]', "one={}, two={}", "one:{}, two:{}", "one={}|two={}", "{}|two={}",
    "one={}:{}", 'one="{}"', "one two:{}", "{{{}}}", "me:{}", "one|me:{}", "{}&two={}", '{{"api_keys": "{},{}"}}'])  # fmt: skip
@pytest.mark.parametrize("secrets", [PADDED, PADDED[::-1]])
def test_base64_keeps_its_padding_wherever_it_stands(parts, secrets):
    for name in ("X-Api-Keys", "Authorization", "X-Auth"):
        for scheme in ("", "Bearer ", "SharedKey "):
            value = scheme + parts.format(*secrets)

            found = secrets_in_headers([(name, value)])

            assert set(secrets[: parts.count("{}")]) <= set(found), (name, value)


@pytest.mark.parametrize("secret", ["12345678:ABCDEFGHIJK", "12345678|ABCDEFGHIJK"])
def test_a_secret_of_short_sides_is_one_as_a_whole(secret):
    assert secret in secrets_in_headers([("X-Api-Keys", f"{secret}, other")])


def test_a_secret_may_hold_a_colon_behind_a_user():
    assert "abcdefgh:ijklmnop" in secrets_in_headers([("X-Api-Key", "me:abcdefgh:ijklmnop")])


@pytest.mark.parametrize("name", ["Cookie", "Authorization", "X-Api-Keys", "X-Team"])
@pytest.mark.parametrize(
    "value",
    [
        "model={0}; mode={1}",
        "conversation_affinity={0}; __Secure-next-auth.session-token={1}; ARRAffinitySameSite=",
        "a={0}; CF_Authorization=; ASP.NET_SessionId=; oauth2_proxy_session=; b={1}",
        'Digest username="acme-service", conversation_affinity="", response="{0}", opaque="{1}"',
        "SharedKey acme-service:{0}, acme-team:{1}",
        "GoogleLogin conversation_affinity={0}|conversation_model={1}",
        "production=on; conversation_affinity=; next=/v1/chat/all",
    ],
)
@pytest.mark.parametrize("secrets", [PADDED, PADDED[::-1], (LONG, f"2{LONG}")])
def test_names_in_a_header_stay_readable(name, value, secrets):
    names = {"SharedKey", "GoogleLogin", "Digest", "acme-service", "acme-team", "model", "mode", "production",
             "conversation_affinity", "__Secure-next-auth.session-token", "CF_Authorization", "ASP.NET_SessionId",
             "oauth2_proxy_session", "ARRAffinitySameSite", "conversation_model"}  # fmt: skip

    for word in names:
        for end in ("", "=", "=on", '=""'):
            assert readable(name, value.format(*secrets), word + end)


SECRET_NAMES = ("password", "passwd", "userPasswd", "passwort", "passphrase", "passcode", "pass", "PASS", "db_pass",
    "dbPass", "redisPass", "smtp-pass2", "pwd", "userPwd", "pw", "bearer", "bearerValue", "jwt", "idJwt", "signature", "x_signature",
    "sig", "x-sig-1", "hmac", "psk", "creds", "private")  # fmt: skip
OPEN_NAMES = ("model", "mode", "user", "username", "name", "provider", "passenger", "passage", "pass_through", "passthrough",
    "bypass", "compass", "passive", "design", "signal", "sign_in", "power", "pwm", "private_network", "is_private_cloud",
    "hmacs", "sacred", "credits", "strategy", "region", "description")  # fmt: skip


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_json_in_a_header_has_secrets_by_their_names(name):
    for document in (
        {name: LONG},
        {"a": [{name: {"value": LONG}}]},
        {name: [LONG]},
        {name: f"a, {LONG}"},
    ):
        assert LONG in secrets_in_headers([("X-Config", json.dumps(document))])


@pytest.mark.parametrize("name", OPEN_NAMES)
def test_what_json_has_under_other_names_stays_readable(name):
    for document in (
        {name: LONG},
        {"a": [{name: {"value": LONG}}]},
        {"passwd": "short", name: LONG},
    ):
        assert not secrets_in_headers([("X-Config", json.dumps(document))])


@pytest.mark.parametrize(
    "name", ["X-Pass", "X-Passwd", "X-Jwt-Assertion", "X-Bearer", "X-Signature", "X-Db-Pwd"]
)
def test_a_field_with_such_a_name_has_secrets_in_its_parts(name):
    assert LONG in secrets_in_headers([(name, f"{LONG}, 2{LONG}")])


@pytest.mark.parametrize(
    "name", ["X-Bypass", "X-Pass-Through", "X-Passage", "X-Private-Network", "X-Design"]
)
def test_a_field_with_another_name_is_one_text(name):
    assert readable(name, f"{LONG}, 2{LONG}", LONG)


@pytest.mark.parametrize(
    ("field", "document"),
    [
        ("x-portkey-config", {"targets": [{"override_params": {"model": "llama-3.3-70b-versatile"}}]}),
        ("x-portkey-config", {"strategy": {"mode": "conditional-fallback"}, "author": "somebody-somewhere"}),
        ("x-config", {"keywords": "one-and-another-one", "tokenizer": "cl100k-base-and-more"}),
        ("x-auth-config", {"target_model": "llama-3.3-70b-versatile", "provider": "@groq-prod-of-ours"}),
    ],
)  # fmt: skip
def test_what_says_who_is_asked_for_what_is_no_secret(field, document):
    assert secrets_in_headers([(field, json.dumps(document))]) == ()


@pytest.mark.parametrize(
    ("field", "document"),
    [
        ("x-portkey-config", {"targets": [{"api_key": "a-secret-of-someone"}]}),
        ("x-portkey-config", {"virtual_keys": {"prod": "a-secret-of-someone"}}),
        ("x-config", {"authorization": "a-secret-of-someone"}),
        ("x-auth-config", {"token": "a-secret-of-someone", "model": "llama-3.3-70b-versatile"}),
        ("x-api-keys", {"prod": "a-secret-of-someone"}),
        ("x-api-keys", {"provider": {"openai": "a-secret-of-someone"}}),
        ("x-credentials", {"models": {"gpt-4o": "a-secret-of-someone"}}),
        ("x-keys", {"openai-provider": "a-secret-of-someone"}),
        ("x-config", {"exportKey": "a-secret-of-someone"}),
        ("x-config", {"tokenIssued": "a-secret-of-someone"}),
        ("x-portkey-config", {"headers": json.dumps({"x-api-key": "a-secret-of-someone"})}),
        ("x-portkey-config", {"account": json.dumps([{"private_key": "a-secret-of-someone"}])}),
    ],
)
def test_what_stands_beside_it_is_one_by_its_own_name(field, document):
    assert secrets_in_headers([(field, json.dumps(document))]) == ("a-secret-of-someone",)
