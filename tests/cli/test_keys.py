"""`gatewayz keys`: a key is shown once; the list tells its limits and never its value."""

import json


def words(done):
    return " ".join((done.stdout + done.stderr).split())


def test_a_key_is_made_listed_and_revoked(gatewayz, tmp_path):
    place = {"GATEWAYZ_STORE": str(tmp_path / "kept.db"), "XDG_DATA_HOME": str(tmp_path / "data")}
    none = gatewayz("keys", "list", **place)
    made = gatewayz(
        "keys", "create", "ci", "--requests-per-minute", "60", "--concurrency", "4",
        "--gateway", "groq", "--model", "groq/llama-*", **place,
    )  # fmt: skip
    value = made.stdout.strip()
    listed = gatewayz("keys", "list", **place)
    as_json = gatewayz("keys", "list", "--format", "json", **place)
    revoked = gatewayz("keys", "revoke", "ci", **place)
    after = gatewayz("keys", "list", **place)

    assert "gatewayz keys create NAME" in none.stdout
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.split()) == 1
    assert value.startswith("gwz_")
    assert "shown this once" in made.stderr
    assert "60 requests/min, 4 at a time, groq, groq/llama-*" in words(listed)
    assert all(len(line) <= 80 for line in listed.stdout.splitlines())
    (key,) = json.loads(as_json.stdout)["keys"]
    assert (key["name"], key["allowance"]["concurrency"]) == ("ci", 4)
    assert "'ci'" in revoked.stdout
    assert "revoked 20" in words(after)
    for done in (none, listed, as_json, revoked, after):
        assert value not in done.stdout + done.stderr
        assert "digest" not in done.stdout
    kept = (tmp_path / "kept.db").read_bytes()
    assert value.encode() not in kept


def test_a_pattern_names_its_gateway_as_requests_do(gatewayz, tmp_path):
    place = {"GATEWAYZ_STORE": str(tmp_path / "kept.db"), "XDG_DATA_HOME": str(tmp_path / "data")}
    made = gatewayz("keys", "create", "x", "--gateway", "hug", "--model", "hug/a/*",
                    "--model", "*/b ", "--model", "hugging*/c", **place)  # fmt: skip
    (key,) = json.loads(gatewayz("keys", "list", "--format", "json", **place).stdout)["keys"]

    assert made.returncode == 0, made.stderr
    assert key["allowance"]["gateways"] == ["huggingface"]
    assert key["allowance"]["models"] == ["huggingface/a/*", "*/b", "hugging*/c"]


def test_wrong_input_is_one_line_with_the_remedy(gatewayz, tmp_path):
    place = {"GATEWAYZ_STORE": str(tmp_path / "kept.db"), "XDG_DATA_HOME": str(tmp_path / "data")}
    gatewayz("keys", "create", "ci", **place)
    for arguments, remedy in [
        (("create", "ci"), "choose another name"),
        (("create", "a b"), "a key's name is"),
        (("create", "x", "--gateway", "groqq"), "groq"),
        (("create", "x", "--concurrency", "0"), "--concurrency"),
        (("create", "x", "--model", ""), "an empty pattern fits no model"),
        (("create", "x", "--model", "groq/*", "--model", " "), "leave it out"),
        (("create", "x", "--model", "m"), "write '*/m', or 'gateway/m'"),
        (("create", "x", "--model", "groqq/m"), "groq"),
        (("create", "x", "--model", "/m"), "'/m' fits no model: here their ids are gateway/model"),
        (("create", "x", "--model", "groq/"), "'groq/' fits no model"),
        (("create", "x", "--model", "groq/m,groq/n"), "give --model again for each"),
        (("create", "x", "--gateway", "groq", "--model", "openrouter/m"), "fits no model of groq"),
        (("revoke", "cj"), "ci"),
    ]:
        done = gatewayz("keys", *arguments, **place)

        assert done.returncode == 2, arguments
        assert remedy in words(done), done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
    assert (
        len(json.loads(gatewayz("keys", "list", "--format", "json", **place).stdout)["keys"]) == 1
    )
